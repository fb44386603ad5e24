#include "test/deterministic/world.h"

// What waiting rests on: the allocator of records, the list lock, and interruption across arenas.

namespace nogil {
namespace deterministic {
namespace {

// Cells that are held are distinct, whoever pops and pushes in between (ABA).
bool allocate(const char* name, const Options& options, int fibers, int held, int rounds) {
  static Atomic<uint32_t>* owners = new Atomic<uint32_t>[16];
  return check_world(name, options, [=](World& world) {
    for (int i = 0; i < 16; i++) owners[i].store(0);
    uint32_t filled[3];
    for (auto& index : filled) index = world.arena.allocate(ChunkKind::kWaiters);
    for (auto index : filled) world.arena.free(index, ChunkKind::kWaiters);
    for (int i = 0; i < fibers; i++) {
      world.run.add_fiber([&world, held, rounds] {
        for (int round = 0; round < rounds; round++) {
          uint32_t mine[2] = {0, 0};
          for (int h = 0; h < held; h++) {
            mine[h] = world.arena.allocate(ChunkKind::kWaiters);
            SCHEDULE_CHECK(world.run, mine[h] != 0);
            SCHEDULE_CHECK(world.run, owners[mine[h] % 16].exchange(world.me()) == 0);
          }
          for (int h = 0; h < held; h++) {
            SCHEDULE_CHECK(world.run, owners[mine[h] % 16].exchange(0) == world.me());
            world.arena.free(mine[h], ChunkKind::kWaiters);
          }
        }
      });
    }
  });
}

TEST(arena_two) { allocate("two", bounded(4), 2, 2, 1); }
TEST(arena_three) { allocate("three", bounded(3), 3, 1, 2); }
TEST(arena_random) { allocate("random", random_schedules(20000), 4, 2, 3); }

// Both find the chunk used up at the same time.
TEST(arena_new_chunk) {
  check_world("new chunk", bounded(4), [](World& world) {
    static uint32_t got[2];
    auto* header = world.arena.header();
    header->bump[1].store((uint64_t{2} << 32) | (kCellsPerChunk - 1));
    header->free_list[1].store(0);
    for (int i = 0; i < 2; i++) {
      world.run.add_fiber([&world, i] { got[i] = world.arena.allocate(ChunkKind::kWaiters); });
    }
    world.run.at_end([&world] {
      SCHEDULE_CHECK(world.run, got[0] != 0 && got[1] != 0 && got[0] != got[1]);
      SCHEDULE_CHECK(world.run, world.arena.contains(got[0], ChunkKind::kWaiters));
      SCHEDULE_CHECK(world.run, world.arena.contains(got[1], ChunkKind::kWaiters));
    });
  });
}

TEST(list_lock_excludes) {
  // Between processes sleepers take naps, which would hide one that was forgotten.
  for (bool shared : {false, true}) {
    check_world(shared ? "list lock, shared" : "list lock", bounded(3), [shared](World& world) {
      static Atomic<uint32_t> inside{0};
      inside.store(0);
      for (int i = 0; i < 3; i++) {
        world.run.add_fiber([&world, shared] {
          ListLock<D> lock(world.cells[0]->list_lock, world.me(), shared);
          SCHEDULE_CHECK(world.run, inside.fetch_add(1) == 0);
          inside.fetch_sub(1);
        });
      }
      world.run.at_end(
          [&world] { SCHEDULE_CHECK(world.run, world.cells[0]->list_lock.peek() == 0); });
    });
  }
}

// The thread is served while it waits, goes on waiting, and misses neither that nor its wake-up.
TEST(a_wait_goes_on_after_it_was_served) {
  check_world("served", bounded(3), [](World& world) {
    static int served;
    served = 0;
    Cell<D>& cell = *world.cells[0];
    world.parkers[0].serve = [](Parker<D>* parker) {
      parker->requests.store(0);
      served++;
      return true;
    };
    world.run.add_fiber(
        [&world, &cell] { SCHEDULE_CHECK(world.run, world.acquire(cell) == Acquired::kYes); });
    world.run.add_fiber([&world, &cell] {
      world.parkers[0].interrupt(1);
      while (served == 0 && cell.waiters.load() != 0) D::yield();
      Fast::release(world.arena, cell, 1, world.me());
    });
    world.run.at_end([&world, &cell] { world.check_idle(cell); });
  });
}

// A wait inside `serve`, on a primitive of the other arena; afterwards the outer one can still be
// interrupted.
TEST(a_nested_wait_leaves_the_outer_one_interruptible) {
  check_world("nested", bounded(2), [](World& world) {
    static World* the_world;
    static bool nested;
    the_world = &world;
    nested = false;
    Cell<D>& cell = *world.cells[0];
    world.parkers[0].serve = [](Parker<D>* parker) {
      if (parker->requests.exchange(0) & 2) return false;
      if (!nested) {
        nested = true;
        Wait<D> wait(the_world->other_arena, *parker, kForever);
        SCHEDULE_CHECK(the_world->run,
                       Fast::acquire(wait, *the_world->other_cell) == Acquired::kYes);
      }
      return true;
    };
    world.run.add_fiber([&world, &cell] {
      SCHEDULE_CHECK(world.run, world.acquire(cell) == Acquired::kInterrupted);
    });
    world.run.add_fiber([&world] {
      world.parkers[0].interrupt(1);
      while (!nested) D::yield();
      Fast::release(world.other_arena, *world.other_cell, 1, world.me());
      world.parkers[0].interrupt(2);
    });
    world.run.at_end([&world, &cell] {
      world.check_idle(cell);
      world.check_idle(*world.other_cell);
    });
  });
}

// An interrupter may come so late that the record serves another thread, in a wait of another kind.
TEST(a_late_interruption_costs_nobody_a_wake_up) {
  check_world("late interruption", bounded(2), [](World& world) {
    Cell<D>& cell = *world.cells[0];
    world.parkers[0].serve = [](Parker<D>* parker) {
      parker->requests.store(0);
      return true;
    };
    world.run.add_fiber([&world, &cell] {
      world.acquire(cell, kMs);
      Wait<D> wait(world.other_arena, world.parker(), kMs);
      Fast::acquire(wait, *world.other_cell);
    });
    world.run.add_fiber(
        [&world, &cell] { SCHEDULE_CHECK(world.run, world.acquire(cell) == Acquired::kYes); });
    world.run.add_fiber([&world, &cell] {
      world.parkers[0].interrupt(1);
      Fast::release(world.arena, cell, 2, world.me());
    });
  });
}

// A notified record is its waiter's again only when the waker has taken it out of the list: it goes
// straight into another list here.
TEST(a_record_leaves_one_list_before_it_joins_another) {
  check_world("reused record", bounded(3), [](World& world) {
    Cell<D>& first = *world.cells[0];
    Cell<D>& second = *world.cells[1];
    world.run.add_fiber([&] {
      SCHEDULE_CHECK(world.run, world.acquire(first) == Acquired::kYes);
      SCHEDULE_CHECK(world.run, world.acquire(second, kMs) == Acquired::kNo);
    });
    world.run.add_fiber([&] { Fast::release(world.arena, first, 1, world.me()); });
    world.run.at_end([&] {
      world.check_idle(first);
      world.check_idle(second);
      world.check_no_records();
    });
  });
}

// Called unasked when nobody interrupts: what covers threads that nobody can reach.
TEST(a_wait_is_checked_now_and_then) {
  check_world("checked", bounded(2), [](World& world) {
    static int served;
    served = 0;
    world.parkers[0].check_every = 10 * kMs;
    world.parkers[0].serve = [](Parker<D>*) { return ++served < 3; };
    world.run.add_fiber([&world] {
      const int64_t begin = D::now();
      SCHEDULE_CHECK(world.run, world.acquire(*world.cells[0]) == Acquired::kInterrupted);
      SCHEDULE_CHECK(world.run, D::now() >= begin + 30 * kMs);
    });
    world.run.at_end([&world] { world.check_idle(*world.cells[0]); });
  });
}

}  // namespace
}  // namespace deterministic
}  // namespace nogil
