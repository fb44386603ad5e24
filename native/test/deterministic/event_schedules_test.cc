#include "test/deterministic/world.h"

// Event under every schedule: who waits when it is set goes on, whatever happens to it after.

namespace nogil {
namespace deterministic {
namespace {

bool set_meets_wait(const char* name, const Options& options, int waiters, int64_t timeout,
                    bool cleared) {
  return check_world(name, options, [=](World& world) {
    Cell<D>& cell = *world.cells[0];
    for (int i = 0; i < waiters; i++) {
      world.run.add_fiber([&world, &cell, timeout] {
        const int64_t begin = D::now();
        const Acquired got = world.wait_set(cell, timeout);
        if (got == Acquired::kYes) return;
        SCHEDULE_CHECK(world.run, timeout != kForever && got == Acquired::kNo);
        SCHEDULE_CHECK(world.run, D::now() >= begin + timeout);
      });
    }
    world.run.add_fiber([&world, &cell, waiters, cleared] {
      // With a clear right behind it, only those that wait already are promised anything.
      while (cleared && cell.waiters.load() != static_cast<uint32_t>(waiters)) D::yield();
      Fast::set(world.arena, cell, world.me());
      if (cleared) Fast::clear(cell);
    });
    world.run.at_end([&world, &cell] {
      world.check_idle(cell);
      world.check_no_records();
    });
  });
}

TEST(event_set_meets_wait) { set_meets_wait("one", bounded(4), 1, kForever, false); }
TEST(event_set_meets_waits) { set_meets_wait("two", bounded(2), 2, kForever, false); }
TEST(event_timeout) { set_meets_wait("timeout", bounded(2), 2, kMs, false); }
TEST(event_set_and_cleared) { set_meets_wait("cleared", bounded(2), 2, kForever, true); }
TEST(event_random) {
  set_meets_wait("random", random_schedules(50000), 3, kMs, false);
  set_meets_wait("cleared at random", random_schedules(50000), 3, kForever, true);
}

TEST(event_interruption) {
  check_world("interrupted", bounded(3), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    world.run.add_fiber([&world, &cell] {
      SCHEDULE_CHECK(world.run, world.wait_set(cell) == Acquired::kInterrupted);
    });
    world.run.add_fiber([&world] { world.interrupt(0); });
    world.run.at_end([&world, &cell] { world.check_idle(cell); });
  });
}

// Somebody else clears it as soon as it is set; who waited before has been notified all the same.
TEST(event_set_and_cleared_by_another) {
  check_world("cleared by another", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    world.run.add_fiber(
        [&world, &cell] { SCHEDULE_CHECK(world.run, world.wait_set(cell) == Acquired::kYes); });
    world.run.add_fiber([&world, &cell] {
      while (cell.waiters.load() == 0) D::yield();
      Fast::set(world.arena, cell, world.me());
    });
    world.run.add_fiber([&cell] {
      while (!Event<D>::is_set(cell)) D::yield();
      Fast::clear(cell);
    });
    world.run.at_end([&world, &cell] { world.check_idle(cell); });
  });
}

// A wait that begins after a clear must not be ended by the set before it.
TEST(event_wait_after_clear) {
  check_world("wait after clear", bounded(3), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    world.run.add_fiber([&world, &cell] { Fast::set(world.arena, cell, world.me()); });
    world.run.add_fiber([&world, &cell] {
      if (!Event<D>::is_set(cell)) return;
      Fast::clear(cell);
      SCHEDULE_CHECK(world.run, world.wait_set(cell, kMs) == Acquired::kNo);
    });
    world.run.at_end([&world, &cell] { world.check_idle(cell); });
  });
}

}  // namespace
}  // namespace deterministic
}  // namespace nogil
