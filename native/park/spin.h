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

  // Calls `done` with exponential backoff until it returns true or the cell's budget is spent.
  // Returns whether it did. No more threads spin at once than there are processors to spare.
  template <class F>
  static bool until(Cell<P>& cell, F done) {
    if (done()) return true;
    int others = spinning_.fetch_add(1, std::memory_order_relaxed);
    bool ok = others + 1 < P::cpus() && run(cell, done);
    spinning_.fetch_sub(1, std::memory_order_relaxed);
    return ok;
  }

 private:
  template <class F>
  static bool run(Cell<P>& cell, F done) {
    uint32_t learnt = cell.spin.load(std::memory_order_relaxed);
    int64_t budget = learnt == 0 ? kMaxNs : learnt;
    int64_t begin = P::now();
    int backoff = 1;
    for (;;) {
      for (int i = 0; i < backoff; i++) P::relax();
      if (backoff < kMaxBackoff) backoff *= 2;
      if (done()) {
        // Twice what it took leaves room for the next one to be a little slower.
        learn(cell, learnt, budget * 2);
        return true;
      }
      if (P::now() - begin >= budget) {
        learn(cell, learnt, budget / 2);
        return false;
      }
    }
  }

  static void learn(Cell<P>& cell, uint32_t learnt, int64_t ns) {
    uint32_t next = static_cast<uint32_t>(ns > kMaxNs ? kMaxNs : ns < kMinNs ? kMinNs : ns);
    if (next != learnt) cell.spin.store(next, std::memory_order_relaxed);
  }

  inline static Atomic<int> spinning_{0};
};

}  // namespace nogil
