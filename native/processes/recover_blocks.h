// Blocks of the payload heap that belong to dead threads.
//
// Why it is right. A block that is in use says whose it is, and a free one that it is free. Nobody
// but its thread changes the word of a block that names a thread, except a getter, which writes its
// own number before the item leaves the queue. So a block that names a dead thread is that one's;
// only if it is marked as put, it may be in a queue by now, or still. Those are looked for in all
// that a queue consists of: the rings, wherever they are, piles, and lists of items that were given
// back. What is found nowhere and says the same afterwards is nowhere: the dead thread can't put it
// any more, and nobody else had it.
//
// A block is ours before it is freed, and the references that it holds are struck out before they
// are given back: recovery that is cut short may lose references, but gives none back twice.
#pragma once

#include <stdlib.h>

#include "processes/recover_rings.h"
#include "sync/future.h"

namespace nogil {

template <class P>
class DeadBlocks {
 public:
  DeadBlocks(const Casualties<P>& dead, ThreadNumber me, const RecoveryHooks<P>& hooks)
      : dead_(dead), arena_(dead.arena()), heap_(arena_), me_(me), hooks_(hooks) {}
  ~DeadBlocks() { ::free(list_); }
  DeadBlocks(const DeadBlocks&) = delete;
  DeadBlocks& operator=(const DeadBlocks&) = delete;

  void free_all() {
    if (!heap_.exists()) return;
    heap_.for_each_slab([&](uint32_t slab, uint32_t size_class) {
      if (SizeClasses<P>::is_ring(size_class)) return;
      heap_.for_each_block(slab, size_class, [&](uint32_t block) { look_at(block); });
    });
    heap_.for_each_large([&](uint32_t block) { look_at(block); });
    free_those_nowhere();
  }

  // A block that is ours.
  void drop(uint32_t block) {
    BlockReferences references = heap_.references(block);
    if (references == kTaskReferences) lose_task(block);
    if (references == kOwnReferences || references == kTaskReferences) {
      heap_.set_references(block, kNoReferences);
      hooks_.drop_message(hooks_.data, heap_.data(block), heap_.size(block));
    }
    NOGIL_CRASH_POINT("recovery.block");
    heap_.free(block, me_);
  }

 private:
  void look_at(uint32_t block) {
    ThreadNumber owner = heap_.owner(block);
    if (owner & Slabs<P>::kFreeLink) return;
    if (!dead_.has(owner & ~kQueued)) return;
    if (owner & kQueued) {
      remember(block);
    } else if (heap_.change_owner(block, owner, me_)) {
      drop(block);
    }
  }

  // Without memory for the list they stay where they are.
  void remember(uint32_t block) {
    if (count_ == room_) {
      size_t room = room_ ? room_ * 2 : 256;
      Entry* grown = static_cast<Entry*>(realloc(list_, room * sizeof(Entry)));
      if (!grown) return;
      list_ = grown;
      room_ = room;
    }
    list_[count_++] = {block, false};
  }

  void found(uint64_t block) {
    if (block >> 32) return;
    Entry key{static_cast<uint32_t>(block), false};
    void* at = bsearch(&key, list_, count_, sizeof(Entry), compare);
    if (at) static_cast<Entry*>(at)->found = true;
  }

  void free_those_nowhere() {
    if (!count_) return;
    qsort(list_, count_, sizeof(Entry), compare);
    DeadClaims<P>::for_each_ring(heap_, [&](uint32_t, Ring<P>& r) {
      for (uint64_t i = 0; i < r.slots(); i++) {
        uint64_t word = r.slot(i).word.load(std::memory_order_acquire);
        slot::State state = slot::state(word);
        bool payload = state == slot::kFull
                           ? static_cast<ItemKind>(slot::info(word)) == ItemKind::kPayload
                           : state == slot::kTaking && (slot::info(word) & slot::kOwnsPayload);
        if (payload) found(r.slot(i).value.load(std::memory_order_acquire));
      }
    });
    dead_.for_each_queue([&](QueueCore<P>& core, Cell<P>&) {
      {
        ListLock<P> lock(core.pile.guard, me_, arena_.shared());
        dead_.with_pile(core,
                        [&](auto pile) { pile.for_each_block([&](uint32_t b) { found(b); }); });
      }
      ListLock<P> lock(core.returned_lock, me_, arena_.shared());
      ReturnedItems<P>(arena_, core).for_each([&](uint32_t, const Item& item) {
        if (item.kind == ItemKind::kPayload) found(item.value);
      });
    });
    for (size_t i = 0; i < count_; i++) {
      uint32_t block = list_[i].block;
      if (list_[i].found) continue;
      ThreadNumber owner = heap_.owner(block);
      if ((owner & kQueued) && !(owner & Slabs<P>::kFreeLink) && dead_.has(owner & ~kQueued) &&
          heap_.change_owner(block, owner, me_)) {
        drop(block);
      }
    }
  }

  // [1, 0, 0, 0][count][cells]: binding/messages.cc.
  void lose_task(uint32_t block) {
    const uint8_t* bytes = heap_.data(block);
    uint32_t count;
    CellId id;
    if (heap_.size(block) < 12 || bytes[0] != 1) return;
    memcpy(&count, bytes + 4, sizeof count);
    memcpy(&id, bytes + 8, sizeof id);
    if (count == 0 || !(id & kSharedArenaBit)) return;
    id &= ~kSharedArenaBit;
    if (!arena_.contains(id, ChunkKind::kCells)) return;
    Cell<P>& cell = *arena_.at(id);
    if (dead_.class_of(cell) != CellClass::kFuture) return;
    uint32_t state = cell.state.load(std::memory_order_acquire);
    bool ours =
        state == kPending || cell.data[kFutureRunner].load(std::memory_order_acquire) == me_;
    if (ours) Future<P>::lose(arena_, cell, me_);
  }

  struct Entry {
    uint32_t block;
    bool found;
  };
  static int compare(const void* a, const void* b) {
    uint32_t x = static_cast<const Entry*>(a)->block, y = static_cast<const Entry*>(b)->block;
    return x < y ? -1 : x > y;
  }

  const Casualties<P>& dead_;
  Arena<P>& arena_;
  PayloadHeap<P> heap_;
  ThreadNumber me_;
  const RecoveryHooks<P>& hooks_;
  Entry* list_ = nullptr;
  size_t count_ = 0, room_ = 0;
};

}  // namespace nogil
