// The mutex behind Lock and RLock. JavaScript takes and releases it with one atomic operation on
// `state` each; this file is what happens when that one does not do.
//
//   state                       meaning
//   0                           free
//   number                      held by that thread, nobody waits
//   number | kWaiting           held, and the list may have waiters: the release must come here
//   kAbandoned [| kWaiting]     its holder died: free for whoever comes next, who is told
//
//   from              by                               to
//   0                 acquire (anyone, barging)        number [| kWaiting while others wait]
//   number            release: exchange(0)             0
//   number            a waiter about to sleep          number | kWaiting      list lock
//   number|kWaiting   release: exchange(0), then wake  0, then a waiter's number
//   number[|kWaiting] death of the holder              kAbandoned [| kWaiting]
//
// Why no waiter is left behind. A waiter links itself only after it has set kWaiting on a word that
// was not free, under the list lock; the release that exchanges that bit away must take the list
// lock next. So whenever the list is not empty, either the bit is set, or the thread that took it
// away, or the waiter it woke, is on its way through here: and each of them sets the bit again or
// wakes the next before it leaves.
//
// A hand-over is three steps: the word, the record, the wake-up. In shared memory whoever hands
// over first takes the lock itself and says in the record that it is to be granted; then the word
// names the waiter. So when a process is killed in between, either the lock is one that it held, or
// the word names a waiter whose record says that it was granted, and recovery tells the waiter.
#pragma once

#include "park/park.h"

namespace nogil {

inline constexpr uint32_t kWaiting = 0x80000000u;
// A waiter that has been passed over for so long gets the lock handed over: if it is awake, or
// after twice that. The lock lies idle until a sleeper has woken up, so one is woken first. It is
// back at the front of the list and spins by the time of the next release, unless that is long in
// coming.
inline constexpr int64_t kStarvingNs = 500000;

enum class Acquired { kNo, kYes, kInherited, kInterrupted, kNoMemory };

template <class P>
class Mutex {
 public:
  static bool is_free(uint32_t state) {
    uint32_t holder = state & ~kWaiting;
    return holder == kNobody || holder == kAbandoned;
  }

  static Acquired acquire(Wait<P>& wait, Cell<P>& cell) {
    wait.hold_off(cell, is_free(cell.state.load(std::memory_order_relaxed)));
    Acquired got = spin_or_queue(wait, cell);
    if (got == Acquired::kYes) wait.took(cell);
    return got;
  }

  static Acquired spin_or_queue(Wait<P>& wait, Cell<P>& cell) {
    Acquired got = Acquired::kNo;
    // Nobody spins behind sleepers: they were here first, and the lock goes to one of them.
    wait.spin(
        cell,
        [&] {
          got = try_take(cell, wait.me(), 0);
          return got != Acquired::kNo;
        },
        [&] { return (cell.state.load(std::memory_order_relaxed) & kWaiting) || !wait.blocking(); },
        Spin<P>::kLockNs);
    if (got != Acquired::kNo || !wait.blocking()) return got;
    return acquire_queued(wait, cell, false);
  }

  // The part after spinning. `woken`: the caller was chosen from the list and goes back to its
  // front.
  static Acquired acquire_queued(Wait<P>& wait, Cell<P>& cell, bool woken) {
    for (;;) {
      Waiter<P>* w = wait.arm();
      if (!w) return Acquired::kNoMemory;
      {
        ListLock<P> lock(cell.list_lock, wait.me(), wait.arena().shared());
        Acquired got = take_or_mark(cell, wait.me());
        if (got != Acquired::kNo) return got;
        // Leaving now is safe even for one that swallowed a wake-up: the mark brings the holder
        // back.
        if (wait.expired()) return wait.interrupted() ? Acquired::kInterrupted : Acquired::kNo;
        if (woken) {
          WaiterList<P>::push_front(wait.arena(), cell, w);
        } else {
          WaiterList<P>::push_back(wait.arena(), cell, w);
        }
        NOGIL_CRASH_POINT("lock.queued");
      }
      // Once more: a holder that takes the lock again and again calls for this thread now, and with
      // a sleeper that is a system call each time.
      wait.begin_anew();
      Woken how = wait.park(cell, Spin<P>::kLockNs, Serves::kCaller);
      if (how != Woken::kNotified && wait.withdraw(cell)) {
        if (how == Woken::kAsked) {
          wait.serve();
          woken = true;
          continue;
        }
        return how == Woken::kInterrupted ? Acquired::kInterrupted : Acquired::kNo;
      }
      if (wait.outcome() == kGranted) return Acquired::kYes;
      if (wait.outcome() == kInherited) return Acquired::kInherited;
      woken = true;
      Acquired got = compete(wait, cell);
      if (got != Acquired::kNo) return got;
    }
  }

  // For a waiter that was chosen from the list with kTry: it is the one that has to keep the chain
  // of wake-ups going, by the waiting bit or by going back to the list.
  static Acquired acquire_chosen(Wait<P>& wait, Cell<P>& cell) {
    Acquired got = compete(wait, cell);
    return got != Acquired::kNo ? got : acquire_queued(wait, cell, true);
  }

  // For an async waiter: takes the mutex, or puts `w` in the list. The lock is handed to it, never
  // just offered: its event loop may be far too slow to compete for it.
  static Acquired acquire_or_enqueue(Arena<P>& arena, Cell<P>& cell, Waiter<P>* w,
                                     ThreadNumber me) {
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    Acquired got = take_or_mark(cell, w->thread);
    if (got == Acquired::kNo) WaiterList<P>::push_back(arena, cell, w);
    return got;
  }

  // Frees the mutex from native code. False when it was free already.
  static bool release(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    // Release: pairs with the acquire of whoever takes it next.
    uint32_t was = cell.state.exchange(0, std::memory_order_acq_rel);
    NOGIL_CRASH_POINT("lock.released");
    if (was & kWaiting) wake_next(arena, cell, me);
    return was != 0;
  }

  // After a release that found kWaiting: sees to it that a waiter gets its turn.
  static void wake_next(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    WakeList<P> wakes(arena);
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    choose(arena, cell, wakes);
    lock.unlock();
  }

  // The same with the list lock held.
  static void choose(Arena<P>& arena, Cell<P>& cell, WakeList<P>& wakes) {
    for (;;) {
      Waiter<P>* w = WaiterList<P>::first(arena, cell);
      if (!w) return;
      uint32_t state = cell.state.load(std::memory_order_relaxed);
      if (!is_free(state)) {
        // Somebody barged in. Waking a waiter for nothing would only slow that one down: it will
        // come back here if it finds the mark.
        if ((state & kWaiting) || cell.state.compare_exchange_strong(state, state | kWaiting,
                                                                     std::memory_order_relaxed)) {
          return;
        }
        continue;
      }
      bool hand_over = (w->flags.load(std::memory_order_relaxed) & kAsync) || starves(w);
      if (!hand_over) {
        wakes.notify(cell, w, kTry);
        return;
      }
      uint32_t rest = w->next ? kWaiting : 0;
      WaiterOutcome outcome = (state & ~kWaiting) == kAbandoned ? kInherited : kGranted;
      if (arena.shared()) {
        if (!announce(cell, w, state, outcome)) continue;
        state = holder_of(cell.list_lock) | kWaiting;
      }
      if (cell.state.compare_exchange_strong(state, w->thread | rest, std::memory_order_acq_rel)) {
        NOGIL_CRASH_POINT("lock.handed");
        wakes.notify(cell, w, outcome);
        return;
      }
      // Only if somebody released a Lock that was not its own.
      if (arena.shared()) w->outcome.store(kTry, std::memory_order_relaxed);
    }
  }

  // The holder `dead` is no more: makes the mutex free for the next, who learns of it. False when
  // it was not the holder.
  static bool abandon(Arena<P>& arena, Cell<P>& cell, ThreadNumber dead, ThreadNumber me) {
    uint32_t state = cell.state.load(std::memory_order_acquire);
    for (;;) {
      if ((state & ~kWaiting) != dead) return false;
      cell.died.store(dead, std::memory_order_relaxed);
      // An RLock's depth: who takes it over begins at none.
      cell.aux.store(0, std::memory_order_relaxed);
      if (cell.state.compare_exchange_weak(state, kAbandoned | (state & kWaiting),
                                           std::memory_order_acq_rel))
        break;
    }
    wake_next(arena, cell, me);
    return true;
  }

  // For a release whose owner may not have lived to come here. Somebody may have barged in since,
  // without the mark that its predecessor took away: that one is marked, to come here in its stead.
  static void recheck(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    wake_next(arena, cell, me);
  }

  // 0 while nobody waits. Read after having been chosen from the list: whoever joined it since has
  // set the mark on the state itself.
  static uint32_t waiting_bit(Cell<P>& cell) {
    return cell.waiters.load(std::memory_order_seq_cst) != 0 ? kWaiting : 0;
  }

  static Acquired try_take(Cell<P>& cell, ThreadNumber me, uint32_t waiting) {
    uint32_t state = cell.state.load(std::memory_order_relaxed);
    while (is_free(state)) {
      // Acquire: pairs with the release of the last holder.
      if (cell.state.compare_exchange_weak(state, me | (state & kWaiting) | waiting,
                                           std::memory_order_acquire)) {
        return (state & ~kWaiting) == kAbandoned ? Acquired::kInherited : Acquired::kYes;
      }
    }
    return Acquired::kNo;
  }

 private:
  static uint32_t holder_of(typename P::template Atomic<uint32_t>& list_lock) {
    return list_lock.load(std::memory_order_relaxed) >> 1;
  }

  // The first step of a hand-over in shared memory. False: the lock is not free any more.
  static bool announce(Cell<P>& cell, Waiter<P>* w, uint32_t state, WaiterOutcome outcome) {
    if (!cell.state.compare_exchange_strong(state, holder_of(cell.list_lock) | kWaiting,
                                            std::memory_order_acq_rel))
      return false;
    w->outcome.store(outcome, std::memory_order_release);
    NOGIL_CRASH_POINT("lock.handing");
    return true;
  }

  static bool starves(Waiter<P>* w) {
    int64_t waited = P::now() - w->since;
    if (waited <= kStarvingNs) return false;
    return waited > 2 * kStarvingNs || w->word.load(std::memory_order_relaxed) != kAsleep;
  }

  static Acquired compete(Wait<P>& wait, Cell<P>& cell) {
    Acquired got = Acquired::kNo;
    wait.spin(
        cell,
        [&] {
          got = try_take(cell, wait.me(), waiting_bit(cell));
          return got != Acquired::kNo;
        },
        [] { return false; }, Spin<P>::kLockNs);
    return got;
  }

  // With the list lock: the mutex, or a mark on it that brings its holder here.
  static Acquired take_or_mark(Cell<P>& cell, ThreadNumber me) {
    for (;;) {
      Acquired got = try_take(cell, me, waiting_bit(cell));
      if (got != Acquired::kNo) return got;
      uint32_t state = cell.state.load(std::memory_order_relaxed);
      if (is_free(state)) continue;
      if ((state & kWaiting) ||
          cell.state.compare_exchange_strong(state, state | kWaiting, std::memory_order_relaxed)) {
        return Acquired::kNo;
      }
    }
  }
};

}  // namespace nogil
