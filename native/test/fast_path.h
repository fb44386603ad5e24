#pragma once

#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/event.h"
#include "sync/mutex.h"
#include "sync/rw_lock.h"
#include "sync/semaphore.h"

// What lib/threading does in JavaScript before it comes to native code, on the same words. The core
// is only right together with it, so the tests drive both.

namespace nogil {
namespace test {

template <class P>
struct FastPath {
  using C = Cell<P>;
  using A = Arena<P>;

  static Acquired lock(Wait<P>& wait, C& cell) {
    uint32_t free = 0;
    if (cell.state.compare_exchange_strong(free, wait.me())) return Acquired::kYes;
    return Mutex<P>::acquire(wait, cell);
  }
  static bool unlock(A& arena, C& cell, ThreadNumber me) {
    const uint32_t was = cell.state.exchange(0);
    if (was & kWaiting) Mutex<P>::wake_next(arena, cell, me);
    return was != 0;
  }

  // An RLock: the depth is the holder's alone.
  static Acquired lock_again(Wait<P>& wait, C& cell) {
    if ((cell.state.load() & ~kWaiting) == wait.me()) {
      cell.aux.store(cell.aux.load() + 1);
      return Acquired::kYes;
    }
    const Acquired got = lock(wait, cell);
    if (got == Acquired::kYes || got == Acquired::kInherited) cell.aux.store(1);
    return got;
  }
  static bool unlock_once(A& arena, C& cell, ThreadNumber me) {
    if ((cell.state.load() & ~kWaiting) != me) return false;
    const uint32_t depth = cell.aux.load();
    cell.aux.store(depth - 1);
    return depth > 1 || unlock(arena, cell, me);
  }

  static Acquired acquire(Wait<P>& wait, C& cell) {
    if (Semaphore<P>::try_take(cell)) return Acquired::kYes;
    return Semaphore<P>::acquire(wait, cell);
  }
  static void release(A& arena, C& cell, uint32_t units, ThreadNumber me) {
    if (Semaphore<P>::add(cell, units)) Semaphore<P>::wake(arena, cell, me);
  }

  static Acquired wait_set(Wait<P>& wait, C& cell) {
    if (cell.state.load() == 1) return Acquired::kYes;
    return Event<P>::wait(wait, cell);
  }
  static void set(A& arena, C& cell, ThreadNumber me) { Event<P>::set(arena, cell, me); }
  static void clear(C& cell) { cell.state.store(0); }

  static Acquired lock_rw(Wait<P>& wait, C& cell, bool write) {
    uint32_t state = cell.state.load();
    while (write ? state == 0 : state < kWriter) {
      const uint32_t next = write ? kWriter | wait.me() : state + 1;
      if (cell.state.compare_exchange_strong(state, next)) return Acquired::kYes;
    }
    return RWLock<P>::acquire(wait, cell, write);
  }
  static bool unlock_rw(A& arena, C& cell, bool write, ThreadNumber me) {
    uint32_t state = cell.state.load();
    while (write ? state == (kWriter | me) : state != 0 && state < kWriter) {
      if (cell.state.compare_exchange_strong(state, write ? 0 : state - 1)) return true;
    }
    return RWLock<P>::release(arena, cell, write, me);
  }
};

}  // namespace test
}  // namespace nogil
