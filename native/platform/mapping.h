#pragma once

#include <cstddef>

namespace nogil {
namespace platform {

// Sizes and addresses given below are multiples of this.
size_t page_size();

// Address space without memory behind it; touching it faults until it is committed. Null when the
// system has no room for `bytes`: the caller tries less.
void* reserve(size_t bytes);

// Makes reserved pages usable, zero-filled when they were not committed before.
bool commit(void* at, size_t bytes);

// Gives the pages back. They are lost and have to be committed again before use.
void decommit(void* at, size_t bytes);

// Gives back what lies on committed pages that are not shared, but not the pages: they stay
// readable and writable, and hold zeros or what they held before. Best effort.
void release_pages(void* at, size_t bytes);

// Ends a mapping made by reserve() or shared_map().
void unmap(void* at, size_t bytes);

enum class Inherit { kNo, kYes };

// Anonymous memory that processes share by handing down the descriptor: it has no name, so nothing
// is left behind when the last of them ends. Sparse: only touched pages cost memory, 64 GiB is a
// fair size. Returns the descriptor, or -1. `Inherit::kYes` keeps it open across exec.
int shared_create(size_t bytes, Inherit inherit);

// Maps it, readable and writable, wherever there is room. Null on failure.
void* shared_map(int fd, size_t bytes);

// Keeps a descriptor that was handed down from children.
void close_at_exec(int fd);

// How large the memory of a descriptor that was handed down is; 0: it is none.
size_t shared_size(int fd);

// Closes the descriptor; mappings stay.
void shared_close(int fd);

// Gives pages of a shared mapping back in every process that maps them; they read as zeros from
// then on and need no commit. Best effort.
void shared_release_pages(void* at, size_t bytes);

}  // namespace platform
}  // namespace nogil
