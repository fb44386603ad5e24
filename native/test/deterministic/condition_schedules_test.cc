#include "test/deterministic/world.h"

// Condition under every schedule: each notification reaches exactly one waiter, in order, and every
// wait comes back with the lock.

namespace nogil {
namespace deterministic {
namespace {

struct Shared {
  Atomic<uint32_t> inside{0};
  uint32_t ready = 0;      // guarded by the mutex
  uint32_t waiting = 0;    // guarded by the mutex
  uint32_t notified = 0;   // what notify() counted
  uint32_t signalled = 0;  // what waits said
};
Shared shared;

void reset() {
  shared.inside.store(0);
  shared.ready = shared.waiting = shared.notified = shared.signalled = 0;
}

void enter(World& world, Cell<D>& mutex) {
  const Acquired got = world.lock(mutex);
  SCHEDULE_CHECK(world.run, got == Acquired::kYes);
  SCHEDULE_CHECK(world.run, shared.inside.fetch_add(1) == 0);
}
void leave(World& world, Cell<D>& mutex) {
  shared.inside.fetch_sub(1);
  world.unlock(mutex);
}

// One wait with the mutex held, and the checks that always hold. Interrupted: false, and without
// it.
bool wait_once(World& world, Cell<D>& cell, Cell<D>& mutex, int64_t timeout,
               Signalled* signalled = nullptr) {
  const int64_t begin = D::now();
  shared.waiting++;
  shared.inside.fetch_sub(1);
  const auto result = world.wait(cell, mutex, timeout);
  if (signalled != nullptr) *signalled = result.signalled;
  if (result.signalled == Signalled::kInterrupted) return false;
  SCHEDULE_CHECK(world.run, shared.inside.fetch_add(1) == 0);
  SCHEDULE_CHECK(world.run, (mutex.state.peek() & ~kWaiting) == world.me());
  if (result.signalled == Signalled::kYes) {
    shared.signalled++;
    return true;
  }
  SCHEDULE_CHECK(world.run, timeout != kForever && D::now() >= begin + timeout);
  return false;
}

uint32_t notify(World& world, Cell<D>& cell, Cell<D>& mutex, uint32_t n) {
  const uint32_t done = Condition<D>::notify(world.arena, cell, mutex, n, world.me());
  shared.notified += done;
  return done;
}

void check_end(World& world, Cell<D>& cell, Cell<D>& mutex) {
  SCHEDULE_CHECK(world.run, shared.signalled == shared.notified);
  SCHEDULE_CHECK(world.run, mutex.state.peek() == 0);
  world.check_idle(cell);
  world.check_idle(mutex);
  world.check_no_records();
}

// `waiters` wait for `ready`; it is set and announced once for each, or once for all.
bool wait_for(const char* name, const Options& options, int waiters, bool all) {
  return check_world(name, options, [=](World& world) {
    reset();
    Cell<D>& cell = *world.cells[0];
    Cell<D>& mutex = *world.cells[1];
    for (int i = 0; i < waiters; i++) {
      world.run.add_fiber([&world, &cell, &mutex] {
        enter(world, mutex);
        while (shared.ready == 0) wait_once(world, cell, mutex, kForever);
        shared.ready--;
        leave(world, mutex);
      });
    }
    world.run.add_fiber([&world, &cell, &mutex, waiters, all] {
      const uint32_t each = all ? static_cast<uint32_t>(waiters) : 1;
      for (uint32_t done = 0; done < static_cast<uint32_t>(waiters); done += each) {
        enter(world, mutex);
        shared.ready += each;
        notify(world, cell, mutex, all ? UINT32_MAX : 1);
        leave(world, mutex);
      }
    });
    world.run.at_end([&] { check_end(world, cell, mutex); });
  });
}

TEST(condition_one_waiter) { wait_for("one", bounded(3), 1, false); }
TEST(condition_two_waiters) { wait_for("two", bounded(2), 2, false); }
TEST(condition_notify_all) { wait_for("all", bounded(2), 2, true); }
TEST(condition_random) {
  wait_for("three at random", random_schedules(20000), 3, false);
  wait_for("all at random", random_schedules(20000), 4, true);
}

// A notification meets a deadline: it reaches that waiter or the other, and is never lost.
bool with_timeout(const char* name, const Options& options, int64_t held_for) {
  return check_world(name, options, [=](World& world) {
    reset();
    Cell<D>& cell = *world.cells[0];
    Cell<D>& mutex = *world.cells[1];
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber([&world, &cell, &mutex, i] {
        enter(world, mutex);
        wait_once(world, cell, mutex, i == 0 ? kMs : 50 * kMs);
        leave(world, mutex);
      });
    }
    world.run.add_fiber([&world, &cell, &mutex, held_for] {
      enter(world, mutex);
      notify(world, cell, mutex, 1);
      world.run.advance(held_for);  // the deadline passes while the waiter stands at the mutex
      leave(world, mutex);
    });
    world.run.at_end([&] { check_end(world, cell, mutex); });
  });
}

TEST(condition_timeout) { with_timeout("timeout", bounded(2), 0); }
TEST(condition_timeout_while_requeued) { with_timeout("requeued", bounded(2), 2 * kMs); }
TEST(condition_timeout_random) {
  with_timeout("timeout at random", random_schedules(50000), 0);
  with_timeout("requeued at random", random_schedules(50000), 2 * kMs);
}

// A competitor for the mutex takes part while a requeued waiter gets it.
TEST(condition_with_a_competitor) {
  check_world("competitor", bounded(2), [](World& world) {
    reset();
    Cell<D>& cell = *world.cells[0];
    Cell<D>& mutex = *world.cells[1];
    world.run.add_fiber([&] {
      enter(world, mutex);
      while (shared.ready == 0) wait_once(world, cell, mutex, kForever);
      leave(world, mutex);
    });
    world.run.add_fiber([&] {
      enter(world, mutex);
      shared.ready = 1;
      notify(world, cell, mutex, 1);
      leave(world, mutex);
    });
    world.run.add_fiber([&] {
      enter(world, mutex);
      leave(world, mutex);
    });
    world.run.at_end([&] { check_end(world, cell, mutex); });
  });
}

// A Lock may be released by another thread while its holder notifies; nobody may be stranded in its
// list by that.
TEST(condition_mutex_released_meanwhile) {
  check_world("released meanwhile", bounded(2), [](World& world) {
    reset();
    Cell<D>& cell = *world.cells[0];
    Cell<D>& mutex = *world.cells[1];
    world.run.add_fiber([&] {
      world.lock(mutex);
      while (shared.ready == 0) world.wait(cell, mutex);
      Fast::unlock(world.arena, mutex, world.me());
    });
    world.run.add_fiber([&] {
      world.lock(mutex);
      shared.ready = 1;
      Condition<D>::notify(world.arena, cell, mutex, 1, world.me());
    });
    world.run.add_fiber([&] {
      while (shared.ready == 0 || mutex.state.load() == 0) D::yield();
      if ((mutex.state.load() & ~kWaiting) == 2) Fast::unlock(world.arena, mutex, world.me());
    });
    world.run.at_end([&] {
      world.check_idle(cell);
      world.check_idle(mutex);
    });
  });
}

// One of two waiters is stopped. The notification, however late it came, reaches the other.
TEST(condition_interrupted_waiter_passes_it_on) {
  check_world("interrupted", bounded(2), [](World& world) {
    reset();
    Cell<D>& cell = *world.cells[0];
    Cell<D>& mutex = *world.cells[1];
    static Signalled first;
    first = Signalled::kNo;
    world.run.add_fiber([&] {
      enter(world, mutex);
      while (shared.ready == 0) {
        if (wait_once(world, cell, mutex, kForever, &first)) continue;
        if (first == Signalled::kInterrupted) return;  // it takes nothing with it
      }
      // Was in time: uses what was announced, and announces the next.
      notify(world, cell, mutex, 1);
      leave(world, mutex);
    });
    world.run.add_fiber([&] {
      enter(world, mutex);
      while (shared.ready == 0) wait_once(world, cell, mutex, kForever);
      leave(world, mutex);
    });
    world.run.add_fiber([&] {
      while (cell.waiters.load() != 2) D::yield();
      world.interrupt(0);
      enter(world, mutex);
      shared.ready = 1;
      notify(world, cell, mutex, 1);
      leave(world, mutex);
    });
    world.run.at_end([&] {
      SCHEDULE_CHECK(world.run, mutex.state.peek() == 0);
      world.check_idle(cell);
      world.check_idle(mutex);
    });
  });
}

TEST(condition_waiters_are_notified_in_order) {
  check_world("in order", bounded(2), [](World& world) {
    reset();
    static std::vector<int> order;
    order.clear();
    Cell<D>& cell = *world.cells[0];
    Cell<D>& mutex = *world.cells[1];
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber([&, i] {
        while (cell.waiters.load() != static_cast<uint32_t>(i)) D::yield();
        enter(world, mutex);
        wait_once(world, cell, mutex, kForever);
        order.push_back(i);
        leave(world, mutex);
      });
    }
    world.run.add_fiber([&] {
      while (cell.waiters.load() != 2) D::yield();
      for (size_t round = 1; round <= 2; round++) {
        enter(world, mutex);
        notify(world, cell, mutex, 1);
        leave(world, mutex);
        while (order.size() < round) D::yield();
      }
    });
    world.run.at_end([&] {
      SCHEDULE_CHECK(world.run, order == std::vector<int>({0, 1}));
      check_end(world, cell, mutex);
    });
  });
}

}  // namespace
}  // namespace deterministic
}  // namespace nogil
