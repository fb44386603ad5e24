#include "test/queue_history.h"
#include "test/queue_world.h"

// Many threads: nothing is lost, doubled or out of order, and what short histories show could have
// been.

namespace nogil {
namespace test {
namespace {

using R = QueueResult;

// Every producer's items arrive once each and, at any one consumer, in their order.
void traffic(CellClass c, int64_t maxsize, int producers, int consumers, uint64_t each,
             bool disturbed = false) {
  QueueGround ground(c, maxsize);
  Crew crew(ground.arena, producers + consumers);
  std::unique_ptr<Disturbance> disturbance;
  if (disturbed) disturbance = std::make_unique<Disturbance>(crew, producers + consumers);
  std::vector<std::atomic<uint8_t>> seen(static_cast<size_t>(producers) * each);
  for (int p = 0; p < producers; p++) {
    crew.start(p, [&, p](Actor& actor, int) {
      User user(ground, actor);
      for (uint64_t i = 0; i < each; i++)
        CHECK(user.put(static_cast<uint64_t>(p) * each + i) == R::kOk);
    });
  }
  const uint64_t share = static_cast<uint64_t>(producers) * each / static_cast<uint64_t>(consumers);
  for (int n = 0; n < consumers; n++) {
    crew.start(producers + n, [&](Actor& actor, int) {
      User user(ground, actor);
      std::vector<uint64_t> next(static_cast<size_t>(producers));
      for (uint64_t i = 0; i < share; i++) {
        uint64_t value = 0;
        CHECK(user.get(&value) == R::kOk);
        CHECK_EQ(seen[value].fetch_add(1), 0);
        if (c == CellClass::kLifoQueue) continue;
        CHECK(value % each >= next[value / each]);
        next[value / each] = value % each + 1;
        CHECK(user.task_done());
      }
    });
  }
  crew.join();
  disturbance.reset();
  CHECK_EQ(ground.queue().size(), 0u);
  if (c != CellClass::kLifoQueue) CHECK_EQ(ground.queue().unfinished(), 0u);
  for (auto& count : seen) CHECK_EQ(count.load(), 1);
  ground.check_quiet();
}

TEST(one_to_one) {
  for (CellClass c : kClasses) traffic(c, 0, 1, 1, 20000 * kScale);
}
TEST(two_to_two) {
  for (CellClass c : kClasses) traffic(c, 0, 2, 2, 10000 * kScale);
}
TEST(four_to_four) {
  for (CellClass c : kClasses) traffic(c, 0, 4, 4, 4000 * kScale);
}
TEST(bounded) {
  for (CellClass c : kClasses) {
    for (int64_t maxsize : {1, 10, 1000}) traffic(c, maxsize, 2, 2, 500 * kScale);
  }
}
TEST(disturbed) {
  for (CellClass c : kClasses) traffic(c, 3, 2, 2, 500 * kScale, true);
}

// Payload blocks are written by one thread, read by another and freed there, in batches.
TEST(payloads) {
  QueueGround ground(CellClass::kQueue);
  constexpr uint32_t kItems = 10000 * kScale;
  Crew crew(ground.arena, 4);
  std::atomic<uint64_t> sum{0};
  for (int n = 0; n < 2; n++) {
    crew.start(n, [&](Actor& actor, int me) {
      PayloadHeap<P> heap(ground.arena);
      Random random(static_cast<uint32_t>(me));
      for (uint32_t i = 0; i < kItems; i += 10) {
        Item items[10];
        for (Item& item : items) {
          item = {ItemKind::kPayload, heap.allocate(4 + random.below(400), actor.me())};
          memcpy(heap.data(static_cast<uint32_t>(item.value)), &i, 4);
        }
        Wait<P> wait(ground.arena, actor.parker, kForever);
        uint32_t done;
        CHECK(ground.queue().put_many(wait, items, 10, &done) == R::kOk);
      }
    });
    crew.start(2 + n, [&](Actor& actor, int) {
      PayloadHeap<P> heap(ground.arena);
      uint64_t local = 0;
      for (;;) {
        Item items[7];
        uint32_t got;
        Wait<P> wait(ground.arena, actor.parker, kForever);
        if (ground.queue().get_many(wait, items, 7, &got) == R::kShutDown) break;
        for (uint32_t i = 0; i < got; i++) {
          uint32_t value;
          memcpy(&value, heap.data(static_cast<uint32_t>(items[i].value)), 4);
          local += value;
          heap.free(static_cast<uint32_t>(items[i].value), actor.me());
        }
        CHECK(ground.queue().task_done(got, actor.me()));
      }
      sum += local;
    });
  }
  Actor main(ground.arena, 9);
  User user(ground, main);
  while (ground.core().settled.load() < 2 * kItems) {
    CHECK(user.join() == R::kOk);
    P::yield();
  }
  CHECK(user.join() == R::kOk);
  user.shutdown();
  uint64_t expected = 0;
  for (uint64_t i = 0; i < kItems; i += 10) expected += 2 * 10 * i;
  crew.join();
  CHECK_EQ(sum.load(), expected);
}

// A queue is shut down while everybody uses it: what was put comes out, and nothing after the end.
TEST(shut_down_in_the_middle) {
  for (int round = 0; round < 5 * kScale; round++) {
    for (CellClass c : kClasses) {
      QueueGround ground(c, round % 3 == 0 ? 2 : 0);
      Crew crew(ground.arena, 4);
      std::atomic<int> put{0}, got{0};
      for (int n = 0; n < 2; n++) {
        crew.start(n, [&](Actor& actor, int) {
          User user(ground, actor);
          while (user.put(1) == R::kOk) put++;
        });
        crew.start(2 + n, [&](Actor& actor, int) {
          User user(ground, actor);
          uint64_t value;
          while (user.get(&value) == R::kOk) got++;
        });
      }
      while (got.load() < 20) P::yield();
      Actor main(ground.arena, 9);
      User(ground, main).shutdown();
      crew.join();
      CHECK_EQ(put.load(), got.load());
      ground.check_quiet();
    }
  }
}

// Threads that wait in promises and threads that wait asleep, on one queue.
TEST(promises_among_threads) {
  QueueGround ground(CellClass::kQueue, 3);
  constexpr uint64_t kItems = 2000 * kScale;
  Crew crew(ground.arena, 4);
  std::atomic<uint64_t> sum{0};
  for (int n = 0; n < 2; n++) {
    crew.start(n, [&, n](Actor& actor, int) {
      User user(ground, actor);
      for (uint64_t i = 1; i <= kItems; i++) {
        Promise promise(ground, 1);
        if (n == 0) {
          CHECK(user.put(i) == R::kOk);
        } else if (user.queue.put_or_enqueue(promise.record, number(i), actor.me()) ==
                   R::kPending) {
          while (!promise.notified() || promise.record->cell.load() != kNoCell) P::yield();
          CHECK(Queue<P>::put_result(promise.record) == R::kOk);
        }
      }
    });
    crew.start(2 + n, [&, n](Actor& actor, int) {
      User user(ground, actor);
      for (uint64_t i = 0; i < kItems; i++) {
        Promise promise(ground, 1);
        uint64_t value = 0;
        Item item;
        if (n == 0) {
          CHECK(user.get(&value) == R::kOk);
        } else if (user.queue.get_or_enqueue(promise.record, &item, actor.me()) == R::kOk) {
          value = item.value;
        } else if (i % 3 == 0 && user.queue.withdraw(promise.record, actor.me())) {
          i--;
        } else {
          while (!promise.notified() || promise.record->cell.load() != kNoCell) P::yield();
          CHECK(Queue<P>::get_result(promise.record) == R::kOk);
          value = Queue<P>::granted_item(promise.record).value;
          // Now and then one finds that nobody wants its item any more.
          if (i % 5 == 0) {
            CHECK(user.queue.give_back(number(value), actor.me()));
            value = 0;
            i--;
          }
        }
        sum += value;
      }
    });
  }
  crew.join();
  CHECK_EQ(sum.load(), kItems * (kItems + 1));
  ground.check_quiet();
}

// Short histories of real threads, each held against what a queue may do.
TEST(histories) {
  for (int round = 0; round < 250 * kScale; round++) {
    const int64_t maxsize = round % 4 == 0 ? 2 : 0;
    QueueGround* ground = new QueueGround(CellClass::kQueue, maxsize);
    // Begins anywhere in a ring, so that it goes over to the next within the history.
    Item item;
    for (int i = 0; i < 28 + round % 8 && maxsize == 0; i++) {
      CHECK(ground->queue().try_put(number(0), 1) == R::kOk);
      if (round % 2) CHECK(ground->queue().try_get(&item, 1) == R::kOk);
    }
    std::vector<Operation> operations;
    std::atomic<uint64_t> clock{1};
    for (uint64_t i = ground->queue().size(); i > 0; i--, clock++)
      operations.push_back({Operation::kPut, 0, R::kOk, clock, clock});
    std::atomic<int> ready{0};
    std::vector<Operation> notes[4];
    Crew crew(ground->arena, 4);
    crew.start_all([&](Actor& actor, int n) {
      User user(*ground, actor);
      ready++;
      while (ready.load() < 4) P::yield();
      for (uint64_t i = 0; i < 5; i++) {
        const uint64_t called = clock++;
        uint64_t value = static_cast<uint64_t>(10 * (n + 1)) + i;
        const bool put = n < 2;
        const R result = put ? user.put(value, 0) : user.get(&value, 0);
        notes[n].push_back(
            {put ? Operation::kPut : Operation::kGet, value, result, called, clock++});
      }
    });
    crew.join();
    for (auto& each : notes) operations.insert(operations.end(), each.begin(), each.end());
    History history(operations, static_cast<uint64_t>(maxsize));
    if (!CHECK(history.linearizable())) fprintf(stderr, "%s\n", history.text().c_str());
    delete ground;
  }
}

}  // namespace
}  // namespace test
}  // namespace nogil
