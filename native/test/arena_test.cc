#include "memory/arena.h"

#include <string.h>

#include "test/threads.h"

namespace nogil {
namespace test {
namespace {

TEST(cells_are_of_64_bytes_and_laid_out_as_documented) {
  CHECK_EQ(sizeof(Cell<P>), 64u);
  CHECK_EQ(sizeof(Waiter<P>), 64u);
  CHECK_EQ(offsetof(Cell<P>, waiters), 5 * 4u);
  CHECK_EQ(offsetof(Cell<P>, data), 7 * 4u);
  CHECK_EQ(offsetof(Cell<P>, tag), 12 * 4u);
  CHECK_EQ(offsetof(Cell<P>, died), 15 * 4u);
  // The free list goes through this word whatever the cell held.
  CHECK_EQ(offsetof(Cell<P>, link), offsetof(Waiter<P>, link));
}

TEST(an_arena_hands_out_distinct_aligned_cells) {
  Ground ground;
  constexpr uint32_t kCount = 3 * kCellsPerChunk;
  std::vector<uint32_t> got(kCount);
  for (auto& index : got) {
    index = ground.arena.allocate(ChunkKind::kCells);
    REQUIRE(index != 0);
    ground.arena.at(index)->state.store(index);
  }
  for (uint32_t index : got) {
    CHECK_EQ(ground.arena.at(index)->state.load(), index);
    CHECK_EQ(reinterpret_cast<uintptr_t>(ground.arena.at(index)) % 64, 0u);
    CHECK_EQ(ground.arena.index_of(ground.arena.at(index)), index);
    CHECK(ground.arena.contains(index, ChunkKind::kCells));
    CHECK(!ground.arena.contains(index, ChunkKind::kWaiters));
  }
  uint32_t seen = 0;
  ground.arena.for_each<Cell<P>>(ChunkKind::kCells, [&](uint32_t index, Cell<P>* cell) {
    seen++;
    CHECK_EQ(cell->state.load(), index);
  });
  CHECK_EQ(seen, kCount);
}

TEST(freed_cells_come_back_before_new_ones) {
  Ground ground;
  const uint32_t a = ground.arena.allocate(ChunkKind::kCells);
  const uint32_t b = ground.arena.allocate(ChunkKind::kCells);
  ground.arena.free(a, ChunkKind::kCells);
  ground.arena.free(b, ChunkKind::kCells);
  CHECK_EQ(ground.arena.allocate(ChunkKind::kCells), b);
  CHECK_EQ(ground.arena.allocate(ChunkKind::kCells), a);
  CHECK(ground.arena.allocate(ChunkKind::kWaiters) / kCellsPerChunk != a / kCellsPerChunk);
}

TEST(forged_indices_are_recognised) {
  Ground ground;
  ground.cell();
  for (uint32_t index : {0u, 1u, kCellsPerChunk - 1, 5 * kCellsPerChunk, 0x7fffffffu, UINT32_MAX}) {
    CHECK(!ground.arena.contains(index, ChunkKind::kCells));
  }
}

TEST(a_full_arena_says_so) {
  const size_t bytes = 4 * kChunkBytes;
  void* memory = platform::reserve(bytes);
  REQUIRE(memory != nullptr && platform::commit(memory, kChunkBytes));
  Arena<P> arena;
  arena.adopt(memory, bytes, false);
  uint32_t count = 0;
  while (arena.allocate(ChunkKind::kCells) != 0) count++;
  CHECK_EQ(count, 3 * kCellsPerChunk);
  CHECK_EQ(arena.allocate(ChunkKind::kWaiters), 0u);
  arena.free(kCellsPerChunk, ChunkKind::kCells);
  CHECK_EQ(arena.allocate(ChunkKind::kCells), kCellsPerChunk);
  platform::unmap(memory, bytes);
}

TEST(adopting_again_keeps_what_is_there) {
  Ground ground;
  const uint32_t index = ground.arena.allocate(ChunkKind::kCells);
  Arena<P> again;
  again.adopt(ground.arena.header(), size_t{1} << 28, false);
  CHECK_EQ(again.allocate(ChunkKind::kCells), index + 1);
}

// ABA: everybody pops and pushes the same few cells. Each holder writes its mark on all that it
// has.
TEST(threads_never_hold_the_same_cell) {
  Ground ground;
  constexpr int kThreads = 4, kHeld = 5;
  Crew crew(ground.arena, kThreads);
  crew.start_all([&](Actor& actor, int) {
    Random random(actor.me());
    uint32_t held[kHeld] = {};
    for (int i = 0; i < 20000 * kScale; i++) {
      uint32_t& slot = held[random.below(kHeld)];
      if (slot == 0) {
        slot = ground.arena.allocate(ChunkKind::kCells);
        CHECK_EQ(ground.arena.at(slot)->state.exchange(actor.me()), 0u);
      } else {
        CHECK_EQ(ground.arena.at(slot)->state.exchange(0), actor.me());
        ground.arena.free(slot, ChunkKind::kCells);
        slot = 0;
      }
    }
    for (uint32_t index : held) {
      if (index == 0) continue;
      ground.arena.at(index)->state.store(0);
      ground.arena.free(index, ChunkKind::kCells);
    }
  });
  crew.join();
  uint32_t used = 0;
  ground.arena.for_each<Cell<P>>(ChunkKind::kCells, [&](uint32_t, Cell<P>*) { used++; });
  // Who finds none free takes a fresh one: never more than all could hold at once. A chunk that
  // lost the race for the first one counts for none.
  CHECK(used <= kThreads * kHeld);
  uint32_t listed = 0;
  uint32_t next = static_cast<uint32_t>(ground.arena.header()->free_list[0].load());
  for (; next != 0; next = ground.arena.at(next)->link.load()) listed++;
  CHECK_EQ(listed, used);
}

// Threads meet at the end of a chunk again and again.
TEST(threads_grow_the_arena_together) {
  Ground ground;
  constexpr int kThreads = 4;
  constexpr uint32_t kEach = 2 * kCellsPerChunk;
  Crew crew(ground.arena, kThreads);
  crew.start_all([&](Actor& actor, int) {
    for (uint32_t i = 0; i < kEach; i++) {
      const uint32_t index = ground.arena.allocate(ChunkKind::kCells);
      CHECK(index != 0);
      CHECK_EQ(ground.arena.at(index)->state.exchange(actor.me()), 0u);
    }
  });
  crew.join();
  uint32_t used = 0;
  ground.arena.for_each<Cell<P>>(ChunkKind::kCells,
                                 [&](uint32_t, Cell<P>* cell) { used += cell->state.load() != 0; });
  CHECK_EQ(used, kThreads * kEach);
}

TEST(thread_numbers_are_unique_while_alive) {
  Ground ground;
  ThreadTable<P>& table = ground.arena.threads();
  const ThreadNumber first = table.enter(100);
  CHECK(table.alive(first));
  CHECK_EQ(table.process_of(first), 100u);
  CHECK(!table.alive(kNobody));
  table.leave(first);
  CHECK(!table.alive(first));
  CHECK(table.enter(100) != first);

  constexpr int kThreads = 4;
  static std::atomic<uint32_t> taken[64];
  Crew crew(ground.arena, kThreads);
  crew.start_all([&](Actor&, int) {
    for (int i = 0; i < 2000 * kScale; i++) {
      const ThreadNumber number = table.enter(1);
      CHECK(number != kNobody && number < kAbandoned);
      CHECK(table.alive(number));
      taken[number % 64]++;
      table.leave(number);
      CHECK(!table.alive(number));
    }
  });
}

TEST(a_full_thread_table_says_so) {
  Ground ground;
  ThreadTable<P>& table = ground.arena.threads();
  std::vector<ThreadNumber> all;
  for (;;) {
    const ThreadNumber number = table.enter(1);
    if (number == kNobody) break;
    all.push_back(number);
  }
  CHECK_EQ(all.size(), size_t{ThreadTable<P>::kSlots});
  table.leave(all[7]);
  const ThreadNumber again = table.enter(1);
  CHECK(again != kNobody && again != all[7]);
  CHECK(!table.alive(all[7]));
}

}  // namespace
}  // namespace test
}  // namespace nogil
