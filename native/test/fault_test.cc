// Before anything else: what is killed where.
#define NOGIL_CRASH_POINTS
#define NOGIL_TEST_POLICY ::nogil::test::FaultPolicy

#include <sched.h>

#include "queue/size_classes.h"
#include "test/fault_policy.h"

// Small rings, so that queues go through many.
namespace nogil {
template <>
struct QueueTuning<test::FaultPolicy> {
  static constexpr uint32_t kRingLog2[3] = {3, 4, 5};
  static constexpr int kPatience = 20;
  static constexpr uint32_t kIdleUnits = 4;
};
}  // namespace nogil

#include "test/fault_checks.h"

// Processes are killed at random moments, at every crash point (platform/crash.h) and at any step
// of the core (fault_policy.h) while others work on the same lock, condition, semaphore or queue,
// with pauses at any step. After each death the parent recovers, and
//   - both survivors go on, without any help;
//   - the books balance: what was put was got, but for one item a kill; units, likewise;
//   - no list lock is held, no record in use but by who waits, and no block of the heap lost.
//
// NOGIL_KILLS: how many kills in all, 900 if it is not set.

namespace nogil {
namespace test {
namespace {

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

Worker* g_worker = nullptr;
void on_signal(int) {
  if (g_worker) g_worker->actor().stop();
}

struct Totals {
  uint32_t kills = 0, at_points = 0, anywhere = 0, recoverers = 0, lost = 0, units = 0,
           passed_on = 0;
  uint32_t hits[kCrashPointCount] = {};
};

class Trial {
 public:
  Trial(const Workload& load, uint32_t seed, Totals* totals)
      : load_(load), totals_(totals), random_(seed) {
    WakeList<P>::ring = [](uint32_t) {};
    switch (load.kind) {
      case Kind::kLock: cells_[0] = tree_.cell(CellClass::kLock); break;
      case Kind::kRLock: cells_[0] = tree_.cell(CellClass::kRLock); break;
      case Kind::kRWLock: cells_[0] = tree_.cell(CellClass::kRWLock); break;
      case Kind::kSemaphore:
        cells_[0] = tree_.cell(CellClass::kSemaphore);
        tree_.at(cells_[0]).state.store(kUnits);
        break;
      case Kind::kCondition:
        cells_[0] = tree_.cell(CellClass::kLock);
        cells_[1] = tree_.cell(CellClass::kCondition);
        cells_[2] = tree_.cell(CellClass::kCondition);
        break;
      case Kind::kFifo:
        cells_[0] = tree_.queue(CellClass::kQueue, load.payload == 40 ? kMaxsize * 10 : kMaxsize);
        break;
      case Kind::kLifo: cells_[0] = tree_.queue(CellClass::kLifoQueue, kMaxsize); break;
      case Kind::kPriority:
        cells_[0] = tree_.queue(CellClass::kPriorityQueue, kMaxsize * 20);
        break;
    }
    for (int i = 0; i < kSurvivors; i++) {
      survivors_.push_back(std::make_unique<Member>(tree_, [&, i] { survive(i); }));
    }
  }

  void run(uint32_t kills) {
    uint64_t before = failures.load();
    for (uint32_t i = 0; i < kills && failures.load() == before; i++) round();
    shared_->over.store(1);
    // A bare pause leads out of whatever they wait for.
    interrupt_until([&] { return ended_ == kSurvivors; });
    for (auto& s : survivors_) CHECK(s->child->succeeded());
  }
  void control() {
    CHECK(progress());
    balance(0);
  }

 private:
  // Now and then in the midst of anything, so that others meet it half done.
  static void pause_at_times(uint32_t seed, uint32_t change_in, uint32_t read_in) {
    Chaos::seed(seed);
    Chaos::pause_change_in = change_in;
    Chaos::pause_read_in = read_in;
    between_stores = Chaos::change;
  }

  void survive(int i) {
    pause_at_times(random_.below(1u << 30) + static_cast<uint32_t>(i), 1000, 4000);
    Worker worker(tree_, shared_.get(), load_, cells_, static_cast<uint32_t>(i) + 1);
    Random random(static_cast<uint32_t>(i) + 1);
    g_worker = &worker;
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigaction(SIGUSR1, &action, nullptr);
    while (!shared_->over.load() && failures.load() == 0) {
      if (shared_->pausing.load()) {
        uint32_t round = shared_->pausing.load();
        shared_->paused.fetch_add(1);
        while (shared_->pausing.load() == round && !shared_->over.load()) sched_yield();
        shared_->paused.fetch_sub(1);
        worker.actor().parker.requests.store(0);
        continue;
      }
      worker.actor().parker.requests.store(0);
      if (shared_->pausing.load() || shared_->over.load()) continue;
      bool done = worker.step(static_cast<uint32_t>(i));
      // In turns, so that the queue gets long and empty.
      for (uint32_t n = load_.payload == 40 ? random.below(60) : 0; n > 0 && done; n--)
        done = worker.step(static_cast<uint32_t>(i));
      if (done) shared_->progress[i].fetch_add(1);
    }
    // A late signal must not find it.
    g_worker = nullptr;
  }

  // What the victims do until they are killed.
  void suffer(int point, int countdown, uint32_t seed) {
    between_stores = Chaos::change;
    if (point == kAnywhere) Chaos::kill_in = static_cast<uint64_t>(countdown);
    Worker worker(tree_, shared_.get(), load_, cells_, seed);
    Random random(seed);
    Crash::passes = shared_->passes;
    Crash::countdown.store(countdown);
    Crash::at.store(point);
    Ledger<P> ledger(tree_.arena, tree_.arena.processes().at(tree_.process));
    for (uint32_t i = 0;; i++) {
      if (load_.async && i % 4 == 0 && i < 16) worker.async_step();
      worker.step(load_.kind == Kind::kRWLock ? 0 : random.below(2));
      if (i % 4 == 0) {
        CHECK(ledger.add(i / 4 % 400 + 1, tree_.me));
        shared_->victim_progress.fetch_add(1);
      }
      // Other sizes, so that slabs and runs come and go.
      if (i % 4) continue;
      PayloadHeap<P> heap(tree_.arena);
      uint32_t blocks[40];
      const uint32_t bytes =
          random.below(5) == 0 ? 100000 + random.below(300000) : 30 + random.below(30000);
      const uint32_t count = random.below(8) || bytes > 30000 ? 3 : 40;
      for (uint32_t b = 0; b < count; b++) blocks[b] = heap.allocate(bytes, tree_.me);
      for (uint32_t b = 0; b < count; b++) CHECK(blocks[b] != 0);
      for (uint32_t b = 0; b < count; b++) heap.free(blocks[b], tree_.me);
    }
  }

  void round() {
    const uint64_t failed = failures.load();
    const uint32_t killed = totals_->kills;
    const int point = where(shared_->passes);
    const int second = random_.below(10) < 4 ? where(shared_->recovery_passes) : -1;
    const uint32_t seed = random_.below(1u << 30) + 1;
    const int countdown = when(point, 4, 60, 8000);
    shared_->victim_progress.store(0);
    Member victim(tree_, [&] { suffer(point, countdown, seed); });
    const int64_t until = P::now() + (point != -1 ? 15 : 2) * kMs + random_.below(4000) * 1000;
    bool by_itself = false;
    while (P::now() < until && !by_itself) {
      siginfo_t info{};
      by_itself = waitid(P_PID, static_cast<id_t>(victim.child->pid()), &info,
                         WEXITED | WNOHANG | WNOWAIT) == 0 &&
                  info.si_pid != 0;
      sched_yield();
    }
    victim.kill(tree_);
    CHECK(victim.child->was_killed());
    totals_->kills++;
    if (by_itself) note(point);
    if (second != -1) kill_a_recoverer(victim.number, second);
    what_ = name_of(point);
    pause_at_times(seed, 3000, 100000);
    Crash::passes = shared_->recovery_passes;
    CHECK(tree_.recover(victim.number, &shared_->told) ||
          tree_.arena.processes().at(victim.number).state() == ProcessState::kFree);
    pause_at_times(seed, 0, 0);
    if (load_.kind == Kind::kCondition) mend();
    if (!CHECK(progress())) report();
    balance(totals_->kills - killed);
    if (failures.load() != failed)
      fprintf(stderr, "  %s: kill %u at %s\n", load_.name, totals_->kills, what_);
  }

  // A named point, any step, or none: then it is killed after some time.
  int where(const std::atomic<uint32_t>* passes) {
    const uint32_t lot = random_.below(10);
    return lot < 5 ? choose(passes) : lot < 9 ? kAnywhere : -1;
  }
  // At which passing of it: near the beginning in one half of all cases.
  int when(int point, uint32_t early, uint32_t late, uint32_t steps) {
    if (point == kAnywhere) return 1 + static_cast<int>(random_.below(random_.below(steps) + 1));
    return 1 + static_cast<int>(random_.below(random_.below(2) ? early : late));
  }
  void note(int point) {
    totals_->at_points++;
    if (point >= 0) totals_->hits[point]++;
    if (point == kAnywhere) totals_->anywhere++;
  }
  static const char* name_of(int point) {
    return point >= 0 ? kCrashPoints[point] : point == kAnywhere ? "any step" : "a moment";
  }

  // A point that is passed at all, of those that killed least so far.
  int choose(const std::atomic<uint32_t>* passes) {
    int best = -1;
    const uint32_t first = random_.below(kCrashPointCount);
    for (uint32_t i = 0; i < kCrashPointCount; i++) {
      const int point = static_cast<int>((first + i) % kCrashPointCount);
      if (passes[point].load() == 0) continue;
      if (best < 0 || totals_->hits[point] + tried_[point] < totals_->hits[best] + tried_[best])
        best = point;
    }
    if (best >= 0) tried_[best]++;
    return best;
  }

  // One that recovers from the victim's death, and dies of it; the next has two to recover from.
  void kill_a_recoverer(ProcessNumber victim, int point) {
    const int countdown = when(point, 2, 12, 600);
    Member recoverer(tree_, [&] {
      between_stores = Chaos::change;
      if (point == kAnywhere) Chaos::kill_in = static_cast<uint64_t>(countdown);
      Crash::passes = shared_->recovery_passes;
      Crash::countdown.store(countdown);
      Crash::at.store(point);
      tree_.recover(victim, &shared_->told);
    });
    recoverer.child->wait();
    if (recoverer.child->was_killed()) {
      totals_->kills++;
      totals_->recoverers++;
      note(point);
      // It may have had one unit with it, as the victim had one.
      if (load_.kind == Kind::kSemaphore) {
        spare_units_ = 1;
        Semaphore<P>::add(tree_.at(cells_[0]), 1);
      }
    }
    tree_.mark_dead(recoverer.number);
    CHECK(tree_.recover(recoverer.number, &shared_->told));
  }

  // Somebody has to find out that a killed holder changed the buffer.
  void mend() {
    Worker parent(tree_, shared_.get(), load_, cells_, 1);
    if (parent.actor().lock(tree_.at(cells_[0])) == Acquired::kInherited)
      parent.mend(tree_.at(cells_[0]));
    parent.actor().unlock(tree_.at(cells_[0]));
  }

  bool progress() {
    uint32_t at[kSurvivors];
    for (int i = 0; i < kSurvivors; i++) at[i] = shared_->progress[i].load();
    return eventually([&] {
      bool all = true;
      for (int i = 0; i < kSurvivors; i++) all = all && shared_->progress[i].load() - at[i] >= 3;
      return all;
    });
  }

  template <class F>
  void interrupt_until(F done) {
    CHECK(eventually([&] {
      for (auto& s : survivors_) {
        if (s->child->pid() > 0) s->child->kill(SIGUSR1);
      }
      usleep(100);
      int ended = 0;
      for (auto& s : survivors_) {
        siginfo_t info{};
        ended += waitid(P_PID, static_cast<id_t>(s->child->pid()), &info,
                        WEXITED | WNOHANG | WNOWAIT) == 0 &&
                 info.si_pid != 0;
      }
      ended_ = ended;
      return done() || ended == kSurvivors;
    }));
  }

  // Stops the survivors between two steps, and counts.
  void balance(uint32_t killed) {
    shared_->pausing.store(++pauses_);
    interrupt_until([&] { return shared_->paused.load() == kSurvivors; });
    check_quiet(tree_);
    if (load_.kind == Kind::kSemaphore) {
      Cell<P>& cell = tree_.at(cells_[0]);
      uint32_t left = Semaphore<P>::count(cell);
      CHECK(left <= kUnits + spare_units_ && left + (killed ? 1 : 0) >= kUnits);
      totals_->units += kUnits + spare_units_ - left;
      spare_units_ = 0;
      cell.state.store(kUnits);
    }
    if (load_.kind >= Kind::kFifo) balance_queue(killed);
    if (load_.kind == Kind::kLock || load_.kind == Kind::kRLock || load_.kind == Kind::kRWLock) {
      CHECK_EQ(tree_.at(cells_[0]).state.load() & ~(kWaiting | kWriter | kAbandoned), 0u);
    }
    HeapCount heap = check_heap(tree_.arena);
    CHECK_EQ(heap.owned, 0u);
    CHECK(heap.structures <= 8);
    CHECK(heap.rings <= 12);
    if (heap.owned) report();
    shared_->pausing.store(0);
    CHECK(eventually([&] { return shared_->paused.load() == 0; }));
  }

  void balance_queue(uint32_t killed) {
    Worker parent(tree_, shared_.get(), load_, cells_, 1);
    while (parent.get(0)) {
    }
    uint32_t next = shared_->next_item.load();
    uint32_t lost = 0;
    for (uint32_t id = first_item_; id <= next; id++)
      lost += shared_->put_done[id].load() && !shared_->got[id].load();
    first_item_ = next + 1;
    if (next > kItems / 2) {  // numbers begin again, while nobody has one
      for (auto* books : {shared_->put_begun, shared_->put_done, shared_->got})
        memset(static_cast<void*>(books), 0, kItems);
      shared_->next_item.store(0);
      first_item_ = 1;
    }
    // One for each that was killed: what it was getting, or passing on while it recovered.
    if (lost > killed) fprintf(stderr, "  %u items lost\n", lost);
    CHECK(lost <= killed);
    totals_->lost += lost;
  }

  void report() {
    for (int i = 0; i < kSurvivors; i++)
      fprintf(stderr, "  survivor %d: %u\n", i, shared_->progress[i].load());
    for (uint32_t c : cells_) {
      if (!c) continue;
      Cell<P>& cell = tree_.at(c);
      fprintf(stderr, "  cell %u: state %x list_lock %x head %u waiters %u\n", c, cell.state.load(),
              cell.list_lock.load(), cell.head, cell.waiters.load());
      if (QueueCore<P>* core = Casualties<P>(tree_.arena).core_of(cell)) {
        Queue<P> q(tree_.arena, cell);
        fprintf(stderr, "  queue: size %llu items %u (%x) space %u (%x) guard %x\n",
                static_cast<unsigned long long>(q.size()), core->items.waiters.load(),
                core->items.list_lock.load(), core->space.waiters.load(),
                core->space.list_lock.load(), core->pile.guard.load());
      }
    }
    Casualties<P>(tree_.arena).for_each_record([&](Waiter<P>* w) {
      fprintf(stderr, "  record: thread %u word %u cell %u flags %x outcome %u\n", w->thread,
              w->word.load(), w->cell.load(), w->flags.load(), w->outcome.load());
    });
  }

  const Workload& load_;
  Totals* totals_;
  Random random_;
  Tree tree_;
  Common<Shared> shared_;
  uint32_t cells_[3] = {};
  std::vector<std::unique_ptr<Member>> survivors_;
  uint32_t tried_[kCrashPointCount] = {};
  uint32_t spare_units_ = 0;
  uint32_t pauses_ = 0;
  uint32_t first_item_ = 1;
  int ended_ = 0;
  const char* what_ = "";
};

uint32_t kills_in_all() {
  const char* text = getenv("NOGIL_KILLS");
  return text ? static_cast<uint32_t>(atoi(text)) : 900;
}

Totals totals;

void kill_in(const char* name) {
  const char* seed = getenv("NOGIL_SEED");
  for (const Workload& load : kWorkloads) {
    if (strcmp(load.name, name)) continue;
    Totals before = totals;
    uint32_t index = static_cast<uint32_t>(&load - kWorkloads) + 1;
    Trial trial(load, (seed ? static_cast<uint32_t>(atoi(seed)) : 1) * 1000 + index, &totals);
    trial.run(kills_in_all() / kWorkloadCount);
    printf("     %u kills, %u at a point, %u at any step, %u recovering; %u items, %u units lost\n",
           totals.kills - before.kills, totals.at_points - before.at_points,
           totals.anywhere - before.anywhere, totals.recoverers - before.recoverers,
           totals.lost - before.lost, totals.units - before.units);
  }
}

TEST(controls_without_kills) {
  for (const Workload& load : kWorkloads) {
    Totals none;
    Trial trial(load, 1, &none);
    for (int i = 0; i < 5; i++) trial.control();
    trial.run(0);
  }
}
TEST(kills_in_lock) { kill_in("lock"); }
TEST(kills_in_rlock) { kill_in("rlock"); }
TEST(kills_in_rw_lock) { kill_in("rw_lock"); }
TEST(kills_in_semaphore) { kill_in("semaphore"); }
TEST(kills_in_condition) { kill_in("condition"); }
TEST(kills_in_fifo) { kill_in("fifo"); }
TEST(kills_in_fifo_payload) { kill_in("fifo_payload"); }
TEST(kills_in_fifo_many) { kill_in("fifo_many"); }
TEST(kills_in_fifo_large) { kill_in("fifo_large"); }
TEST(kills_in_lifo) { kill_in("lifo"); }
TEST(kills_in_lifo_payload) { kill_in("lifo_payload"); }
TEST(kills_in_priority) { kill_in("priority"); }
TEST(kills_in_priority_payload) { kill_in("priority_payload"); }

TEST(all_points_were_met) {
  if (totals.kills < 100) return;
  printf("     %u kills in all, %u at a point, %u of recoverers\n", totals.kills, totals.at_points,
         totals.recoverers);
  CHECK(totals.lost <= totals.kills);
  for (int i = 0; i < kCrashPointCount; i++) {
    if (totals.hits[i] == 0) printf("     never killed at %s\n", kCrashPoints[i]);
  }
}

}  // namespace
}  // namespace test
}  // namespace nogil
