#include "sync/semaphore.h"

#include "test/threads.h"

namespace nogil {
namespace test {
namespace {

TEST(units_are_counted) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Actor actor(ground.arena, 1);
  CHECK(actor.acquire(cell, 0) == Acquired::kNo);
  actor.release(cell, 3);
  for (int i = 0; i < 3; i++) CHECK(actor.acquire(cell, 0) == Acquired::kYes);
  const int64_t begin = P::now();
  CHECK(actor.acquire(cell, 3 * kMs) == Acquired::kNo);
  CHECK(P::now() - begin >= 3 * kMs);
  ground.check_idle(cell);
}

void ping_pong(bool disturbed) {
  Ground ground;
  Cell<P>& ping = ground.cell();
  Cell<P>& pong = ground.cell();
  int ball = 0;  // not atomic: the semaphores order the two
  Crew crew(ground.arena, 2);
  std::unique_ptr<Disturbance> disturbance;
  if (disturbed) disturbance = std::make_unique<Disturbance>(crew, 2);
  crew.start(0, [&](Actor& actor, int) {
    for (int i = 0; i < 5000 * kScale; i++) {
      ball++;
      actor.release(ping);
      CHECK(actor.acquire(pong) == Acquired::kYes);
      CHECK_EQ(ball, 2 * i + 2);
    }
  });
  crew.start(1, [&](Actor& actor, int) {
    for (int i = 0; i < 5000 * kScale; i++) {
      CHECK(actor.acquire(ping) == Acquired::kYes);
      CHECK_EQ(ball, 2 * i + 1);
      ball++;
      actor.release(pong);
    }
  });
  crew.join();
  disturbance.reset();
  CHECK_EQ(Semaphore<P>::count(ping) + Semaphore<P>::count(pong), 0u);
  ground.check_idle(ping);
  ground.check_idle(pong);
}

TEST(ping_pong) { ping_pong(false); }
TEST(ping_pong_while_interrupted) { ping_pong(true); }

TEST(no_more_than_units_pass) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  constexpr uint32_t kUnits = 3;
  cell.state.store(kUnits);
  std::atomic<uint32_t> inside{0};
  Crew crew(ground.arena, 6);
  crew.start_all([&](Actor& actor, int i) {
    Random random(actor.me());
    for (int round = 0; round < 3000 * kScale; round++) {
      if (actor.acquire(cell, i % 2 ? kForever : random.below(20000)) != Acquired::kYes) continue;
      CHECK(inside.fetch_add(1) < kUnits);
      for (uint32_t spin = random.below(50); spin > 0; spin--) P::relax();
      inside.fetch_sub(1);
      actor.release(cell);
    }
  });
  crew.join();
  CHECK_EQ(Semaphore<P>::count(cell), kUnits);
  ground.check_idle(cell);
  ground.check_no_records();
}

// Units made by some and taken by others, with deadlines: none lost, none made up.
TEST(units_are_conserved) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  constexpr int kEach = 4000 * kScale;
  std::atomic<int> left{2 * kEach};
  Crew crew(ground.arena, 5);
  for (int i : {0, 1}) {
    crew.start(i, [&](Actor& actor, int) {
      for (int made = 0; made < kEach;) {
        const int units = made % 7 == 0 && made + 3 <= kEach ? 3 : 1;
        actor.release(cell, static_cast<uint32_t>(units));
        made += units;
      }
    });
  }
  for (int i : {2, 3, 4}) {
    crew.start(i, [&](Actor& actor, int) {
      Random random(actor.me());
      while (left.load() > 0) {
        if (actor.acquire(cell, 1 + random.below(300000)) == Acquired::kYes) left--;
      }
    });
  }
  crew.join();
  CHECK_EQ(left.load(), 0);
  CHECK_EQ(Semaphore<P>::count(cell), 0u);
  ground.check_idle(cell);
}

TEST(an_interrupted_wait_takes_nothing_along) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Crew crew(ground.arena, 3);
  crew[0].parker.serve = [](Parker<P>*) { return false; };
  for (int round = 0; round < 200 * kScale; round++) {
    crew[0].parker.requests.store(0);
    std::atomic<bool> kept{false};
    crew.start(0, [&](Actor& actor, int) { kept = actor.acquire(cell) == Acquired::kYes; });
    crew.start(1, [&](Actor& actor, int) { actor.release(cell); });
    crew[0].stop();
    crew.join();
    if (!kept) CHECK(crew[2].acquire(cell, 0) == Acquired::kYes);
    CHECK_EQ(Semaphore<P>::count(cell), 0u);
    ground.check_idle(cell);
  }
}

}  // namespace
}  // namespace test
}  // namespace nogil
