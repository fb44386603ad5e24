#pragma once

#include "test/fault_world.h"

// What has to hold of the heap and of all lists while nobody is in the middle of anything.

namespace nogil {
namespace test {

// Blocks that a thread owns or that are items; those that hold queues together; units in use.
struct HeapCount {
  uint32_t owned = 0, structures = 0, rings = 0, large = 0, units = 0;
};

using Heap = PayloadHeap<P>;

inline void check_slab(Heap& heap, uint32_t slab, uint32_t size_class, HeapCount* count) {
  const uint64_t a = heap.runs().unit(slab).anchor.load();
  const uint32_t blocks = SizeClasses<P>::blocks(size_class);
  const uint32_t base = slab * static_cast<uint32_t>(kUnitBytes / 64);
  const uint32_t step = SizeClasses<P>::at(size_class).bytes / 64;
  CHECK(!(a & anchor::kResting));
  std::vector<bool> free(blocks);
  uint32_t at = anchor::head(a);
  for (uint32_t i = 0; i < anchor::count(a); i++) {
    if (!CHECK(at < blocks && !free[at])) return;
    free[at] = true;
    at = heap.owner(base + at * step) & anchor::kField;
  }
  for (uint32_t i = 0; i < blocks - anchor::fresh(a); i++) {
    if (free[i]) continue;
    const uint32_t owner = heap.owner(base + i * step);
    if (!CHECK(!(owner & Slabs<P>::kFreeLink) && owner != 0))
      fprintf(stderr, "  block %u of class %u: %x\n", base + i * step, size_class, owner);
    if (owner == kTheQueues) {
      (SizeClasses<P>::is_ring(size_class) ? count->rings : count->structures)++;
    } else {
      count->owned++;
    }
  }
  const auto& c = heap.heap().classes[size_class];
  bool listed = static_cast<uint32_t>(c.current.load()) == slab;
  for (uint32_t s = static_cast<uint32_t>(c.partial.load()); s;
       s = heap.runs().unit(s).next.load()) {
    listed = listed || s == slab;
  }
  if (!CHECK_EQ(listed, (a & anchor::kListed) != 0))
    fprintf(stderr, "  slab %u of class %u: anchor %llx\n", slab, size_class,
            static_cast<unsigned long long>(a));
}

inline HeapCount check_heap(Arena<P>& arena) {
  HeapCount count;
  Heap heap(arena);
  if (!heap.exists()) return count;
  heap.for_each_slab([&](uint32_t slab, uint32_t c) { check_slab(heap, slab, c, &count); });
  heap.for_each_large([&](uint32_t block) {
    count.large++;
    (heap.owner(block) == kTheQueues ? count.structures : count.owned)++;
  });
  // Units: in a used run or in a free one, and those in the lists.
  uint32_t used = 0, free = 0, listed = 0, all = 0;
  const uint32_t end = arena.header()->next_chunk.load();
  const uint32_t root = arena.header()->payload_root.load();
  for (uint32_t chunk = 1; chunk < end; chunk++) {
    if (arena.header()->kind[chunk].load() != static_cast<uint8_t>(ChunkKind::kPayload)) continue;
    if (chunk == root) continue;  // of one chunk, in an arena of this size
    all += Runs<P>::kUnitsPerChunk;
  }
  for (uint32_t u = (root + 1) * Runs<P>::kUnitsPerChunk; u < end * Runs<P>::kUnitsPerChunk;) {
    const uint32_t use = heap.runs().unit(u).use.load();
    if (arena.header()->kind[u / Runs<P>::kUnitsPerChunk].load() !=
        static_cast<uint8_t>(ChunkKind::kPayload)) {
      u += Runs<P>::kUnitsPerChunk;
      continue;
    }
    const uint32_t length = heap.runs().unit(u).length;
    CHECK(use == kFreeRun || use == kLarge || (use & kSlab));
    if (use == kFreeRun) {
      free += length;
    } else if (use == kLarge || (use & kSlab)) {
      used += length;
    } else {
      fprintf(stderr, "  unit %u: use %u, length %u\n", u, use, length);
      u++;
      continue;
    }
    u += length;
  }
  for (uint32_t first : heap.heap().bins) {
    for (uint32_t u = first; u; u = heap.runs().unit(u).next.load())
      listed += heap.runs().unit(u).length;
  }
  CHECK_EQ(used + free, all);
  CHECK_EQ(listed, free);
  count.units = used;
  return count;
}

inline void check_quiet(Tree& tree) {
  Casualties<P> dead(tree.arena);
  auto idle = [](Cell<P>& cell) {
    CHECK_EQ(cell.list_lock.load(), 0u);
    CHECK_EQ(cell.waiters.load(), 0u);
    CHECK(cell.head == 0 && cell.tail == 0);
  };
  dead.for_each_cell([&](Cell<P>& cell, uint32_t) {
    idle(cell);
    if (QueueCore<P>* core = dead.core_of(cell)) {
      idle(core->items);
      idle(core->space);
      idle(core->done);
      CHECK_EQ(core->returned_lock.load(), 0u);
      CHECK_EQ(core->pile.guard.load(), 0u);
      CHECK_EQ(core->pile.changing.load(), 0u);
    }
  });
  dead.for_each_record([&](Waiter<P>* w) {
    if (!CHECK(false))
      fprintf(stderr, "  record in use by thread %u (alive %d): word %u cell %u flags %u\n",
              w->thread, tree.arena.threads().alive(w->thread), w->word.load(), w->cell.load(),
              w->flags.load());
  });
  Heap heap(tree.arena);
  if (heap.exists()) CHECK_EQ(heap.heap().lock.load(), 0u);
  CHECK_EQ(tree.arena.header()->recovery.load(), 0u);
}

}  // namespace test
}  // namespace nogil
