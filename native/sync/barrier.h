// The barrier. All of its state is guarded by the list lock; everybody who comes writes it, so
// there is no fast path to keep.
//
//   state    how many have come to this round
//   data[0]  parties
//   data[1]  1 while broken
//   data[2]  thread that runs the action, 0 for none: the round is complete, nobody has left yet
//   data[3]  1 when there is an action
//
// A round's waiters are taken from the list and told their arrival index all at once, so there is
// no draining phase. Who comes while the action runs waits in the same list as a newcomer and
// begins anew when it is over.
#pragma once

#include "sync/mutex.h"

namespace nogil {

template <class P>
class Barrier {
 public:
  enum class Passed { kYes, kRunAction, kBroken, kWaiting, kRetry, kInterrupted, kNoMemory };
  struct Result {
    Passed passed;
    uint32_t index;
  };

  static Result wait(Wait<P>& wait, Cell<P>& cell) {
    for (;;) {
      Waiter<P>* w = wait.arm();
      if (!w) return {Passed::kNoMemory, 0};
      Result r = arrive(wait.arena(), cell, w, wait.me());
      if (r.passed != Passed::kWaiting) return r;
      Woken how = wait.park(cell);
      if (how != Woken::kNotified &&
          give_up(wait.arena(), cell, w, how == Woken::kTimedOut, wait.me(), wait.unnoticed())) {
        return {how == Woken::kInterrupted ? Passed::kInterrupted : Passed::kBroken, 0};
      }
      if (wait.outcome() == kTry) continue;
      return {wait.outcome() == kBroken ? Passed::kBroken : Passed::kYes, w->index};
    }
  }

  // One arrival. kWaiting: `w` is in the list.
  static Result arrive(Arena<P>& arena, Cell<P>& cell, Waiter<P>* w, ThreadNumber me) {
    WakeList<P> wakes(arena);
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    if (get(cell.data[1])) return {Passed::kBroken, 0};
    uint32_t keep = w->flags.load(std::memory_order_relaxed) & kAsync;
    if (get(cell.data[2])) {
      w->flags.store(keep | kNewcomer, std::memory_order_relaxed);
      WaiterList<P>::push_back(arena, cell, w);
      return {Passed::kWaiting, 0};
    }
    uint32_t index = get(cell.state);
    put(cell.state, index + 1);
    NOGIL_CRASH_POINT("barrier.arrived");
    if (index + 1 < get(cell.data[0])) {
      w->flags.store(keep, std::memory_order_relaxed);
      w->index = index;
      WaiterList<P>::push_back(arena, cell, w);
      return {Passed::kWaiting, 0};
    }
    if (get(cell.data[3])) {
      put(cell.data[2], me);
      return {Passed::kRunAction, index};
    }
    open(arena, cell, wakes);
    lock.unlock();
    return {Passed::kYes, index};
  }

  // Takes the record of a wait that ended otherwise than by a notification out of the list, and
  // breaks the round that it counts in. Both in one section: else the last one to come would pass
  // in between, without the one that left. False when a notification came first. `unnoticed`: it
  // stays counted, and nothing breaks.
  static bool give_up(Arena<P>& arena, Cell<P>& cell, Waiter<P>* w, bool timed_out, ThreadNumber me,
                      bool unnoticed = false) {
    WakeList<P> wakes(arena);
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    bool listed = w->cell.load(std::memory_order_relaxed) == arena.index_of(&cell);
    if (listed) {
      bool newcomer = w->flags.load(std::memory_order_relaxed) & kNewcomer;
      WaiterList<P>::remove(arena, cell, w);
      if (!unnoticed && (!newcomer || timed_out)) break_all(arena, cell, wakes, true);
    }
    lock.unlock();
    return listed;
  }

  // Takes back an arrival as if it had never been: those that came later move up. False when it is
  // too late, because the round is complete.
  static bool leave(Arena<P>& arena, Cell<P>& cell, Waiter<P>* w, ThreadNumber me) {
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    if (w->cell.load(std::memory_order_relaxed) != arena.index_of(&cell)) return false;
    if (!(w->flags.load(std::memory_order_relaxed) & kNewcomer)) {
      if (get(cell.data[2])) return false;
      put(cell.state, get(cell.state) - 1);
      for (uint32_t at = w->next; at;) {
        Waiter<P>* later = arena.template at<Waiter<P>>(at);
        later->index--;
        at = later->next;
      }
    }
    WaiterList<P>::remove(arena, cell, w);
    return true;
  }

  // After the action: opens the barrier, or breaks it when the action threw. False when it was
  // reset or aborted meanwhile.
  static bool finish(Arena<P>& arena, Cell<P>& cell, bool ok, ThreadNumber me) {
    WakeList<P> wakes(arena);
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    bool mine = get(cell.data[2]) == me;
    if (mine) put(cell.data[2], kNobody);
    if (mine && ok) {
      open(arena, cell, wakes);
    } else if (!ok) {
      break_all(arena, cell, wakes, true);
    }
    lock.unlock();
    return mine;
  }

  static void abort(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) { end(arena, cell, me, true); }
  static void reset(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    end(arena, cell, me, false);
  }

  // The thread that ran the action is gone: the others would wait for ever.
  static bool abandon(Arena<P>& arena, Cell<P>& cell, ThreadNumber dead, ThreadNumber me) {
    if (get(cell.data[2]) != dead) return false;
    abort(arena, cell, me);
    return true;
  }

  // With the list lock, which a dead process held, and the list in order again: whatever that one
  // was about, the round can't be told from what is there. Who was in it learns that it broke.
  static void shatter(Arena<P>& arena, Cell<P>& cell, WakeList<P>& wakes) {
    break_all(arena, cell, wakes, true);
  }

 private:
  using Word = typename P::template Atomic<uint32_t>;
  static uint32_t get(Word& w) { return w.load(std::memory_order_relaxed); }
  static void put(Word& w, uint32_t v) { w.store(v, std::memory_order_relaxed); }

  static void open(Arena<P>& arena, Cell<P>& cell, WakeList<P>& wakes) {
    put(cell.state, 0);
    while (Waiter<P>* w = WaiterList<P>::first(arena, cell)) {
      bool newcomer = w->flags.load(std::memory_order_relaxed) & kNewcomer;
      wakes.notify(cell, w, newcomer ? kTry : kGranted);
    }
  }

  static void break_all(Arena<P>& arena, Cell<P>& cell, WakeList<P>& wakes, bool stay_broken) {
    put(cell.state, 0);
    put(cell.data[1], stay_broken ? 1 : 0);
    put(cell.data[2], kNobody);
    while (Waiter<P>* w = WaiterList<P>::first(arena, cell)) wakes.notify(cell, w, kBroken);
  }

  static void end(Arena<P>& arena, Cell<P>& cell, ThreadNumber me, bool stay_broken) {
    WakeList<P> wakes(arena);
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    break_all(arena, cell, wakes, stay_broken);
    lock.unlock();
  }
};

}  // namespace nogil
