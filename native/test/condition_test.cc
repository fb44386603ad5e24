#include "sync/condition.h"

#include "test/threads.h"

namespace nogil {
namespace test {
namespace {

// A buffer as everybody writes one: two conditions on one lock.
struct Buffer {
  static constexpr int kRoom = 3;
  int items[kRoom];
  int first = 0, count = 0;
};

void produce_and_consume(bool disturbed, bool timed) {
  Ground ground;
  Cell<P>& mutex = ground.cell();
  Cell<P>& not_full = ground.cell();
  Cell<P>& not_empty = ground.cell();
  Buffer buffer;
  constexpr int kEach = 3000 * kScale;
  std::atomic<int64_t> sum{0};
  Crew crew(ground.arena, 4);
  std::unique_ptr<Disturbance> disturbance;
  if (disturbed) disturbance = std::make_unique<Disturbance>(crew, 4);
  for (int i : {0, 1}) {
    crew.start(i, [&](Actor& actor, int) {
      Random random(actor.me());
      for (int n = 1; n <= kEach; n++) {
        CHECK(actor.lock(mutex) == Acquired::kYes);
        while (buffer.count == Buffer::kRoom) {
          actor.wait(not_full, mutex, timed ? 1 + random.below(50000) : kForever);
        }
        buffer.items[(buffer.first + buffer.count++) % Buffer::kRoom] = n;
        actor.notify(not_empty, mutex);
        actor.unlock(mutex);
      }
    });
  }
  for (int i : {2, 3}) {
    crew.start(i, [&](Actor& actor, int) {
      Random random(actor.me());
      for (int n = 1; n <= kEach; n++) {
        CHECK(actor.lock(mutex) == Acquired::kYes);
        while (buffer.count == 0) {
          actor.wait(not_empty, mutex, timed ? 1 + random.below(50000) : kForever);
        }
        sum += buffer.items[buffer.first];
        buffer.first = (buffer.first + 1) % Buffer::kRoom;
        buffer.count--;
        actor.notify(not_full, mutex);
        actor.unlock(mutex);
      }
    });
  }
  crew.join();
  disturbance.reset();
  CHECK_EQ(sum.load(), int64_t{kEach} * (kEach + 1));
  CHECK_EQ(buffer.count, 0);
  CHECK_EQ(mutex.state.load(), 0u);
  for (Cell<P>* cell : {&mutex, &not_full, &not_empty}) ground.check_idle(*cell);
  ground.check_no_records();
}

TEST(produce_and_consume) { produce_and_consume(false, false); }
TEST(produce_and_consume_timed) { produce_and_consume(false, true); }
TEST(produce_and_consume_while_interrupted) {
  produce_and_consume(true, false);
  produce_and_consume(true, true);
}

TEST(a_wait_without_notification_times_out_with_the_lock) {
  Ground ground;
  Cell<P>& mutex = ground.cell();
  Cell<P>& cell = ground.cell();
  Actor actor(ground.arena, 1);
  CHECK(actor.lock(mutex) == Acquired::kYes);
  const int64_t begin = P::now();
  CHECK(actor.wait(cell, mutex, 3 * kMs).signalled == Signalled::kNo);
  CHECK(P::now() - begin >= 3 * kMs);
  CHECK_EQ(mutex.state.load() & ~kWaiting, 1u);
  CHECK_EQ(actor.notify(cell, mutex, 5), 0u);
  CHECK(actor.unlock(mutex));
  ground.check_idle(cell);
}

TEST(notify_n_wakes_the_first_n) {
  Ground ground;
  Cell<P>& mutex = ground.cell();
  Cell<P>& cell = ground.cell();
  constexpr int kWaiters = 6;
  Crew crew(ground.arena, kWaiters + 1);
  std::vector<int> order;  // guarded by the mutex
  std::atomic<int> back{0};
  for (int i = 0; i < kWaiters; i++) {
    crew.start(i, [&](Actor& actor, int me) {
      CHECK(actor.lock(mutex) == Acquired::kYes);
      CHECK(actor.wait(cell, mutex).signalled == Signalled::kYes);
      order.push_back(me);
      back++;
      actor.unlock(mutex);
    });
    ground.until_asleep(i + 1);
  }
  Actor& last = crew[kWaiters];
  CHECK(last.lock(mutex) == Acquired::kYes);
  CHECK_EQ(last.notify(cell, mutex, 2), 2u);
  last.unlock(mutex);
  while (back.load() < 2) P::yield();
  ground.until_asleep(kWaiters - 2);
  CHECK(last.lock(mutex) == Acquired::kYes);
  CHECK(order == std::vector<int>({0, 1}) || order == std::vector<int>({1, 0}));
  CHECK_EQ(last.notify(cell, mutex, UINT32_MAX), static_cast<uint32_t>(kWaiters - 2));
  last.unlock(mutex);
  crew.join();
  CHECK_EQ(order.size(), size_t{kWaiters});
  ground.check_idle(cell);
  ground.check_idle(mutex);
}

// Every notification reaches one wait, however many deadlines pass meanwhile.
TEST(notifications_and_answers_add_up) {
  Ground ground;
  Cell<P>& mutex = ground.cell();
  Cell<P>& cell = ground.cell();
  std::atomic<uint64_t> notified{0}, signalled{0};
  std::atomic<int> waiting{3};
  Crew crew(ground.arena, 4);
  for (int i : {0, 1, 2}) {
    crew.start(i, [&](Actor& actor, int) {
      Random random(actor.me());
      for (int round = 0; round < 1500 * kScale; round++) {
        CHECK(actor.lock(mutex) == Acquired::kYes);
        const auto result = actor.wait(cell, mutex, 1 + random.below(60000));
        if (result.signalled == Signalled::kYes) signalled++;
        CHECK_EQ(mutex.state.load() & ~kWaiting, actor.me());
        actor.unlock(mutex);
      }
      waiting--;
    });
  }
  crew.start(3, [&](Actor& actor, int) {
    Random random(actor.me());
    while (waiting.load() > 0) {
      CHECK(actor.lock(mutex) == Acquired::kYes);
      notified += actor.notify(cell, mutex, 1 + random.below(3));
      for (uint32_t spin = random.below(3000); spin > 0; spin--) P::relax();
      actor.unlock(mutex);
    }
  });
  crew.join();
  CHECK_EQ(notified.load(), signalled.load());
  ground.check_idle(cell);
  ground.check_idle(mutex);
}

TEST(an_interrupted_waiter_passes_its_notification_on) {
  Ground ground;
  Cell<P>& mutex = ground.cell();
  Cell<P>& cell = ground.cell();
  for (int round = 0; round < 100 * kScale; round++) {
    Crew crew(ground.arena, 3);
    crew[0].parker.serve = [](Parker<P>*) { return false; };
    std::atomic<bool> stopped{false};
    for (int i : {0, 1}) {
      crew.start(i, [&](Actor& actor, int me) {
        CHECK(actor.lock(mutex) == Acquired::kYes);
        const auto result = actor.wait(cell, mutex);
        if (result.signalled == Signalled::kInterrupted) {
          CHECK_EQ(me, 0);
          stopped = true;
          return;
        }
        CHECK(result.signalled == Signalled::kYes);
        if (me == 0) actor.notify(cell, mutex);
        actor.unlock(mutex);
      });
      ground.until_asleep(i + 1);
    }
    crew[0].stop();
    CHECK(crew[2].lock(mutex) == Acquired::kYes);
    crew[2].notify(cell, mutex);
    crew[2].unlock(mutex);
    crew.join();
    ground.check_idle(cell);
    ground.check_idle(mutex);
    CHECK_EQ(mutex.state.load(), 0u);
  }
}

}  // namespace
}  // namespace test
}  // namespace nogil
