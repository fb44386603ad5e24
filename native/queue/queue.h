// The queues as the binding sees them: Queue, LifoQueue, PriorityQueue and SimpleQueue, each named by
// a cell. A Queue object is a view, made for each call.
//
// Python's rules (queue.py, 3.13): put waits while `maxsize` items are there and get while there is
// none; join waits until task_done has been called for each item put; shut down, put refuses at once
// and get once the queue is empty.
#pragma once

#include "park/park.h"
#include "queue/item.h"
#include "queue/payload_heap.h"

namespace nogil {

template <class P>
class Queue {
 public:
  Queue(Arena<P>& arena, Cell<P>& cell) : arena_(arena), cell_(cell) {}

  // Makes `cell`, just allocated with its class in its tag, a queue. `maxsize` <= 0: no bound.
  // False when memory is out.
  bool create(int64_t maxsize, ThreadNumber me);

  // Before the cell is freed, when nobody can use it any more. Calls drop(const Item&) for each item
  // left. It must free payloads: a block's first byte 1 means cell references inside it.
  template <class Drop>
  void destroy(ThreadNumber me, Drop drop);

  // --- one item ---
  // The item, a payload block or a cell's reference with it, is the queue's on kOk and the caller's
  // still on anything else. `key`: priority queues only.
  // Without waiting: kOk, kFull, kShutDown, kNoMemory.
  QueueResult try_put(const Item& item, ThreadNumber me, Key key = {});
  // kOk, kEmpty, kShutDown (shut down and empty).
  QueueResult try_get(Item* item, ThreadNumber me);
  // Waiting as `wait` says (its deadline 0: not at all); kInterrupted in addition.
  QueueResult put(Wait<P>& wait, const Item& item, Key key = {});
  QueueResult get(Wait<P>& wait, Item* item);

  // --- many ---
  // Puts all, waiting for room where there is none; `done` of them are the queue's afterwards,
  // whatever the answer. `keys`: as many, or null.
  QueueResult put_many(Wait<P>& wait, const Item* items, uint32_t count, uint32_t* done, const Key* keys = nullptr);
  // Waits for one and takes what else is there at once, up to `max`.
  QueueResult get_many(Wait<P>& wait, Item* items, uint32_t max, uint32_t* got);

  // --- async: `w` is a record made ready as for any async wait (binding/async.cc) ---
  // kOk (or a failure) at once, or kPending. A pending put owns the item; a notification with
  // kGranted means that it is in the queue, with kBroken that the queue was shut down: the item,
  // waiting_item(w), is the caller's again.
  QueueResult put_or_enqueue(Waiter<P>* w, const Item& item, ThreadNumber me, Key key = {});
  // A notification with kGranted brings the item along, granted_item(w), which is then the caller's:
  // to deliver, or to give back. kBroken: shut down.
  QueueResult get_or_enqueue(Waiter<P>* w, Item* item, ThreadNumber me);
  // kOk when there is nothing to wait for.
  QueueResult join_or_enqueue(Waiter<P>* w, ThreadNumber me);
  // Takes a pending wait back. False when it was notified first: act on the notification. After a
  // put's true, waiting_item(w) is the caller's again.
  bool withdraw(Waiter<P>* w, ThreadNumber me);
  static Item waiting_item(Waiter<P>* w);
  static Item granted_item(Waiter<P>* w) { return waiting_item(w); }
  // An item that was taken and that nobody will use: it leaves next.
  void give_back(const Item& item, ThreadNumber me);

  // --- tasks ---
  // False, and nothing changed, when that is more than were put.
  bool task_done(uint32_t count, ThreadNumber me);
  // kOk, kEmpty at the deadline, kInterrupted, kNoMemory.
  QueueResult join(Wait<P>& wait);
  uint64_t unfinished();

  // --- the rest ---
  // `immediate` drops what is there, counted as done; `drop` as in destroy.
  template <class Drop>
  void shutdown(bool immediate, ThreadNumber me, Drop drop);
  bool is_shut_down();
  uint64_t size();
  int64_t maxsize();
  void set_maxsize(int64_t maxsize, ThreadNumber me);

 private:
  Arena<P>& arena_;
  Cell<P>& cell_;
};

}  // namespace nogil
