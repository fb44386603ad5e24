#include "test/deterministic/queue_world.h"

// The payload heap under every schedule: what is handed out is nobody else's, and all of it comes
// back.

namespace nogil {
namespace deterministic {
namespace {

// Blocks of the largest class, of which few make a slab.
constexpr uint32_t kClass = SizeClasses<D>::kPlainCount - 1;
constexpr uint32_t kBlocks = SizeClasses<D>::blocks(kClass);

struct Ledger {
  struct Entry {
    uint32_t block, who;
  };
  std::vector<Entry> entries;  // of blocks in use: a few
  std::vector<Entry>::iterator find(uint32_t block) {
    auto at = entries.begin();
    while (at != entries.end() && at->block != block) ++at;
    return at;
  }
  void take(QueueWorld& world, uint32_t block, uint32_t who) {
    SCHEDULE_CHECK(world.run, block != 0 && find(block) == entries.end());
    entries.push_back({block, who});
  }
  void give(QueueWorld& world, uint32_t block, uint32_t who) {
    auto at = find(block);
    SCHEDULE_CHECK(world.run, at != entries.end() && at->who == who);
    entries.erase(at);
  }
};
Ledger* ledger;

uint32_t slabs_of_class(QueueWorld& world) {
  Runs<D> runs(world.arena);
  uint32_t count = 0;
  for (uint32_t u = 0; u < 6 * Runs<D>::kUnitsPerChunk; u++)
    count += runs.unit(u).use.peek() == (kSlab | kClass << 8);
  return count;
}

// All of the class's memory can still be had: a slab that no list holds any more would be missing.
void check_all_there(QueueWorld& world) {
  PayloadHeap<D> heap(world.arena);
  const uint32_t slabs = slabs_of_class(world);
  std::vector<uint32_t> blocks;
  for (uint32_t i = 0; i < slabs * kBlocks; i++) {
    blocks.push_back(heap.allocate_class(kClass, QueueWorld::kMaker));
    ledger->take(world, blocks.back(), QueueWorld::kMaker);
  }
  SCHEDULE_CHECK(world.run, slabs_of_class(world) == slabs);
  for (uint32_t block : blocks) {
    ledger->give(world, block, QueueWorld::kMaker);
    heap.free_raw(block);
  }
}

// `held`: how many blocks are in use when it begins, `each` how many every fiber takes at a time.
bool traffic(const char* name, const Options& options, int fibers, uint32_t held, int each,
             int rounds) {
  return check_queue(name, options, {}, [=](QueueWorld& world) {
    delete ledger;
    ledger = new Ledger();
    static std::vector<uint32_t> blocks;
    blocks.clear();
    {
      PayloadHeap<D> heap(world.arena);
      for (uint32_t i = 0; i < held; i++) {
        blocks.push_back(heap.allocate_class(kClass, QueueWorld::kMaker));
        ledger->take(world, blocks.back(), QueueWorld::kMaker);
      }
    }
    for (int f = 0; f < fibers; f++) {
      world.run.add_fiber([&world, each, rounds] {
        PayloadHeap<D> heap(world.arena);
        for (int round = 0; round < rounds; round++) {
          std::vector<uint32_t> mine;
          for (int i = 0; i < each; i++) {
            mine.push_back(heap.allocate_class(kClass, world.me()));
            ledger->take(world, mine.back(), world.me());
          }
          for (uint32_t block : mine) {
            ledger->give(world, block, world.me());
            heap.free_raw(block);
          }
        }
      });
    }
    // Frees what was held, so that full slabs come back and others become empty.
    world.run.add_fiber([&world] {
      PayloadHeap<D> heap(world.arena);
      for (uint32_t block : blocks) {
        ledger->give(world, block, QueueWorld::kMaker);
        heap.free_raw(block);
      }
    });
    world.run.at_end([&world] { check_all_there(world); });
  });
}

TEST(heap_two) { traffic("two", bounded(3), 1, 1, 2, 1); }
TEST(heap_three) { traffic("three", bounded(2), 2, 2, 1, 2); }
TEST(heap_full_slab) { traffic("full slab", bounded(2), 1, kBlocks, 1, 1); }
TEST(heap_last_block) { traffic("last block", bounded(2), 2, kBlocks - 1, 1, 1); }
TEST(heap_random) {
  traffic("random", random_schedules(8000), 3, kBlocks, 3, 3);
  traffic("random, nearly empty", random_schedules(8000), 3, 2, 3, 3);
}

}  // namespace
}  // namespace deterministic
}  // namespace nogil
