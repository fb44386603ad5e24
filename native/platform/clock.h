#pragma once

#include <cstdint>

namespace nogil {
namespace platform {

// Nanoseconds on a clock that never steps. Comparable across the processes of one machine.
int64_t monotonic_ns();

// CPU time of the calling thread, and of the whole process; user and system, nanoseconds.
int64_t thread_cpu_ns();
int64_t process_cpu_ns();

}  // namespace platform
}  // namespace nogil
