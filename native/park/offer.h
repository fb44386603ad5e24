// Whether a thread that spins should offer its processor to others. It should where the one that it
// waits for is behind it in the same queue. But on a busy machine somebody who computes takes it,
// for a whole time slice of milliseconds, whereas a sleeper that is woken comes before those. So
// whoever got its processor back late says so, and for a while all threads of the process sleep
// rather than offer. The while doubles each time that a trial ends the same way.
#pragma once

#include <stdint.h>

namespace nogil {

template <class P>
class Offer {
 public:
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  // What takes longer is a time slice, not a look of somebody who had little to do.
  static constexpr int64_t kLateNs = 300000;
  // So long no other trial is made after one that was late: first, and at most.
  static constexpr int64_t kPauseNs = 10000000;
  static constexpr int64_t kMostPauseNs = 640000000;

  // Hints, all of them: threads that overwrite each other's make a trial too many or too few.
  bool allowed(int64_t now) const { return now >= next_.load(std::memory_order_relaxed); }

  // The processor was offered at `then` and came back at `now`.
  void came_back(int64_t then, int64_t now) {
    int64_t pause = pause_.load(std::memory_order_relaxed);
    if (now - then < kLateNs) {
      // Not at once: most trials on a busy machine find nobody just then.
      if (pause != 0 && now >= calm_.load(std::memory_order_relaxed)) {
        pause_.store(0, std::memory_order_relaxed);
      }
      return;
    }
    pause = pause == 0 ? kPauseNs : pause < kMostPauseNs ? pause * 2 : kMostPauseNs;
    pause_.store(pause, std::memory_order_relaxed);
    next_.store(now + pause, std::memory_order_relaxed);
    calm_.store(now + 2 * pause, std::memory_order_relaxed);
  }

 private:
  Atomic<int64_t> next_{0};
  Atomic<int64_t> pause_{0};
  // From then on the pause is forgotten.
  Atomic<int64_t> calm_{0};
};

}  // namespace nogil
