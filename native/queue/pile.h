// What the lifo and the priority queue have in common: a growing array in the payload heap under a
// small lock, with the counts and the rules of a queue around it.
//
// `Order` says where an entry goes and which one leaves:
//   Entry                                       trivially copyable
//   push(heap, entries, count, item, key, order, me, hole)   kOk, kNoMemory or kIncomparable; the
//                                                            array has room
//   next(entries, count)                                     which item leaves
//   pop(heap, entries, count, me, hole)                      takes it out of `count` > 0 entries;
//   the
//                                                            block of its key, to be freed, or 0
//
// The lock carries its holder's number; a section copies the whole array when it grows or shrinks,
// and is a few instructions otherwise.
//
// Kills, in shared memory. A section writes down first what `repair` needs to undo a put, or to
// complete a take whose item then goes with the killed process:
//   changing   kPut or kTake, and n: how many entries there are if the change is undone, or
//   completed hole       which of the first n + 1 entries does not count; all n others do, at every
//   moment
// An entry is copied into the hole before the hole moves to where it came from, so no moment has an
// entry nowhere, or only half copied. What is left is an array with a hole, in some order.
//   order, puts   equal but while a put is under way; `puts` moves before the change is struck out,
//                 `order` after that
//   entries       the new array is whole before it takes the old one's place; the one of the two
//   that
//                 is not in place names who is resizing, and is freed as any block of a dead thread
#pragma once

#include <cstring>

#include "park/waiter_list.h"
#include "queue/core.h"
#include "queue/item.h"
#include "queue/payload_heap.h"
#include "queue/serving.h"

namespace nogil {

// Where the entry is that does not count. Says nothing in private memory.
template <class P>
struct Hole {
  typename P::template Atomic<uint64_t>* word;

  void is(uint64_t at) const {
    if (!word) return;
    in_order();
    word->store(at, std::memory_order_relaxed);
    in_order();
    NOGIL_CRASH_POINT("pile.moving");
  }
  void done() const { in_order(); }
};

template <class P, template <class> class Order>
class Pile {
 public:
  using Entry = typename Order<P>::Entry;

  Pile(Arena<P>& arena, QueueCore<P>& core) : arena_(arena), core_(core), state_(core.pile) {}

  QueueResult place(const Item* items, const Key* keys, uint32_t n, uint32_t* placed,
                    ThreadNumber me, ServingLog<P>* log = nullptr) {
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
      begin(kPut, count, count);
      // If it is undone, this is as well.
      if (log) log->pile_put.store(name_of_put(), std::memory_order_release);
      QueueResult result = Order<P>::push(heap, entries(heap), count, items[*placed],
                                          keys ? keys[*placed] : Key{}, state_.order, me, hole());
      if (result != QueueResult::kOk) {
        if (log) log->pile_put.store(0, std::memory_order_release);
        end();
        return result;
      }
      state_.count.store(count + 1, std::memory_order_release);
      NOGIL_CRASH_POINT("pile.counted");
      state_.puts.store(state_.puts.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
      end();
      state_.order++;
    }
    return QueueResult::kOk;
  }

  QueueResult take(Item* items, uint32_t n, uint32_t* taken, ThreadNumber me,
                   Waiter<P>* served = nullptr) {
    *taken = 0;
    PayloadHeap<P> heap(arena_);
    ListLock<P> lock(state_.guard, me, arena_.shared());
    uint64_t count = state_.count.load(std::memory_order_relaxed);
    while (*taken < n && count > 0) {
      const Item item = items[(*taken)++] = Order<P>::next(entries(heap), count);
      if (arena_.shared()) {
        state_.taken_kind.store(static_cast<uint32_t>(item.kind), std::memory_order_relaxed);
        state_.taken_value.store(item.value, std::memory_order_relaxed);
        uint64_t at = Order<P>::leaves_from(count);
        state_.taken_key.store(Order<P>::key_block_of(entries(heap)[at]),
                               std::memory_order_relaxed);
      }
      if (served)
        core_.serving.pile_getter.store(arena_.index_of(served), std::memory_order_release);
      begin(kTake, count - 1, Order<P>::leaves_from(count));
      // The getter's before it leaves the queue.
      if (arena_.shared() && item.kind == ItemKind::kPayload)
        heap.set_owner(static_cast<uint32_t>(item.value), me);
      if (served) Parcel<P>::grant(arena_, served, item);
      const uint32_t key_block = Order<P>::pop(heap, entries(heap), count, me, hole());
      state_.count.store(--count, std::memory_order_release);
      NOGIL_CRASH_POINT("pile.counted");
      end();
      if (served) core_.serving.pile_getter.store(0, std::memory_order_release);
      if (key_block) heap.free(key_block, me);
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

  // With the guard, which a dead process held. Calls lost(item) with the item that went with it, if
  // it was taking one.
  template <class Lost>
  void repair(ThreadNumber me, Lost lost) {
    PayloadHeap<P> heap(arena_);
    if (state_.entries) {
      state_.capacity = heap.size(state_.entries) / sizeof(Entry);
      heap.set_owner(state_.entries, kTheQueues);
    }
    const uint64_t changing = state_.changing.load(std::memory_order_acquire);
    if (changing) {
      const uint64_t n = changing >> 2;
      Entry* all = entries(heap);
      uint64_t at = state_.hole.load(std::memory_order_relaxed);
      if (at != n) all[at] = all[n];
      hole().is(n);
      Order<P>::put_in_order(heap, all, n, hole());
      state_.count.store(n, std::memory_order_relaxed);
      if ((changing & 3) == kPut) {
        state_.puts.store(state_.order, std::memory_order_seq_cst);
        uint32_t undone = name_of_put();
        core_.serving.pile_put.compare_exchange_strong(undone, 0, std::memory_order_acq_rel);
      }
      if ((changing & 3) == kTake) {
        Item item{static_cast<ItemKind>(state_.taken_kind.load(std::memory_order_relaxed)),
                  state_.taken_value.load(std::memory_order_relaxed)};
        if (item.kind == ItemKind::kPayload) heap.set_owner(static_cast<uint32_t>(item.value), me);
        const uint32_t key_block = state_.taken_key.load(std::memory_order_relaxed);
        if (key_block) heap.set_owner(key_block, me);
        const uint32_t getter = core_.serving.pile_getter.load(std::memory_order_acquire);
        if (getter) Parcel<P>::grant(arena_, arena_.template at<Waiter<P>>(getter), item);
        end();
        if (!getter) lost(static_cast<const Item&>(item));
        if (key_block) heap.free(key_block, me);
      }
      end();
    }
    core_.serving.pile_getter.store(0, std::memory_order_release);
    state_.order = state_.puts.load(std::memory_order_relaxed);
  }

  // Calls fn(block) for every block that an entry names; with the guard.
  template <class F>
  void for_each_block(F fn) {
    PayloadHeap<P> heap(arena_);
    Entry* all = entries(heap);
    for (uint64_t i = 0; i < state_.count.load(std::memory_order_relaxed); i++) {
      if (uint32_t block = Order<P>::block_of(all[i])) fn(block);
      if (uint32_t block = Order<P>::key_block_of(all[i])) fn(block);
    }
  }

  // When nobody uses the queue any more, and it is empty.
  void destroy(ThreadNumber me) {
    if (state_.entries) PayloadHeap<P>(arena_).free(state_.entries, me);
    state_.entries = 0;
  }

 private:
  // Of the one that is under way.
  uint32_t name_of_put() const { return static_cast<uint32_t>(state_.order) + 1; }

  static constexpr uint64_t kLeast = 31;  // with the block's header no more than 1 KiB
  enum Change : uint64_t { kPut = 1, kTake = 2 };

  Hole<P> hole() { return {arena_.shared() ? &state_.hole : nullptr}; }

  void begin(Change change, uint64_t n, uint64_t hole_at) {
    if (!arena_.shared()) return;
    state_.hole.store(hole_at, std::memory_order_relaxed);
    in_order();
    state_.changing.store(n << 2 | change, std::memory_order_relaxed);
    in_order();
    NOGIL_CRASH_POINT("pile.logged");
  }
  void end() {
    if (!arena_.shared()) return;
    in_order();
    state_.changing.store(0, std::memory_order_relaxed);
    in_order();
  }

  Entry* entries(PayloadHeap<P>& heap) {
    return state_.entries ? reinterpret_cast<Entry*>(heap.data(state_.entries)) : nullptr;
  }

  bool resize(PayloadHeap<P>& heap, uint64_t capacity, uint64_t count, ThreadNumber me) {
    uint32_t block = heap.allocate(capacity * sizeof(Entry), me);
    if (!block) return false;
    const uint32_t old = state_.entries;
    if (old) {
      memcpy(heap.data(block), heap.data(old), count * sizeof(Entry));
      heap.set_owner(old, me);
    }
    in_order();
    NOGIL_CRASH_POINT("pile.resizing");
    state_.entries = block;
    in_order();
    state_.capacity = capacity;
    heap.set_owner(block, kTheQueues);
    NOGIL_CRASH_POINT("pile.resized");
    if (old) heap.free(old, me);
    return true;
  }

  Arena<P>& arena_;
  QueueCore<P>& core_;
  PileState<P>& state_;
};

}  // namespace nogil
