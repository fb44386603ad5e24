// What living threads have in their hands (memory/thread_table.h), and verdicts that depend on it.
#pragma once

#include "processes/casualties.h"

namespace nogil {

enum class Verdict { kNo, kYes, kUnknown };

// Asks look() until it knows. kUnknown if it does not for a second: somebody living is in the midst
// of it, and stopped.
template <class P, class F>
Verdict decide(F look) {
  constexpr int64_t kPatienceNs = 1000000000, kNapNs = 50000;
  constexpr int kYields = 100;
  const int64_t begin = P::now();
  for (int tries = 0;; tries++) {
    Verdict verdict = look();
    if (verdict != Verdict::kUnknown || P::now() - begin > kPatienceNs) return verdict;
    if (tries < kYields) {
      P::yield();
    } else {
      typename P::template Atomic<uint32_t> never{0};
      P::wait(never, 0, P::now() + kNapNs, false);
    }
  }
}

// One look at all hands is no moment: what is looked for may go from hands not looked at yet to
// some that were. So whoever asks knows that it can't have moved meanwhile, by words that change
// when it does and did not, from before until after.
template <class P>
class LivingHands {
 public:
  // All but those of `me`, who asks.
  LivingHands(const Casualties<P>& dead, ThreadNumber me)
      : dead_(dead), threads_(dead.arena().threads()), me_(me) {}
  ~LivingHands() { ::free(list_); }
  LivingHands(const LivingHands&) = delete;
  LivingHands& operator=(const LivingHands&) = delete;

  // Whether one of them satisfies have(hands).
  template <class F>
  bool any(F have) {
    if (!list_ || threads_.entered() != entered_) {
      if (!refresh()) return true;
    }
    for (uint32_t i = 0; i < count_; i++) {
      if (have(threads_.hands(list_[i]))) return true;
    }
    // Somebody new may have it by now.
    return threads_.entered() != entered_;
  }

 private:
  // False when memory is out.
  bool refresh() {
    if (!list_)
      list_ = static_cast<ThreadNumber*>(malloc(ThreadTable<P>::kSlots * sizeof(ThreadNumber)));
    if (!list_) return false;
    entered_ = threads_.entered();
    count_ = 0;
    for (uint32_t slot = 0; slot < ThreadTable<P>::kSlots; slot++) {
      ThreadNumber number = threads_.in_slot(slot);
      if (number != kNobody && number != me_ && !dead_.gone(number)) list_[count_++] = number;
    }
    return true;
  }

  const Casualties<P>& dead_;
  ThreadTable<P>& threads_;
  ThreadNumber me_;
  ThreadNumber* list_ = nullptr;
  uint32_t count_ = 0, entered_ = 0;
};

}  // namespace nogil
