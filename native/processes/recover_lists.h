// Locks of lists, heaps and piles that dead threads hold, and what those left half done under them.
//
// Why it is right. A lock's word names its holder. We take it over by compare-and-swap, so its
// section goes on, with us in it, and nobody else sees what is half done; if we are killed, the
// word names us, and who recovers from that finds the same as we did, or a later step of ours. Each
// repair below leads from any such state towards the same end:
//
// Lists of waiters. `Waiter::cell` says who belongs to a list: it changes under the list's lock
// alone. Links say in which order, and the way along `next` is never broken: a record is linked at
// the end after its own words are written, and unlinked by one store. (Compilers may mix plain
// stores; whom we do not find on that way is put where `since` says.) A member that has been
// notified is a waker's who did not come to take it out: out it goes, and is woken.
//
// What a waker was about to give is told by the record's outcome, set before the record is
// notified: see mutex.h, rw_lock.h and exchange.h for what it means with which state.
#pragma once

#include "processes/casualties.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/event.h"
#include "sync/future.h"
#include "sync/rw_lock.h"
#include "sync/semaphore.h"

namespace nogil {

template <class P>
class TornLocks {
 public:
  using Word = typename P::template Atomic<uint32_t>;

  // `lost(item)`: an item that went with the thread that was taking it from a pile; of a payload it
  // is `me` who is the owner.
  TornLocks(const Casualties<P>& dead, ThreadNumber me, void* data,
            void (*lost)(void* data, const Item& item))
      : dead_(dead), arena_(dead.arena()), me_(me), data_(data), lost_(lost) {}

  // All of them, or the one at `only`, about which the system is asked if nobody noticed the death.
  void repair(Word* only = nullptr) {
    only_ = only;
    // The heap's first: some of the others free blocks.
    PayloadHeap<P> heap(arena_);
    if (heap.exists()) heap_lock(heap);
    dead_.for_each_cell([&](Cell<P>& cell, uint32_t) {
      list(cell, [&](WakeList<P>& wakes) { finish(cell, wakes); });
      if (QueueCore<P>* core = dead_.core_of(cell)) queue(*core);
    });
  }

 private:
  // Null, or the dead thread whose lock is ours now.
  ThreadNumber take_over(Word& word, bool as_well = false) {
    if (only_ && only_ != &word && !as_well) return kNobody;
    uint32_t held = word.load(std::memory_order_acquire);
    for (;;) {
      ThreadNumber holder = held >> 1;
      if (holder == kNobody || !is_dead(holder)) return kNobody;
      // Marked, so that whoever sleeps there is woken when we are done.
      if (word.compare_exchange_strong(held, me_ << 1 | 1, std::memory_order_acq_rel)) {
        NOGIL_CRASH_POINT("recovery.torn");
        return holder;
      }
    }
  }
  bool is_dead(ThreadNumber number) { return only_ ? dead_.has_ended(number) : dead_.gone(number); }
  void release(Word& word) {
    NOGIL_CRASH_POINT("recovery.rebuilt");
    word.store(0, std::memory_order_seq_cst);
    P::wake(word, INT32_MAX, arena_.shared());
  }

  void heap_lock(PayloadHeap<P>& heap) {
    ThreadNumber holder = take_over(heap.heap().lock);
    if (!holder) return;
    heap.runs().rebuild(holder);
    // Of a rebuild that was itself cut short: the run is free by now.
    dead_.for_each_gone([&](ThreadNumber number) {
      Hands<P>& hand = arena_.threads().hands(number);
      uint32_t run = hand.run.load(std::memory_order_acquire);
      if (run && !heap.runs().in_use(run)) hand.run.store(0, std::memory_order_release);
    });
    release(heap.heap().lock);
  }

  void queue(QueueCore<P>& core) {
    // What was served is told by where the item comes from, or goes to: that is repaired first.
    const bool lists = only_ == &core.items.list_lock || only_ == &core.space.list_lock;
    if (take_over(core.pile.guard, lists)) {
      dead_.with_pile(core, [&](auto pile) {
        pile.repair(me_, [&](const Item& item) { lost_(data_, item); });
      });
      release(core.pile.guard);
    }
    if (take_over(core.returned_lock, lists)) {
      ReturnedItems<P>(arena_, core).repair();
      release(core.returned_lock);
    }
    list(core.items, [&](WakeList<P>& wakes) { finish_getters(core, wakes); });
    list(core.space, [&](WakeList<P>& wakes) { finish_putters(core, wakes); });
    list(core.done, [](WakeList<P>&) {});
  }

  // A list of waiters; `finish` completes what the holder was doing to it.
  template <class F>
  void list(Cell<P>& cell, F finish) {
    const ThreadNumber holder = take_over(cell.list_lock);
    if (!holder) return;
    rebuild(cell);
    {
      WakeList<P> wakes(arena_);
      finish(wakes);
      // Its own wait may be over, and its item put: nobody may choose it to put that once more.
      for_each_waiting(cell, [&](Waiter<P>* w) {
        if (w->thread == holder || is_dead(w->thread)) WaiterList<P>::remove(arena_, cell, w);
      });
      for_each_named(cell, [&](Waiter<P>* w) {
        if (w->word.load(std::memory_order_acquire) != kNotified) return;
        w->prev = arena_.index_of(&cell);
        w->cell.store(kNoCell, std::memory_order_release);
        P::wake(w->word, 1, arena_.shared());
      });
      release(cell.list_lock);
    }
  }

  // Calls fn(w) for each record that says it is in the cell's list.
  template <class F>
  void for_each_named(Cell<P>& cell, F fn) {
    const uint32_t index = arena_.index_of(&cell);
    dead_.for_each_record([&](Waiter<P>* w) {
      if (w->cell.load(std::memory_order_acquire) == index) fn(w);
    });
  }
  template <class F>
  void for_each_waiting(Cell<P>& cell, F fn) {
    for_each_named(cell, [&](Waiter<P>* w) {
      if (w->word.load(std::memory_order_acquire) != kNotified) fn(w);
    });
  }

  bool belongs(Cell<P>& cell, uint32_t index) {
    if (!arena_.contains(index, ChunkKind::kWaiters)) return false;
    Waiter<P>* w = at(index);
    return w->in_use.load(std::memory_order_acquire) &&
           w->cell.load(std::memory_order_acquire) == arena_.index_of(&cell) &&
           w->word.load(std::memory_order_acquire) != kNotified;
  }

  void rebuild(Cell<P>& cell) {
    uint32_t last = 0, count = 0;
    for (uint32_t index = cell.head; arena_.contains(index, ChunkKind::kWaiters);) {
      uint32_t next = at(index)->next;
      if (belongs(cell, index)) {
        link(cell, last, index);
        last = index;
        count++;
      }
      index = next;
    }
    terminate(cell, last);
    for (bool any = true; any;) {
      any = false;
      for_each_waiting(cell, [&](Waiter<P>* w) {
        uint32_t index = arena_.index_of(w);
        bool linked =
            w->prev ? belongs(cell, w->prev) && at(w->prev)->next == index : cell.head == index;
        if (linked) return;
        insert(cell, w);
        count++;
        any = true;
      });
    }
    cell.waiters.store(count, std::memory_order_seq_cst);
  }

  void link(Cell<P>& cell, uint32_t last, uint32_t index) {
    at(index)->prev = last;
    in_order();
    (last ? at(last)->next : cell.head) = index;
    in_order();
  }
  void terminate(Cell<P>& cell, uint32_t last) {
    (last ? at(last)->next : cell.head) = 0;
    cell.tail = last;
    in_order();
  }
  void insert(Cell<P>& cell, Waiter<P>* w) {
    uint32_t before = cell.tail;
    while (before && at(before)->since > w->since) before = at(before)->prev;
    uint32_t after = before ? at(before)->next : cell.head;
    w->next = after;
    if (after) at(after)->prev = arena_.index_of(w);
    link(cell, before, arena_.index_of(w));
    if (!after) cell.tail = arena_.index_of(w);
  }

  void finish(Cell<P>& cell, WakeList<P>& wakes) {
    switch (dead_.class_of(cell)) {
      case CellClass::kLock:
      case CellClass::kRLock:
        for_each_waiting(cell, [&](Waiter<P>* w) {
          uint32_t outcome = w->outcome.load(std::memory_order_acquire);
          if (outcome == kTry) return;
          uint32_t holder = cell.state.load(std::memory_order_acquire) & ~kWaiting;
          grant_if(holder == w->thread, cell, w, wakes);
        });
        break;
      case CellClass::kRWLock: finish_rw_lock(cell, wakes); break;
      case CellClass::kBarrier: Barrier<P>::shatter(arena_, cell, wakes); break;
      case CellClass::kCondition:
        // On its way to the lock's list, and not there yet.
        for_each_waiting(cell, [&](Waiter<P>* w) {
          w->flags.fetch_and(~uint32_t{kRequeued}, std::memory_order_acq_rel);
        });
        break;
      default: break;
    }
  }

  void grant_if(bool granted, Cell<P>& cell, Waiter<P>* w, WakeList<P>& wakes) {
    if (granted) {
      wakes.notify(cell, w, static_cast<WaiterOutcome>(w->outcome.load(std::memory_order_relaxed)));
    } else {
      w->outcome.store(kTry, std::memory_order_release);
    }
  }

  void finish_rw_lock(Cell<P>& cell, WakeList<P>& wakes) {
    uint32_t state = cell.state.load(std::memory_order_acquire);
    // Of a writer it is part of the number.
    if ((state & kEntering) && !(state & kWriter)) {
      bool told = false;
      for_each_named(cell, [&](Waiter<P>* w) {
        told = told || (w->word.load(std::memory_order_acquire) == kNotified &&
                        w->outcome.load(std::memory_order_relaxed) != kTry &&
                        !(w->flags.load(std::memory_order_relaxed) & kWrite));
      });
      while (!cell.state.compare_exchange_weak(
          state, told ? state & ~kEntering : (state & ~kEntering) - 1, std::memory_order_acq_rel)) {
      }
    }
    for_each_waiting(cell, [&](Waiter<P>* w) {
      if (w->outcome.load(std::memory_order_acquire) == kTry) return;
      bool write = w->flags.load(std::memory_order_relaxed) & kWrite;
      uint32_t holder = cell.state.load(std::memory_order_acquire) & ~kWaiting;
      grant_if(write && holder == (kWriter | w->thread), cell, w, wakes);
    });
  }

  void finish_getters(QueueCore<P>& core, WakeList<P>& wakes) {
    if (is_fifo(core)) MpmcQueue<P>(arena_, core).complete_served_get();
    for_each_waiting(core.items, [&](Waiter<P>* w) {
      if (w->outcome.load(std::memory_order_acquire) == kGranted)
        wakes.notify(core.items, w, kGranted);
    });
  }

  void finish_putters(QueueCore<P>& core, WakeList<P>& wakes) {
    PayloadHeap<P> heap(arena_);
    for_each_waiting(core.space, [&](Waiter<P>* w) {
      if (w->outcome.load(std::memory_order_acquire) != kGranted) return;
      bool in = is_fifo(core) ? MpmcQueue<P>(arena_, core).served_put_is_in()
                              : core.serving.pile_put.load(std::memory_order_acquire) != 0;
      Item item = Parcel<P>::load(w);
      if (!in) {
        if (item.kind == ItemKind::kPayload)
          heap.set_owner(static_cast<uint32_t>(item.value), w->thread);
        w->outcome.store(kTry, std::memory_order_release);
        return;
      }
      uint32_t key_block = w->spare;
      if (key_block) heap.set_owner(key_block, me_);
      in_order();
      w->spare = 0;
      in_order();
      if (key_block) heap.free(key_block, me_);
      wakes.notify(core.space, w, kGranted);
    });
  }

  static bool is_fifo(QueueCore<P>& core) {
    CellClass c = static_cast<CellClass>(core.cell_class.load(std::memory_order_relaxed));
    return c == CellClass::kQueue || c == CellClass::kSimpleQueue;
  }

  Waiter<P>* at(uint32_t index) { return arena_.template at<Waiter<P>>(index); }

  const Casualties<P>& dead_;
  Arena<P>& arena_;
  ThreadNumber me_;
  void* data_;
  void (*lost_)(void* data, const Item& item);
  Word* only_ = nullptr;
};

}  // namespace nogil
