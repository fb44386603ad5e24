#include "platform/clock.h"

#include <time.h>

namespace nogil {
namespace platform {

namespace {

inline int64_t read_clock(clockid_t id) {
  struct timespec time;
  clock_gettime(id, &time);
  return static_cast<int64_t>(time.tv_sec) * 1000000000 + time.tv_nsec;
}

}  // namespace

int64_t monotonic_ns() { return read_clock(CLOCK_MONOTONIC); }
int64_t thread_cpu_ns() { return read_clock(CLOCK_THREAD_CPUTIME_ID); }
int64_t process_cpu_ns() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace platform
}  // namespace nogil
