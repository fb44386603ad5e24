// Who is alive: every logical thread has a number of 30 bits, which lock words carry as their
// holder. Numbers are handed out in order and come round only after 2^30 of them, so a word that
// still names a dead thread is not mistaken for a living one.
#pragma once

#include <atomic>
#include <cstdint>

namespace nogil {

using ThreadNumber = uint32_t;

inline constexpr ThreadNumber kNobody = 0;
// Stands in a lock's word for a holder that died; whoever comes next may take the lock.
inline constexpr ThreadNumber kAbandoned = 0x3fffffffu;

template <class P>
class ThreadTable {
 public:
  static constexpr uint32_t kSlots = 1u << 14;

  // A new number, or kNobody when kSlots threads are alive. `process`: whose thread it is, a
  // ProcessNumber where the arena is shared (process_table.h).
  ThreadNumber enter(uint32_t process) {
    for (uint32_t tries = 0; tries < 4 * kSlots; tries++) {
      ThreadNumber number = (next_.fetch_add(1, std::memory_order_relaxed) + 1) & kAbandoned;
      if (number == kNobody || number == kAbandoned) continue;
      Slot& slot = slots_[number % kSlots];
      uint32_t empty = 0;
      if (slot.number.compare_exchange_strong(empty, number, std::memory_order_acq_rel)) {
        slot.process.store(process, std::memory_order_release);
        return number;
      }
    }
    return kNobody;
  }

  void leave(ThreadNumber number) {
    uint32_t expected = number;
    slots_[number % kSlots].number.compare_exchange_strong(expected, 0, std::memory_order_acq_rel);
  }

  bool alive(ThreadNumber number) const {
    return number != kNobody &&
           slots_[number % kSlots].number.load(std::memory_order_acquire) == number;
  }

  // Calls fn(number) for each thread of that process that is alive.
  template <class F>
  void for_each_of(uint32_t process, F fn) const {
    for (const Slot& slot : slots_) {
      uint32_t number = slot.number.load(std::memory_order_acquire);
      if (number && slot.process.load(std::memory_order_acquire) == process) fn(number);
    }
  }

  uint32_t process_of(ThreadNumber number) const {
    return slots_[number % kSlots].process.load(std::memory_order_acquire);
  }

  // Whose thread it was, after its end too, while its place is not another's.
  uint32_t last_process_of(ThreadNumber number) const {
    uint32_t there = slots_[number % kSlots].number.load(std::memory_order_acquire);
    return there == 0 || there == number ? process_of(number) : 0;
  }

 private:
  struct Slot {
    typename P::template Atomic<uint32_t> number;
    typename P::template Atomic<uint32_t> process;
  };
  typename P::template Atomic<uint32_t> next_;
  Slot slots_[kSlots];
};

}  // namespace nogil
