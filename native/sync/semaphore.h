// The counting semaphore. `state` is the count; JavaScript takes a unit with one compare-and-swap
// while it is positive, and gives units back with one addition, followed by a look at `waiters`.
//
//   state   waiters   release must
//   any     0         nothing more
//   any     > 0       come to `wake`
//
// Dekker, as written in park.h: release adds to state, then reads waiters; a waiter counts itself
// in waiters, then reads state. Units are free for all until somebody takes them; a waiter that was
// woken and found none goes back to the front, and one that has starved is given its unit directly.
//
// A process that is killed in `wake`, between a unit and the record that it is for, takes that unit
// with it, as it does with one that it holds: its release never was.
#pragma once

#include "sync/mutex.h"

namespace nogil {

template <class P>
class Semaphore {
 public:
  static Acquired acquire(Wait<P>& wait, Cell<P>& cell) {
    if (!wait.blocking()) return try_take(cell) ? Acquired::kYes : Acquired::kNo;
    if (wait.spin(cell, [&] { return try_take(cell); })) return Acquired::kYes;
    for (bool woken = false;; woken = true) {
      Waiter<P>* w = wait.arm();
      if (!w) return Acquired::kNoMemory;
      {
        ListLock<P> lock(cell.list_lock, wait.me(), wait.arena().shared());
        if (woken) {
          WaiterList<P>::push_front(wait.arena(), cell, w);
        } else {
          WaiterList<P>::push_back(wait.arena(), cell, w);
        }
        NOGIL_CRASH_POINT("semaphore.queued");
        bool taken = try_take(cell);
        if (taken || wait.expired()) {
          WaiterList<P>::remove(wait.arena(), cell, w);
          return taken                ? Acquired::kYes
                 : wait.interrupted() ? Acquired::kInterrupted
                                      : Acquired::kNo;
        }
      }
      Woken how = wait.park(cell);
      if (how != Woken::kNotified && wait.withdraw(cell)) {
        return how == Woken::kInterrupted ? Acquired::kInterrupted : Acquired::kNo;
      }
      if (wait.interrupted()) {
        // Stopped with a wake-up, or a unit, in hand: pass it on.
        bool unit = wait.outcome() == kGranted;
        w->outcome.store(kTry, std::memory_order_relaxed);  // or recovery would give it once more
        if (unit) cell.state.fetch_add(1, std::memory_order_seq_cst);
        wake(wait.arena(), cell, wait.me());
        return Acquired::kInterrupted;
      }
      if (wait.outcome() == kGranted || try_take(cell)) return Acquired::kYes;
    }
  }

  static bool acquire_or_enqueue(Arena<P>& arena, Cell<P>& cell, Waiter<P>* w, ThreadNumber me) {
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    WaiterList<P>::push_back(arena, cell, w);
    if (!try_take(cell)) return false;
    WaiterList<P>::remove(arena, cell, w);
    return true;
  }

  // After units were added: wakes as many waiters as there are units.
  static void wake(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    WakeList<P> wakes(arena);
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    uint32_t units = cell.state.load(std::memory_order_seq_cst);
    while (units > 0) {
      Waiter<P>* w = WaiterList<P>::first(arena, cell);
      if (!w) break;
      bool grant =
          (w->flags.load(std::memory_order_relaxed) & kAsync) || P::now() - w->since > kStarvingNs;
      if (grant && !try_take(cell)) break;
      NOGIL_CRASH_POINT("semaphore.taken");
      wakes.notify(cell, w, grant ? kGranted : kTry);
      units--;
    }
    lock.unlock();
  }

  static bool try_take(Cell<P>& cell) {
    uint32_t count = cell.state.load(std::memory_order_seq_cst);
    while (count > 0) {
      // Acquire: pairs with the release that added the unit.
      if (cell.state.compare_exchange_weak(count, count - 1, std::memory_order_seq_cst))
        return true;
    }
    return false;
  }
};

}  // namespace nogil
