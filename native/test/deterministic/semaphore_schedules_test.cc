#include "test/deterministic/world.h"

// Semaphore under every schedule: units are neither lost nor made, and nobody sleeps while there is
// one to be had.

namespace nogil {
namespace deterministic {
namespace {

// Once all fibers have ended.
uint32_t units(Cell<D>& cell) { return cell.state.peek() & ~kWaiting; }

struct Case {
  uint32_t initial;
  uint32_t released;  // by one more fiber, one at a time
  int acquirers;
  int64_t timeout;  // of the first acquirer; of all when there are too few units
  int64_t delay;    // before each release
};

bool conserve(const char* name, const Options& options, const Case& c) {
  static uint32_t taken;
  return check_world(name, options, [=](World& world) {
    taken = 0;
    Cell<D>& cell = *world.cells[0];
    cell.state.store(c.initial);
    for (int i = 0; i < c.acquirers; i++) {
      world.run.add_fiber([&world, &cell, c, i] {
        const int64_t begin = D::now();
        const bool enough = c.initial + c.released >= static_cast<uint32_t>(c.acquirers);
        const int64_t timeout = i == 0 || !enough ? c.timeout : kForever;
        const Acquired got = world.acquire(cell, timeout);
        if (got == Acquired::kYes) taken++;
        SCHEDULE_CHECK(world.run, got == Acquired::kYes || timeout != kForever);
        SCHEDULE_CHECK(world.run, got == Acquired::kYes || D::now() >= begin + timeout);
      });
    }
    world.run.add_fiber([&world, &cell, c] {
      for (uint32_t i = 0; i < c.released; i++) {
        world.run.advance(c.delay);
        Fast::release(world.arena, cell, 1, world.me());
      }
    });
    world.run.at_end([&world, &cell, c] {
      SCHEDULE_CHECK(world.run, taken + units(cell) == c.initial + c.released);
      world.check_idle(cell);
      world.check_no_records();
    });
  });
}

TEST(semaphore_release_meets_acquire) {
  conserve("one and one", bounded(4), {0, 1, 1, kForever, 0});
}
TEST(semaphore_two_units_for_two) { conserve("two", bounded(2), {0, 2, 2, kForever, 0}); }
TEST(semaphore_one_there_one_to_come) { conserve("one there", bounded(3), {1, 1, 2, kForever, 0}); }
TEST(semaphore_timeout) { conserve("timeout", bounded(2), {0, 2, 2, kMs, 0}); }
TEST(semaphore_timeout_takes_no_unit) { conserve("one for two", bounded(2), {0, 1, 2, kMs, 0}); }
TEST(semaphore_starved_waiters_are_granted) {
  conserve("granted", bounded(2), {0, 2, 2, kMs, 2 * kStarvingNs});
}
TEST(semaphore_random) {
  conserve("four at random", random_schedules(50000), {0, 4, 4, kMs, 0});
  conserve("granted at random", random_schedules(50000), {1, 3, 4, 5 * kMs, kStarvingNs});
}

TEST(semaphore_released_by_two) {
  check_world("released by two", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber(
          [&world, &cell] { SCHEDULE_CHECK(world.run, world.acquire(cell) == Acquired::kYes); });
    }
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber([&world, &cell] { Fast::release(world.arena, cell, 1, world.me()); });
    }
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, units(cell) == 0);
      world.check_idle(cell);
    });
  });
}

TEST(semaphore_released_by_many_at_once) {
  check_world("release(2)", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber(
          [&world, &cell] { SCHEDULE_CHECK(world.run, world.acquire(cell) == Acquired::kYes); });
    }
    world.run.add_fiber([&world, &cell] { Fast::release(world.arena, cell, 2, world.me()); });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, units(cell) == 0);
      world.check_idle(cell);
    });
  });
}

// One that is stopped with a unit, or with a wake-up, in hand passes it on.
TEST(semaphore_interrupted_waiter) {
  for (int64_t delay : {int64_t{0}, 2 * kStarvingNs}) {
    check_world(delay ? "interrupted, granted" : "interrupted", bounded(2), [=](World& world) {
      Cell<D>& cell = *world.cells[0];
      world.run.add_fiber([&world, &cell] {
        const Acquired got = world.acquire(cell);
        if (got == Acquired::kYes) Fast::release(world.arena, cell, 1, world.me());
        SCHEDULE_CHECK(world.run, got == Acquired::kYes || got == Acquired::kInterrupted);
      });
      world.run.add_fiber(
          [&world, &cell] { SCHEDULE_CHECK(world.run, world.acquire(cell) == Acquired::kYes); });
      world.run.add_fiber([&world, &cell, delay] {
        world.run.advance(delay);
        world.interrupt(0);
        Fast::release(world.arena, cell, 1, world.me());
      });
      world.run.at_end([&world, &cell] {
        SCHEDULE_CHECK(world.run, units(cell) == 0);
        world.check_idle(cell);
      });
    });
  }
}

// First come, first served, when nobody barges: units are offered in the order of the list.
TEST(semaphore_is_first_come_first_served) {
  check_world("first come", bounded(2), [](World& world) {
    static std::vector<int> order;
    order.clear();
    Cell<D>& cell = *world.cells[0];
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber([&world, &cell] {
        // Begins to wait once those before it do.
        while (cell.waiters.load() != static_cast<uint32_t>(world.run.self())) D::yield();
        SCHEDULE_CHECK(world.run, world.acquire(cell) == Acquired::kYes);
        order.push_back(world.run.self());
        if (order.size() < 2) Fast::release(world.arena, cell, 1, world.me());
      });
    }
    world.run.add_fiber([&world, &cell] {
      // Asleep: one that has linked itself may still take a unit that it sees in passing.
      while (world.asleep() != 2) D::yield();
      Fast::release(world.arena, cell, 1, world.me());
    });
    world.run.at_end([&world] { SCHEDULE_CHECK(world.run, order == std::vector<int>({0, 1})); });
  });
}

}  // namespace
}  // namespace deterministic
}  // namespace nogil
