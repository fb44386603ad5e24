#include "sync/event.h"

#include "test/threads.h"

namespace nogil {
namespace test {
namespace {

TEST(set_and_clear) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Actor actor(ground.arena, 1);
  CHECK(actor.wait_set(cell, 0) == Acquired::kNo);
  actor.set(cell);
  CHECK(Event<P>::is_set(cell));
  CHECK(actor.wait_set(cell) == Acquired::kYes);
  Fast::clear(cell);
  const int64_t begin = P::now();
  CHECK(actor.wait_set(cell, 3 * kMs) == Acquired::kNo);
  CHECK(P::now() - begin >= 3 * kMs);
  ground.check_idle(cell);
}

TEST(set_wakes_everybody) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  // More than fit one batch of wake-ups.
  constexpr int kWaiters = 20;
  Crew crew(ground.arena, kWaiters + 1);
  int data = 0;
  for (int i = 0; i < kWaiters; i++) {
    crew.start(i, [&](Actor& actor, int) {
      CHECK(actor.wait_set(cell) == Acquired::kYes);
      CHECK_EQ(data, 7);
    });
  }
  ground.until_asleep(kWaiters);
  data = 7;
  crew[kWaiters].set(cell);
  // They were waiting when it was set, so clearing it at once changes nothing.
  Fast::clear(cell);
  crew.join();
  ground.check_idle(cell);
  ground.check_no_records();
}

void rounds(bool disturbed) {
  Ground ground;
  constexpr int kWaiters = 3;
  Cell<P>& go = ground.cell();
  Cell<P>& done = ground.cell();
  std::atomic<int> arrived{0};
  int round_number = 0;  // not atomic: the events order it
  constexpr int kRounds = 1000 * kScale;
  Crew crew(ground.arena, kWaiters + 1);
  std::unique_ptr<Disturbance> disturbance;
  if (disturbed) disturbance = std::make_unique<Disturbance>(crew, kWaiters + 1);
  // Two events in turn: an event is cleared only when everybody has passed it.
  Cell<P>* gates[2] = {&go, &ground.cell()};
  for (int i = 0; i < kWaiters; i++) {
    crew.start(i, [&](Actor& actor, int) {
      for (int round = 0; round < kRounds; round++) {
        CHECK(actor.wait_set(*gates[round % 2]) == Acquired::kYes);
        CHECK_EQ(round_number, round);
        if (arrived.fetch_add(1) + 1 == kWaiters) actor.set(done);
      }
    });
  }
  crew.start(kWaiters, [&](Actor& actor, int) {
    for (int round = 0; round < kRounds; round++) {
      round_number = round;
      Fast::clear(*gates[1 - round % 2]);
      actor.set(*gates[round % 2]);
      CHECK(actor.wait_set(done) == Acquired::kYes);
      Fast::clear(done);
      arrived.store(0);
    }
  });
  crew.join();
  disturbance.reset();
  ground.check_idle(go);
  ground.check_idle(done);
}

TEST(rounds) { rounds(false); }
TEST(rounds_while_interrupted) { rounds(true); }

TEST(timed_waits_meet_set) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Crew crew(ground.arena, 4);
  std::atomic<bool> over{false};
  for (int i : {0, 1, 2}) {
    crew.start(i, [&](Actor& actor, int) {
      Random random(actor.me());
      for (int round = 0; round < 1000 * kScale; round++) {
        const int64_t timeout = 1 + random.below(40000);
        const int64_t begin = P::now();
        if (actor.wait_set(cell, timeout) != Acquired::kYes) CHECK(P::now() - begin >= timeout);
      }
      over.store(true);
    });
  }
  crew.start(3, [&](Actor& actor, int) {
    while (!over.load()) {
      actor.set(cell);
      Fast::clear(cell);
      P::yield();
    }
  });
  crew.join();
  ground.check_idle(cell);
  ground.check_no_records();
}

}  // namespace
}  // namespace test
}  // namespace nogil
