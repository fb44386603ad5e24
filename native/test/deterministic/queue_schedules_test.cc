#include "test/deterministic/queue_world.h"

// Puts and gets that do not wait, under every schedule, with rings of two slots: drawing,
// publishing, passing by, and the way from ring to ring.

namespace nogil {
namespace deterministic {
namespace {

using R = QueueResult;

constexpr QueueCase kOneProcess = {CellClass::kQueue, 0, false};
constexpr QueueCase kManyProcesses = {CellClass::kQueue, 0, true};

// Each of `putters` puts `each`, numbered so that their order can be told; each of `getters` tries
// `tries` times to get.
bool traffic(const char* name, const Options& options, QueueCase c, int putters, int each,
             int getters, int tries) {
  return check_queue(name, options, c, [=](QueueWorld& world) {
    for (int p = 0; p < putters; p++) {
      world.run.add_fiber([&world, p, each] {
        for (int i = 0; i < each; i++) world.put(static_cast<uint64_t>(10 * p + i), 0);
      });
    }
    for (int g = 0; g < getters; g++) {
      world.run.add_fiber([&world, tries] {
        for (int i = 0; i < tries; i++) world.get(0);
      });
    }
    world.run.at_end([&world] { world.check(); });
  });
}

TEST(queue_one_to_one) { traffic("1 to 1", bounded(3), kOneProcess, 1, 2, 1, 2); }
TEST(queue_next_ring) { traffic("next ring", bounded(2), kOneProcess, 1, 4, 1, 4); }
TEST(queue_two_putters) { traffic("two putters", bounded(2), kOneProcess, 2, 1, 1, 2); }
TEST(queue_two_getters) { traffic("two getters", bounded(2), kOneProcess, 1, 2, 2, 1); }
TEST(queue_two_and_two) { traffic("two and two", bounded(1), kOneProcess, 2, 2, 2, 2); }
// There is an item at every moment, each time at another ticket: nobody finds the queue empty.
TEST(queue_never_empty) {
  check_queue("never empty", bounded(2), kOneProcess, [](QueueWorld& world) {
    world.run.add_fiber([&world] { world.put(0, 0); });
    world.run.add_fiber([&world] { world.put(1, 0); });
    world.run.add_fiber([&world] { world.get(0); });
    world.run.add_fiber([&world] {
      world.get(0);
      world.put(2, 0);
      world.get(0);
    });
    world.run.at_end([&world] { world.check(); });
  });
}
TEST(queue_one_to_one_shared) { traffic("1 to 1, shared", bounded(3), kManyProcesses, 1, 2, 1, 2); }
TEST(queue_two_putters_shared) {
  traffic("two putters, shared", bounded(2), kManyProcesses, 2, 1, 1, 2);
}
TEST(queue_two_and_two_shared) {
  traffic("two and two, shared", bounded(1), kManyProcesses, 2, 2, 2, 2);
}
TEST(queue_random) {
  traffic("random", random_schedules(8000), kOneProcess, 2, 4, 2, 4);
  traffic("random, shared", random_schedules(40000), kManyProcesses, 2, 4, 2, 4);
}

TEST(queue_bounded) {
  for (int64_t maxsize : {1, 2}) {
    traffic("bounded", bounded(2), {CellClass::kQueue, maxsize, false}, 2, 1, 1, 2);
    traffic("bounded, next ring", bounded(2), {CellClass::kQueue, maxsize, false}, 1, 4, 1, 4);
    traffic("bounded, random", random_schedules(8000), {CellClass::kQueue, maxsize, maxsize == 2},
            2, 3, 2, 3);
  }
}

// Shut down while others put and get: what was put is got, and nothing is put or empty afterwards.
TEST(queue_shut_down) {
  for (bool shared : {false, true}) {
    check_queue(shared ? "shut down, shared" : "shut down", bounded(2),
                {CellClass::kQueue, 0, shared}, [](QueueWorld& world) {
                  world.run.add_fiber([&world] {
                    for (uint64_t i = 0; i < 3; i++) world.put(i, 0);
                  });
                  world.run.add_fiber([&world] {
                    for (int i = 0; i < 3; i++) world.get(0);
                  });
                  world.run.add_fiber([&world] { world.shutdown(); });
                  world.run.at_end([&world] { world.check(); });
                });
  }
}

void put_batch(QueueWorld& world, uint64_t first, uint32_t n) {
  Item items[4];
  for (uint32_t i = 0; i < n; i++) items[i] = {ItemKind::kNumber, first + i};
  uint32_t done;
  Wait<D> wait(world.arena, world.parkers[world.run.self()], 0);
  SCHEDULE_CHECK(world.run, world.queue().put_many(wait, items, n, &done) == R::kOk && done == n);
}

// The items of a batch come out in their order, with others' between them or not.
TEST(queue_batches) {
  for (bool shared : {false, true}) {
    check_queue(shared ? "batches, shared" : "batches", bounded(2), {CellClass::kQueue, 0, shared},
                [](QueueWorld& world) {
                  static std::vector<uint64_t> order;
                  order.clear();
                  world.run.add_fiber([&world] { put_batch(world, 10, 3); });
                  world.run.add_fiber([&world] { put_batch(world, 20, 2); });
                  auto get = [&world] {
                    Item items[3];
                    uint32_t got;
                    Wait<D> wait(world.arena, world.parkers[3], 0);
                    while (world.queue().get_many(wait, items, 3, &got) == R::kOk) {
                      for (uint32_t i = 0; i < got; i++) order.push_back(items[i].value);
                    }
                  };
                  world.run.add_fiber(get);
                  world.run.at_end([&world, get] {
                    get();
                    SCHEDULE_CHECK(world.run, order.size() == 5);
                    uint64_t next[3] = {0, 10, 20};
                    for (uint64_t value : order)
                      SCHEDULE_CHECK(world.run, value == next[value / 10]++);
                  });
                });
  }
}

// A producer whose batch was passed gives back all of its tickets: they would take up room for
// ever.
TEST(queue_bounded_batches) {
  check_queue("bounded batches", bounded(2), {CellClass::kQueue, 3, false}, [](QueueWorld& world) {
    // Never more than three items, those under way included: nobody finds the queue full.
    world.run.add_fiber([&world] { put_batch(world, 10, 2); });
    world.run.add_fiber([&world] { put_batch(world, 20, 1); });
    for (int i = 0; i < 2; i++) world.run.add_fiber([&world] { world.get(0); });
    world.run.at_end([&world] {
      Item item;
      while (world.queue().try_get(&item, QueueWorld::kMaker) == R::kOk) {
      }
      SCHEDULE_CHECK(world.run, world.queue().size() == 0);
    });
  });
}

// A ring that somebody still holds a ticket of is not used again, however far the queue has gone.
TEST(queue_late_in_a_ring) {
  for (bool putter : {false, true}) {
    check_queue(putter ? "late putter" : "late getter", bounded(2), kOneProcess,
                [=](QueueWorld& world) {
                  // Past the first ring, whose size no later one has.
                  for (uint64_t i = 0; i < 3; i++) world.put(i, 0);
                  for (uint64_t i = 0; i < 2; i++) world.get(0);
                  if (!putter) world.put(3, 0);
                  world.run.add_fiber([&world, putter] {
                    if (putter) {
                      world.put(9, 0);
                    } else {
                      world.get(0);
                    }
                  });
                  world.run.add_fiber([&world] {
                    world.put(10, 0);
                    for (int i = 0; i < 3; i++) world.get(0);
                    for (uint64_t i = 11; i < 15; i++) world.put(i, 0);
                  });
                  world.run.at_end([&world] { world.check(); });
                });
  }
}

// A consumer that has read the head of a ring and then sees a slot of the ring's next life takes
// that for a passed ticket; it must not count it.
TEST(queue_late_at_a_drained_ring) {
  check_queue("late at a drained ring", bounded(2), kOneProcess, [](QueueWorld& world) {
    // The second ring is closed and drained, the third one is full.
    for (uint64_t i = 0; i < 6; i++) world.put(i, 0);
    for (uint64_t i = 0; i < 4; i++) world.get(0);
    // It takes three: whoever fails to do something lets others go on.
    world.run.add_fiber([&world] { world.put(6, 0); });
    world.run.add_fiber([&world] { world.get(0); });
    world.run.add_fiber([&world] { world.get(0); });
    world.run.at_end([&world] { world.check(); });
  });
}

// No producer goes to a ring that was retired, which by now may be another queue's.
TEST(queue_beside_another) {
  check_queue("two queues", bounded(2), kOneProcess, [](QueueWorld& world) {
    // A full ring: one goes on from it with a put, another with a get.
    for (uint64_t i = 0; i < 2; i++) world.put(i, 0);
    static uint32_t got;
    got = 0;
    world.run.add_fiber([&world] { world.put(2, 0); });
    world.run.add_fiber([&world] {
      Item items[3];
      Wait<D> wait(world.arena, world.parker(), 0);
      SCHEDULE_CHECK(world.run, world.queue().get_many(wait, items, 3, &got) == R::kOk);
    });
    world.run.add_fiber([&world] {
      Cell<D>& cell = *world.arena.at(world.arena.allocate(ChunkKind::kCells));
      cell.tag.store(tag::make(1, CellClass::kQueue, 1));
      SCHEDULE_CHECK(world.run, Queue<D>(world.arena, cell).create(0, world.me()));
      world.put(3, 0);
    });
    world.run.at_end([&world] {
      Item item;
      while (world.queue().try_get(&item, QueueWorld::kMaker) == R::kOk) got++;
      SCHEDULE_CHECK(world.run, got == 4);
    });
  });
}

// A thread that dies anywhere in a put or a get stops nobody: that is what lock-free is for.
void survive(const char* name, int preemptions, bool putter) {
  Options options = bounded(preemptions);
  options.kills = 1;
  check_queue(name, options, kManyProcesses, [=](QueueWorld& world) {
    // The one that dies asks the heap for nothing that the survivors would have to wait for.
    world.queue().try_put({ItemKind::kNumber, 1}, QueueWorld::kMaker);
    world.run.add_fiber(
        [&world, putter] {
          if (putter) {
            world.put(2, 0);
          } else {
            world.get(0);
          }
        },
        true);
    world.run.add_fiber([&world] {
      SCHEDULE_CHECK(world.run, world.put(3, 0) == R::kOk);
      SCHEDULE_CHECK(world.run, world.put(4, 0) == R::kOk);
    });
    world.run.at_end([&world, putter] {
      std::vector<uint64_t> got;
      Item item;
      while (world.queue().try_get(&item, QueueWorld::kMaker) == R::kOk) got.push_back(item.value);
      // At most the item of the one that died is missing.
      const bool first = got[0] == 1;
      SCHEDULE_CHECK(world.run, got.size() >= 2 && (first || !putter));
      std::vector<uint64_t> others;
      for (uint64_t value : got) {
        if (value >= 3) others.push_back(value);
      }
      SCHEDULE_CHECK(world.run, others == std::vector<uint64_t>({3, 4}));
      // A ticket whose holder died counts until somebody passes it by.
      SCHEDULE_CHECK(world.run, world.queue().size() <= (putter ? 1 : 0));
    });
  });
}

TEST(queue_putter_dies) { survive("a putter dies", 2, true); }
TEST(queue_getter_dies) { survive("a getter dies", 2, false); }

}  // namespace
}  // namespace deterministic
}  // namespace nogil
