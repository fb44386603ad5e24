#pragma once

#include <atomic>
#include <cstdint>

#include "platform/clock.h"
#include "platform/cpu.h"
#include "platform/futex.h"
#include "platform/threads.h"

namespace nogil {
namespace platform {

// What the core is parametrised by: atomics, sleeping, time. This one is the real machine; the
// tests put a deterministic scheduler in its place (test/deterministic/policy.h).
struct SystemPolicy {
  template <class T>
  using Atomic = std::atomic<T>;

  static constexpr int64_t kLeastSleepNs = platform::kLeastSleepNs;

  // Words live in memory that JavaScript and other processes see as plain integers.
  static_assert(sizeof(Atomic<uint32_t>) == sizeof(uint32_t), "atomics have no header");
  static_assert(Atomic<uint32_t>::is_always_lock_free && Atomic<uint64_t>::is_always_lock_free,
                "atomics work across processes");

  static inline bool wait(Atomic<uint32_t>& word, uint32_t expected, int64_t deadline_ns,
                          bool shared) {
    return futex_wait(&word, expected, deadline_ns, shared);
  }
  static inline void wake(Atomic<uint32_t>& word, int count, bool shared) {
    futex_wake(&word, count, shared);
  }
  static inline int64_t now() { return monotonic_ns(); }
  static inline void relax() { cpu_relax(); }
  static inline void yield() { platform::yield(); }
  static inline int cpus() { return cpu_count(); }
  static inline void leave_cpu() { platform::leave_cpu(); }
};

}  // namespace platform
}  // namespace nogil
