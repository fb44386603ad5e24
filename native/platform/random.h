#pragma once

#include <cstddef>

namespace nogil {
namespace platform {

// Fills the buffer from the system's cryptographic generator.
void fill_random(void* at, size_t bytes);

}  // namespace platform
}  // namespace nogil
