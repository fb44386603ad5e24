// What the lifo and the priority queue have in common: a growing array in the payload heap under a
// small lock, with the counts and the rules of a queue around it.
//
// `Order` says where an entry goes and which one leaves:
//   Entry                                       trivially copyable
//   push(heap, entries, count, item, key, order, me)   kOk, kNoMemory or kIncomparable; the array
//   has room pop(heap, entries, count, &item, me)        takes one of `count` > 0 entries
//
// The lock carries its holder's number; a section copies the whole array when it grows or shrinks,
// and is a few instructions otherwise.
#pragma once

#include <cstring>

#include "park/waiter_list.h"
#include "queue/core.h"
#include "queue/item.h"
#include "queue/payload_heap.h"

namespace nogil {

template <class P, template <class> class Order>
class Pile {
 public:
  using Entry = typename Order<P>::Entry;

  Pile(Arena<P>& arena, QueueCore<P>& core) : arena_(arena), core_(core), state_(core.pile) {}

  QueueResult place(const Item* items, const Key* keys, uint32_t n, uint32_t* placed,
                    ThreadNumber me) {
    *placed = 0;
    PayloadHeap<P> heap(arena_);
    ListLock<P> lock(state_.guard, me, arena_.shared());
    for (; *placed < n; ++*placed) {
      if (state_.shut_down.load(std::memory_order_relaxed)) return QueueResult::kShutDown;
      uint64_t count = state_.count.load(std::memory_order_relaxed);
      uint64_t maxsize = core_.maxsize.load(std::memory_order_relaxed);
      if (maxsize && count >= maxsize) return QueueResult::kFull;
      if (count == state_.capacity &&
          !resize(heap, count < kLeast ? kLeast : count * 2, count, me)) {
        return QueueResult::kNoMemory;
      }
      QueueResult result = Order<P>::push(heap, entries(heap), count, items[*placed],
                                          keys ? keys[*placed] : Key{}, state_.order, me);
      if (result != QueueResult::kOk) return result;
      state_.order++;
      state_.count.store(count + 1, std::memory_order_release);
      state_.puts.store(state_.puts.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
    }
    return QueueResult::kOk;
  }

  QueueResult take(Item* items, uint32_t n, uint32_t* taken, ThreadNumber me) {
    *taken = 0;
    PayloadHeap<P> heap(arena_);
    ListLock<P> lock(state_.guard, me, arena_.shared());
    uint64_t count = state_.count.load(std::memory_order_relaxed);
    while (*taken < n && count > 0) {
      Order<P>::pop(heap, entries(heap), count, &items[(*taken)++], me);
      state_.count.store(--count, std::memory_order_release);
    }
    // Without the shrunk array the old one does.
    if (state_.capacity > kLeast && count < state_.capacity / 4)
      resize(heap, state_.capacity / 2, count, me);
    if (*taken) return QueueResult::kOk;
    return state_.shut_down.load(std::memory_order_relaxed) ? QueueResult::kShutDown
                                                            : QueueResult::kEmpty;
  }

  void seal(ThreadNumber me) {
    ListLock<P> lock(state_.guard, me, arena_.shared());
    state_.shut_down.store(1, std::memory_order_seq_cst);
  }
  bool sealed() { return state_.shut_down.load(std::memory_order_seq_cst) != 0; }
  uint64_t size() { return state_.count.load(std::memory_order_acquire); }
  uint64_t puts() { return state_.puts.load(std::memory_order_seq_cst); }

  // When nobody uses the queue any more, and it is empty.
  void destroy(ThreadNumber me) {
    if (state_.entries) PayloadHeap<P>(arena_).free(state_.entries, me);
    state_.entries = 0;
  }

 private:
  static constexpr uint64_t kLeast = 31;  // with the block's header no more than 1 KiB

  Entry* entries(PayloadHeap<P>& heap) {
    return state_.entries ? reinterpret_cast<Entry*>(heap.data(state_.entries)) : nullptr;
  }

  bool resize(PayloadHeap<P>& heap, uint64_t capacity, uint64_t count, ThreadNumber me) {
    uint32_t block = heap.allocate(capacity * sizeof(Entry), me);
    if (!block) return false;
    if (state_.entries) {
      memcpy(heap.data(block), heap.data(state_.entries), count * sizeof(Entry));
      heap.free(state_.entries, me);
    }
    heap.set_owner(block, kNobody);
    state_.entries = block;
    state_.capacity = capacity;
    return true;
  }

  Arena<P>& arena_;
  QueueCore<P>& core_;
  PileState<P>& state_;
};

}  // namespace nogil
