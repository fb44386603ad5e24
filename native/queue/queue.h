// The queues as the binding sees them: Queue, LifoQueue, PriorityQueue and SimpleQueue, each named
// by a cell. A Queue object is a view, made for each call.
//
// Python's rules (queue.py, 3.13): put waits while `maxsize` items are there and get while there is
// none; join waits until task_done has been called for each item put; shut down, put refuses at
// once and get once the queue is empty.
#pragma once

#include "queue/exchange.h"

namespace nogil {

template <class P>
class Queue {
 public:
  Queue(Arena<P>& arena, Cell<P>& cell)
      : arena_(arena), cell_(cell), core_(core_of(arena, cell)), exchange_(arena, core_) {}

  // Makes the cell, just allocated with its class in its tag, a queue; all but this needs a view
  // made afterwards. `maxsize` <= 0: no bound. False when memory is out.
  bool create(int64_t maxsize, ThreadNumber me);

  // Before the cell is freed, when nobody can use it any more. Calls drop(const Item&) for each
  // item left. It must free payloads: a block's first byte 1 means cell references inside it.
  template <class Drop>
  void destroy(ThreadNumber me, Drop drop);

  // --- one item ---
  // The item, a payload block or a cell's reference with it, is the queue's on kOk and the caller's
  // still on anything else. `key`: priority queues only.
  // Without waiting: kOk, kFull, kShutDown, kNoMemory, kIncomparable.
  QueueResult try_put(const Item& item, ThreadNumber me, Key key = {}) {
    if (exchange_.place_quickly(item, me)) {
      exchange_.placed(1, me);
      return QueueResult::kOk;
    }
    uint32_t placed;
    QueueResult result = exchange_.place(&item, &key, 1, &placed, me);
    exchange_.placed(placed, me);
    return result;
  }
  // kOk, kEmpty, kShutDown (shut down and empty).
  QueueResult try_get(Item* item, ThreadNumber me) {
    if (exchange_.take_quickly(item, me)) {
      exchange_.taken(1, me);
      return QueueResult::kOk;
    }
    uint32_t taken;
    QueueResult result = exchange_.take(item, 1, &taken, me);
    exchange_.taken(taken, me);
    return result;
  }
  // Waiting as `wait` says (its deadline 0: not at all); kInterrupted in addition.
  QueueResult put(Wait<P>& wait, const Item& item, Key key = {}) {
    QueueResult result = try_put(item, wait.me(), key);
    return result == QueueResult::kFull && wait.blocking() ? put_waiting(wait, item, key) : result;
  }
  QueueResult get(Wait<P>& wait, Item* item) {
    QueueResult result = try_get(item, wait.me());
    return result == QueueResult::kEmpty && wait.blocking() ? get_waiting(wait, item) : result;
  }

  // --- many ---
  // Puts all, waiting for room where there is none; `done` of them are the queue's afterwards,
  // whatever the answer. `keys`: as many, or null.
  QueueResult put_many(Wait<P>& wait, const Item* items, uint32_t count, uint32_t* done,
                       const Key* keys = nullptr);
  // Waits for one and takes what else is there at once, up to `max`.
  QueueResult get_many(Wait<P>& wait, Item* items, uint32_t max, uint32_t* got);

  // --- async: `w` is a record made ready as for any async wait (binding/async.cc) ---
  // kPending, or the answer at once. A pending put owns the item until it is notified; put_result()
  // then says what became of it: kOk, or the item, waiting_item(w), is the caller's again, who
  // calls forget_key.
  QueueResult put_or_enqueue(Waiter<P>* w, const Item& item, ThreadNumber me, Key key = {});
  static QueueResult put_result(Waiter<P>* w);
  void forget_key(Waiter<P>* w, ThreadNumber me);
  // A notification, get_result() kOk, brings the item along, granted_item(w), which is then the
  // caller's: to deliver, or to give back. Otherwise kShutDown.
  QueueResult get_or_enqueue(Waiter<P>* w, Item* item, ThreadNumber me);
  static QueueResult get_result(Waiter<P>* w);
  // For a record that is to be notified when there may be an item, or the queue is shut down, and
  // takes none. kOk when that is so.
  QueueResult watch_or_enqueue(Waiter<P>* w, ThreadNumber me);
  // kOk when there is nothing to wait for.
  QueueResult join_or_enqueue(Waiter<P>* w, ThreadNumber me);
  // Takes a pending wait back. False when it was notified first: act on the notification. After a
  // put's true, waiting_item(w) is the caller's again.
  bool withdraw(Waiter<P>* w, ThreadNumber me);
  static Item waiting_item(Waiter<P>* w) { return Parcel<P>::load(w); }
  static Item granted_item(Waiter<P>* w) { return Parcel<P>::load(w); }
  // Before the granted item is delivered: in shared memory recovery passes it on up to here.
  void accept(Waiter<P>* w);
  // An item that was taken and that nobody will use: it leaves next. False when memory is out: it
  // is the caller's still.
  bool give_back(const Item& item, ThreadNumber me) { return exchange_.give_back(item, me); }

  // --- tasks ---
  // False, and nothing changed, when that is more than were put.
  bool task_done(uint32_t count, ThreadNumber me) { return exchange_.settle(count, me); }
  // kOk, kEmpty at the deadline, kInterrupted, kNoMemory.
  QueueResult join(Wait<P>& wait);
  uint64_t unfinished() { return exchange_.unfinished(); }

  // --- the rest ---
  // `immediate` drops what is there, counted as done; `drop` as in destroy.
  template <class Drop>
  void shutdown(bool immediate, ThreadNumber me, Drop drop);
  bool is_shut_down() { return exchange_.sealed(); }
  uint64_t size() { return exchange_.size(); }
  // First in, first out only: how many were ever taken, and put.
  uint64_t taken() { return exchange_.fifo().head(); }
  uint64_t put() { return exchange_.fifo().tail(); }
  // How many wait, threads and promises.
  uint32_t getters() { return core_.items.waiters.load(std::memory_order_seq_cst); }
  uint32_t putters() { return core_.space.waiters.load(std::memory_order_seq_cst); }
  uint32_t joiners() { return core_.done.waiters.load(std::memory_order_seq_cst); }
  int64_t maxsize() { return static_cast<int64_t>(core_.maxsize.load(std::memory_order_relaxed)); }
  void set_maxsize(int64_t maxsize, ThreadNumber me) {
    core_.maxsize.store(maxsize > 0 ? static_cast<uint64_t>(maxsize) : 0,
                        std::memory_order_seq_cst);
    exchange_.wake(0, Exchange<P>::kAll, me);
  }

 private:
  static QueueCore<P>& core_of(Arena<P>& arena, Cell<P>& cell) {
    return *reinterpret_cast<QueueCore<P>*>(
        arena.chunk_address(0) + size_t{cell.data[0].load(std::memory_order_acquire)} * 64);
  }

  QueueResult put_waiting(Wait<P>& wait, const Item& item, Key key);
  QueueResult get_waiting(Wait<P>& wait, Item* item);
  QueueResult take_all(Item* items, uint32_t max, uint32_t* got, ThreadNumber me);

  template <class Attempt>
  QueueResult wait_in(Wait<P>& wait, Cell<P>& list, Item* parcel, QueueResult unready,
                      Attempt attempt, bool* served);

  template <class Drop>
  void drain(ThreadNumber me, bool settle, Drop drop);

  Arena<P>& arena_;
  Cell<P>& cell_;
  QueueCore<P>& core_;
  Exchange<P> exchange_;
};

}  // namespace nogil

#include "queue/queue_life.h"
#include "queue/queue_wait.h"
