// Items that were taken for somebody who did not want them any more: a promise of an environment
// that ended, a thread that was stopped. They leave before all others.
//
// Kills, in shared memory. A block is linked before it is the queue's own (kTheQueues), and its
// taker's before it is unlinked, as is the item's payload: so if a process was killed in between,
// what is linked says who has it, and the list decides.
#pragma once

#include "park/waiter_list.h"
#include "queue/core.h"
#include "queue/item.h"
#include "queue/payload_heap.h"
#include "queue/serving.h"

namespace nogil {

template <class P>
class ReturnedItems {
 public:
  ReturnedItems(Arena<P>& arena, QueueCore<P>& core) : arena_(arena), core_(core) {}

  // Sequentially consistent, as all that a getter looks at after it has been counted as a waiter.
  bool any() const { return core_.returned_count.load(std::memory_order_seq_cst) != 0; }

  // False when memory is out.
  bool push(const Item& item, ThreadNumber me) {
    PayloadHeap<P> heap(arena_);
    uint32_t block = heap.allocate(sizeof(Entry), me);
    if (!block) return false;
    ListLock<P> lock(core_.returned_lock, me, arena_.shared());
    *entry(heap, block) = {item, core_.returned.load(std::memory_order_relaxed)};
    core_.returned.store(block, std::memory_order_release);
    NOGIL_CRASH_POINT("returned.linked");
    heap.set_owner(block, kTheQueues);
    core_.returned_count.fetch_add(1, std::memory_order_seq_cst);
    return true;
  }

  bool pop(Item* item, ThreadNumber me, Waiter<P>* served = nullptr) {
    PayloadHeap<P> heap(arena_);
    ListLock<P> lock(core_.returned_lock, me, arena_.shared());
    uint32_t block = core_.returned.load(std::memory_order_relaxed);
    if (!block) return false;
    *item = entry(heap, block)->item;
    if (arena_.shared() && item->kind == ItemKind::kPayload)
      heap.set_owner(static_cast<uint32_t>(item->value), me);
    heap.set_owner(block, me);
    if (served) {
      core_.serving.returned_block.store(block, std::memory_order_relaxed);
      core_.serving.returned_getter.store(arena_.index_of(served), std::memory_order_release);
      Parcel<P>::grant(arena_, served, *item);
    }
    core_.returned.store(entry(heap, block)->next, std::memory_order_release);
    NOGIL_CRASH_POINT("returned.unlinked");
    if (served) core_.serving.returned_getter.store(0, std::memory_order_release);
    core_.returned_count.fetch_sub(1, std::memory_order_seq_cst);
    lock.unlock();
    heap.free(block, me);
    return true;
  }

  // With the lock, which a dead process held: the list is right, its count and its owners may not
  // be.
  void repair() {
    PayloadHeap<P> heap(arena_);
    if (uint32_t getter = core_.serving.returned_getter.load(std::memory_order_acquire)) {
      const uint32_t first = core_.returned.load(std::memory_order_relaxed);
      if (first == core_.serving.returned_block.load(std::memory_order_relaxed))
        arena_.template at<Waiter<P>>(getter)->outcome.store(kTry, std::memory_order_release);
      core_.serving.returned_getter.store(0, std::memory_order_release);
    }
    uint32_t count = 0;
    for_each([&](uint32_t block, const Item& item) {
      heap.set_owner(block, kTheQueues);
      if (item.kind == ItemKind::kPayload)
        heap.set_owner(static_cast<uint32_t>(item.value), kTheQueues);
      count++;
    });
    core_.returned_count.store(count, std::memory_order_seq_cst);
  }

  // Calls fn(block, item) for each; with the lock.
  template <class F>
  void for_each(F fn) {
    PayloadHeap<P> heap(arena_);
    for (uint32_t block = core_.returned.load(std::memory_order_acquire); block;
         block = entry(heap, block)->next) {
      fn(block, static_cast<const Item&>(entry(heap, block)->item));
    }
  }

 private:
  struct Entry {
    Item item;
    uint32_t next;
  };
  static Entry* entry(PayloadHeap<P>& heap, uint32_t block) {
    return reinterpret_cast<Entry*>(heap.data(block));
  }

  Arena<P>& arena_;
  QueueCore<P>& core_;
};

}  // namespace nogil
