// The future: a result that somebody will set, once, and that any number of threads wait for.
//
//   state                 next                            who
//   kPending              kRunning, kCancelled, kSetting
//   kRunning              kSetting
//   kCancelled            kCancelledSeen                  the worker that would have run it
//   kSetting              kResult, kException             the one thread that is storing the
//   outcome
//
//   done    kCancelled and all after it but kSetting: result() returns or throws
//   settled done, and not merely kCancelled: counts for wait() and as_completed()
//
// Every change is a compare-and-swap, in JavaScript or here, followed by a look at `waiters`; a
// waiter counts itself and then reads the state (Dekker, park.h). The outcome is written between
// kSetting and kResult or kException, whose release pairs with the acquire of every reader.
#pragma once

#include "sync/mutex.h"

namespace nogil {

enum FutureState : uint32_t {
  kPending = 0,
  kRunning = 1,
  kCancelled = 2,
  kCancelledSeen = 3,
  kResult = 4,
  kException = 5,
  kSetting = 6,
};

// In a future's `aux`, beside the kinds that hold an outcome (binding/thread_pool.h): its task was
// lost with the process that ran it, or that was to.
inline constexpr uint32_t kLostOutcome = 3;
// In the shared arena: which thread runs the task or sets its outcome. Written before the state
// says kRunning or kSetting.
inline constexpr int kFutureRunner = 4;

template <class P>
class Future {
 public:
  static bool is_done(uint32_t state) { return state >= kCancelled && state <= kException; }
  static bool is_settled(uint32_t state) { return state >= kCancelledSeen && state <= kException; }

  // Until it is done.
  static Acquired wait(Wait<P>& wait, Cell<P>& cell) {
    auto done = [&] { return is_done(cell.state.load(std::memory_order_seq_cst)); };
    if (!wait.blocking()) return done() ? Acquired::kYes : Acquired::kNo;
    if (wait.spin(cell, done)) return Acquired::kYes;
    Waiter<P>* w = wait.arm();
    if (!w) return Acquired::kNoMemory;
    if (enqueue(wait.arena(), cell, w, wait.me())) return Acquired::kYes;
    Woken how = wait.park(cell);
    if (how == Woken::kNotified || !wait.withdraw(cell)) return Acquired::kYes;
    return how == Woken::kInterrupted ? Acquired::kInterrupted : Acquired::kNo;
  }

  // True when it is over already, as far as `w` asks (kSettledOnly); else `w` is in the list.
  static bool enqueue(Arena<P>& arena, Cell<P>& cell, Waiter<P>* w, ThreadNumber me) {
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    WaiterList<P>::push_back(arena, cell, w);
    if (!satisfied(cell, w)) return false;
    WaiterList<P>::remove(arena, cell, w);
    return true;
  }

  // The right to store the outcome; kSetting when it is the caller's, else the state that forbids
  // it.
  static uint32_t claim(Cell<P>& cell) {
    uint32_t state = cell.state.load(std::memory_order_relaxed);
    while (state == kPending || state == kRunning) {
      if (cell.state.compare_exchange_weak(state, kSetting, std::memory_order_acq_rel))
        return kSetting;
    }
    return state == kSetting ? kRunning : state;
  }

  // After the outcome is stored.
  static void publish(Arena<P>& arena, Cell<P>& cell, FutureState state, ThreadNumber me) {
    cell.state.store(state, std::memory_order_seq_cst);
    if (cell.waiters.load(std::memory_order_seq_cst) != 0) wake(arena, cell, me);
  }

  // For recovery: the task of this future is gone. Unless it has an outcome, or was cancelled, it
  // fails, as lost. The word of the runner names us first: should we be killed before the end,
  // recovery from that comes here again.
  static void lose(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    uint32_t state = cell.state.load(std::memory_order_acquire);
    if (state != kPending && state != kRunning && state != kSetting) return;
    cell.data[kFutureRunner].store(me, std::memory_order_release);
    if (state != kSetting && claim(cell) != kSetting) return;
    cell.aux.store(kLostOutcome, std::memory_order_relaxed);
    publish(arena, cell, kException, me);
  }

  // Wakes those for whom the state is enough.
  static void wake(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    WakeList<P> wakes(arena);
    ListLock<P> lock(cell.list_lock, me, arena.shared());
    Waiter<P>* next = nullptr;
    for (Waiter<P>* w = WaiterList<P>::first(arena, cell); w; w = next) {
      next = w->next ? arena.template at<Waiter<P>>(w->next) : nullptr;
      if (satisfied(cell, w)) wakes.notify(cell, w, kGranted);
    }
    lock.unlock();
  }

 private:
  static bool satisfied(Cell<P>& cell, Waiter<P>* w) {
    uint32_t state = cell.state.load(std::memory_order_seq_cst);
    return w->flags.load(std::memory_order_relaxed) & kSettledOnly ? is_settled(state)
                                                                   : is_done(state);
  }
};

}  // namespace nogil
