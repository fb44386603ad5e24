#include "test/deterministic/world.h"

// RWLock under every schedule: a writer is alone, readers are not kept apart, nobody is left
// behind.

namespace nogil {
namespace deterministic {
namespace {

struct Section {
  Atomic<uint32_t> readers{0};
  Atomic<uint32_t> writers{0};
  void reset() {
    readers.store(0);
    writers.store(0);
  }
  void pass(Scheduler& run, bool write) {
    if (write) {
      SCHEDULE_CHECK(run, writers.fetch_add(1) == 0);
      SCHEDULE_CHECK(run, readers.load() == 0);
      writers.fetch_sub(1);
    } else {
      readers.fetch_add(1);
      SCHEDULE_CHECK(run, writers.load() == 0);
      readers.fetch_sub(1);
    }
  }
};
Section section;

void use(World& world, Cell<D>& cell, bool write, int64_t timeout = kForever) {
  const Acquired got = world.lock_rw(cell, write, timeout);
  if (got == Acquired::kNo) {
    SCHEDULE_CHECK(world.run, timeout != kForever);
    return;
  }
  SCHEDULE_CHECK(world.run, got == Acquired::kYes);
  section.pass(world.run, write);
  SCHEDULE_CHECK(world.run, Fast::unlock_rw(world.arena, cell, write, world.me()));
}

void check_free(World& world, Cell<D>& cell) {
  SCHEDULE_CHECK(world.run, cell.state.peek() == 0);
  world.check_idle(cell);
  world.check_no_records();
}

// `who`: a letter for each fiber: r and w, capital with a timeout.
bool together(const char* who, const Options& options, int rounds = 1) {
  return check_world(who, options, [=](World& world) {
    section.reset();
    Cell<D>& cell = *world.cells[0];
    for (const char* kind = who; *kind != 0; kind++) {
      const bool write = *kind == 'w' || *kind == 'W';
      const int64_t timeout = *kind == 'R' || *kind == 'W' ? kMs : kForever;
      world.run.add_fiber([&world, &cell, write, timeout, rounds] {
        for (int i = 0; i < rounds; i++) use(world, cell, write, timeout);
      });
    }
    world.run.at_end([&world, &cell] { check_free(world, cell); });
  });
}

TEST(rw_lock_two) {
  together("ww", bounded(4));
  together("rw", bounded(4));
  together("rr", bounded(4));
}
TEST(rw_lock_three) {
  together("rww", bounded(2));
  together("rrw", bounded(2));
}
TEST(rw_lock_four) { together("rrww", bounded(1)); }
TEST(rw_lock_timeout) {
  together("wWr", bounded(2));
  together("rWr", bounded(2));
  together("wRw", bounded(2));
}
TEST(rw_lock_random) {
  together("rrwwW", random_schedules(20000), 2);
  together("rRwWr", random_schedules(20000), 3);
}

TEST(rw_lock_interrupted_writer_lets_readers_in) {
  check_world("interrupted", bounded(2), [](World& world) {
    section.reset();
    Cell<D>& cell = *world.cells[0];
    // A reader holds it throughout.
    cell.state.store(1);
    world.run.add_fiber([&world, &cell] {
      SCHEDULE_CHECK(world.run, world.lock_rw(cell, true) == Acquired::kInterrupted);
    });
    world.run.add_fiber([&world, &cell] { use(world, cell, false); });
    world.run.add_fiber([&world] { world.interrupt(0); });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, cell.state.peek() == 1);
      world.check_idle(cell);
    });
  });
}

// A reader that comes behind a waiting writer waits behind it.
TEST(rw_lock_writers_do_not_starve) {
  check_world("fair", bounded(2), [](World& world) {
    static bool written;
    written = false;
    Cell<D>& cell = *world.cells[0];
    cell.state.store(1);
    world.run.add_fiber([&world, &cell] {
      world.lock_rw(cell, true);
      written = true;
      Fast::unlock_rw(world.arena, cell, true, world.me());
    });
    world.run.add_fiber([&world, &cell] {
      while (cell.waiters.load() == 0 && !written) D::yield();
      world.lock_rw(cell, false);
      SCHEDULE_CHECK(world.run, written);
      Fast::unlock_rw(world.arena, cell, false, world.me());
    });
    world.run.add_fiber([&world, &cell] {
      while (cell.waiters.load() == 0) D::yield();
      Fast::unlock_rw(world.arena, cell, false, world.me());
    });
    world.run.at_end([&world, &cell] { check_free(world, cell); });
  });
}

TEST(rw_lock_passes_on_when_the_writer_dies) {
  check_world("writer dies", bounded(2), [](World& world) {
    static int inherited;
    inherited = 0;
    Cell<D>& cell = *world.cells[0];
    cell.state.store(kWriter | 77);
    for (bool write : {true, false}) {
      world.run.add_fiber([&world, &cell, write] {
        const Acquired got = world.lock_rw(cell, write);
        SCHEDULE_CHECK(world.run, got == Acquired::kYes || got == Acquired::kInherited);
        inherited += got == Acquired::kInherited;
        SCHEDULE_CHECK(world.run, Fast::unlock_rw(world.arena, cell, write, world.me()));
      });
    }
    world.run.add_fiber([&world, &cell] {
      SCHEDULE_CHECK(world.run, RWLock<D>::abandon(world.arena, cell, 77, world.me()));
      SCHEDULE_CHECK(world.run, !RWLock<D>::abandon(world.arena, cell, 77, world.me()));
    });
    world.run.at_end([&world, &cell] {
      SCHEDULE_CHECK(world.run, inherited == 1);
      check_free(world, cell);
    });
  });
}

}  // namespace
}  // namespace deterministic
}  // namespace nogil
