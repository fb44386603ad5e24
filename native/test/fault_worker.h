#pragma once

#include "test/fault_checks.h"

// What is done to each kind of object (the workloads), by processes that may be killed at it.

namespace nogil {
namespace test {

constexpr uint32_t kItems = 1u << 24;
constexpr int kSurvivors = 2;
constexpr int kAnywhere = -2;  // in place of a crash point: at any step

struct Shared {
  std::atomic<uint32_t> pausing, paused, over;
  std::atomic<uint32_t> progress[kSurvivors];
  std::atomic<uint32_t> victim_progress;
  std::atomic<uint32_t> torn_sections;
  volatile uint32_t inside;         // who is in the section
  volatile uint32_t stored;         // a condition's buffer
  std::atomic<uint32_t> next_item;  // ids begin at 1
  std::atomic<uint8_t> put_begun[kItems], put_done[kItems], got[kItems];
  std::atomic<uint32_t> passes[kCrashPointCount], recovery_passes[kCrashPointCount];
  Tree::Told told;
};

enum class Kind { kLock, kRLock, kRWLock, kSemaphore, kCondition, kFifo, kLifo, kPriority };

struct Workload {
  const char* name;
  Kind kind;
  uint32_t payload;  // bytes of an item, 0 for a number
  bool async;        // victims have promises pending, too
};

constexpr Workload kWorkloads[] = {
    {"lock", Kind::kLock, 0, false},
    {"rlock", Kind::kRLock, 0, false},
    {"rw_lock", Kind::kRWLock, 0, false},
    {"semaphore", Kind::kSemaphore, 0, true},
    {"condition", Kind::kCondition, 0, false},
    {"fifo", Kind::kFifo, 0, true},
    {"fifo_payload", Kind::kFifo, 100, true},
    {"fifo_many", Kind::kFifo, 40, false},
    {"fifo_large", Kind::kFifo, 200000, false},
    {"lifo", Kind::kLifo, 0, true},
    {"lifo_payload", Kind::kLifo, 100, true},
    {"priority", Kind::kPriority, 0, false},
    {"priority_payload", Kind::kPriority, 3000, true},
};
constexpr int kWorkloadCount = sizeof(kWorkloads) / sizeof(kWorkloads[0]);

constexpr uint32_t kUnits = 2, kRoom = 3;
constexpr int64_t kMaxsize = 5;

// What one process does, again and again.
class Worker {
 public:
  Worker(Tree& tree, Shared* shared, const Workload& load, const uint32_t* cells, uint32_t seed)
      : tree_(tree),
        shared_(shared),
        load_(load),
        cells_(cells),
        actor_(tree.arena, tree.me),
        random_(seed) {
    actor_.parker.serve = [](Parker<P>*) { return false; };
  }

  // `turn`: 0 gives, 1 takes. False when it was interrupted.
  bool step(uint32_t turn) {
    switch (load_.kind) {
      case Kind::kLock: return in_lock(false);
      case Kind::kRLock: return in_lock(true);
      case Kind::kRWLock: return in_rw_lock(turn == 0 || random_.below(2) == 0);
      case Kind::kSemaphore: return in_semaphore();
      case Kind::kCondition: return in_condition(turn == 0);
      default: return turn == 0 ? put() : get();
    }
  }

  // Leaves promises behind.
  void async_step() {
    if (load_.kind == Kind::kSemaphore) {
      Waiter<P>* w = promise();
      if (Semaphore<P>::acquire_or_enqueue(tree_.arena, cell(0), w, actor_.me())) {
        actor_.release(cell(0));
        Wait<P>::release_record(tree_.arena, w);
      }
      return;
    }
    Queue<P> q(tree_.arena, cell(0));
    Waiter<P>* w = promise();
    if (random_.below(2)) {
      Item item;
      QueueResult result = q.get_or_enqueue(w, &item, actor_.me());
      if (result == QueueResult::kOk) got(item);
      if (result != QueueResult::kPending) Wait<P>::release_record(tree_.arena, w);
    } else {
      // Counts as put when it is; the promise may stay pending for ever.
      uint32_t id;
      Item item = make(&id);
      uint8_t key[12];
      QueueResult result = q.put_or_enqueue(w, item, actor_.me(), key_of(id, key));
      if (result == QueueResult::kOk) shared_->put_done[id].store(1);
      if (result != QueueResult::kPending) Wait<P>::release_record(tree_.arena, w);
    }
  }

  Actor& actor() { return actor_; }

  void got(const Item& item) {
    uint64_t id = item.value;
    if (item.kind == ItemKind::kPayload) {
      PayloadHeap<P> heap(tree_.arena);
      uint32_t block = static_cast<uint32_t>(item.value);
      CHECK_EQ(heap.size(block), uint64_t{load_.payload});
      memcpy(&id, heap.data(block), sizeof id);
      uint64_t last;
      memcpy(&last, heap.data(block) + load_.payload - sizeof last, sizeof last);
      CHECK_EQ(id, last);
      heap.free(block, actor_.me());
    }
    REQUIRE(id < kItems);
    CHECK_EQ(shared_->got[id].fetch_add(1), 0);
    CHECK_EQ(shared_->put_begun[id].load(), 1);
  }

  bool get(int64_t timeout = kForever) {
    Item item;
    Queue<P> q(tree_.arena, cell(0));
    QueueResult result;
    if (timeout != 0 && random_.below(4) == 0) {
      Waiter<P>* w = promise();
      result = q.get_or_enqueue(w, &item, actor_.me());
      if (result == QueueResult::kPending) {
        bool served = await(core().items, w) == Woken::kNotified;
        result = served ? Queue<P>::get_result(w) : QueueResult::kInterrupted;
        if (result == QueueResult::kOk) item = Queue<P>::granted_item(w);
        if (result == QueueResult::kOk) q.accept(w);
      }
      Wait<P>::release_record(tree_.arena, w);
    } else {
      Wait<P> wait(tree_.arena, actor_.parker, Actor::deadline(timeout));
      result = q.get(wait, &item);
    }
    if (result != QueueResult::kOk) return false;
    if (timeout != 0 && random_.below(32) == 0) {
      if (!q.give_back(item, actor_.me())) got(item);
    } else {
      got(item);
    }
    return true;
  }
  QueueCore<P>& core() { return *Casualties<P>(tree_.arena).core_of(cell(0)); }

 private:
  Cell<P>& cell(int i) { return tree_.at(cells_[i]); }

  void enter() {
    CHECK_EQ(shared_->inside, 0u);
    shared_->inside = actor_.me();
  }
  void leave() {
    CHECK_EQ(shared_->inside, actor_.me());
    shared_->inside = 0;
  }

  // Waits for a promise that is in a list: kNo when it was interrupted first, and taken back.
  Woken await(Cell<P>& list, Waiter<P>* w) {
    while (w->word.load() != kNotified || w->cell.load() != kNoCell) {
      sched_yield();
      if (actor_.parker.requests.load() == 0) continue;
      ListLock<P> lock(list.list_lock, actor_.me(), true);
      if (w->cell.load() == kNoCell) continue;
      WaiterList<P>::remove(tree_.arena, list, w);
      return Woken::kInterrupted;
    }
    return Woken::kNotified;
  }

  Acquired lock_async() {
    Waiter<P>* w = promise();
    Acquired got = Mutex<P>::acquire_or_enqueue(tree_.arena, cell(0), w, actor_.me());
    if (got == Acquired::kNo) {
      Woken how = await(cell(0), w);
      got = how == Woken::kInterrupted        ? Acquired::kInterrupted
            : w->outcome.load() == kInherited ? Acquired::kInherited
                                              : Acquired::kYes;
    }
    Wait<P>::release_record(tree_.arena, w);
    return got;
  }

  Acquired lock_rw_async(bool write) {
    Waiter<P>* w = promise();
    Acquired got = RWLock<P>::acquire_or_enqueue(tree_.arena, cell(0), w, write, actor_.me());
    if (got == Acquired::kNo) {
      Woken how = await(cell(0), w);
      if (how == Woken::kInterrupted) RWLock<P>::serve(tree_.arena, cell(0), actor_.me());
      got = how == Woken::kInterrupted        ? Acquired::kInterrupted
            : w->outcome.load() == kInherited ? Acquired::kInherited
                                              : Acquired::kYes;
    }
    Wait<P>::release_record(tree_.arena, w);
    return got;
  }

  bool in_lock(bool again) {
    int64_t timeout = random_.below(4) ? kForever : 1 + random_.below(100000);
    Wait<P> wait(tree_.arena, actor_.parker, Actor::deadline(timeout));
    Acquired got = again                   ? Fast::lock_again(wait, cell(0))
                   : random_.below(4) == 0 ? lock_async()
                                           : Fast::lock(wait, cell(0));
    if (got == Acquired::kInherited) shared_->inside = 0;
    if (got == Acquired::kInterrupted) return false;
    if (got == Acquired::kNo) return true;
    enter();
    if (again) Fast::lock_again(wait, cell(0));
    if (random_.below(8) == 0) sched_yield();
    leave();
    if (again) Fast::unlock_once(tree_.arena, cell(0), actor_.me());
    CHECK(again ? Fast::unlock_once(tree_.arena, cell(0), actor_.me()) : actor_.unlock(cell(0)));
    return true;
  }

  // Readers die for good: only victims that write come here, and survivors.
  bool in_rw_lock(bool write) {
    Acquired got = random_.below(4) == 0 ? lock_rw_async(write) : actor_.lock_rw(cell(0), write);
    if (got == Acquired::kInterrupted) return false;
    if (got == Acquired::kInherited) shared_->inside = 0;
    if (write) {
      enter();
      leave();
    } else {
      CHECK_EQ(shared_->inside, 0u);
    }
    CHECK(actor_.unlock_rw(cell(0), write));
    return true;
  }

  bool in_semaphore() {
    Acquired got = Acquired::kYes;
    if (random_.below(4) == 0) {
      Waiter<P>* w = promise();
      if (!Semaphore<P>::acquire_or_enqueue(tree_.arena, cell(0), w, actor_.me()) &&
          await(cell(0), w) == Woken::kInterrupted)
        got = Acquired::kInterrupted;
      Wait<P>::release_record(tree_.arena, w);
    } else {
      got = actor_.acquire(cell(0), random_.below(4) ? kForever : 1 + random_.below(100000));
    }
    if (got == Acquired::kInterrupted) return false;
    if (got != Acquired::kYes) return true;
    if (random_.below(8) == 0) sched_yield();
    actor_.release(cell(0));
    return true;
  }

  // A buffer with room for kRoom: who finds it full, or empty, waits for its condition.
  bool in_condition(bool gives) {
    Cell<P>& mutex = cell(0);
    Cell<P>& mine = cell(gives ? 1 : 2);
    Cell<P>& other = cell(gives ? 2 : 1);
    Acquired got = actor_.lock(mutex);
    if (got == Acquired::kInterrupted) return false;
    if (got == Acquired::kInherited) mend(mutex);
    enter();
    while (gives ? shared_->stored >= kRoom : shared_->stored == 0) {
      leave();
      Condition<P>::Result r = actor_.wait(mine, mutex);
      if (r.signalled == Signalled::kInterrupted) return false;
      if (r.inherited) mend(mutex);
      enter();
    }
    shared_->stored = gives ? shared_->stored + 1 : shared_->stored - 1;
    actor_.notify(other, mutex);
    leave();
    actor_.unlock(mutex);
    return true;
  }

 public:
  // With the lock of one that died: it may have changed the buffer and told nobody.
  void mend(Cell<P>& mutex) {
    shared_->inside = 0;
    actor_.notify(cell(1), mutex, UINT32_MAX);
    actor_.notify(cell(2), mutex, UINT32_MAX);
  }

 private:
  Item make(uint32_t* id) {
    *id = shared_->next_item.fetch_add(1) + 1;
    REQUIRE(*id < kItems);
    Item item{ItemKind::kNumber, *id};
    if (load_.payload) {
      PayloadHeap<P> heap(tree_.arena);
      uint32_t block = heap.allocate(load_.payload, actor_.me());
      REQUIRE(block != 0);
      uint64_t wide = *id;
      memcpy(heap.data(block), &wide, sizeof wide);
      memcpy(heap.data(block) + load_.payload - sizeof wide, &wide, sizeof wide);
      item = {ItemKind::kPayload, block};
    }
    shared_->put_begun[*id].store(1);
    return item;
  }

  // Some are longer than an entry has room for.
  Key key_of(uint32_t id, uint8_t* room) {
    if (load_.kind != Kind::kPriority) return {};
    memset(room, static_cast<int>(id % 7), 12);
    return {room, id % 3 ? 4u : 12u};
  }

  bool put() {
    uint32_t id;
    Item item = make(&id);
    uint8_t key[12];
    Queue<P> q(tree_.arena, cell(0));
    QueueResult result;
    if (random_.below(4) == 0) {
      Waiter<P>* w = promise();
      result = q.put_or_enqueue(w, item, actor_.me(), key_of(id, key));
      if (result == QueueResult::kPending) {
        bool served = await(core().space, w) == Woken::kNotified;
        result = served ? Queue<P>::put_result(w) : QueueResult::kInterrupted;
        if (result != QueueResult::kOk) q.forget_key(w, actor_.me());
      }
      Wait<P>::release_record(tree_.arena, w);
    } else {
      Wait<P> wait(tree_.arena, actor_.parker, kForever);
      result = q.put(wait, item, key_of(id, key));
    }
    if (result == QueueResult::kOk) {
      shared_->put_done[id].store(1);
      return true;
    }
    shared_->put_begun[id].store(0);
    if (item.kind == ItemKind::kPayload)
      PayloadHeap<P>(tree_.arena).free(static_cast<uint32_t>(item.value), actor_.me());
    return false;
  }

  Waiter<P>* promise() {
    Waiter<P>* w = Wait<P>::take_record(tree_.arena, actor_.me());
    REQUIRE(w != nullptr);
    w->flags.store(kAsync);
    w->since = P::now();
    return w;
  }

  Tree& tree_;
  Shared* shared_;
  const Workload& load_;
  const uint32_t* cells_;
  Actor actor_;
  Random random_;
};

}  // namespace test
}  // namespace nogil
