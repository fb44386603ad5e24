#pragma once

#include "test/fault_worker.h"

// One workload with its processes: victims are killed, recovered from, and the books checked.

namespace nogil {
namespace test {

inline Worker* g_worker = nullptr;
inline void on_signal(int) {
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

}  // namespace test
}  // namespace nogil
