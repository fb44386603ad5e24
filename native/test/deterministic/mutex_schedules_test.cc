#include "test/deterministic/world.h"

// Lock under every schedule: mutual exclusion, no waiter left behind, whatever ends a wait.

namespace nogil {
namespace deterministic {
namespace {

struct Section {
  Atomic<uint32_t> inside{0};
  void pass(Scheduler& run) {
    SCHEDULE_CHECK(run, inside.fetch_add(1) == 0);
    inside.fetch_sub(1);
  }
};

// `fibers` threads that take and release the lock `rounds` times each.
bool take_turns(const char* name, const Options& options, int fibers, int rounds) {
  static Section section;
  return check_world(name, options, [=](World& world) {
    section.inside.store(0);
    for (int i = 0; i < fibers; i++) {
      world.run.add_fiber([&world, rounds] {
        for (int round = 0; round < rounds; round++) {
          SCHEDULE_CHECK(world.run, world.lock(*world.cells[0]) == Acquired::kYes);
          section.pass(world.run);
          world.unlock(*world.cells[0]);
        }
      });
    }
    world.run.at_end([&world] {
      SCHEDULE_CHECK(world.run, world.cells[0]->state.peek() == 0);
      world.check_idle(*world.cells[0]);
      world.check_no_records();
    });
  });
}

TEST(lock_two_threads) { take_turns("two", bounded(4), 2, 1); }
TEST(lock_two_threads_again) { take_turns("two, twice", bounded(3), 2, 2); }
TEST(lock_three_threads) { take_turns("three", bounded(3), 3, 1); }
TEST(lock_random) {
  take_turns("three at random", random_schedules(30000), 3, 3);
  take_turns("five at random", random_schedules(10000), 5, 2);
}

TEST(lock_spurious_wakeups) {
  Options options = bounded(1);
  options.spurious_wakeups = 2;
  take_turns("spurious", options, 3, 1);
}

// A wait that ends by its deadline must neither take the lock nor a wake-up with it.
bool with_timeout(const char* name, const Options& options, int64_t held_for) {
  static Section section;
  return check_world(name, options, [=](World& world) {
    section.inside.store(0);
    Cell<D>& cell = *world.cells[0];
    world.run.add_fiber([&world, &cell, held_for] {
      world.lock(cell);
      section.pass(world.run);
      world.run.advance(held_for);
      world.unlock(cell);
    });
    world.run.add_fiber([&world, &cell] {
      const int64_t begin = D::now();
      const Acquired got = world.lock(cell, kMs);
      if (got == Acquired::kYes) {
        section.pass(world.run);
        world.unlock(cell);
      } else {
        SCHEDULE_CHECK(world.run, got == Acquired::kNo);
        SCHEDULE_CHECK(world.run, D::now() >= begin + kMs);
      }
    });
    world.run.add_fiber([&world, &cell] {
      SCHEDULE_CHECK(world.run, world.lock(cell) == Acquired::kYes);
      section.pass(world.run);
      world.unlock(cell);
    });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, cell.state.peek() == 0);
      world.check_idle(cell);
      world.check_no_records();
    });
  });
}

TEST(lock_timeout) { with_timeout("timeout", bounded(2), 0); }
TEST(lock_timeout_random) { with_timeout("timeout at random", random_schedules(50000), 0); }
// Long enough to starve the waiters: the lock is handed over instead of being offered.
TEST(lock_timeout_hand_over) { with_timeout("hand-over", bounded(2), 2 * kStarvingNs + 1); }

TEST(lock_not_blocking) {
  check_world("not blocking", bounded(3), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber([&world, &cell] {
        if (world.lock(cell, 0) == Acquired::kYes) world.unlock(cell);
      });
    }
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, cell.state.peek() == 0);
      world.check_idle(cell);
      world.check_no_records();
    });
  });
}

TEST(lock_interrupted_waiter) {
  check_world("interrupted", bounded(3), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    world.run.add_fiber([&world, &cell] {
      world.lock(cell);
      world.interrupt(1);
      world.unlock(cell);
    });
    world.run.add_fiber([&world, &cell] {
      const Acquired got = world.lock(cell);
      if (got == Acquired::kYes) world.unlock(cell);
      SCHEDULE_CHECK(world.run, got == Acquired::kYes || got == Acquired::kInterrupted);
    });
    world.run.add_fiber([&world, &cell] {
      SCHEDULE_CHECK(world.run, world.lock(cell) == Acquired::kYes);
      world.unlock(cell);
    });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, cell.state.peek() == 0);
      world.check_idle(cell);
    });
  });
}

// An interrupted waiter whose holder never releases: nothing else would wake it.
TEST(lock_interruption_arrives) {
  check_world("interruption", bounded(3), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    cell.state.store(77);
    world.run.add_fiber(
        [&world, &cell] { SCHEDULE_CHECK(world.run, world.lock(cell) == Acquired::kInterrupted); });
    world.run.add_fiber([&world] { world.interrupt(0); });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, (cell.state.peek() & ~kWaiting) == 77);
      world.check_idle(cell);
    });
  });
}

// The holder dies; whoever comes next is told, and exactly one is.
TEST(lock_passes_on_when_its_holder_dies) {
  static int inherited;
  Options options = bounded(2);
  options.kills = 1;
  check_world("owner death", options, [](World& world) {
    inherited = 0;
    Cell<D>& cell = *world.cells[0];
    // Takes the lock as JavaScript does, and may die with it, or before it comes to those it has to
    // wake.
    world.run.add_fiber(
        [&world, &cell] {
          uint32_t free = 0;
          if (!cell.state.compare_exchange_strong(free, world.me())) return;
          cell.state.exchange(0);
        },
        true);
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber([&world, &cell] {
        const Acquired got = world.lock(cell);
        SCHEDULE_CHECK(world.run, got == Acquired::kYes || got == Acquired::kInherited);
        if (got == Acquired::kInherited) inherited++;
        world.unlock(cell);
      });
    }
    world.run.add_fiber([&world, &cell] {
      world.run.wait_for_end(0);
      const uint32_t state = cell.state.peek();
      const bool held = (state & ~kWaiting) == 1;
      SCHEDULE_CHECK(world.run, Mutex<D>::abandon(world.arena, cell, 1, world.me()) == held);
      // The release may have died between its exchange and its look at the list.
      if (!held) Mutex<D>::recheck(world.arena, cell, world.me());
    });
    world.run.at_end([&world, &cell] {
      const uint32_t state = cell.state.peek();
      SCHEDULE_CHECK(world.run, Mutex<D>::is_free(state));
      SCHEDULE_CHECK(world.run, inherited <= 1);
      SCHEDULE_CHECK(world.run, inherited == 0 || cell.died.peek() == 1);
      world.check_idle(cell);
    });
  });
}

// An async waiter is given the lock, never just offered it.
TEST(lock_async_waiter) {
  check_world("async", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    static Acquired got;
    static Waiter<D>* record;
    got = Acquired::kNo;
    record = Wait<D>::take_record(world.arena);
    record->flags.store(kAsync);
    record->word.store(kAwake);
    record->thread = 9;
    record->token = 42;
    world.run.add_fiber([&world, &cell] {
      SCHEDULE_CHECK(world.run, world.lock(cell) == Acquired::kYes);
      world.unlock(cell);
    });
    world.run.add_fiber([&world, &cell] {
      got = Mutex<D>::acquire_or_enqueue(world.arena, cell, record, world.me());
      while (got == Acquired::kNo && World::delivered.empty()) D::yield();
      SCHEDULE_CHECK(world.run, (cell.state.peek() & ~kWaiting) == 9);
      Fast::unlock(world.arena, cell, world.me());
    });
    world.run.add_fiber([&world, &cell] {
      SCHEDULE_CHECK(world.run, world.lock(cell) == Acquired::kYes);
      world.unlock(cell);
    });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, cell.state.peek() == 0);
      SCHEDULE_CHECK(world.run, World::delivered.size() == (got == Acquired::kNo ? 1 : 0));
      world.check_idle(cell);
    });
  });
}

}  // namespace
}  // namespace deterministic
}  // namespace nogil
