// Who is alive: every logical thread has a number of 30 bits, which lock words carry as their
// holder. Numbers are handed out in order and come round only after 2^30 of them, so a word that
// still names a dead thread is not mistaken for a living one.
//
// A number and whose it is change in one word, so a kill leaves no number without its process.
#pragma once

#include <atomic>
#include <cstdint>

namespace nogil {

using ThreadNumber = uint32_t;

inline constexpr ThreadNumber kNobody = 0;
// Stands in a lock's word for a holder that died; whoever comes next may take the lock.
inline constexpr ThreadNumber kAbandoned = 0x3fffffffu;

// Shared memory only: what a thread has taken from the one list and not yet put into the other.
// Named before it is taken and until it is somewhere else, so that it can be found when the thread
// is killed in between (processes/recover_heap.h, recover_rings.h). Its thread alone writes here.
template <class P>
struct alignas(32) Hands {
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  Atomic<uint32_t> block;     // of a slab: being allocated or freed; its index in the arena
  Atomic<uint32_t> slab;      // first unit of a slab that moves between the lists
  Atomic<uint32_t> chain;     // more such slabs, linked by Unit::spare
  Atomic<uint32_t> run;       // first unit of a run that is being taken or given back
  Atomic<uint32_t> ring;      // a ring that is leaving its queue
  Atomic<uint32_t> old_ring;  // a ring that is leaving its queue's limbo
  uint32_t spare[2];
};

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
      // The process of the one before stays for last_process_of().
      uint64_t empty = slots_[number % kSlots].load(std::memory_order_relaxed);
      if (static_cast<uint32_t>(empty) != 0) continue;
      if (slots_[number % kSlots].compare_exchange_strong(empty, uint64_t{process} << 32 | number,
                                                          std::memory_order_acq_rel)) {
        entered_.fetch_add(1, std::memory_order_acq_rel);
        return number;
      }
    }
    return kNobody;
  }

  // Changes before a new thread does anything: so a list of all that are alive is complete as long
  // as this is what it was before the list was made.
  uint32_t entered() const { return entered_.load(std::memory_order_acquire); }

  void leave(ThreadNumber number) {
    uint64_t word = slots_[number % kSlots].load(std::memory_order_acquire);
    if (static_cast<uint32_t>(word) != number) return;
    slots_[number % kSlots].compare_exchange_strong(word, word >> 32 << 32,
                                                    std::memory_order_acq_rel);
  }

  bool alive(ThreadNumber number) const {
    return number != kNobody && in_slot(number % kSlots) == number;
  }

  // Calls fn(number) for each thread of that process that is alive.
  template <class F>
  void for_each_of(uint32_t process, F fn) const {
    for (const auto& slot : slots_) {
      uint64_t word = slot.load(std::memory_order_acquire);
      ThreadNumber number = static_cast<ThreadNumber>(word);
      if (number != kNobody && word >> 32 == process) fn(number);
    }
  }

  // Whose thread has that number, if it is alive.
  uint32_t process_of(ThreadNumber number) const {
    return static_cast<uint32_t>(slots_[number % kSlots].load(std::memory_order_acquire) >> 32);
  }

  // Whose thread it was, after its end too, while its place is not another's.
  uint32_t last_process_of(ThreadNumber number) const {
    uint64_t word = slots_[number % kSlots].load(std::memory_order_acquire);
    uint32_t there = static_cast<uint32_t>(word);
    return there == 0 || there == number ? static_cast<uint32_t>(word >> 32) : 0;
  }

  // Who has the slot that numbers equal to `slot`, modulo kSlots, share; kNobody for none.
  ThreadNumber in_slot(uint32_t slot) const {
    return static_cast<ThreadNumber>(slots_[slot].load(std::memory_order_acquire));
  }

  Hands<P>& hands(ThreadNumber number) { return hands_[number % kSlots]; }

 private:
  typename P::template Atomic<uint32_t> next_;
  typename P::template Atomic<uint32_t> entered_;
  typename P::template Atomic<uint64_t> slots_[kSlots];  // process:32 | number:32
  Hands<P> hands_[kSlots];
};

}  // namespace nogil
