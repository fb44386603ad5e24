#include "sync/mutex.h"

#include "test/threads.h"

namespace nogil {
namespace test {
namespace {

// Not atomic: ThreadSanitizer sees whether the lock orders its holders.
struct Guarded {
  uint64_t count = 0;
  uint64_t again = 0;
  void add() {
    count++;
    again++;
  }
};

void hammer(int threads, int rounds, bool disturbed) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Guarded guarded;
  Crew crew(ground.arena, threads);
  std::unique_ptr<Disturbance> disturbance;
  if (disturbed) disturbance = std::make_unique<Disturbance>(crew, threads);
  crew.start_all([&](Actor& actor, int) {
    Random random(actor.me());
    for (int i = 0; i < rounds; i++) {
      CHECK(actor.lock(cell) == Acquired::kYes);
      guarded.add();
      for (uint32_t spin = random.below(100) == 0 ? 2000 : 0; spin > 0; spin--) P::relax();
      CHECK(actor.unlock(cell));
    }
  });
  crew.join();
  disturbance.reset();
  CHECK_EQ(guarded.count, static_cast<uint64_t>(threads) * static_cast<uint64_t>(rounds));
  CHECK_EQ(guarded.count, guarded.again);
  CHECK_EQ(cell.state.load(), 0u);
  ground.check_idle(cell);
  ground.check_no_records();
}

TEST(one_thread_at_a_time) {
  hammer(1, 10000, false);
  hammer(2, 20000 * kScale, false);
  hammer(4, 10000 * kScale, false);
  hammer(16, 1000 * kScale, false);
}

TEST(one_thread_at_a_time_while_interrupted) { hammer(4, 5000 * kScale, true); }

TEST(not_blocking_never_waits) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Actor a(ground.arena, 1), b(ground.arena, 2);
  CHECK(a.lock(cell, 0) == Acquired::kYes);
  CHECK(b.lock(cell, 0) == Acquired::kNo);
  CHECK(a.unlock(cell));
  CHECK(b.lock(cell, 0) == Acquired::kYes);
  CHECK(b.unlock(cell));
  CHECK(!b.unlock(cell));
  CHECK(!Mutex<P>::release(ground.arena, cell, b.me()));
}

TEST(a_timed_wait_ends_in_time) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Actor holder(ground.arena, 1), waiter(ground.arena, 2);
  CHECK(holder.lock(cell) == Acquired::kYes);
  const int64_t begin = P::now();
  CHECK(waiter.lock(cell, 5 * kMs) == Acquired::kNo);
  CHECK(P::now() - begin >= 5 * kMs);
  ground.check_idle(cell);
  CHECK(holder.unlock(cell));
}

// Waits end by release and by deadline in any mixture; nothing is lost between them.
TEST(timed_waits_among_others) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Guarded guarded;
  std::atomic<uint64_t> got{0};
  Crew crew(ground.arena, 5);
  Disturbance disturbance(crew, 5);
  crew.start_all([&](Actor& actor, int i) {
    Random random(actor.me());
    for (int round = 0; round < 1500 * kScale; round++) {
      const int64_t timeout = i % 2 ? kForever : 1 + random.below(60000);
      const Acquired answer = actor.lock(cell, timeout);
      if (answer == Acquired::kYes) {
        guarded.add();
        got++;
        for (uint32_t spin = random.below(400); spin > 0; spin--) P::relax();
        actor.unlock(cell);
      } else {
        CHECK(answer == Acquired::kNo && timeout != kForever);
      }
    }
  });
  crew.join();
  CHECK_EQ(guarded.count, got.load());
  ground.check_idle(cell);
}

TEST(an_interrupted_wait_gives_up) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Crew crew(ground.arena, 3);
  CHECK(crew[0].lock(cell) == Acquired::kYes);
  crew[1].parker.serve = [](Parker<P>*) { return false; };
  std::atomic<bool> gave_up{false};
  crew.start(1, [&](Actor& actor, int) {
    CHECK(actor.lock(cell) == Acquired::kInterrupted);
    gave_up = true;
  });
  ground.until_asleep(1);
  crew.start(2, [&](Actor& actor, int) {
    CHECK(actor.lock(cell) == Acquired::kYes);
    actor.unlock(cell);
  });
  ground.until_asleep(2);
  crew[1].stop();
  while (!gave_up.load()) P::yield();
  CHECK(crew[0].unlock(cell));
  crew.join();
  ground.check_idle(cell);
}

// Code of the program's that runs while its thread waits, and uses the same lock.
TEST(what_is_served_may_take_the_lock) {
  static Actor* actor;
  static Cell<P>* lock;
  static std::atomic<bool> served;
  for (bool first : {true, false}) {
    Ground ground;
    Cell<P>& cell = ground.cell();
    Crew crew(ground.arena, 3);
    actor = &crew[1];
    lock = &cell;
    served = false;
    crew[1].parker.runs_code = 2;
    crew[1].parker.serve = [](Parker<P>* parker) {
      parker->requests.store(0);
      served = true;
      CHECK(actor->lock(*lock) == Acquired::kYes);
      actor->unlock(*lock);
      return true;
    };
    CHECK(crew[0].lock(cell) == Acquired::kYes);
    auto take = [&](Actor& actor, int) {
      CHECK(actor.lock(cell) == Acquired::kYes);
      actor.unlock(cell);
    };
    crew.start(first ? 1 : 2, take);
    ground.until_asleep(1);
    crew.start(first ? 2 : 1, take);
    ground.until_asleep(2);
    crew[1].parker.interrupt(2);
    while (!served.load()) P::yield();
    // So long that the lock would be handed over.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(crew[0].unlock(cell));
    crew.join();
    ground.check_idle(cell);
  }
}

TEST(nobody_starves) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Crew crew(ground.arena, 3);
  std::atomic<bool> over{false};
  // Two that hardly ever let go.
  for (int i : {0, 1}) {
    crew.start(i, [&](Actor& actor, int) {
      while (!over.load()) {
        CHECK(actor.lock(cell) == Acquired::kYes);
        actor.unlock(cell);
      }
    });
  }
  crew.start(2, [&](Actor& actor, int) {
    for (int i = 0; i < 50; i++) {
      CHECK(actor.lock(cell) == Acquired::kYes);
      actor.unlock(cell);
    }
    over.store(true);
  });
}

TEST(an_abandoned_lock_passes_on_once) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Crew crew(ground.arena, 4);
  std::atomic<int> inherited{0};
  CHECK(crew[0].lock(cell) == Acquired::kYes);
  for (int i : {1, 2, 3}) {
    crew.start(i, [&](Actor& actor, int) {
      const Acquired got = actor.lock(cell);
      CHECK(got == Acquired::kYes || got == Acquired::kInherited);
      inherited += got == Acquired::kInherited;
      actor.unlock(cell);
    });
  }
  ground.until_asleep(3);
  CHECK(!Mutex<P>::abandon(ground.arena, cell, 77, 9));
  CHECK(Mutex<P>::abandon(ground.arena, cell, 1, 9));
  crew.join();
  CHECK_EQ(inherited.load(), 1);
  CHECK_EQ(cell.died.load(), 1u);
  ground.check_idle(cell);

  // Nobody waited: the next to come is told.
  CHECK(crew[0].lock(cell) == Acquired::kYes);
  CHECK(Mutex<P>::abandon(ground.arena, cell, 1, 9));
  CHECK(crew[1].lock(cell, 0) == Acquired::kInherited);
  CHECK(crew[1].unlock(cell));
}

TEST(an_rlock_counts_its_depth) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Crew crew(ground.arena, 4);
  Guarded guarded;
  crew.start_all([&](Actor& actor, int) {
    for (int i = 0; i < 3000 * kScale; i++) {
      for (int depth = 0; depth < 3; depth++) {
        Wait<P> wait(actor.arena, actor.parker, kForever);
        CHECK(Fast::lock_again(wait, cell) == Acquired::kYes);
      }
      guarded.add();
      for (int depth = 0; depth < 3; depth++) {
        CHECK(Fast::unlock_once(actor.arena, cell, actor.me()));
      }
    }
  });
  crew.join();
  CHECK_EQ(guarded.count, uint64_t{4} * 3000 * kScale);
  CHECK(!Fast::unlock_once(ground.arena, cell, 1));
}

// Async waiters hold the lock when they are told.
std::atomic<uint32_t> delivered{0};

TEST(async_waiters_are_handed_the_lock) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  WakeList<P>::deliver = [](uint32_t environment, uint32_t token) {
    CHECK_EQ(environment, 5u);
    delivered.store(token);
  };
  Actor holder(ground.arena, 1);
  for (uint32_t round = 1; round <= 100; round++) {
    CHECK(holder.lock(cell) == Acquired::kYes);
    Waiter<P>* w = Wait<P>::take_record(ground.arena);
    w->flags.store(kAsync);
    w->word.store(kAwake);
    w->thread = 2;
    w->environment = 5;
    w->token = round;
    w->since = P::now();
    CHECK(Mutex<P>::acquire_or_enqueue(ground.arena, cell, w, 2) == Acquired::kNo);
    CHECK(holder.unlock(cell));
    CHECK_EQ(delivered.load(), round);
    CHECK_EQ(cell.state.load(), 2u);
    CHECK_EQ(w->outcome.load(), static_cast<uint32_t>(kGranted));
    Wait<P>::release_record(ground.arena, w);
    CHECK(Mutex<P>::release(ground.arena, cell, 2));
  }
  ground.check_idle(cell);
}

}  // namespace
}  // namespace test
}  // namespace nogil
