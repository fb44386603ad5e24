// One way to put and take for all kinds of queue, and the wake-ups that follow from it.
//
// Whom to wake. Who has put k items and finds getters waiting chooses up to k of them; who has made
// room for k chooses up to k putters. A thread that is chosen tries again, before those that came
// later; if it finds nothing it goes back to its place, and if it is stopped it chooses another in
// its stead. One that has starved, or that is a promise, is served instead: the waker takes or puts
// the item for it, in its record. Serving a getter makes room and serving a putter brings an item,
// so wake-ups go on in turns until there is nobody to wake or nothing to give.
//
// Lists of waiters are locked one at a time, and never inside the lock of a pile or of the heap.
//
// Kills, in shared memory: serving.h. Recovery of the list brings to an end what was begun.
#pragma once

#include "park/park.h"
#include "queue/lifo.h"
#include "queue/mpmc_queue.h"
#include "queue/priority.h"
#include "queue/returned.h"
#include "queue/serving.h"

namespace nogil {

// A waiter that has been passed over for so long is served.
inline constexpr int64_t kQueueStarvingNs = 500000;

template <class P>
class Exchange {
 public:
  static constexpr uint64_t kAll = UINT64_MAX;

  Exchange(Arena<P>& arena, QueueCore<P>& core) : arena_(arena), core_(core) {}

  CellClass cell_class() const {
    return static_cast<CellClass>(core_.cell_class.load(std::memory_order_relaxed));
  }
  bool is_fifo() const {
    return cell_class() == CellClass::kQueue || cell_class() == CellClass::kSimpleQueue;
  }
  MpmcQueue<P> fifo() { return {arena_, core_}; }
  LifoPile<P> lifo() { return {arena_, core_}; }
  PriorityPile<P> priority() { return {arena_, core_}; }

  // One item, in a first-in-first-out queue of one process that is neither full nor empty: without
  // a detour. False: nothing has changed. What follows is to be called as after place and take.
  bool place_quickly(const Item& item, ThreadNumber me) {
    return is_fifo() && fifo().place_quickly(item, me);
  }
  bool take_quickly(Item* item, ThreadNumber me) {
    return is_fifo() && !returned().any() && fifo().take_quickly(item, me);
  }

  // Puts without waiting, and wakes nobody: call placed() after it, with no lock held.
  // `log`: where to write what becomes of the one item, if it is a waiter's.
  QueueResult place(const Item* items, const Key* keys, uint32_t n, uint32_t* placed,
                    ThreadNumber me, ServingLog<P>* log = nullptr) {
    if (arena_.shared()) hand_over(items, n, me | kQueued);
    NOGIL_CRASH_POINT("put.owned");
    QueueResult result;
    uint32_t passed = 0;
    switch (cell_class()) {
      case CellClass::kLifoQueue: result = lifo().place(items, keys, n, placed, me, log); break;
      case CellClass::kPriorityQueue:
        result = priority().place(items, keys, n, placed, me, log);
        break;
      default: result = fifo().place(items, n, placed, &passed, me, log); break;
    }
    passed_ += passed;
    NOGIL_CRASH_POINT("put.full");
    if (arena_.shared() && *placed < n) hand_over(items + *placed, n - *placed, me);
    return result;
  }

  // Takes without waiting, and wakes nobody: call taken() after it, with no lock held.
  // `served`: the getter in shared memory whose record is to have the one item.
  QueueResult take(Item* items, uint32_t n, uint32_t* taken, ThreadNumber me,
                   Waiter<P>* served = nullptr) {
    if (returned().any() && returned().pop(items, me, served)) {
      *taken = 1;
      return QueueResult::kOk;
    }
    QueueResult result;
    uint32_t passed = 0;
    switch (cell_class()) {
      case CellClass::kLifoQueue: result = lifo().take(items, n, taken, me, served); break;
      case CellClass::kPriorityQueue: result = priority().take(items, n, taken, me, served); break;
      default: result = fifo().take(items, n, taken, &passed, me, served); break;
    }
    passed_ += passed;
    return result;
  }

  void placed(uint64_t n, ThreadNumber me) {
    if (passed_) taken(0, me);
    if (core_.items.waiters.load(std::memory_order_seq_cst) != 0) wake(n, 0, me);
  }
  void taken(uint64_t n, ThreadNumber me) {
    if (passed_) {
      n += passed_;
      passed_ = 0;
      after_settling(me);
    }
    if (core_.space.waiters.load(std::memory_order_seq_cst) != 0) wake(0, n, me);
  }

  // There are `items` more, and room for `room` more.
  void wake(uint64_t items, uint64_t room, ThreadNumber me) {
    while (items || room) {
      uint64_t served = items ? wake_getters(items, me) : 0;
      items = 0;
      room = room == kAll ? kAll : room + served;
      if (room) items = wake_putters(room, me);
      room = 0;
    }
    if (passed_) taken(0, me);
  }

  uint64_t size() {
    uint64_t returned = core_.returned_count.load(std::memory_order_relaxed);
    switch (cell_class()) {
      case CellClass::kLifoQueue: return returned + lifo().size();
      case CellClass::kPriorityQueue: return returned + priority().size();
      default: return returned + fifo().size();
    }
  }
  bool sealed() {
    switch (cell_class()) {
      case CellClass::kLifoQueue: return lifo().sealed();
      case CellClass::kPriorityQueue: return priority().sealed();
      default: return fifo().sealed();
    }
  }

  // --- tasks ---
  uint64_t puts() {
    switch (cell_class()) {
      case CellClass::kLifoQueue: return lifo().puts();
      case CellClass::kPriorityQueue: return priority().puts();
      default: return fifo().tail();
    }
  }
  // Both only grow and settled is never more. So if they are equal in this order, they were equal
  // when the first one was read.
  uint64_t unfinished() {
    uint64_t settled = core_.settled.load(std::memory_order_seq_cst);
    uint64_t all = puts();
    return all - settled;
  }
  // False, and nothing changed, when `n` are more than unfinished.
  bool settle(uint64_t n, ThreadNumber me) {
    uint64_t settled = core_.settled.load(std::memory_order_seq_cst);
    do {
      if (n > puts() - settled) return false;
    } while (!core_.settled.compare_exchange_weak(settled, settled + n, std::memory_order_seq_cst));
    after_settling(me);
    return true;
  }
  void after_settling(ThreadNumber me) {
    if (core_.done.waiters.load(std::memory_order_seq_cst) == 0 || unfinished() != 0) return;
    WakeList<P> wakes(arena_);
    ListLock<P> lock(core_.done.list_lock, me, arena_.shared());
    while (Waiter<P>* w = WaiterList<P>::first(arena_, core_.done))
      wakes.notify(core_.done, w, kGranted);
    lock.unlock();
  }

  // --- items that were taken for nobody ---
  // False when memory is out.
  bool give_back(const Item& item, ThreadNumber me) {
    if (arena_.shared()) hand_over(&item, 1, me | kQueued);
    if (!returned().push(item, me)) {
      if (arena_.shared()) hand_over(&item, 1, me);
      return false;
    }
    placed(1, me);
    return true;
  }

 private:
  ReturnedItems<P> returned() { return {arena_, core_}; }

  // Payload blocks belong to a thread or, marked with kQueued, to the queue (payload_heap.h).
  void hand_over(const Item* items, uint32_t n, ThreadNumber to) {
    for (uint32_t i = 0; i < n; i++) {
      if (items[i].kind == ItemKind::kPayload) {
        PayloadHeap<P>(arena_).set_owner(static_cast<uint32_t>(items[i].value), to);
      }
    }
  }

  static bool to_be_served(Waiter<P>* w) {
    return (w->flags.load(std::memory_order_relaxed) & kAsync) ||
           P::now() - w->since > kQueueStarvingNs;
  }

  // Returns how many were served, each of whom made room.
  uint64_t wake_getters(uint64_t n, ThreadNumber me) {
    Cell<P>& list = core_.items;
    if (list.waiters.load(std::memory_order_seq_cst) == 0) return 0;
    WakeList<P> wakes(arena_);
    ListLock<P> lock(list.list_lock, me, arena_.shared());
    uint64_t served = 0;
    for (; n > 0; n--) {
      Waiter<P>* w = WaiterList<P>::first(arena_, list);
      // The item is still there for the next.
      while (w && (w->flags.load(std::memory_order_relaxed) & kWatch)) {
        wakes.notify(list, w, kGranted);
        w = WaiterList<P>::first(arena_, list);
      }
      if (!w) break;
      if (!to_be_served(w)) {
        wakes.notify(list, w, kTry);
        continue;
      }
      Item item;
      uint32_t one;
      QueueResult result = take(&item, 1, &one, me, arena_.shared() ? w : nullptr);
      if (result == QueueResult::kEmpty) break;
      NOGIL_CRASH_POINT("get.serving");
      if (result == QueueResult::kOk) {
        if (!arena_.shared()) Parcel<P>::store(w, item);
        served++;
      }
      wakes.notify(list, w, result == QueueResult::kOk ? kGranted : kBroken);
    }
    lock.unlock();
    return served;
  }

  // Returns how many were served, each of whom brought an item.
  uint64_t wake_putters(uint64_t n, ThreadNumber me) {
    Cell<P>& list = core_.space;
    if (list.waiters.load(std::memory_order_seq_cst) == 0) return 0;
    WakeList<P> wakes(arena_);
    ListLock<P> lock(list.list_lock, me, arena_.shared());
    uint64_t served = 0;
    for (; n > 0; n--) {
      Waiter<P>* w = WaiterList<P>::first(arena_, list);
      if (!w) break;
      bool async = w->flags.load(std::memory_order_relaxed) & kAsync;
      // The key of a thread's item is in that thread's own memory.
      if (!async && (cell_class() == CellClass::kPriorityQueue || !to_be_served(w))) {
        wakes.notify(list, w, kTry);
        continue;
      }
      PayloadHeap<P> heap(arena_);
      Key key;
      if (w->spare) key = {heap.data(w->spare), static_cast<uint32_t>(heap.size(w->spare))};
      Item item = Parcel<P>::load(w);
      uint32_t one;
      ServingLog<P>* log = arena_.shared() ? &core_.serving : nullptr;
      if (log) {
        log->put_ring.store(0, std::memory_order_relaxed);
        log->pile_put.store(0, std::memory_order_relaxed);
        w->outcome.store(kGranted, std::memory_order_release);
      }
      NOGIL_CRASH_POINT("put.serving");
      QueueResult result = place(&item, &key, 1, &one, me, log);
      if (arena_.shared() && result != QueueResult::kOk) {
        hand_over(&item, 1, w->thread);
        w->outcome.store(kTry, std::memory_order_release);
      }
      if (result == QueueResult::kFull) break;
      NOGIL_CRASH_POINT("put.served");
      // The key of a refused item stays its waiter's (Queue::forget_key): until that was told, the
      // item may have to be put again.
      if (result == QueueResult::kOk) {
        const uint32_t key_block = w->spare;
        // Ours before it is nobody's. If this process is killed, recovery goes on from kGranted.
        if (key_block) heap.set_owner(key_block, me);
        in_order();
        w->spare = 0;
        in_order();
        if (key_block) heap.free(key_block, me);
        served++;
      }
      wakes.notify(list, w, put_outcome(result));
    }
    lock.unlock();
    return served;
  }

  // How a notification tells an async putter what became of its item; Queue::put_result reads it.
  static WaiterOutcome put_outcome(QueueResult result) {
    switch (result) {
      case QueueResult::kOk: return kGranted;
      case QueueResult::kShutDown: return kBroken;
      case QueueResult::kIncomparable: return kInherited;
      default: return kTry;  // out of memory
    }
  }

  Arena<P>& arena_;
  QueueCore<P>& core_;
  uint64_t passed_ = 0;
};

}  // namespace nogil
