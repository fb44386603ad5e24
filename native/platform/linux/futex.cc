#include "platform/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace nogil {
namespace platform {

namespace {

// 32-bit systems have a second futex call for 64-bit time; this is the argument of either.
struct KernelTime {
  int64_t seconds;
  int64_t nanoseconds;
};

#if defined(SYS_futex_time64) && !defined(__LP64__)
constexpr long kFutex = SYS_futex_time64;
#else
constexpr long kFutex = SYS_futex;
#endif

}  // namespace

bool futex_wait(const void* word, uint32_t expected, int64_t deadline_ns, bool shared) {
  KernelTime time;
  KernelTime* deadline = nullptr;
  if (deadline_ns != kNoDeadline) {
    if (deadline_ns < 0) deadline_ns = 0;
    time.seconds = deadline_ns / 1000000000;
    time.nanoseconds = deadline_ns % 1000000000;
    deadline = &time;
  }
  // WAIT_BITSET because it alone takes an absolute deadline; plain WAIT is relative and would
  // stretch with every signal.
  const int op = FUTEX_WAIT_BITSET | (shared ? 0 : FUTEX_PRIVATE_FLAG);
  const long result =
      syscall(kFutex, word, op, expected, deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
  return result == 0 || errno != ETIMEDOUT;
}

void futex_wake(const void* word, int count, bool shared) {
  syscall(kFutex, word, FUTEX_WAKE | (shared ? 0 : FUTEX_PRIVATE_FLAG), count, nullptr, nullptr, 0);
}

}  // namespace platform
}  // namespace nogil
