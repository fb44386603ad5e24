// The record of one wait: 64 bytes in the arena, with its own futex word. A thread sleeps on the
// word of its own record and whoever wakes it picks exactly that record, so notifications are
// exact, first come first served, and there is no herd.
//
//   word        meaning                                   who changes it
//   kAwake      in a list; the thread spins or runs       waiter
//   kAsleep     in a list; the thread sleeps on the word  waiter, by exchange from kAwake
//   kNotified   was chosen; `outcome` says how            waker, under the list lock
//
//   kAwake -> kAsleep -> kAwake        sleep, woken for another reason (deadline, interruption)
//   kAwake | kAsleep -> kNotified      once in each wait; the waker's last word about the wait
//
// `cell` says whose list holds the record, and changes only under that cell's list lock (both
// locks, when a condition hands its waiter to the lock). It is the truth from which a list whose
// links were left torn by a dead process can be built anew. The waker sets kNotified first and
// takes the record out of the list after; a notified waiter waits for `cell` to become 0 before it
// uses the record again. Out of a list, `prev` names the cell whose list it was in last, so that
// what a killed waiter had been given can be passed on.
#pragma once

#include "memory/arena.h"

namespace nogil {

enum WaiterWord : uint32_t { kAwake = 1, kAsleep = 2, kNotified = 3 };

// How a notified waiter was notified.
enum WaiterOutcome : uint32_t {
  kTry = 0,        // something may be free: try again, in front of the queue
  kGranted = 1,    // what it waited for is its own already
  kInherited = 2,  // granted, from a holder that died
  kBroken = 3,     // the barrier broke
};

enum WaiterFlags : uint32_t {
  kAsync = 1,         // nobody sleeps: the wake-up goes to an event loop
  kRequeued = 2,      // a condition notified it; it now waits for the condition's lock
  kWrite = 4,         // wants a read-write lock for writing
  kNewcomer = 8,      // came to a barrier whose action was running
  kSettledOnly = 16,  // waits until a future is settled, not merely done
  kWatch = 32,        // wants to know that a queue has an item, and takes none
  kInCondition = 64,  // waits for a condition, or on its way back from one: `index` says which, and
                      // `spare` says which lock is the condition's
  kSignalled = 128,   // ... and has been notified by it
};

template <class P>
struct alignas(64) Waiter {
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  Atomic<uint32_t> word;
  Atomic<CellId> cell;
  uint32_t next;
  uint32_t prev;
  ThreadNumber thread;
  Atomic<uint32_t> flags;
  Atomic<uint32_t> outcome;
  uint32_t index;        // a barrier's arrival index
  int64_t since;         // when the wait began: starvation is measured from here
  uint32_t environment;  // async: whose event loop; in shared memory, whose process
  uint32_t token;        // async: which promise there
  Atomic<uint64_t> in_use;
  Atomic<uint32_t> link;  // free: the next free one; else when its sleeper was notified, 0 unknown
  uint32_t spare;
};

}  // namespace nogil
