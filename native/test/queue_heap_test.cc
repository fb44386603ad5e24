#include <string.h>
#include <sys/mman.h>

#include "test/queue_world.h"

// The payload heap: sizes, reuse, and what the system gets back.

namespace nogil {
namespace test {
namespace {

// How much of the arena is in memory, in KiB.
long resident_kb(const Arena<P>& arena) {
  const size_t page = platform::page_size();
  const size_t bytes = arena.header()->next_chunk.load() * kChunkBytes;
  std::vector<unsigned char> pages(bytes / page);
  if (mincore(arena.header(), bytes, pages.data()) != 0) return -1;
  size_t resident = 0;
  for (unsigned char each : pages) resident += each & 1;
  return static_cast<long>(resident * page / 1024);
}

TEST(every_size) {
  Ground ground;
  PayloadHeap<P> heap(ground.arena);
  struct Block {
    uint32_t index;
    uint64_t size;
    uint8_t fill;
  };
  std::vector<Block> blocks;
  Random random(1);
  uint8_t fill = 0;
  for (uint64_t size = 0; size < 3000000; size = size * 5 / 4 + 1) {
    for (int i = 0; i < 3; i++) {
      const Block block{heap.allocate(size, 1), size, ++fill};
      REQUIRE(block.index != 0);
      CHECK_EQ(heap.size(block.index), size);
      CHECK_EQ(reinterpret_cast<uintptr_t>(heap.data(block.index)) % 16, 0u);
      CHECK_EQ(heap.owner(block.index), 1u);
      memset(heap.data(block.index), block.fill, size);
      blocks.push_back(block);
    }
  }
  // Freed and taken again at random, and none ever overlaps another.
  for (int turn = 0; turn < 500; turn++) {
    Block& block = blocks[random.below(static_cast<uint32_t>(blocks.size()))];
    const uint8_t* data = heap.data(block.index);
    for (uint64_t i = 0; i < block.size; i += 61) CHECK_EQ(data[i], block.fill);
    if (block.size) CHECK_EQ(data[block.size - 1], block.fill);
    heap.free(block.index, 1);
    block.size = random.below(turn % 10 ? 5000 : 500000);
    block.index = heap.allocate(block.size, 1);
    REQUIRE(block.index != 0);
    memset(heap.data(block.index), block.fill, block.size);
  }
  for (Block& block : blocks) heap.free(block.index, 1);
}

TEST(runs_are_merged) {
  Ground ground;
  PayloadHeap<P> heap(ground.arena);
  // More than half of the arena, again and again, in pieces and in one.
  for (int turn = 0; turn < 5; turn++) {
    const uint32_t all = heap.allocate(140u << 20, 1);
    REQUIRE(all != 0);
    heap.free(all, 1);
    std::vector<uint32_t> pieces;
    for (int i = 0; i < 14; i++) {
      pieces.push_back(heap.allocate((10u << 20) - 100, 1));
      REQUIRE(pieces.back() != 0);
    }
    for (size_t i = 0; i < pieces.size(); i += 2) heap.free(pieces[i], 1);
    for (size_t i = 1; i < pieces.size(); i += 2) heap.free(pieces[i], 1);
  }
}

TEST(memory_can_run_out) {
  Ground ground;
  PayloadHeap<P> heap(ground.arena);
  CHECK_EQ(heap.allocate(uint64_t{1} << 40, 1), 0u);
  CHECK_EQ(heap.allocate(UINT64_MAX, 1), 0u);
  for (uint64_t size : {uint64_t{100}, uint64_t{30000}, uint64_t{1} << 20}) {
    std::vector<uint32_t> blocks;
    while (uint32_t block = heap.allocate(size, 1)) blocks.push_back(block);
    CHECK(blocks.size() * size > uint64_t{150} << 20);
    // What one size has used up another can have afterwards.
    for (uint32_t block : blocks) heap.free(block, 1);
  }
}

// The item is the putter's still when there is no memory for it.
TEST(queue_without_memory) {
  for (CellClass c : {CellClass::kQueue, CellClass::kLifoQueue, CellClass::kPriorityQueue}) {
    QueueGround ground(c);
    PayloadHeap<P> heap(ground.arena);
    std::vector<uint32_t> blocks;
    for (uint64_t size : {uint64_t{1} << 20, uint64_t{60000}, uint64_t{30000}, uint64_t{16000},
                          uint64_t{1000}, uint64_t{100}}) {
      while (uint32_t block = heap.allocate(size, 1)) blocks.push_back(block);
    }
    QueueResult result;
    uint64_t put = 0;
    while ((result = ground.queue().try_put(number(put), 1)) == QueueResult::kOk) put++;
    CHECK(result == QueueResult::kNoMemory);
    CHECK_EQ(ground.queue().size(), put);
    for (uint32_t block : blocks) heap.free(block, 1);
    CHECK(ground.queue().try_put(number(put), 1) == QueueResult::kOk);
    CHECK_EQ(ground.destroy(), static_cast<int>(put) + 1);
  }
}

TEST(a_drained_queue_gives_its_memory_back) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  const uint64_t items = 200000;
#else
  const uint64_t items = 2000000;
#endif
  Arena<P> arena;
  REQUIRE(arena.create_private(size_t{1} << 34));
  for (CellClass c : kClasses) {
    Cell<P>& cell = *arena.at(arena.allocate(ChunkKind::kCells));
    cell.tag.store(tag::make(1, c, 1));
    REQUIRE(Queue<P>(arena, cell).create(0, 1));
    Queue<P> queue(arena, cell);
    PayloadHeap<P> heap(arena);
    const long before = resident_kb(arena);
    for (uint64_t i = 0; i < items; i++) {
      REQUIRE(queue.try_put({ItemKind::kPayload, heap.allocate(i % 200, 1)}, 1) ==
              QueueResult::kOk);
    }
    const long full = resident_kb(arena);
    CHECK(full - before > static_cast<long>(items * 80 / 1024));
    Item item;
    while (queue.try_get(&item, 1) == QueueResult::kOk)
      heap.free(static_cast<uint32_t>(item.value), 1);
    const long after = resident_kb(arena);
    CHECK(after - before < (24 << 10));
    if (after - before >= (24 << 10)) printf("     %ld, %ld, %ld KiB\n", before, full, after);
    queue.destroy(1, [](const Item&) {});
  }
  platform::unmap(arena.header(), arena.header()->chunks * kChunkBytes);
}

TEST(a_large_block_gives_its_memory_back) {
  Arena<P> arena;
  REQUIRE(arena.create_private(size_t{1} << 34));
  PayloadHeap<P> heap(arena);
  const long before = resident_kb(arena);
  for (int turn = 0; turn < 3; turn++) {
    const uint64_t size = uint64_t{100} << 20;
    const uint32_t block = heap.allocate(size, 1);
    REQUIRE(block != 0);
    memset(heap.data(block), 1, size);
    CHECK(resident_kb(arena) - before > (90 << 10));
    heap.free(block, 1);
    CHECK(resident_kb(arena) - before < (24 << 10));
  }
  // Far more than a chunk, of which little is touched.
  const uint32_t block = heap.allocate((uint64_t{5} << 30) / 4, 1);
  REQUIRE(block != 0);
  heap.data(block)[heap.size(block) - 1] = 1;
  heap.free(block, 1);
  platform::unmap(arena.header(), arena.header()->chunks * kChunkBytes);
}

TEST(many_queues_come_and_go) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  for (uint32_t i = 0; i < 30000u * kScale; i++) {
    cell.tag.store(tag::make(i, kClasses[i % 4], 1));
    REQUIRE(Queue<P>(ground.arena, cell).create(0, 1));
    Queue<P> queue(ground.arena, cell);
    for (uint64_t n = 0; n < i % 50; n++) CHECK(queue.try_put(number(n), 1) == QueueResult::kOk);
    queue.destroy(1, [](const Item&) {});
  }
  CHECK(ground.arena.header()->next_chunk.load() < 8);
}

TEST(blocks_pass_from_thread_to_thread) {
  Ground ground;
  constexpr int kThreads = 4;
  std::atomic<uint32_t> slots[64] = {};
  Crew crew(ground.arena, kThreads);
  crew.start_all([&](Actor& actor, int n) {
    PayloadHeap<P> heap(ground.arena);
    Random random(static_cast<uint32_t>(n + 1));
    for (int i = 0; i < 20000 * kScale; i++) {
      const uint64_t size = random.below(100) == 0 ? random.below(300000) : random.below(700);
      uint32_t block = heap.allocate(size, actor.me());
      REQUIRE(block != 0);
      uint8_t* data = heap.data(block);
      if (size) data[0] = data[size - 1] = static_cast<uint8_t>(size);
      block = slots[random.below(64)].exchange(block);
      if (!block) continue;
      const uint64_t other = heap.size(block);
      if (other) CHECK_EQ(heap.data(block)[other - 1], static_cast<uint8_t>(other));
      heap.free(block, actor.me());
    }
  });
  crew.join();
}

}  // namespace
}  // namespace test
}  // namespace nogil
