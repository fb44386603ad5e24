// What has to hold when a process is killed between any two instructions.
//
// Crash points are named places where the fault tests kill (test/fault_test.cc). Without
// NOGIL_CRASH_POINTS they are nothing.
#pragma once

#include <atomic>

#ifdef NOGIL_CRASH_POINTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#endif

namespace nogil {

#ifdef NOGIL_CRASH_POINTS
// What the fault tests do there.
inline void (*between_stores)() = nullptr;
#endif

// Stores before it stand in the program before those after it. A process that is killed has carried
// out a prefix of its program, so this is all that recovery needs to read one from another; it
// costs no instruction.
inline void in_order() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
#ifdef NOGIL_CRASH_POINTS
  if (between_stores) between_stores();
#endif
}

#ifdef NOGIL_CRASH_POINTS

inline constexpr const char* kCrashPoints[] = {
    "arena.popped",     "record.taken",     "record.released",    "list.locked",
    "list.pushing",     "list.pushed",      "list.removing",      "list.unlinked",
    "list.moving",      "list.moved",       "list.unlocked",      "wake.chosen",
    "wake.removed",     "wake.unsent",      "lock.queued",        "lock.handing",
    "lock.handed",      "lock.released",    "condition.requeued", "condition.back",
    "semaphore.queued", "semaphore.taken",  "rwlock.granted",     "rwlock.left",
    "barrier.arrived",  "put.owned",        "put.signed",         "put.drawn",
    "put.valued",       "put.full",         "put.serving",        "put.served",
    "get.signed",       "get.drawn",        "get.owned",          "get.opened",
    "get.serving",      "get.served",       "get.skipped",        "ring.taken",
    "ring.made",        "ring.linked",      "ring.unlinked",      "ring.limbo",
    "ring.freed",       "pile.logged",      "pile.moving",        "pile.counted",
    "pile.resizing",    "pile.resized",     "returned.linked",    "returned.unlinked",
    "slab.popped",      "slab.freeing",     "slab.freed",         "slab.taken",
    "slab.aside",       "slab.new",         "runs.taking",        "runs.taken",
    "runs.giving",      "runs.merging",     "large.taken",        "ledger.entered",
    "ledger.growing",   "ledger.grown",     "recovery.locked",    "recovery.torn",
    "recovery.rebuilt", "recovery.waiters", "recovery.waiter",    "recovery.passing",
    "recovery.locks",   "recovery.rings",   "recovery.slot",      "recovery.ledger",
    "recovery.hands",   "recovery.blocks",  "recovery.block",     "recovery.rechecked",
    "recovery.threads", "recovery.free",
};
inline constexpr int kCrashPointCount = sizeof(kCrashPoints) / sizeof(kCrashPoints[0]);

inline constexpr int crash_point(const char* name) {
  for (int i = 0; i < kCrashPointCount; i++) {
    const char* a = kCrashPoints[i];
    const char* b = name;
    while (*a && *a == *b) a++, b++;
    if (*a == *b) return i;
  }
  return -1;
}

// Which one kills this process, and at which time of passing it; -1 for none. Also from the
// environment: NOGIL_CRASH=<name>:<times>.
struct Crash {
  static int from_environment() {
    const char* text = getenv("NOGIL_CRASH");
    const char* colon = text ? strchr(text, ':') : nullptr;
    if (!colon) return -1;
    countdown.store(atoi(colon + 1));
    for (int i = 0; i < kCrashPointCount; i++) {
      size_t length = strlen(kCrashPoints[i]);
      if (length == static_cast<size_t>(colon - text) && !memcmp(text, kCrashPoints[i], length))
        return i;
    }
    return -1;
  }
  static void passed(int point) {
    if (passes) passes[point].fetch_add(1, std::memory_order_relaxed);
    if (point != at.load(std::memory_order_relaxed)) return;
    if (countdown.fetch_sub(1) == 1) raise(SIGKILL);
  }
  // Where to count, for a look at what a test reaches.
  inline static std::atomic<uint32_t>* passes = nullptr;
  inline static std::atomic<int> countdown{0};
  inline static std::atomic<int> at{from_environment()};
};

#define NOGIL_CRASH_POINT(name)                              \
  do {                                                       \
    constexpr int crash_point_ = ::nogil::crash_point(name); \
    static_assert(crash_point_ >= 0, "in kCrashPoints");     \
    ::nogil::Crash::passed(crash_point_);                    \
  } while (0)

#else
#define NOGIL_CRASH_POINT(name) static_cast<void>(0)
#endif

}  // namespace nogil
