// The event: `state` is 1 while it is set. Setting stores 1 and then reads `waiters`; a waiter
// counts itself and then reads state (Dekker, park.h). Who waited when it was set has been
// notified, even if it is cleared before that thread runs again. The end of a Thread is an event
// too.
#pragma once

#include "sync/mutex.h"

namespace nogil {

template <class P>
class Event {
 public:
  static Acquired wait(Wait<P>& wait, Cell<P>& cell) {
    auto set = [&] { return is_set(cell); };
    if (!wait.blocking()) return set() ? Acquired::kYes : Acquired::kNo;
    if (wait.spin(cell, set)) return Acquired::kYes;
    Waiter<P>* w = wait.arm();
    if (!w) return Acquired::kNoMemory;
    if (enqueue(wait.arena(), cell, w, wait.me())) return Acquired::kYes;
    Woken how = wait.park(cell);
    if (how == Woken::kNotified || !wait.withdraw(cell)) return Acquired::kYes;
    return how == Woken::kInterrupted ? Acquired::kInterrupted : Acquired::kNo;
  }

  // True when the event is set already; else `w` is in the list.
  static bool enqueue(Arena<P>& arena, Cell<P>& cell, Waiter<P>* w, ThreadNumber me) {
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    WaiterList<P>::push_back(arena, cell, w);
    if (!is_set(cell)) return false;
    WaiterList<P>::remove(arena, cell, w);
    return true;
  }

  // Those that wait already are notified in one step with the store, under the list lock: else the
  // event could be cleared in between, and a wait that began after that be ended by this set. Those
  // that come between the look and the store are notified only while it is still set.
  static void set(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    if (cell.waiters.load(std::memory_order_seq_cst) != 0) return set_and_wake(arena, cell, me);
    cell.state.store(1, std::memory_order_seq_cst);
    if (cell.waiters.load(std::memory_order_seq_cst) != 0) wake_if_set(arena, cell, me);
  }

  static void set_and_wake(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    WakeList<P> wakes(arena);
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    cell.state.store(1, std::memory_order_seq_cst);
    while (Waiter<P>* w = WaiterList<P>::first(arena, cell)) wakes.notify(cell, w, kGranted);
    lock.unlock();
  }

  static void wake_if_set(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    WakeList<P> wakes(arena);
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    if (is_set(cell)) {
      while (Waiter<P>* w = WaiterList<P>::first(arena, cell)) wakes.notify(cell, w, kGranted);
    }
    lock.unlock();
  }

  static bool is_set(Cell<P>& cell) { return cell.state.load(std::memory_order_seq_cst) == 1; }
};

}  // namespace nogil
