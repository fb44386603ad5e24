#include "platform/futex.h"

#include <windows.h>

#include "platform/clock.h"

namespace nogil {
namespace platform {

namespace {

// WaitOnAddress works within one process only. Where others may wake us we look again now and then:
// timer resolution makes this 1 to 16 ms.
constexpr DWORD kSharedPollMs = 1;

}  // namespace

bool futex_wait(const void* word, uint32_t expected, int64_t deadline_ns, bool shared) {
  DWORD timeout = INFINITE;
  if (deadline_ns != kNoDeadline) {
    const int64_t left = deadline_ns - monotonic_ns();
    if (left <= 0) return false;
    // Rounded up: coming back early would only mean another round.
    const int64_t ms = (left + 999999) / 1000000;
    timeout = ms < INFINITE - 1 ? static_cast<DWORD>(ms) : INFINITE - 1;
  }
  if (shared && timeout > kSharedPollMs) timeout = kSharedPollMs;
  WaitOnAddress(const_cast<void*>(word), &expected, sizeof expected, timeout);
  return deadline_ns == kNoDeadline || monotonic_ns() < deadline_ns;
}

void futex_wake(const void* word, int count, bool) {
  void* at = const_cast<void*>(word);
  if (count == INT32_MAX) {
    WakeByAddressAll(at);
    return;
  }
  while (count-- > 0) WakeByAddressSingle(at);
}

}  // namespace platform
}  // namespace nogil
