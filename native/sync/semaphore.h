// The counting semaphore. `state` is the count and a mark; JavaScript takes a unit, and gives units
// back, with one compare-and-swap.
//
//   state               meaning
//   count               so many units, nobody waits
//   count | kWaiting    so many units, and the list may have waiters: a release must come to `wake`
//
//   from                by                                          to
//   count               acquire (anyone, barging), mark kept        count - 1
//   count               release, mark kept                          count + n
//   0                   a waiter that has linked itself             0 | kWaiting      list lock
//   count | kWaiting    `wake`, where it leaves the list empty      count             list lock
//
// Why no waiter is left behind: it meets every release in this one word. With the list lock free, a
// list that is not empty has the mark. A waiter links itself, and then takes a unit or marks a
// count of 0, in one step; a release that came before it has left its unit there, one that comes
// after it finds the mark and takes the list lock. A mark too many, left by a waiter that went
// away, costs the next release its way to `wake`, which takes it off.
//
// Units are free for all until somebody takes them; a waiter that was woken and found none goes
// back to the front, and one that has starved is given its unit directly.
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
        bool taken = take_or_mark(cell);
        if (taken || wait.expired()) {
          WaiterList<P>::remove(wait.arena(), cell, w);
          return taken                ? Acquired::kYes
                 : wait.interrupted() ? Acquired::kInterrupted
                                      : Acquired::kNo;
        }
      }
      Woken how = wait.park(cell, Spin<P>::kMaxNs, Serves::kCaller);
      if (how != Woken::kNotified && wait.withdraw(cell)) {
        if (how == Woken::kAsked) {
          wait.serve();
          continue;
        }
        return how == Woken::kInterrupted ? Acquired::kInterrupted : Acquired::kNo;
      }
      if (wait.interrupted()) {
        // Stopped with a wake-up, or a unit, in hand: pass it on.
        bool unit = wait.outcome() == kGranted;
        w->outcome.store(kTry, std::memory_order_relaxed);  // or recovery would give it once more
        if (unit) add(cell, 1);
        wake(wait.arena(), cell, wait.me());
        return Acquired::kInterrupted;
      }
      if (wait.outcome() == kGranted || try_take(cell)) return Acquired::kYes;
    }
  }

  static bool acquire_or_enqueue(Arena<P>& arena, Cell<P>& cell, Waiter<P>* w, ThreadNumber me) {
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    WaiterList<P>::push_back(arena, cell, w);
    if (!take_or_mark(cell)) return false;
    WaiterList<P>::remove(arena, cell, w);
    return true;
  }

  // After units were added: wakes as many waiters as there are units.
  static void wake(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    WakeList<P> wakes(arena);
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    uint32_t units = count(cell);
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
    // Relaxed: a release meets it in the word itself, and who comes to the list does so under its
    // lock.
    if (!WaiterList<P>::first(arena, cell))
      cell.state.fetch_and(~kWaiting, std::memory_order_relaxed);
    lock.unlock();
  }

  static uint32_t count(Cell<P>& cell) {
    return cell.state.load(std::memory_order_seq_cst) & ~kWaiting;
  }

  // Whether `wake` has to follow. Release: pairs with the acquire of whoever takes a unit.
  static bool add(Cell<P>& cell, uint32_t units) {
    return cell.state.fetch_add(units, std::memory_order_seq_cst) & kWaiting;
  }

  static bool try_take(Cell<P>& cell) {
    uint32_t state = cell.state.load(std::memory_order_seq_cst);
    while (state & ~kWaiting) {
      // Acquire: pairs with the release that added the unit.
      if (cell.state.compare_exchange_weak(state, state - 1, std::memory_order_seq_cst))
        return true;
    }
    return false;
  }

 private:
  // With the list lock, and the caller's record in the list.
  static bool take_or_mark(Cell<P>& cell) {
    uint32_t state = cell.state.load(std::memory_order_seq_cst);
    for (;;) {
      bool unit = state & ~kWaiting;
      if (!unit && (state & kWaiting)) return false;
      if (cell.state.compare_exchange_weak(state, unit ? state - 1 : kWaiting,
                                           std::memory_order_seq_cst))
        return unit;
    }
  }
};

}  // namespace nogil
