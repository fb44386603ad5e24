#include "platform/clock.h"

#include <time.h>

namespace nogil {
namespace platform {

int64_t monotonic_ns() { return static_cast<int64_t>(clock_gettime_nsec_np(CLOCK_UPTIME_RAW)); }
int64_t thread_cpu_ns() {
  return static_cast<int64_t>(clock_gettime_nsec_np(CLOCK_THREAD_CPUTIME_ID));
}
int64_t process_cpu_ns() {
  return static_cast<int64_t>(clock_gettime_nsec_np(CLOCK_PROCESS_CPUTIME_ID));
}

}  // namespace platform
}  // namespace nogil
