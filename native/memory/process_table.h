// The processes of a tree, in the arena that they share: what each needs from the others, and what
// is needed of one that was killed.
//
//   state      meaning                                          next, by
//   kFree      nobody's                                         a parent that is about to start one
//   kStarting  its parent has not started it, or it has not     itself: kRunning
//              come up
//   kRunning   attached                                         whoever sees its end: kDead
//   kDead      ended, in whatever way; what it left behind is   who recovers it, at the end: kFree
//              being recovered
//
// A slot is named by its number, which is its index + 1; threads carry it (thread_table.h). Which
// of the processes that have the slot one after the other is meant, its generation says. Both stand
// in one word: so nobody ends a process that came into the slot after the one whose end was seen,
// and a child whose place was given up before it came up does not take the next one's. Its pid has
// the generation beside it, too.
//   life       generation:30 | state:2
//   identity   generation:32 | pid:32, 0 until it is known
#pragma once

#include <atomic>
#include <cstdint>

#include "memory/cell.h"

namespace nogil {

using ProcessNumber = uint32_t;
inline constexpr ProcessNumber kNoProcess = 0;

enum class ProcessState : uint32_t { kFree = 0, kStarting = 1, kRunning = 2, kDead = 3 };

template <class P>
struct alignas(64) ProcessSlot {
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  Atomic<uint64_t> started;  // with the pid tells the process for good (platform/processes.h)
  Atomic<uint64_t> identity;
  Atomic<uint32_t> life;
  Atomic<uint32_t> parent;   // ProcessNumber; kNoProcess for the first; see `is_child`
  Atomic<uint32_t> watcher;  // whose reactor waits for its end
  Atomic<CellId> cell;       // its process cell, with a reference
  Atomic<uint32_t> ledger;   // payload block of its references (processes/ledger.h), or 0
  Atomic<uint32_t>
      doorbell;            // futex word of its reactor; goes up when `ready` or `requests` change
  Atomic<uint32_t> ready;  // stack of its async records that were notified, by `Waiter::next`
  Atomic<uint32_t> requests;           // ProcessRequest bits
  Atomic<uint32_t> parent_generation;  // the parent's, whose number may be another's by now
  Atomic<uint32_t> parent_pid;
  // Its main thread's ThreadNumber, once that has come to its normal end: the Locks that it has
  // stay locked (processes/recover_locks.h).
  Atomic<uint32_t> finished;

  static constexpr uint32_t kGenerationOne = 4;
  static ProcessState state_in(uint32_t life) { return static_cast<ProcessState>(life & 3); }
  static uint32_t with(uint32_t life, ProcessState state) {
    return (life & ~uint32_t{3}) | static_cast<uint32_t>(state);
  }

  ProcessState state() const { return state_in(life.load(std::memory_order_seq_cst)); }
  // Changes with every process in the slot.
  uint32_t generation() const { return life.load(std::memory_order_acquire) / kGenerationOne; }

  // 0 until it is known.
  uint32_t pid() const {
    uint64_t is = identity.load(std::memory_order_acquire);
    return is >> 32 == generation() ? static_cast<uint32_t>(is) : 0;
  }
  // Of the process of that generation. False: the slot is not that one's any more.
  bool know_pid(uint32_t of_generation, uint32_t pid) {
    const uint64_t known = uint64_t{of_generation} << 32 | pid;
    uint64_t is = identity.load(std::memory_order_relaxed);
    while (is != known) {
      if (is >> 32 != of_generation) return false;
      if (identity.compare_exchange_weak(is, known, std::memory_order_acq_rel)) break;
    }
    return true;
  }

  // By the process that the slot was taken for. False: it was given up, as nobody came for long
  // after the end of the parent. From kRunning on it is given up only when the pid is gone; so
  // what is stored after that is stored in a slot of our own.
  bool come_up(uint32_t of_generation, uint32_t pid, uint64_t since) {
    if (!know_pid(of_generation, pid)) return false;
    uint32_t is = with(of_generation * kGenerationOne, ProcessState::kStarting);
    // Release: who finds it running finds its pid.
    if (!life.compare_exchange_strong(is, with(is, ProcessState::kRunning),
                                      std::memory_order_acq_rel))
      return false;
    started.store(since, std::memory_order_release);
    return true;
  }

  // From one state to another, of whichever process it is. False: it was not in that one.
  bool turn(ProcessState from, ProcessState to) {
    uint32_t is = life.load(std::memory_order_acquire);
    return state_in(is) == from &&
           life.compare_exchange_strong(is, with(is, to), std::memory_order_acq_rel);
  }

  // Of a dead one that was recovered from. Nobody's watch before it is free: `take` shows the next
  // one's generation first.
  void vacate() {
    watcher.store(kNoProcess, std::memory_order_release);
    turn(ProcessState::kDead, ProcessState::kFree);
  }

  // Somebody has seen the end of the process of that generation. False when it has been recovered
  // from: the slot is free, or another's.
  bool end(uint32_t of_generation) {
    uint32_t is = life.load(std::memory_order_acquire);
    for (;;) {
      if (is / kGenerationOne != of_generation || state_in(is) == ProcessState::kFree) return false;
      if (state_in(is) == ProcessState::kDead) return true;
      // Comes before the look whether anybody recovers, as his last look at `state` comes after it.
      if (life.compare_exchange_weak(is, with(is, ProcessState::kDead), std::memory_order_seq_cst))
        return true;
    }
  }
};

template <class P>
class ProcessTable {
 public:
  static constexpr uint32_t kSlots = 1u << 12;

  // A free slot, kStarting from now on; kNoProcess when there is none.
  ProcessNumber take(ProcessNumber parent) {
    for (uint32_t i = 0; i < kSlots; i++) {
      ProcessSlot<P>& slot = slots_[i];
      uint32_t is = slot.life.load(std::memory_order_relaxed);
      if (ProcessSlot<P>::state_in(is) != ProcessState::kFree) continue;
      // Acquire: what recovery did to the slot's last life comes before.
      if (!slot.life.compare_exchange_strong(
              is,
              ProcessSlot<P>::with(is + ProcessSlot<P>::kGenerationOne, ProcessState::kStarting),
              std::memory_order_acq_rel))
        continue;
      slot.started.store(0, std::memory_order_relaxed);
      slot.identity.store(uint64_t{slot.generation()} << 32, std::memory_order_relaxed);
      slot.parent.store(parent, std::memory_order_relaxed);
      bool has = parent != kNoProcess;
      slot.parent_generation.store(has ? at(parent).generation() : 0, std::memory_order_relaxed);
      slot.parent_pid.store(has ? at(parent).pid() : 0, std::memory_order_relaxed);
      slot.cell.store(kNoCell, std::memory_order_relaxed);
      slot.ledger.store(0, std::memory_order_relaxed);
      slot.ready.store(0, std::memory_order_relaxed);
      slot.requests.store(0, std::memory_order_relaxed);
      slot.finished.store(0, std::memory_order_relaxed);
      slot.watcher.store(parent, std::memory_order_release);
      uint32_t used = used_.load(std::memory_order_relaxed);
      while (used < i + 1 && !used_.compare_exchange_weak(used, i + 1, std::memory_order_release)) {
      }
      return i + 1;
    }
    return kNoProcess;
  }

  ProcessSlot<P>& at(ProcessNumber number) { return slots_[(number - 1) % kSlots]; }

  // Whether the process in the slot was started by the one that has that number now. The number
  // alone does not tell: children outlive a parent that was killed, and its place is taken again.
  bool is_child(const ProcessSlot<P>& slot, ProcessNumber parent) {
    return slot.parent.load(std::memory_order_acquire) == parent && parent != kNoProcess &&
           slot.parent_generation.load(std::memory_order_acquire) == at(parent).generation();
  }

  // Calls fn(number, slot) for every slot that was ever used.
  template <class F>
  void for_each(F fn) {
    uint32_t used = used_.load(std::memory_order_acquire);
    for (uint32_t i = 0; i < used; i++) fn(i + 1, slots_[i]);
  }

 private:
  typename P::template Atomic<uint32_t> used_;
  ProcessSlot<P> slots_[kSlots];
};

}  // namespace nogil
