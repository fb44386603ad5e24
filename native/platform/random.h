#ifndef NOGIL_PLATFORM_RANDOM_H_
#define NOGIL_PLATFORM_RANDOM_H_

#include <cstddef>

namespace nogil {
namespace platform {

// Fills the buffer from the system's cryptographic generator.
void fill_random(void* at, size_t bytes);

}  // namespace platform
}  // namespace nogil

#endif  // NOGIL_PLATFORM_RANDOM_H_
