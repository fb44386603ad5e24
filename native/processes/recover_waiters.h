// The waiter records of a dead process's threads, what they had been given, and the wake-ups that
// went with it.
//
// Why it is right. A record belongs to its thread until recovery frees it, and nobody else takes a
// record of a dead thread for anything but a waiter to choose. So whatever a dead waiter is chosen
// for before it is out of its list is in its record, and afterwards nobody can choose it: what is
// passed on here is all that was given. Each gift is struck out of the record before it is passed
// on, so none is passed on twice if recovery is cut short; the exception is a condition's
// notification, which is better given twice than never.
//
// A record that was in no list, was not notified, or was told to try again, had nothing but,
// perhaps, a wake-up that others need. `recheck` makes up for all of those: it asks of every cell
// with waiters whether one of them has to be woken as things are. That is also what a dead waker,
// who had changed the state and not looked at the list yet, would have done.
#pragma once

#include "processes/recover_lists.h"

namespace nogil {

template <class P>
class DeadWaiters {
 public:
  DeadWaiters(const Casualties<P>& dead, ThreadNumber me, const RecoveryHooks<P>& hooks)
      : dead_(dead), arena_(dead.arena()), me_(me), hooks_(hooks) {}

  // All records of the process's threads; and those of others that were notified, but perhaps not
  // woken, are woken.
  void bury_all() {
    dead_.for_each_record([&](Waiter<P>* w) {
      if (dead_.has(w->thread)) {
        bury(w);
      } else if (w->word.load(std::memory_order_acquire) == kNotified) {
        wake(w);
      }
    });
  }

  void recheck_all() {
    dead_.for_each_cell([&](Cell<P>& cell, uint32_t) {
      recheck(cell);
      if (QueueCore<P>* core = dead_.core_of(cell)) recheck(*core);
    });
  }

 private:
  void wake(Waiter<P>* w) {
    if (!(w->flags.load(std::memory_order_acquire) & kAsync)) {
      P::wake(w->word, 1, arena_.shared());
    } else if (hooks_.redeliver) {
      hooks_.redeliver(hooks_.data, w);
    }
  }

  void bury(Waiter<P>* w) {
    while (CellId in = w->cell.load(std::memory_order_acquire)) take_out(*arena_.at(in), w);
    pass_on(w);
    NOGIL_CRASH_POINT("recovery.waiter");
    Wait<P>::release_record(arena_, w);
  }

  void take_out(Cell<P>& cell, Waiter<P>* w) {
    if (arena_.contains(arena_.index_of(&cell), ChunkKind::kCells) &&
        dead_.class_of(cell) == CellClass::kBarrier) {
      Barrier<P>::give_up(arena_, cell, w, false, me_);
      return;
    }
    ListLock<P> lock(cell.list_lock, me_, arena_.shared());
    if (w->cell.load(std::memory_order_relaxed) == arena_.index_of(&cell))
      WaiterList<P>::remove(arena_, cell, w);
  }

  void pass_on(Waiter<P>* w) {
    uint32_t flags = w->flags.load(std::memory_order_acquire);
    bool notified = w->word.load(std::memory_order_acquire) == kNotified;
    if (flags & kInCondition) {
      // A lock that it was given names it: recover_locks.h.
      if (notified || (flags & (kRequeued | kSignalled))) pass_notification_on(w->index, w->spare);
      w->flags.store(0, std::memory_order_release);
      return;
    }
    uint32_t outcome = w->outcome.load(std::memory_order_relaxed);
    // Who watches takes nothing.
    if (!notified || outcome == kTry || outcome == kBroken || (flags & kWatch)) return;
    const CellId home = w->prev;
    if (!arena_.contains(home, ChunkKind::kCells)) {
      pass_item_on(w, *arena_.at(home));
      return;
    }
    w->outcome.store(kTry, std::memory_order_release);
    NOGIL_CRASH_POINT("recovery.passing");
    Cell<P>& cell = *arena_.at(home);
    switch (dead_.class_of(cell)) {
      case CellClass::kSemaphore:
      case CellClass::kBoundedSemaphore: Semaphore<P>::add(cell, 1); break;
      case CellClass::kRWLock:
        if (!(flags & kWrite)) RWLock<P>::release(arena_, cell, false, me_);
        break;
      default: break;
    }
  }

  void pass_notification_on(CellId condition, CellId mutex) {
    if (!arena_.contains(condition, ChunkKind::kCells) ||
        !arena_.contains(mutex, ChunkKind::kCells) ||
        dead_.class_of(*arena_.at(condition)) != CellClass::kCondition) {
      return;
    }
    Condition<P>::notify(arena_, *arena_.at(condition), *arena_.at(mutex), 1, me_);
  }

  // A getter that was served. (A putter that was has nothing any more.)
  void pass_item_on(Waiter<P>* w, Cell<P>& list) {
    if (w->outcome.load(std::memory_order_relaxed) != kGranted) return;
    QueueCore<P>* core = nullptr;
    dead_.for_each_queue([&](QueueCore<P>& c, Cell<P>&) {
      if (&c.items == &list) core = &c;
    });
    if (!core) return;
    Item item = Parcel<P>::load(w);
    if (item.kind == ItemKind::kPayload) {
      PayloadHeap<P> heap(arena_);
      if (heap.owner(static_cast<uint32_t>(item.value)) != w->thread) return;
      heap.set_owner(static_cast<uint32_t>(item.value), me_);
    }
    w->outcome.store(kTry, std::memory_order_release);
    NOGIL_CRASH_POINT("recovery.passing");
    Exchange<P> exchange(arena_, *core);
    if (!exchange.give_back(item, me_) && item.kind == ItemKind::kPayload)
      PayloadHeap<P>(arena_).free(static_cast<uint32_t>(item.value), me_);
  }

  void recheck(Cell<P>& cell) {
    uint32_t state = cell.state.load(std::memory_order_seq_cst);
    bool waited_for = cell.waiters.load(std::memory_order_seq_cst) != 0;
    CellClass c = dead_.class_of(cell);
    // Its mark may be all that is left of a waiter.
    if (c == CellClass::kRWLock && (waited_for || (state & kWaiting)))
      RWLock<P>::serve(arena_, cell, me_);
    if (!waited_for) return;
    switch (c) {
      case CellClass::kLock:
      case CellClass::kRLock: Mutex<P>::recheck(arena_, cell, me_); break;
      case CellClass::kSemaphore:
      case CellClass::kBoundedSemaphore: Semaphore<P>::wake(arena_, cell, me_); break;
      case CellClass::kEvent:
      case CellClass::kThread: Event<P>::wake_if_set(arena_, cell, me_); break;
      case CellClass::kFuture: Future<P>::wake(arena_, cell, me_); break;
      case CellClass::kInternal: recheck_internal(cell); break;
      default: break;
    }
  }

  // A semaphore or an event, it does not say which. Told to try, a semaphore's waiters look for
  // themselves, and an event's have what they waited for.
  void recheck_internal(Cell<P>& cell) {
    if (Semaphore<P>::count(cell) == 0) return;
    WakeList<P> wakes(arena_);
    ListLock<P> lock(cell.list_lock, me_, arena_.shared());
    while (Waiter<P>* w = WaiterList<P>::first(arena_, cell)) wakes.notify(cell, w, kTry);
    lock.unlock();
  }

  void recheck(QueueCore<P>& core) {
    Exchange<P> exchange(arena_, core);
    constexpr uint64_t kAll = Exchange<P>::kAll;
    uint64_t maxsize = core.maxsize.load(std::memory_order_relaxed);
    exchange.wake(exchange.sealed() ? kAll : exchange.size() + 1, maxsize ? maxsize : kAll, me_);
    exchange.after_settling(me_);
  }

  const Casualties<P>& dead_;
  Arena<P>& arena_;
  ThreadNumber me_;
  const RecoveryHooks<P>& hooks_;
};

}  // namespace nogil
