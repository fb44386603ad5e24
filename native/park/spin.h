// Spinning before sleep. Waking a sleeping processor costs tens of microseconds whatever the
// primitive, so a hand-over that comes within as many is worth spinning for; one that does not come
// is pure loss. Each cell learns which it is.
//
// What is learnt from is how long after the beginning of a wait its notification came, by the
// waker's clock: not how long the waiter was gone, which says more of the cost of waking it. So two
// threads that hand over to and fro, and both sleep only because the other one does, see that
// spinning would have been enough.
#pragma once

#include "memory/cell.h"
#include "park/offer.h"

namespace nogil {

// Of one thread: how many times in a row it was only after it had offered its processor to others
// that what it spun for came, and when it last drew the conclusion.
struct SpinHistory {
  int yielded = 0;
  int64_t left = 0;
};

template <class P>
class Spin {
 public:
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  // What it costs to sleep and to be woken, in time of either side: who spins as long before it
  // sleeps never loses more than half.
  static constexpr int64_t kMaxNs = 50000;
  // For a lock, whose holder may well take it again before anybody who spins for it sees it free:
  // then more is done when the others sleep. Nor is the processor offered to others, who are mostly
  // some that spin for the same lock.
  static constexpr int64_t kLockNs = 10000;
  // How long a lock is spun for though as many spin as there are processors: one of them may have
  // got what it spun for, and not have noticed yet.
  static constexpr int64_t kGraceNs = 500;
  // For either, where waits have turned out to be long. Enough for a partner that spins itself.
  static constexpr int64_t kLookNs = 2000;
  // After this long the processor is offered to others: the one that is waited for may be behind
  // this thread in the same queue.
  static constexpr int64_t kYieldNs = 2000;
  static constexpr int kMaxBackoff = 64;
  // After so many hand-overs in a row that took offering the processor, the two threads do share
  // one, and this one moves away; no more often than it could matter.
  static constexpr int kSameQueue = 4;
  static constexpr int64_t kLeaveEveryNs = 2000000;

  // The lower half of the cell's word: 1 + how many of the last waits were short, as a moving
  // average in 1/256. Who knows nothing yet spins; after one wait that was long it does not. The
  // upper half is HoldOff's.
  static constexpr uint32_t kHalf = 0xffff;
  static constexpr uint32_t kUnknown = 0;
  static constexpr uint32_t kWorth = 128;
  static constexpr uint32_t kMost = 255;

  static bool worth(Cell<P>& cell) {
    uint32_t learnt = cell.spin.load(std::memory_order_relaxed) & kHalf;
    return learnt == kUnknown || learnt > kWorth;
  }

  // A wait's notification came so long after its beginning.
  static void learn(Cell<P>& cell, int64_t ns) {
    uint32_t word = cell.spin.load(std::memory_order_relaxed);
    uint32_t learnt = word & kHalf;
    uint32_t average = learnt == kUnknown ? kWorth : learnt - 1;
    average = ns <= kMaxNs ? average + (kMost - average + 7) / 8 : average - average / 8;
    uint32_t next = (word & ~kHalf) | (1 + average);
    if (next != word) cell.spin.store(next, std::memory_order_relaxed);
  }

  // Calls `done` until it returns true, `stop` does, or `most` nanoseconds have passed since
  // `begin` (fewer where the cell has learnt that it is not worth it). Returns whether `done` did.
  // No more threads spin for long than there are processors to spare.
  template <class Done, class Stop>
  static bool until(Cell<P>& cell, SpinHistory& history, int64_t begin, int64_t most, Done done,
                    Stop stop) {
    spinning_.fetch_add(1, std::memory_order_relaxed);
    bool ok = run(cell, history, begin, most, done, stop);
    spinning_.fetch_sub(1, std::memory_order_relaxed);
    return ok;
  }

 private:
  static bool all_spin() { return spinning_.load(std::memory_order_relaxed) >= P::cpus(); }

  template <class Done, class Stop>
  static bool run(Cell<P>& cell, SpinHistory& history, int64_t begin, int64_t most, Done done,
                  Stop stop) {
    int64_t end = begin + (worth(cell) ? most : kLookNs);
    const bool hand_over = most > kLockNs;
    int backoff = 1;
    bool yielded = false;
    bool crowded = false;
    for (;;) {
      int64_t now = P::now();
      if (now >= end) return false;
      if (hand_over && now - begin >= kYieldNs) {
        if (!offer_.allowed(now)) return false;
        P::yield();
        offer_.came_back(now, P::now());
        yielded = true;
        crowded = all_spin();
      } else {
        for (int i = 0; i < backoff; i++) P::relax();
        if (backoff < kMaxBackoff) backoff *= 2;
        crowded = !hand_over && now - begin >= kGraceNs && all_spin();
      }
      if (done()) {
        now = P::now();
        learn(cell, now - begin);
        if (hand_over) move_apart(history, yielded, now);
        return true;
      }
      if (crowded || stop()) return false;
    }
  }

  // Two threads that hand over to and fro, one asleep or yielding at any time, need one processor,
  // and the scheduler sees no reason to give them two. With two, it is ten times as fast.
  static void move_apart(SpinHistory& history, bool yielded, int64_t now) {
    if (!yielded) {
      history.yielded = 0;
    } else if (++history.yielded >= kSameQueue && now - history.left > kLeaveEveryNs) {
      history = {0, now};
      P::leave_cpu();
    }
  }

  inline static Atomic<int> spinning_{0};
  inline static Offer<P> offer_;
};

}  // namespace nogil
