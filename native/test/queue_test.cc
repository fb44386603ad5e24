#include "test/queue_world.h"

// What one thread sees, and what threads that wait for each other see: Python's rules.

namespace nogil {
namespace test {
namespace {

using R = QueueResult;

struct BigEndian {
  uint8_t bytes[8];
  explicit BigEndian(uint64_t value) {
    for (int i = 0; i < 8; i++) bytes[i] = static_cast<uint8_t>(value >> (56 - 8 * i));
  }
  Key key() const { return {bytes, 8}; }
};

TEST(order) {
  for (CellClass c : kClasses) {
    QueueGround ground(c);
    Actor actor(ground.arena, 1);
    User user(ground, actor);
    const uint64_t values[] = {5, 3, 9, 1, 3};
    for (uint64_t v : values) CHECK(user.put(v, 0, BigEndian(v).key()) == R::kOk);
    CHECK_EQ(user.queue.size(), 5u);
    const uint64_t fifo[] = {5, 3, 9, 1, 3}, lifo[] = {3, 1, 9, 3, 5}, least[] = {1, 3, 3, 5, 9};
    const uint64_t* expected = c == CellClass::kLifoQueue       ? lifo
                               : c == CellClass::kPriorityQueue ? least
                                                                : fifo;
    uint64_t value;
    for (int i = 0; i < 5; i++) {
      CHECK(user.get(&value, 0) == R::kOk);
      CHECK_EQ(value, expected[i]);
    }
    CHECK(user.get(&value, 0) == R::kEmpty);
    CHECK_EQ(user.queue.size(), 0u);
    ground.check_quiet();
  }
}

TEST(every_kind_keeps_its_bits) {
  QueueGround ground(CellClass::kQueue);
  for (uint32_t kind = 1; kind <= 7; kind++) {
    const Item item{static_cast<ItemKind>(kind), 0xf00dfacecafe0000ull + kind};
    CHECK(ground.queue().try_put(item, 1) == R::kOk);
  }
  for (uint32_t kind = 1; kind <= 7; kind++) {
    Item item;
    CHECK(ground.queue().try_get(&item, 1) == R::kOk);
    CHECK(item.kind == static_cast<ItemKind>(kind));
    CHECK_EQ(item.value, 0xf00dfacecafe0000ull + kind);
  }
}

// Through all sizes of rings, and back.
TEST(many_items) {
  for (CellClass c : kClasses) {
    QueueGround ground(c);
    Actor actor(ground.arena, 1);
    User user(ground, actor);
    uint64_t next = 0, expected = 0, value;
    for (uint64_t n : {10u, 40u, 3000u, 70000u, 100u}) {
      for (uint64_t i = 0; i < n; i++, next++)
        CHECK(user.put(next, 0, BigEndian(next).key()) == R::kOk);
      CHECK_EQ(user.queue.size(), n);
      for (uint64_t i = 0; i < n; i++, expected++) {
        CHECK(user.get(&value, 0) == R::kOk);
        if (c != CellClass::kLifoQueue) CHECK_EQ(value, expected);
      }
      CHECK(user.get(&value, 0) == R::kEmpty);
    }
    CHECK_EQ(user.queue.unfinished(), next);
  }
}

TEST(maxsize) {
  for (CellClass c : kClasses) {
    for (uint64_t maxsize : {1u, 2u, 31u, 32u, 33u, 100u}) {
      QueueGround ground(c, static_cast<int64_t>(maxsize));
      Actor actor(ground.arena, 1);
      User user(ground, actor);
      uint64_t value;
      for (uint64_t turn = 0; turn < 3 * maxsize; turn += maxsize) {
        for (uint64_t i = 0; i < maxsize; i++) CHECK(user.put(i, 0) == R::kOk);
        CHECK(user.put(0, 0) == R::kFull);
        const int64_t begin = P::now();
        CHECK(user.put(0, kMs) == R::kFull);
        CHECK(P::now() - begin >= kMs);
        CHECK(user.get(&value, 0) == R::kOk);
        CHECK(user.put(0, 0) == R::kOk);
        CHECK(user.put(0, 0) == R::kFull);
        for (uint64_t i = 0; i < maxsize; i++) CHECK(user.get(&value, 0) == R::kOk);
        CHECK(user.get(&value, kMs) == R::kEmpty);
      }
      ground.check_quiet();
    }
  }
}

TEST(batches) {
  for (CellClass c : kClasses) {
    QueueGround ground(c, c == CellClass::kSimpleQueue ? 0 : 100);
    Actor actor(ground.arena, 1);
    Wait<P> now(ground.arena, actor.parker, 0);
    std::vector<Item> items(150), out(150);
    for (uint64_t i = 0; i < 150; i++) items[i] = number(i);
    uint32_t done, got;
    const uint32_t fits = c == CellClass::kSimpleQueue ? 150 : 100;
    CHECK(ground.queue().put_many(now, items.data(), 150, &done) ==
          (fits == 150 ? R::kOk : R::kFull));
    CHECK_EQ(done, fits);
    uint32_t all = 0;
    while (ground.queue().get_many(now, &out[all], 70, &got) == R::kOk) all += got;
    CHECK_EQ(all, fits);
    CHECK_EQ(got, 0u);
    for (uint32_t i = 0; i < fits; i++)
      CHECK_EQ(out[i].value, c == CellClass::kLifoQueue ? fits - 1 - i : i);
  }
}

TEST(getter_waits_for_putter) {
  for (CellClass c : kClasses) {
    QueueGround ground(c);
    Crew crew(ground.arena, 2);
    crew.start(0, [&](Actor& actor, int) {
      uint64_t value;
      CHECK(User(ground, actor).get(&value) == R::kOk);
      CHECK_EQ(value, 42u);
    });
    ground.until_asleep(1);
    CHECK(User(ground, crew[1]).put(42) == R::kOk);
    crew.join();
    ground.check_quiet();
  }
}

TEST(putter_waits_for_room) {
  for (CellClass c : kClasses) {
    QueueGround ground(c, 1);
    Crew crew(ground.arena, 2);
    User user(ground, crew[1]);
    CHECK(user.put(1) == R::kOk);
    crew.start(0, [&](Actor& actor, int) { CHECK(User(ground, actor).put(2) == R::kOk); });
    ground.until_asleep(1);
    uint64_t value;
    CHECK(user.get(&value) == R::kOk);
    CHECK_EQ(value, 1u);
    CHECK(user.get(&value) == R::kOk);
    CHECK_EQ(value, 2u);
    crew.join();
    ground.check_quiet();
  }
}

TEST(more_room_wakes_putters) {
  QueueGround ground(CellClass::kQueue, 1);
  Crew crew(ground.arena, 4);
  User user(ground, crew[3]);
  CHECK(user.put(1) == R::kOk);
  for (int i = 0; i < 3; i++)
    crew.start(i, [&](Actor& actor, int) { CHECK(User(ground, actor).put(2) == R::kOk); });
  ground.until_asleep(3);
  user.queue.set_maxsize(3, 4);
  ground.until_asleep(1);
  CHECK_EQ(user.queue.size(), 3u);
  user.queue.set_maxsize(-1, 4);
  crew.join();
  CHECK_EQ(user.queue.size(), 4u);
  CHECK_EQ(user.queue.maxsize(), 0);
  ground.check_quiet();
}

TEST(tasks) {
  for (CellClass c : kClasses) {
    QueueGround ground(c);
    Crew crew(ground.arena, 3);
    User user(ground, crew[2]);
    CHECK(user.join() == R::kOk);
    CHECK(!user.task_done());
    for (int i = 0; i < 3; i++) CHECK(user.put(1) == R::kOk);
    CHECK_EQ(user.queue.unfinished(), 3u);
    CHECK(user.join(kMs) == R::kEmpty);
    CHECK(user.join(0) == R::kEmpty);
    for (int i = 0; i < 2; i++)
      crew.start(i, [&](Actor& actor, int) { CHECK(User(ground, actor).join() == R::kOk); });
    ground.until_asleep(2);
    CHECK(user.task_done());
    CHECK(!user.task_done(3));
    CHECK(user.task_done(2));
    crew.join();
    CHECK(!user.task_done());
    ground.check_quiet();
  }
}

TEST(shut_down) {
  for (CellClass c : kClasses) {
    QueueGround ground(c);
    Actor actor(ground.arena, 1);
    User user(ground, actor);
    CHECK(!user.queue.is_shut_down());
    CHECK(user.put(1) == R::kOk);
    CHECK(user.put(2) == R::kOk);
    user.shutdown();
    user.shutdown();
    CHECK(user.queue.is_shut_down());
    CHECK(user.put(3) == R::kShutDown);
    CHECK_EQ(user.queue.size(), 2u);
    uint64_t value;
    CHECK(user.get(&value) == R::kOk);
    CHECK(user.get(&value) == R::kOk);
    CHECK(user.get(&value) == R::kShutDown);
    CHECK(user.get(&value, 0) == R::kShutDown);
    CHECK_EQ(user.queue.unfinished(), 2u);
    CHECK(user.task_done(2));
    CHECK(user.join() == R::kOk);
  }
}

TEST(shut_down_at_once) {
  for (CellClass c : kClasses) {
    QueueGround ground(c);
    Crew crew(ground.arena, 2);
    User user(ground, crew[1]);
    uint64_t value;
    for (uint64_t i = 0; i < 100; i++) CHECK(user.put(i) == R::kOk);
    CHECK(user.get(&value) == R::kOk);
    crew.start(0, [&](Actor& actor, int) { CHECK(User(ground, actor).join() == R::kOk); });
    ground.until_asleep(1);
    int dropped = 0;
    user.queue.shutdown(true, 1, [&](const Item&) { dropped++; });
    CHECK_EQ(dropped, 99);
    CHECK_EQ(user.queue.size(), 0u);
    // The one that was taken is still to be done.
    CHECK_EQ(user.queue.unfinished(), 1u);
    CHECK(user.get(&value) == R::kShutDown);
    CHECK(user.task_done());
    crew.join();
    CHECK(!user.task_done());
    ground.check_quiet();
  }
}

TEST(shut_down_wakes_all) {
  for (CellClass c : kClasses) {
    for (bool immediate : {false, true}) {
      QueueGround full(c, 1), empty(c);
      Crew crew(full.arena, 4), others(empty.arena, 4);
      CHECK(User(full, crew[3]).put(1) == R::kOk);
      for (int i = 0; i < 3; i++) {
        crew.start(i, [&](Actor& actor, int) { CHECK(User(full, actor).put(2) == R::kShutDown); });
        others.start(i, [&](Actor& actor, int) {
          uint64_t value;
          CHECK(User(empty, actor).get(&value) == R::kShutDown);
        });
      }
      full.until_asleep(3);
      empty.until_asleep(3);
      User(full, crew[3]).shutdown(immediate);
      User(empty, others[3]).shutdown(immediate);
      crew.join();
      others.join();
      CHECK_EQ(full.queue().size(), immediate ? 0u : 1u);
      full.check_quiet();
      empty.check_quiet();
    }
  }
}

TEST(interrupted_waits) {
  for (CellClass c : kClasses) {
    QueueGround full(c, 1), empty(c);
    Crew crew(full.arena, 2), others(empty.arena, 2);
    CHECK(User(full, crew[1]).put(1) == R::kOk);
    for (Crew* each : {&crew, &others}) (*each)[0].parker.serve = [](Parker<P>*) { return false; };
    crew.start(0, [&](Actor& actor, int) { CHECK(User(full, actor).put(2) == R::kInterrupted); });
    others.start(0, [&](Actor& actor, int) {
      uint64_t value;
      CHECK(User(empty, actor).get(&value) == R::kInterrupted);
    });
    full.until_asleep(1);
    empty.until_asleep(1);
    crew[0].stop();
    others[0].stop();
    crew.join();
    others.join();
    CHECK_EQ(full.destroy(), 1);
    CHECK_EQ(empty.destroy(), 0);
  }
}

TEST(destroy_drops_what_is_left) {
  for (CellClass c : kClasses) {
    QueueGround ground(c);
    PayloadHeap<P> heap(ground.arena);
    for (uint32_t i = 0; i < 5000; i++) {
      Item item{ItemKind::kPayload, heap.allocate(i, 1)};
      CHECK(ground.queue().try_put(item, 1) == R::kOk);
    }
    CHECK_EQ(ground.destroy(), 5000);
    CHECK_EQ(ground.destroy(), 0);
  }
}

TEST(keys) {
  QueueGround ground(CellClass::kPriorityQueue);
  auto put = [&](std::vector<uint8_t> key, uint64_t value) {
    return ground.queue().try_put(number(value), 1,
                                  {key.data(), static_cast<uint32_t>(key.size())});
  };
  const std::vector<std::vector<uint8_t>> sorted = {
      {},
      {0},
      {0, 0},
      {1, 2, 3, 4, 5, 6, 7},
      {1, 2, 3, 4, 5, 6, 7, 0},
      {1, 2, 3, 4, 5, 6, 7, 0, 0},
      {1, 2, 3, 4, 5, 6, 7, 8},
      {1, 2, 3, 4, 5, 6, 7, 8, 9},
      {1, 2, 3, 4, 5, 6, 7, 8, 9, 9},
      {1, 2, 3, 4, 5, 6, 7, 8, 10},
      std::vector<uint8_t>(1000, 2),
      {3},
  };
  Random random(3);
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < 1000; i++)
    order.push_back(random.below(static_cast<uint32_t>(sorted.size())));
  for (uint32_t i = 0; i < 1000; i++)
    CHECK(put(sorted[order[i]], uint64_t{order[i]} << 32 | i) == R::kOk);
  uint64_t last = 0;
  Item item;
  for (int i = 0; i < 1000; i++) {
    CHECK(ground.queue().try_get(&item, 1) == R::kOk);
    // By key, and by arrival among equals.
    CHECK(i == 0 || item.value > last);
    last = item.value;
  }
  CHECK(put({0xf9, 1}, 1) == R::kOk);
  CHECK(put({0xfa, 1}, 2) == R::kIncomparable);
  CHECK_EQ(ground.queue().size(), 1u);
  CHECK_EQ(ground.queue().unfinished(), 1001u);
}

}  // namespace
}  // namespace test
}  // namespace nogil
