#pragma once

#include "queue/size_classes.h"
#include "test/deterministic/policy.h"

namespace nogil {

// Rings so small that every case goes from one to the next, and no patience: turns of waiting would
// use up the preemptions that a passed ticket takes.
template <>
struct QueueTuning<deterministic::DeterministicPolicy> {
  static constexpr uint32_t kRingLog2[3] = {1, 1, 2};
  static constexpr int kPatience = 0;
  static constexpr uint32_t kIdleUnits = 4;
};

}  // namespace nogil

#include "queue/queue.h"
#include "test/deterministic/world.h"
#include "test/queue_history.h"

namespace nogil {
namespace deterministic {

using test::History;
using test::Operation;

// One queue and what the fibers of one run did to it. Made afresh for each run in the same memory.
class QueueWorld {
 public:
  static constexpr int kThreads = 4;

  QueueWorld(Scheduler& run, CellClass cell_class, int64_t maxsize, bool shared)
      : run(run), maxsize_(maxsize) {
    prepare(shared);
    cell_ = arena.at(arena.allocate(ChunkKind::kCells));
    cell_->tag.store(tag::make(1, cell_class, 1));
    if (!Queue<D>(arena, *cell_).create(maxsize, kMaker)) run.fail("no memory");
    // Rings and slabs are there, so that the cases are about the queue and not about the heap.
    PayloadHeap<D> heap(arena);
    uint32_t rings[3];
    for (auto& ring : rings)
      ring = heap.allocate_class(SizeClasses<D>::ring_class(&ring == rings + 2 ? 2 : 1), kMaker);
    for (auto ring : rings) heap.free_raw(ring);
    for (int i = 0; i < kThreads; i++) parkers[i].number = static_cast<ThreadNumber>(i + 1);
    parkers[kThreads].number = kMaker;
    run.name(&core(), sizeof(QueueCore<D>), "core");
    WakeList<D>::deliver = [](uint32_t, uint32_t) {};
    WakeList<D>::ring = [](uint32_t) {};
    operations.clear();
    clock_ = 0;
  }

  Queue<D> queue() { return {arena, *cell_}; }
  QueueCore<D>& core() {
    return *reinterpret_cast<QueueCore<D>*>(arena.chunk_address(0) +
                                            size_t{cell_->data[0].peek()} * 64);
  }
  // In set-up it is the maker who acts.
  Parker<D>& parker() { return parkers[run.self() < 0 ? kThreads : run.self()]; }
  ThreadNumber me() { return parker().number; }

  // --- in fibers, and in set-up what does not block; `timeout` 0 does not wait ---
  QueueResult put(uint64_t value, int64_t timeout = kForever) {
    const uint64_t called = ++clock_;
    Wait<D> wait(arena, parker(), World::deadline(timeout));
    const QueueResult result = queue().put(wait, {ItemKind::kNumber, value});
    note(Operation::kPut, value, result, called);
    return result;
  }
  QueueResult get(int64_t timeout = kForever) {
    const uint64_t called = ++clock_;
    Wait<D> wait(arena, parker(), World::deadline(timeout));
    Item item{ItemKind::kNone, 0};
    const QueueResult result = queue().get(wait, &item);
    note(Operation::kGet, item.value, result, called);
    return result;
  }
  void shutdown() {
    const uint64_t called = ++clock_;
    queue().shutdown(false, me(), [](const Item&) {});
    note(Operation::kShutDown, 0, QueueResult::kOk, called);
  }
  QueueResult join(int64_t timeout = kForever) {
    Wait<D> wait(arena, parker(), World::deadline(timeout));
    return queue().join(wait);
  }
  void interrupt(int thread) {
    parkers[thread].serve = [](Parker<D>* parker) {
      parker->requests.store(0);
      return false;
    };
    parkers[thread].interrupt(1);
  }

  // --- at the end ---
  int count(Operation::Kind kind, QueueResult result) const {
    int n = 0;
    for (const Operation& o : operations) n += o.kind == kind && o.result == result;
    return n;
  }
  // What was put, and not got, is there; the history could have been; nobody waits.
  void check() {
    check_linearizable();
    check_quiet();
    Item item;
    int left = 0;
    while (queue().try_get(&item, kMaker) == QueueResult::kOk) {
      operations.push_back({Operation::kGet, item.value, QueueResult::kOk, ++clock_, clock_});
      left++;
    }
    const int put = count(Operation::kPut, QueueResult::kOk),
              got = count(Operation::kGet, QueueResult::kOk);
    SCHEDULE_CHECK(run, put == got);
    check_linearizable();
    SCHEDULE_CHECK(run, queue().size() == 0);
    SCHEDULE_CHECK(run, queue().unfinished() == static_cast<uint64_t>(put));
  }
  void check_linearizable() {
    std::vector<Operation> done;
    for (const Operation& o : operations) {
      if (o.result != QueueResult::kInterrupted) done.push_back(o);
    }
    History history(done, maxsize_ > 0 ? static_cast<uint64_t>(maxsize_) : 0);
    if (!history.linearizable()) run.fail(("not linearizable: " + history.text()).c_str());
  }
  void check_quiet() {
    for (Cell<D>* list : {&core().items, &core().space, &core().done}) {
      SCHEDULE_CHECK(run, list->waiters.peek() == 0 && list->head == 0 && list->tail == 0);
      SCHEDULE_CHECK(run, list->list_lock.peek() == 0);
    }
    int used = 0;
    arena.for_each<Waiter<D>>(ChunkKind::kWaiters,
                              [&](uint32_t, Waiter<D>* w) { used += w->in_use.peek() != 0; });
    SCHEDULE_CHECK(run, used == 0);
  }

  Scheduler& run;
  Arena<D> arena;
  Parker<D> parkers[kThreads + 1];
  std::vector<Operation> operations;

  static constexpr ThreadNumber kMaker = 100;

 private:
  static constexpr size_t kChunks = 6;

  void note(Operation::Kind kind, uint64_t value, QueueResult result, uint64_t called) {
    operations.push_back({kind, value, result, called, ++clock_});
  }

  // Chunk 1 holds cells, 2 waiters, 3 the heap's tables, 4 and 5 blocks.
  void prepare(bool shared) {
    auto* header = reinterpret_cast<Arena<D>::Header*>(memory_);
    header->magic = 0;
    for (auto& word : header->free_list) word.store(0);
    header->payload_root.store(0);
    for (size_t i = 0; i < kChunks; i++) header->kind[i].store(0);
    memset(memory_ + kChunkBytes, 0, 4096);
    memset(memory_ + 2 * kChunkBytes, 0, 4096);
    memset(memory_ + 3 * kChunkBytes, 0,
           Runs<D>::kTableOffset + kChunks * Runs<D>::kUnitsPerChunk * sizeof(Unit<D>));
    arena.adopt(memory_, kChunks * kChunkBytes, shared);
    for (ChunkKind kind : {ChunkKind::kCells, ChunkKind::kWaiters})
      arena.free(arena.allocate(kind), kind);
  }

  alignas(4096) inline static char memory_[kChunks * kChunkBytes];
  Cell<D>* cell_;
  int64_t maxsize_;
  uint64_t clock_ = 0;
};

struct QueueCase {
  CellClass cell_class = CellClass::kQueue;
  int64_t maxsize = 0;
  bool shared = false;
};

template <class F>
bool check_queue(const char* name, const Options& options, QueueCase c, F body) {
  std::unique_ptr<QueueWorld> world;
  return check_schedules(name, options, [&](Scheduler& run) {
    world.reset();
    world = std::make_unique<QueueWorld>(run, c.cell_class, c.maxsize, c.shared);
    body(*world);
  });
}

}  // namespace deterministic
}  // namespace nogil
