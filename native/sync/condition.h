// The condition variable. Its waiters are notified exactly, in the order in which they came, and
// never wake for nothing. A waiter that sleeps when it is notified is not woken: it moves to the
// list of the lock, which its notifier holds, and wakes when the lock is there to be had.
#pragma once

#include "sync/mutex.h"

namespace nogil {

enum class Signalled { kNo, kYes, kInterrupted, kNoMemory };

template <class P>
class Condition {
 public:
  struct Result {
    Signalled signalled;
    // The lock came from a holder that died.
    bool inherited;
  };

  // With the mutex held. Gives it up, waits, takes it again however long that lasts; only an
  // interrupted wait comes back without it.
  static Result wait(Wait<P>& wait, Cell<P>& cell, Cell<P>& mutex) {
    Arena<P>& arena = wait.arena();
    Waiter<P>* w = wait.arm();
    if (!w) return {Signalled::kNoMemory, false};
    mark(arena, cell, mutex, w);
    {
      ListLock<P> lock(cell.list_lock, wait.me(), arena.shared());
      WaiterList<P>::push_back(arena, cell, w);
    }
    Mutex<P>::release(arena, mutex, wait.me());
    wait.did_something_else();

    Woken how = wait.park(cell, Spin<P>::kMaxNs, Serves::kCaller);
    // Awake, it is not moved to the lock's list meanwhile.
    while (how == Woken::kAsked && wait.listed(cell)) {
      how = wait.serve() ? wait.park(cell, Spin<P>::kMaxNs, Serves::kCaller) : Woken::kInterrupted;
    }
    bool notified = how == Woken::kNotified || !wait.withdraw(cell);
    bool requeued = notified && (w->flags.load(std::memory_order_acquire) & kRequeued);
    if (how == Woken::kInterrupted) return interrupted(wait, cell, mutex, notified);
    wait.forget_deadline();
    // The deadline passed, or something was asked, while the record stood in the lock's list
    // already.
    while (requeued && how != Woken::kNotified) {
      if (how == Woken::kAsked && wait.withdraw(mutex)) {
        if (!wait.serve()) return interrupted(wait, cell, mutex, true);
        break;
      }
      how = wait.park(mutex, Spin<P>::kMaxNs, Serves::kCaller);
      if (how == Woken::kInterrupted) return interrupted(wait, cell, mutex, true);
    }
    w->flags.store(notified ? kInCondition | kSignalled : 0u, std::memory_order_relaxed);
    NOGIL_CRASH_POINT("condition.back");
    Acquired got = Acquired::kNo;
    if (notified && wait.outcome() == kGranted) {
      got = Acquired::kYes;
    } else if (notified && wait.outcome() == kInherited) {
      got = Acquired::kInherited;
    } else if (requeued) {
      got = Mutex<P>::acquire_chosen(wait, mutex);
    } else {
      // A long wait for the notification is no starvation at the lock.
      w->since = P::now();
      got = Mutex<P>::spin_or_queue(wait, mutex);
    }
    if (got == Acquired::kInterrupted) {
      // Stopped on its way to the lock: the notification is for another one.
      if (notified) notify(arena, cell, mutex, 1, wait.me());
      return {Signalled::kInterrupted, false};
    }
    return {notified ? Signalled::kYes : Signalled::kNo, got == Acquired::kInherited};
  }

  // What a record says of its wait, so that its notification can be passed on if its process is
  // killed. Before it is put in the list.
  static void mark(Arena<P>& arena, Cell<P>& cell, Cell<P>& mutex, Waiter<P>* w) {
    w->index = arena.index_of(&cell);
    w->spare = arena.index_of(&mutex);
    w->flags.fetch_or(kInCondition, std::memory_order_release);
  }

  // Notifies up to `n` waiters, with the mutex held by `me`. Returns how many.
  static uint32_t notify(Arena<P>& arena, Cell<P>& cell, Cell<P>& mutex, uint32_t n,
                         ThreadNumber me) {
    WakeList<P> wakes(arena);
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    uint32_t done = 0;
    for (; done < n; done++) {
      Waiter<P>* w = WaiterList<P>::first(arena, cell);
      if (!w) break;
      bool async = w->flags.load(std::memory_order_relaxed) & kAsync;
      if (!async && w->word.load(std::memory_order_acquire) != kAsleep) {
        // Awake, so a system call is saved and it can begin to compete for the lock at once.
        wakes.notify(cell, w, kTry);
      } else {
        requeue(arena, cell, mutex, w, me, wakes);
      }
    }
    lock.unlock();
    return done;
  }

 private:
  // Lock order: the condition's list before the mutex's, here and nowhere the other way round.
  static void requeue(Arena<P>& arena, Cell<P>& cell, Cell<P>& mutex, Waiter<P>* w, ThreadNumber me,
                      WakeList<P>& wakes) {
    ListLock<P> lock(mutex.list_lock, me, arena.shared());
    w->since = P::now();
    w->flags.fetch_or(kRequeued, std::memory_order_release);
    WaiterList<P>::move_back(arena, cell, mutex, w);
    NOGIL_CRASH_POINT("condition.requeued");
    // The notifier holds the mutex: mark it, so that its release comes to the list. (A Lock may be
    // released by another thread meanwhile; then somebody has to be chosen here.)
    Mutex<P>::choose(arena, mutex, wakes);
    lock.unlock();
  }

  // A thread that is being stopped takes neither a notification nor the lock with it.
  static Result interrupted(Wait<P>& wait, Cell<P>& cell, Cell<P>& mutex, bool notified) {
    if (notified) {
      Arena<P>& arena = wait.arena();
      bool requeued = wait.waiter()->flags.load(std::memory_order_acquire) & kRequeued;
      if (requeued && !wait.withdraw(mutex) && wait.outcome() != kTry) {
        Mutex<P>::release(arena, mutex, wait.me());
      } else if (requeued) {
        Mutex<P>::wake_next(arena, mutex, wait.me());
      }
      notify(arena, cell, mutex, 1, wait.me());
    }
    return {Signalled::kInterrupted, false};
  }
};

}  // namespace nogil
