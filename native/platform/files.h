#pragma once

#include <cstddef>

namespace nogil {
namespace platform {

// Writes everything: goes on after partial writes and signals, and waits when a non-blocking
// descriptor is full. Returns `bytes`, or minus the errno of the failure.
long write_all(int fd, const void* data, size_t bytes);

// Takes a shared lock on an open file, for all who have that descriptor, until the last of them has
// closed it. False when there is no such thing.
bool lock_shared(int fd);

}  // namespace platform
}  // namespace nogil
