#include "test/deterministic/world.h"

// Code that runs in the midst of a wait takes the very thing that its thread waits for, under every
// schedule: it gets it, nobody is left behind, and the wait goes on as if nothing had been.

namespace nogil {
namespace deterministic {
namespace {

struct Section {
  Atomic<uint32_t> inside{0};
  uint32_t nested = 0;
  uint32_t ready = 0;
  void reset() {
    inside.store(0);
    nested = ready = 0;
  }
  void enter(Scheduler& run) { SCHEDULE_CHECK(run, inside.fetch_add(1) == 0); }
  void leave() { inside.fetch_sub(1); }
};
Section section;
// In how many of the runs it came to that at all.
uint32_t runs_with_code;

void use_lock(World& world) {
  SCHEDULE_CHECK(world.run, world.lock(*world.cells[0]) == Acquired::kYes);
  section.enter(world.run);
  section.leave();
  world.unlock(*world.cells[0]);
}

void use_unit(World& world) {
  SCHEDULE_CHECK(world.run, world.acquire(*world.cells[0]) == Acquired::kYes);
  section.enter(world.run);
  section.leave();
  Fast::release(world.arena, *world.cells[0], 1, world.me());
}

template <bool kWrites>
void use_rw(World& world) {
  Cell<D>& cell = *world.cells[0];
  SCHEDULE_CHECK(world.run, world.lock_rw(cell, kWrites) == Acquired::kYes);
  if (kWrites) {
    section.enter(world.run);
    section.leave();
  }
  SCHEDULE_CHECK(world.run, Fast::unlock_rw(world.arena, cell, kWrites, world.me()));
}

template <void (*use)(World&)>
void nested(World& world) {
  use(world);
  section.nested++;
}

// Two threads use it, one of which is asked to; a third one asks.
template <void (*use)(World&), void (*code)(World&)>
void used(const char* name, const Options& options, uint32_t state) {
  runs_with_code = 0;
  check_world(name, options, [=](World& world) {
    section.reset();
    world.cells[0]->state.store(state);
    world.run.add_fiber([&world] { use(world); });
    world.run.add_fiber([&world] { use(world); });
    world.run.add_fiber([&world] { world.ask(0, nested<code>); });
    world.run.at_end([&world, state] {
      // A mark may outlast those that it was for.
      SCHEDULE_CHECK(world.run, (world.cells[0]->state.peek() & ~kWaiting) == state);
      runs_with_code += section.nested;
      world.check_idle(*world.cells[0]);
      world.check_no_records();
    });
  });
  CHECK(runs_with_code > 0);
}

TEST(nested_lock) {
  used<use_lock, use_lock>("lock", bounded(4), 0);
  used<use_lock, use_lock>("lock at random", random_schedules(30000), 0);
}
TEST(nested_semaphore) {
  used<use_unit, use_unit>("semaphore", bounded(4), 1);
  used<use_unit, use_unit>("semaphore at random", random_schedules(30000), 1);
}
TEST(nested_rw_lock) {
  used<use_rw<true>, use_rw<true>>("write, write", bounded(3), 0);
  used<use_rw<true>, use_rw<false>>("write, read", bounded(3), 0);
  used<use_rw<true>, use_rw<true>>("write at random", random_schedules(30000), 0);
}

// It takes the condition's lock, and notifies.
template <bool kNotifies>
void use_condition(World& world) {
  Cell<D>& mutex = *world.cells[1];
  SCHEDULE_CHECK(world.run, world.lock(mutex) == Acquired::kYes);
  section.enter(world.run);
  if (kNotifies) Condition<D>::notify(world.arena, *world.cells[0], mutex, 1, world.me());
  section.leave();
  world.unlock(mutex);
  section.nested++;
}

template <bool kNotifies>
void waits(const char* name, const Options& options, int64_t timeout = kForever) {
  runs_with_code = 0;
  check_world(name, options, [=](World& world) {
    section.reset();
    Cell<D>& cell = *world.cells[0];
    Cell<D>& mutex = *world.cells[1];
    world.run.add_fiber([&world, &cell, &mutex, timeout] {
      SCHEDULE_CHECK(world.run, world.lock(mutex) == Acquired::kYes);
      while (section.ready == 0) {
        const Signalled how = world.wait(cell, mutex, timeout).signalled;
        section.enter(world.run);
        section.leave();
        SCHEDULE_CHECK(world.run, (mutex.state.peek() & ~kWaiting) == world.me());
        if (how == Signalled::kNo) break;
      }
      world.unlock(mutex);
    });
    world.run.add_fiber([&world, &cell, &mutex] {
      SCHEDULE_CHECK(world.run, world.lock(mutex) == Acquired::kYes);
      section.enter(world.run);
      section.ready = 1;
      Condition<D>::notify(world.arena, cell, mutex, 1, world.me());
      section.leave();
      world.unlock(mutex);
    });
    world.run.add_fiber([&world] { world.ask(0, use_condition<kNotifies>); });
    world.run.at_end([&world, &cell, &mutex] {
      SCHEDULE_CHECK(world.run, mutex.state.peek() == 0);
      runs_with_code += section.nested;
      world.check_idle(cell);
      world.check_idle(mutex);
      world.check_no_records();
    });
  });
  CHECK(runs_with_code > 0);
}

TEST(nested_condition) {
  waits<false>("condition", bounded(3));
  waits<true>("condition, notifies", bounded(3));
  waits<false>("condition, timeout", bounded(2), kMs);
  waits<true>("condition at random", random_schedules(30000));
  waits<true>("condition, timeout at random", random_schedules(30000), kMs);
}

}  // namespace
}  // namespace deterministic
}  // namespace nogil
