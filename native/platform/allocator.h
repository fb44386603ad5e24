// The C library's allocator, of which ArrayBuffers have their memory.
#pragma once

#include <cstdlib>

namespace nogil {
namespace platform {

// Has it keep the memory of large blocks for the next ones. As it begins, glibc's malloc gives the
// memory of each block from 128 KiB on back to the system: of a buffer of 1 MiB the 256 page faults
// at its first use then take five to ten times as long as filling it. It learns from the largest
// block that it had to give back: the next one of that size is to stay, and twice that much in all.
// So it is shown one, of the largest size that it learns from (32 MiB), that is never touched. No
// other allocator minds.
inline void keep_large_blocks() {
  // Volatile: or the compiler sees that nothing comes of it.
  void* volatile shown = std::malloc((size_t{32} << 20) - (size_t{64} << 10));
  std::free(shown);
}

}  // namespace platform
}  // namespace nogil
