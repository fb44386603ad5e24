#include "platform/clock.h"

#include <windows.h>

#include <atomic>

namespace nogil {
namespace platform {

namespace {

std::atomic<int64_t> ticks_per_second{0};

int64_t cpu_ns(const FILETIME& kernel, const FILETIME& user) {
  const auto hundreds = [](const FILETIME& time) {
    return static_cast<int64_t>(static_cast<uint64_t>(time.dwHighDateTime) << 32 |
                                time.dwLowDateTime);
  };
  return (hundreds(kernel) + hundreds(user)) * 100;
}

}  // namespace

int64_t monotonic_ns() {
  int64_t frequency = ticks_per_second.load(std::memory_order_relaxed);
  if (frequency == 0) {
    LARGE_INTEGER value;
    QueryPerformanceFrequency(&value);
    frequency = value.QuadPart;
    ticks_per_second.store(frequency, std::memory_order_relaxed);
  }
  LARGE_INTEGER ticks;
  QueryPerformanceCounter(&ticks);
  // In two parts, which do not overflow.
  return ticks.QuadPart / frequency * 1000000000 +
         ticks.QuadPart % frequency * 1000000000 / frequency;
}

int64_t thread_cpu_ns() {
  FILETIME created, ended, kernel, user;
  GetThreadTimes(GetCurrentThread(), &created, &ended, &kernel, &user);
  return cpu_ns(kernel, user);
}

int64_t process_cpu_ns() {
  FILETIME created, ended, kernel, user;
  GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user);
  return cpu_ns(kernel, user);
}

}  // namespace platform
}  // namespace nogil
