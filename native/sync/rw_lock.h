// The read-write lock, first come first served: a reader that comes after a waiting writer waits
// behind it, so writers do not starve, and readers that wait side by side enter together.
//
//   state                      meaning
//   0                          free
//   n < kWriter                n readers hold it
//   kWriter | number           that thread holds it for writing
//   kWriter | kAbandoned       the writer died: free for whoever comes next
//   ... | kWaiting             the list is not empty: nobody enters but from the list
//   n | kEntering | kWaiting   (shared memory only) the last of the n readers is being told so
//
// JavaScript enters and leaves with one compare-and-swap while kWaiting is clear. While it is set,
// the state changes by leaving and by `serve` (list lock) alone, which makes grants exact: a waiter
// that was notified holds the lock. In shared memory `serve` may be cut short by a kill between the
// state and the record. A writer whose record says that it was granted is told by recovery if the
// state names it. Readers have no name in the state: kEntering stands there until the record is
// notified, and so recovery knows whether to tell that reader or to count it off.
#pragma once

#include "sync/mutex.h"

namespace nogil {

inline constexpr uint32_t kWriter = 0x40000000u;
inline constexpr uint32_t kEntering = 0x20000000u;

template <class P>
class RWLock {
 public:
  static Acquired acquire(Wait<P>& wait, Cell<P>& cell, bool write) {
    Acquired got = Acquired::kNo;
    uint32_t state = 0;
    wait.spin(
        cell,
        [&] {
          state = cell.state.load(std::memory_order_relaxed);
          got = enter(cell, state, write, wait.me());
          return got != Acquired::kNo;
        },
        [&] { return (state & kWaiting) || !wait.blocking(); });
    if (got != Acquired::kNo || !wait.blocking()) return got;
    for (bool served = false;; served = true) {
      Waiter<P>* w = wait.arm();
      if (!w) return Acquired::kNoMemory;
      got = acquire_or_enqueue(wait.arena(), cell, w, write, wait.me(), served);
      if (got != Acquired::kNo) return got;
      Woken how = wait.park(cell, Spin<P>::kMaxNs, Serves::kCaller);
      if (how == Woken::kNotified || !wait.withdraw(cell)) {
        return wait.outcome() == kInherited ? Acquired::kInherited : Acquired::kYes;
      }
      // Those behind may be able to enter now.
      serve(wait.arena(), cell, wait.me());
      if (how == Woken::kAsked && wait.serve()) continue;
      return wait.interrupted() ? Acquired::kInterrupted : Acquired::kNo;
    }
  }

  // `front`: it has been in the list before.
  static Acquired acquire_or_enqueue(Arena<P>& arena, Cell<P>& cell, Waiter<P>* w, bool write,
                                     ThreadNumber me, bool front = false) {
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    if (write) w->flags.fetch_or(kWrite, std::memory_order_relaxed);
    uint32_t state = cell.state.load(std::memory_order_acquire);
    for (;;) {
      if (!(state & kWaiting)) {
        Acquired got = enter(cell, state, write, w->thread);
        if (got != Acquired::kNo) return got;
        state = cell.state.load(std::memory_order_acquire);
        if (open_for(state, write)) continue;
        if (!cell.state.compare_exchange_strong(state, state | kWaiting, std::memory_order_acq_rel))
          continue;
      }
      if (front) {
        WaiterList<P>::push_front(arena, cell, w);
      } else {
        WaiterList<P>::push_back(arena, cell, w);
      }
      return Acquired::kNo;
    }
  }

  // Leaves; what JavaScript calls when one compare-and-swap would not do. False when nobody held it
  // that way.
  static bool release(Arena<P>& arena, Cell<P>& cell, bool write, ThreadNumber me) {
    uint32_t state = cell.state.load(std::memory_order_relaxed);
    for (;;) {
      uint32_t held = state & ~kWaiting;
      bool writing = held & kWriter;
      if (held == 0 || writing != write) return false;
      uint32_t next = (writing ? 0 : held - 1) | (state & kWaiting);
      // Release: pairs with the acquire of whoever enters next.
      if (cell.state.compare_exchange_weak(state, next, std::memory_order_acq_rel)) {
        NOGIL_CRASH_POINT("rwlock.left");
        if (next == kWaiting) serve(arena, cell, me);
        return true;
      }
    }
  }

  // Lets in from the front of the list all that may enter.
  static void serve(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    WakeList<P> wakes(arena);
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    uint32_t state = cell.state.load(std::memory_order_acquire);
    while (Waiter<P>* w = WaiterList<P>::first(arena, cell)) {
      bool write = w->flags.load(std::memory_order_relaxed) & kWrite;
      uint32_t held = state & ~kWaiting;
      if (!open_for(held, write)) break;
      bool inherited = held == (kWriter | kAbandoned);
      uint32_t readers = inherited ? 0 : held;
      uint32_t next = (write ? kWriter | w->thread : readers + 1) | (w->next ? kWaiting : 0);
      if (arena.shared()) {
        w->outcome.store(inherited ? kInherited : kGranted, std::memory_order_release);
        if (!write) next |= kEntering | kWaiting;
      }
      if (!cell.state.compare_exchange_weak(state, next, std::memory_order_acq_rel)) {
        if (arena.shared()) w->outcome.store(kTry, std::memory_order_relaxed);
        continue;
      }
      state = next;
      NOGIL_CRASH_POINT("rwlock.granted");
      wakes.notify(cell, w, inherited ? kInherited : kGranted,
                   next & kWriter ? 0 : next & kEntering);
      // The reader may have left again before kEntering was gone: then nobody but us looks further.
      if (arena.shared()) state = cell.state.load(std::memory_order_acquire);
    }
    if (!WaiterList<P>::first(arena, cell))
      cell.state.fetch_and(~kWaiting, std::memory_order_acq_rel);
    lock.unlock();
  }

  static bool abandon(Arena<P>& arena, Cell<P>& cell, ThreadNumber dead, ThreadNumber me) {
    uint32_t state = cell.state.load(std::memory_order_acquire);
    do {
      if ((state & ~kWaiting) != (kWriter | dead)) return false;
      cell.died.store(dead, std::memory_order_relaxed);
    } while (!cell.state.compare_exchange_weak(state, kWriter | kAbandoned | (state & kWaiting),
                                               std::memory_order_acq_rel));
    serve(arena, cell, me);
    return true;
  }

 private:
  // `held`: a state without kWaiting.
  static bool open_for(uint32_t held, bool write) {
    if (held == 0 || held == (kWriter | kAbandoned)) return true;
    return !write && !(held & (kWriter | kWaiting));
  }

  static Acquired enter(Cell<P>& cell, uint32_t& state, bool write, ThreadNumber me) {
    while (open_for(state, write)) {
      bool inherited = state == (kWriter | kAbandoned);
      uint32_t next = write ? kWriter | me : (inherited ? 1 : state + 1);
      // Acquire: pairs with the release of whoever left last.
      if (cell.state.compare_exchange_weak(state, next, std::memory_order_acquire)) {
        return inherited ? Acquired::kInherited : Acquired::kYes;
      }
    }
    return Acquired::kNo;
  }
};

}  // namespace nogil
