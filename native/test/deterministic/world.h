#pragma once

#include <stdlib.h>
#include <string.h>

#include <initializer_list>
#include <vector>

#include "test/check.h"
#include "test/deterministic/policy.h"
#include "test/fast_path.h"

namespace nogil {
namespace deterministic {

using D = DeterministicPolicy;
using Fast = test::FastPath<D>;

constexpr int64_t kMs = 1000000;

// What the fibers of one run share: an arena with a few cells, and a parker for each. Made afresh
// for each run in the same static memory, so that addresses do not differ between runs.
class World {
 public:
  static constexpr int kThreads = 5;
  static constexpr int kCells = 3;

  explicit World(Scheduler& run) : run(run) {
    prepare(memory_[0], arena, true);
    prepare(memory_[1], other_arena, false);
    for (int i = 0; i < kCells; i++) {
      cells[i] = arena.at(arena.allocate(ChunkKind::kCells));
      run.name(cells[i], sizeof *cells[i], names_[i]);
    }
    other_cell = other_arena.at(other_arena.allocate(ChunkKind::kCells));
    run.name(other_cell, sizeof *other_cell, "other cell");
    // Waiter records are allocated by the fibers; what they get lies from here on.
    for (int i = 0; i < 8; i++) {
      run.name(arena.chunk_address(2) + i * 64, 64, record_names_[i]);
    }
    run.name(arena.header(), sizeof *arena.header(), "header");
    for (int i = 0; i < kThreads; i++) {
      parkers[i].number = static_cast<ThreadNumber>(i + 1);
      run.name(&parkers[i], sizeof parkers[i], "parker");
    }
    delivered.clear();
    WakeList<D>::deliver = [](uint32_t environment, uint32_t token) {
      (void)environment;
      delivered.push_back(token);
    };
    // In shared memory it is the process that is rung at; all fibers are of one.
    WakeList<D>::ring = [](uint32_t) { delivered.push_back(0); };
  }

  // A cell that nobody uses any more must look like it.
  void check_idle(Cell<D>& cell) {
    SCHEDULE_CHECK(run, cell.waiters.peek() == 0);
    SCHEDULE_CHECK(run, cell.head == 0 && cell.tail == 0);
    SCHEDULE_CHECK(run, cell.list_lock.peek() == 0);
  }
  void check_no_records() {
    int used = 0;
    arena.for_each<Waiter<D>>(ChunkKind::kWaiters,
                              [&](uint32_t, Waiter<D>* w) { used += w->in_use.peek() != 0; });
    SCHEDULE_CHECK(run, used == 0);
  }

  // How many threads sleep on their records.
  int asleep() {
    int count = 0;
    arena.for_each<Waiter<D>>(ChunkKind::kWaiters, [&](uint32_t, Waiter<D>* w) {
      count += w->in_use.peek() != 0 && w->word.peek() == kAsleep;
    });
    return count;
  }

  ThreadNumber me() { return parkers[run.self()].number; }
  Parker<D>& parker() { return parkers[run.self()]; }

  // In fibers: blocking calls on behalf of the running fiber.
  Acquired lock(Cell<D>& cell, int64_t timeout = kForever) {
    Wait<D> wait(arena, parker(), deadline(timeout));
    return Fast::lock(wait, cell);
  }
  void unlock(Cell<D>& cell) {
    SCHEDULE_CHECK(run, (cell.state.peek() & ~kWaiting) == me());
    Fast::unlock(arena, cell, me());
  }
  Acquired acquire(Cell<D>& cell, int64_t timeout = kForever) {
    Wait<D> wait(arena, parker(), deadline(timeout));
    return Fast::acquire(wait, cell);
  }
  Acquired wait_set(Cell<D>& cell, int64_t timeout = kForever) {
    Wait<D> wait(arena, parker(), deadline(timeout));
    return Fast::wait_set(wait, cell);
  }
  typename Condition<D>::Result wait(Cell<D>& cell, Cell<D>& mutex, int64_t timeout = kForever) {
    Wait<D> wait(arena, parker(), deadline(timeout));
    return Condition<D>::wait(wait, cell, mutex);
  }
  typename Barrier<D>::Result pass(Cell<D>& cell, int64_t timeout = kForever) {
    Wait<D> wait(arena, parker(), deadline(timeout));
    return Barrier<D>::wait(wait, cell);
  }
  Acquired lock_rw(Cell<D>& cell, bool write, int64_t timeout = kForever) {
    Wait<D> wait(arena, parker(), deadline(timeout));
    return Fast::lock_rw(wait, cell, write);
  }

  static int64_t deadline(int64_t timeout) {
    return timeout == kForever ? kForever : timeout == 0 ? 0 : D::now() + timeout;
  }

  // Has `thread` stopped at its next chance.
  void interrupt(int thread) {
    parkers[thread].serve = [](Parker<D>* parker) {
      parker->requests.store(0);
      return false;
    };
    parkers[thread].interrupt(1);
  }

  // Has `thread` run `code`, as if the program's, should it be in a wait.
  void ask(int thread, void (*code)(World&)) {
    asked_ = {this, code};
    parkers[thread].runs_code = 2;
    parkers[thread].serve = [](Parker<D>* parker) {
      parker->requests.store(0);
      asked_.code(*asked_.world);
      return true;
    };
    parkers[thread].interrupt(2);
  }

  Scheduler& run;
  Arena<D> arena;
  Arena<D> other_arena;  // one that is not shared, as the private arena of a process
  Cell<D>* cells[kCells];
  Cell<D>* other_cell;
  Parker<D> parkers[kThreads];
  inline static std::vector<uint32_t> delivered;  // tokens of async waiters

 private:
  struct Asked {
    World* world;
    void (*code)(World&);
  };
  inline static Asked asked_{};

  static constexpr size_t kChunks = 4;
  // More cells than a run uses.
  static constexpr size_t kUsedBytes = 64 * 64;

  static void prepare(char* memory, Arena<D>& arena, bool shared) {
    Arena<D>::Header* header = reinterpret_cast<Arena<D>::Header*>(memory);
    header->magic = 0;
    for (auto& word : header->free_list) word.store(0);
    for (size_t i = 0; i < kChunks; i++) {
      header->kind[i].store(0);
      if (i > 0) memset(memory + i * kChunkBytes, 0, kUsedBytes);
    }
    arena.adopt(memory, kChunks * kChunkBytes, shared);
    // Chunk 1 for cells, chunk 2 for waiters, whoever allocates first.
    for (ChunkKind kind : {ChunkKind::kCells, ChunkKind::kWaiters}) {
      arena.free(arena.allocate(kind), kind);
    }
  }

  alignas(4096) inline static char memory_[2][kChunks * kChunkBytes];
  char names_[kCells][8] = {"cell0", "cell1", "cell2"};
  char record_names_[8][8] = {"record0", "record1", "record2", "record3",
                              "record4", "record5", "record6", "record7"};
};

// Runs a case under every schedule within its bounds; `body(world)` adds the fibers.
template <class F>
bool check_world(const char* name, const Options& options, F body) {
  std::unique_ptr<World> world;
  return check_schedules(name, options, [&](Scheduler& run) {
    world.reset();
    world = std::make_unique<World>(run);
    body(*world);
  });
}

// NOGIL_DEEPER in the environment adds that many preemptions to every case. Under a sanitizer,
// which is after other bugs and slow, it is one less.
inline Options bounded(int preemptions) {
#if defined(__SANITIZE_ADDRESS__)
  if (preemptions > 1) preemptions--;
#endif
  const char* deeper = getenv("NOGIL_DEEPER");
  Options options;
  options.preemptions = preemptions + (deeper != nullptr ? atoi(deeper) : 0);
  if (deeper != nullptr) options.max_runs = UINT64_MAX;
  return options;
}

inline Options random_schedules(uint64_t runs) {
  Options options;
#if defined(__SANITIZE_ADDRESS__)
  runs /= 4;
#endif
  options.random_runs = runs;
  return options;
}

}  // namespace deterministic
}  // namespace nogil
