#include "platform/futex.h"

#include <errno.h>
#include <stddef.h>

#include "platform/clock.h"

// macOS 14.4 has a public interface; before that there is the one underneath, which libc++ uses
// too. Both are declared here, because the SDK may be older or newer than the system we run on.
extern "C" {
int os_sync_wait_on_address(void*, uint64_t, size_t, uint32_t) __attribute__((weak_import));
int os_sync_wait_on_address_with_timeout(void*, uint64_t, size_t, uint32_t, uint32_t, uint64_t)
    __attribute__((weak_import));
int os_sync_wake_by_address_any(void*, size_t, uint32_t) __attribute__((weak_import));
int os_sync_wake_by_address_all(void*, size_t, uint32_t) __attribute__((weak_import));

int __ulock_wait(uint32_t operation, void* address, uint64_t value, uint32_t timeout_us);
int __ulock_wake(uint32_t operation, void* address, uint64_t value);
}

namespace nogil {
namespace platform {

namespace {

constexpr uint32_t kMachAbsoluteTime = 32;  // OS_CLOCK_MACH_ABSOLUTE_TIME, the clock of clock.cc
constexpr uint32_t kSyncShared = 1;         // OS_SYNC_..._SHARED

constexpr uint32_t kCompareAndWait = 1;
constexpr uint32_t kCompareAndWaitShared = 3;
constexpr uint32_t kWakeAll = 0x100;
constexpr uint32_t kNoErrno = 0x1000000;

uint32_t operation(bool shared) {
  return (shared ? kCompareAndWaitShared : kCompareAndWait) | kNoErrno;
}

}  // namespace

bool futex_wait(const void* word, uint32_t expected, int64_t deadline_ns, bool shared) {
  void* at = const_cast<void*>(word);
  int64_t left = 0;
  if (deadline_ns != kNoDeadline) {
    left = deadline_ns - monotonic_ns();
    if (left <= 0) return false;
  }
  if (&os_sync_wait_on_address != nullptr) {
    const uint32_t flags = shared ? kSyncShared : 0;
    if (deadline_ns == kNoDeadline) {
      os_sync_wait_on_address(at, expected, 4, flags);
    } else {
      os_sync_wait_on_address_with_timeout(at, expected, 4, flags, kMachAbsoluteTime,
                                           static_cast<uint64_t>(left));
    }
  } else {
    // 0 means for ever; what does not fit the argument is slept in pieces.
    uint32_t timeout_us = 0;
    if (deadline_ns != kNoDeadline) {
      const int64_t us = (left + 999) / 1000;
      timeout_us = us > 1000000000 ? 1000000000 : static_cast<uint32_t>(us);
    }
    __ulock_wait(operation(shared), at, expected, timeout_us);
  }
  return deadline_ns == kNoDeadline || monotonic_ns() < deadline_ns;
}

void futex_wake(const void* word, int count, bool shared) {
  void* at = const_cast<void*>(word);
  const bool all = count == INT32_MAX;
  if (&os_sync_wake_by_address_any != nullptr) {
    const uint32_t flags = shared ? kSyncShared : 0;
    if (all) {
      os_sync_wake_by_address_all(at, 4, flags);
      return;
    }
    // Fails once nobody sleeps there any more.
    while (count-- > 0 && os_sync_wake_by_address_any(at, 4, flags) == 0) {
    }
    return;
  }
  if (all) {
    __ulock_wake(operation(shared) | kWakeAll, at, 0);
    return;
  }
  while (count-- > 0 && __ulock_wake(operation(shared), at, 0) == 0) {
  }
}

}  // namespace platform
}  // namespace nogil
