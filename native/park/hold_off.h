// How long a thread leaves a lock alone that it found held. To move a lock between two processors
// costs several hundred nanoseconds. Where threads do next to nothing but take one, for less than
// that, most is done if each has it many times in a row before the next one looks; the more so as
// a thread that spins slows another one down that shares its core.
//
// Two things tell that this is so. The lock is held briefly: it is often free by the time that the
// attempt in JavaScript has failed and native code looks for the first time, which all threads
// learn together, in the cell. And threads run into each other all the time: this one got the lock
// just now, and is here again. That it is so many times in a row tells that it goes on: then the
// thread sleeps, which takes longer, but nothing from the one that works. Nobody has to wake it: it
// is in no list. Where either is not so, to hold off would be time lost. Nor where
// the lock is nearly always free at that first look: the threads spend their time elsewhere, and a
// second look in JavaScript will do.
#pragma once

#include "memory/cell.h"

namespace nogil {

// Of one thread, for the lock that it last waited for.
template <class P>
class HoldOff {
 public:
  static constexpr int64_t kNs = 4000;
  // A sleep, which the system makes longer by as much again.
  static constexpr int64_t kNapNs = 50000;
  static constexpr int kStreak = 4;
  // Who is back within this long does little else.
  static constexpr int64_t kSoonNs = 2 * kNs;

  // The upper half of the cell's word: how many of the first looks found it free, as a moving
  // average in 1/256. The lower half is Spin's.
  static constexpr int kShift = 16;
  static constexpr uint32_t kMost = 255;
  static constexpr uint32_t kBrief = 48;
  // From here on lib/threading/mutex.ts looks again itself.
  static constexpr uint32_t kRare = 192;

  // The thread found `cell` held at `now`; `free`: not any more. Returns how long to leave it
  // alone.
  int64_t meet(Cell<P>& cell, bool free, int64_t now) {
    const bool soon = lock_ == &cell && now - got_ < kSoonNs;
    lock_ = &cell;
    // Until took(): who gives up did not get it, and so was not here just before.
    got_ = kNever;
    const uint32_t average = learn(cell, free);
    if (average <= kBrief || average >= kRare || !soon) {
      in_a_row_ = 0;
      return 0;
    }
    return ++in_a_row_ < kStreak || P::kLeastSleepNs > kNapNs ? kNs : kNapNs;
  }
  void took(Cell<P>& cell, int64_t now) {
    if (lock_ == &cell) got_ = now;
  }

  // The thread did something else.
  void forget() { lock_ = nullptr; }

  // Threads that overwrite each other's learn a little less. Returns the average.
  static uint32_t learn(Cell<P>& cell, bool free) {
    const uint32_t word = cell.spin.load(std::memory_order_relaxed);
    uint32_t average = word >> kShift;
    average = free ? average + (kMost - average + 15) / 16 : average - (average + 15) / 16;
    const uint32_t next = average << kShift | (word & ((1u << kShift) - 1));
    if (next != word) cell.spin.store(next, std::memory_order_relaxed);
    return average;
  }

 private:
  static constexpr int64_t kNever = INT64_MIN / 2;
  const Cell<P>* lock_ = nullptr;
  int64_t got_ = kNever;
  int in_a_row_ = 0;
};

}  // namespace nogil
