#include "test/deterministic/world.h"

// Barrier under every schedule: in a round all pass or all break.

namespace nogil {
namespace deterministic {
namespace {

using Passed = Barrier<D>::Passed;

struct Outcome {
  int passed, broken, interrupted;
  uint32_t indices;  // bit i: somebody passed as number i
};
Outcome outcome;

void arrive(World& world, Cell<D>& cell, int64_t timeout = kForever) {
  const auto result = world.pass(cell, timeout);
  Passed passed = result.passed;
  if (passed == Passed::kRunAction) {
    const bool mine = Barrier<D>::finish(world.arena, cell, true, world.me());
    passed = mine ? Passed::kYes : Passed::kBroken;
  }
  if (passed == Passed::kYes) {
    outcome.passed++;
    SCHEDULE_CHECK(world.run, result.index < cell.data[0].peek());
    SCHEDULE_CHECK(world.run, !(outcome.indices & (1u << result.index)));
    outcome.indices |= 1u << result.index;
  } else if (passed == Passed::kInterrupted) {
    outcome.interrupted++;
  } else {
    SCHEDULE_CHECK(world.run, passed == Passed::kBroken);
    outcome.broken++;
  }
}

void begin(Cell<D>& cell, uint32_t parties, bool action) {
  outcome = {0, 0, 0, 0};
  cell.data[0].store(parties);
  cell.data[3].store(action);
}

bool meet(const char* name, const Options& options, int parties, bool action) {
  return check_world(name, options, [=](World& world) {
    Cell<D>& cell = *world.cells[0];
    begin(cell, static_cast<uint32_t>(parties), action);
    for (int i = 0; i < parties; i++) world.run.add_fiber([&world, &cell] { arrive(world, cell); });
    world.run.at_end([&world, &cell, parties] {
      SCHEDULE_CHECK(world.run, outcome.passed == parties);
      SCHEDULE_CHECK(world.run, outcome.indices == (1u << parties) - 1);
      world.check_idle(cell);
      world.check_no_records();
    });
  });
}

TEST(barrier_two) { meet("two", bounded(3), 2, false); }
TEST(barrier_three) { meet("three", bounded(2), 3, false); }
TEST(barrier_action) { meet("action", bounded(3), 2, true); }
TEST(barrier_random) { meet("five at random", random_schedules(20000), 5, true); }

// The action runs while others come for the next round.
TEST(barrier_newcomers) {
  check_world("newcomers", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    begin(cell, 2, true);
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber([&world, &cell] {
        for (int round = 0; round < 2; round++) {
          arrive(world, cell);
          if (outcome.passed % 2 == 0) outcome.indices = 0;
        }
      });
    }
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, outcome.passed + outcome.broken == 4);
      world.check_idle(cell);
    });
  });
}

// One gives up while the last one comes: both pass, or both learn that it broke.
TEST(barrier_timeout_is_all_or_nothing) {
  check_world("timeout", bounded(3), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    begin(cell, 2, false);
    world.run.add_fiber([&world, &cell] { arrive(world, cell, kMs); });
    world.run.add_fiber([&world, &cell] { arrive(world, cell); });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, outcome.passed == 2 || outcome.broken == 2);
      SCHEDULE_CHECK(world.run, cell.data[1].peek() == (outcome.broken == 2 ? 1 : 0));
      world.check_idle(cell);
    });
  });
}

TEST(barrier_interruption_is_all_or_nothing) {
  check_world("interrupted", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    begin(cell, 2, false);
    world.run.add_fiber([&world, &cell] { arrive(world, cell); });
    world.run.add_fiber([&world, &cell] { arrive(world, cell); });
    world.run.add_fiber([&world] { world.interrupt(0); });
    world.run.at_end([&world, &cell] {
      const bool both = outcome.passed == 2;
      const bool none = outcome.passed == 0 && outcome.broken == 1 && outcome.interrupted == 1;
      SCHEDULE_CHECK(world.run, both || none);
      world.check_idle(cell);
    });
  });
}

// One takes its arrival back, as an aborted promise does: as if it had never come.
TEST(barrier_arrival_taken_back) {
  check_world("taken back", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    begin(cell, 2, false);
    static Waiter<D>* record;
    static bool left;
    record = Wait<D>::take_record(world.arena);
    record->flags.store(kAsync);
    record->word.store(kAwake);
    left = false;
    world.run.add_fiber([&world, &cell] {
      const auto result = Barrier<D>::arrive(world.arena, cell, record, world.me());
      if (result.passed == Passed::kYes) outcome.passed++;
      if (result.passed != Passed::kWaiting) return;
      left = Barrier<D>::leave(world.arena, cell, record, world.me());
      if (left) return;
      while (record->cell.load() != kNoCell) D::yield();
      if (record->outcome.load() == kGranted) outcome.passed++;
    });
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber([&world, &cell] {
        const auto result = world.pass(cell, 5 * kMs);
        if (result.passed == Passed::kYes) outcome.passed++;
      });
    }
    world.run.at_end([&world, &cell] {
      // In pairs, or broken by the one that was left over.
      SCHEDULE_CHECK(world.run, outcome.passed == 2 || outcome.passed == 0);
      SCHEDULE_CHECK(world.run, World::delivered.size() <= 1);
      world.check_idle(cell);
    });
  });
}

TEST(barrier_abort) {
  check_world("abort", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    begin(cell, 2, true);
    for (int i = 0; i < 2; i++) world.run.add_fiber([&world, &cell] { arrive(world, cell); });
    world.run.add_fiber([&world, &cell] { Barrier<D>::abort(world.arena, cell, world.me()); });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, outcome.passed == 2 || outcome.broken >= 1);
      SCHEDULE_CHECK(world.run, cell.data[1].peek() == 1);
      world.check_idle(cell);
    });
  });
}

TEST(barrier_reset) {
  check_world("reset", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    begin(cell, 2, false);
    // Who is left alone by it gives up after a while.
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber([&world, &cell] {
        const auto result = world.pass(cell, 10 * kMs);
        if (result.passed == Passed::kYes) outcome.passed++;
      });
    }
    world.run.add_fiber([&world, &cell] { Barrier<D>::reset(world.arena, cell, world.me()); });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, outcome.passed == 0 || outcome.passed == 2);
      world.check_idle(cell);
    });
  });
}

// The thread that runs the action ends without a word.
TEST(barrier_action_dies) {
  check_world("action dies", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    begin(cell, 2, true);
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber([&world, &cell] {
        const auto result = world.pass(cell);
        if (result.passed == Passed::kBroken) outcome.broken++;
      });
    }
    world.run.add_fiber([&world, &cell] {
      ThreadNumber runner;
      while ((runner = cell.data[2].load()) == kNobody) D::yield();
      world.run.wait_for_end(static_cast<int>(runner) - 1);
      SCHEDULE_CHECK(world.run, Barrier<D>::abandon(world.arena, cell, runner, world.me()));
    });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, outcome.broken == 1);
      world.check_idle(cell);
    });
  });
}

}  // namespace
}  // namespace deterministic
}  // namespace nogil
