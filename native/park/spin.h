// Spinning before sleep. Waking a sleeping processor costs tens of microseconds whatever the
// primitive, so a hand-over that comes within a few is worth burning them for; one that does not
// come is pure loss. Each cell learns which it is.
#pragma once

#include "memory/cell.h"

namespace nogil {

template <class P>
class Spin {
 public:
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  static constexpr int64_t kMaxNs = 20000;
  static constexpr int64_t kMinNs = 300;
  static constexpr int kMaxBackoff = 64;

  // How long a thread spins though all processors to spare are taken by others that do: one of them
  // may have got what it spun for, and not have noticed yet. So it is in every hand-over to and
  // fro.
  static constexpr int64_t kGraceNs = 500;

  // A sleep this short may have been one only because the other side slept as well. Two threads
  // that hand over to and fro would never find out that neither needs to.
  static constexpr int64_t kShortSleepNs = 60000;
  // But where spinning did not help either, it is tried again only after so many short sleeps.
  static constexpr uint32_t kSleepsBetweenTrials = 64;

  // A waiter of the cell was woken after so long a sleep.
  static void slept(Cell<P>& cell, int64_t ns) {
    if (ns > kShortSleepNs) return;
    uint32_t learnt = cell.spin.load(std::memory_order_relaxed);
    uint32_t next = learnt < kTrial ? kMaxNs | kSleepsBetweenTrials * kTrial : learnt - kTrial;
    cell.spin.store(next, std::memory_order_relaxed);
  }

  // Calls `done` with exponential backoff until it returns true or the cell's budget is spent.
  // Returns whether it did. No more threads spin for long than there are processors to spare.
  template <class F>
  static bool until(Cell<P>& cell, F done) {
    if (done()) return true;
    spinning_.fetch_add(1, std::memory_order_relaxed);
    bool ok = run(cell, done);
    spinning_.fetch_sub(1, std::memory_order_relaxed);
    return ok;
  }

 private:
  static bool crowded() { return spinning_.load(std::memory_order_relaxed) >= P::cpus(); }

  template <class F>
  static bool run(Cell<P>& cell, F done) {
    if (P::cpus() < 2) return false;
    uint32_t learnt = cell.spin.load(std::memory_order_relaxed);
    int64_t budget = learnt == 0 ? kMaxNs : learnt % kTrial;
    int64_t begin = P::now();
    int backoff = 1;
    for (;;) {
      for (int i = 0; i < backoff; i++) P::relax();
      if (backoff < kMaxBackoff) backoff *= 2;
      if (done()) {
        // Twice what it took leaves room for the next one to be a little slower.
        learn(cell, learnt % kTrial, budget * 2);
        return true;
      }
      int64_t spent = P::now() - begin;
      if (spent >= budget) {
        learn(cell, learnt % kTrial, budget / 2, learnt - learnt % kTrial);
        return false;
      }
      if (spent >= kGraceNs && crowded()) return false;
    }
  }

  static void learn(Cell<P>& cell, uint32_t learnt, int64_t ns, uint32_t trials = 0) {
    uint32_t next = static_cast<uint32_t>(ns > kMaxNs ? kMaxNs : ns < kMinNs ? kMinNs : ns);
    if (next != learnt) cell.spin.store(next | trials, std::memory_order_relaxed);
  }

  // The word: the budget in nanoseconds, and above it how many short sleeps there are to the next
  // trial.
  static constexpr uint32_t kTrial = 1 << 16;

  inline static Atomic<int> spinning_{0};
};

}  // namespace nogil
