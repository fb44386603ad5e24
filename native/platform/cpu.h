#pragma once

#if defined(_MSC_VER)
#include <intrin.h>
#endif

namespace nogil {
namespace platform {

// Tells the CPU that this is a spin loop. On arm64 `isb` is preferred to `yield`, which is a no-op
// on most cores.
inline void cpu_relax() {
#if defined(_MSC_VER)
#if defined(_M_ARM64)
  __isb(_ARM64_BARRIER_SY);
#else
  _mm_pause();
#endif
#elif defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("isb" ::: "memory");
#elif defined(__arm__)
  __asm__ __volatile__("yield" ::: "memory");
#else
  __asm__ __volatile__("" ::: "memory");
#endif
}

// How many CPUs this process may run on (its affinity mask), at least 1. Read once.
int cpu_count();

// Moves the calling thread to another of the CPUs that it may run on, and leaves it to the
// scheduler from there. False where the system has no such thing or does not allow it.
bool leave_cpu();

}  // namespace platform
}  // namespace nogil
