#include "sync/future.h"

#include "test/deterministic/world.h"

// Future under every schedule: one outcome, seen by all who wait, whatever else is tried.

namespace nogil {
namespace deterministic {
namespace {

Acquired wait(World& world, Cell<D>& cell, int64_t timeout = kForever) {
  Wait<D> wait(world.arena, world.parker(), World::deadline(timeout));
  return Future<D>::wait(wait, cell);
}

// As Future.set_result(): true when it was this one's outcome that counts.
bool settle(World& world, Cell<D>& cell, uint32_t outcome) {
  if (Future<D>::claim(cell) != kSetting) return false;
  cell.data[0].store(outcome);
  Future<D>::publish(world.arena, cell, kResult, world.me());
  return true;
}

TEST(future_waiters_see_the_outcome) {
  check_world("outcome", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber([&world, &cell, i] {
        const Acquired got = wait(world, cell, i == 0 ? kForever : kMs);
        SCHEDULE_CHECK(world.run, got == Acquired::kYes || i == 1);
        if (got == Acquired::kYes) SCHEDULE_CHECK(world.run, cell.data[0].peek() == 42);
      });
    }
    world.run.add_fiber([&world, &cell] { SCHEDULE_CHECK(world.run, settle(world, cell, 42)); });
    world.run.at_end([&world, &cell] {
      world.check_idle(cell);
      world.check_no_records();
    });
  });
}

TEST(future_has_one_outcome) {
  check_world("one outcome", bounded(3), [](World& world) {
    static uint32_t settled;
    settled = 0;
    Cell<D>& cell = *world.cells[0];
    for (uint32_t i = 1; i <= 2; i++) {
      world.run.add_fiber([&world, &cell, i] {
        if (!settle(world, cell, i)) return;
        SCHEDULE_CHECK(world.run, settled == 0);
        settled = i;
      });
    }
    world.run.add_fiber(
        [&world, &cell] { SCHEDULE_CHECK(world.run, wait(world, cell) == Acquired::kYes); });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, settled != 0 && cell.data[0].peek() == settled);
      SCHEDULE_CHECK(world.run, cell.state.peek() == kResult);
      world.check_idle(cell);
    });
  });
}

// cancel() meets a worker that begins: exactly one of them has its way, and who waits goes on.
TEST(future_cancelled_or_run) {
  check_world("cancelled or run", bounded(3), [](World& world) {
    static bool cancelled;
    cancelled = false;
    Cell<D>& cell = *world.cells[0];
    world.run.add_fiber(
        [&world, &cell] { SCHEDULE_CHECK(world.run, wait(world, cell) == Acquired::kYes); });
    world.run.add_fiber([&world, &cell] {
      uint32_t pending = kPending;
      cancelled = cell.state.compare_exchange_strong(pending, kCancelled);
      if (cancelled && cell.waiters.load() != 0) Future<D>::wake(world.arena, cell, world.me());
    });
    world.run.add_fiber([&world, &cell] {
      uint32_t pending = kPending;
      if (cell.state.compare_exchange_strong(pending, kRunning)) {
        SCHEDULE_CHECK(world.run, settle(world, cell, 1));
      } else {
        SCHEDULE_CHECK(world.run, Future<D>::claim(cell) == kCancelled);
      }
    });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, cell.state.peek() == (cancelled ? kCancelled : kResult));
      world.check_idle(cell);
    });
  });
}

// A cancelled future ends waits for its result, but counts as settled only once its worker saw it.
TEST(future_cancelled_is_not_yet_settled) {
  check_world("settled", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    static Waiter<D>* record;
    record = Wait<D>::take_record(world.arena);
    record->flags.store(kAsync | kSettledOnly);
    record->word.store(kAwake);
    record->token = 5;
    static bool waits;
    waits = false;
    world.run.add_fiber(
        [&world, &cell] { waits = !Future<D>::enqueue(world.arena, cell, record, world.me()); });
    world.run.add_fiber(
        [&world, &cell] { SCHEDULE_CHECK(world.run, wait(world, cell) == Acquired::kYes); });
    world.run.add_fiber([&world, &cell] {
      cell.state.store(kCancelled);
      if (cell.waiters.load() != 0) Future<D>::wake(world.arena, cell, world.me());
      SCHEDULE_CHECK(world.run, World::delivered.empty());
      cell.state.store(kCancelledSeen);
      if (cell.waiters.load() != 0) Future<D>::wake(world.arena, cell, world.me());
    });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, World::delivered.size() == (waits ? 1 : 0));
      world.check_idle(cell);
    });
  });
}

}  // namespace
}  // namespace deterministic
}  // namespace nogil
