#include "sync/rw_lock.h"

#include "test/threads.h"

namespace nogil {
namespace test {
namespace {

void read_and_write(int readers, int writers, bool timed, bool disturbed) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  uint64_t left = 0, right = 0;  // equal whenever nobody writes; not atomic, the lock orders them
  std::atomic<uint64_t> writes{0};
  Crew crew(ground.arena, readers + writers);
  std::unique_ptr<Disturbance> disturbance;
  if (disturbed) disturbance = std::make_unique<Disturbance>(crew, readers + writers);
  crew.start_all([&](Actor& actor, int me) {
    Random random(actor.me());
    const bool write = me >= readers;
    for (int round = 0; round < 2000 * kScale; round++) {
      const Acquired got = actor.lock_rw(cell, write, timed ? 1 + random.below(60000) : kForever);
      if (got != Acquired::kYes) {
        CHECK(timed && got == Acquired::kNo);
        continue;
      }
      if (write) {
        left++;
        for (uint32_t spin = random.below(50); spin > 0; spin--) P::relax();
        right++;
        writes++;
      } else {
        CHECK_EQ(left, right);
      }
      CHECK(actor.unlock_rw(cell, write));
    }
  });
  crew.join();
  disturbance.reset();
  CHECK_EQ(left, writes.load());
  CHECK_EQ(cell.state.load(), 0u);
  ground.check_idle(cell);
  ground.check_no_records();
}

TEST(writers_are_alone) {
  read_and_write(0, 4, false, false);
  read_and_write(3, 1, false, false);
  read_and_write(2, 3, false, false);
}
TEST(writers_are_alone_timed) { read_and_write(2, 3, true, false); }
TEST(writers_are_alone_while_interrupted) { read_and_write(2, 2, true, true); }

TEST(readers_share) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Actor a(ground.arena, 1), b(ground.arena, 2);
  CHECK(a.lock_rw(cell, false) == Acquired::kYes);
  CHECK(b.lock_rw(cell, false) == Acquired::kYes);
  CHECK(b.lock_rw(cell, true, 0) == Acquired::kNo);
  CHECK(b.lock_rw(cell, true, 2 * kMs) == Acquired::kNo);
  CHECK(a.unlock_rw(cell, false));
  CHECK(b.unlock_rw(cell, false));
  CHECK(!b.unlock_rw(cell, false));
  CHECK(!b.unlock_rw(cell, true));
  CHECK(b.lock_rw(cell, true, 0) == Acquired::kYes);
  CHECK(a.lock_rw(cell, false, 0) == Acquired::kNo);
  CHECK(!a.unlock_rw(cell, false));
  CHECK(b.unlock_rw(cell, true));
  ground.check_idle(cell);
}

TEST(a_waiting_writer_comes_before_later_readers) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Crew crew(ground.arena, 3);
  std::atomic<bool> written{false};
  CHECK(crew[0].lock_rw(cell, false) == Acquired::kYes);
  crew.start(1, [&](Actor& actor, int) {
    CHECK(actor.lock_rw(cell, true) == Acquired::kYes);
    written = true;
    actor.unlock_rw(cell, true);
  });
  ground.until_asleep(1);
  CHECK(crew[0].lock_rw(cell, false, 0) == Acquired::kNo);
  crew.start(2, [&](Actor& actor, int) {
    CHECK(actor.lock_rw(cell, false) == Acquired::kYes);
    CHECK(written.load());
    actor.unlock_rw(cell, false);
  });
  ground.until_asleep(2);
  CHECK(crew[0].unlock_rw(cell, false));
  crew.join();
  ground.check_idle(cell);
}

TEST(a_dead_writer_passes_it_on) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  Crew crew(ground.arena, 3);
  std::atomic<int> inherited{0};
  CHECK(crew[0].lock_rw(cell, true) == Acquired::kYes);
  for (int i : {1, 2}) {
    crew.start(i, [&](Actor& actor, int me) {
      const Acquired got = actor.lock_rw(cell, me == 1);
      CHECK(got == Acquired::kYes || got == Acquired::kInherited);
      inherited += got == Acquired::kInherited;
      CHECK(actor.unlock_rw(cell, me == 1));
    });
  }
  ground.until_asleep(2);
  CHECK(RWLock<P>::abandon(ground.arena, cell, 1, 9));
  crew.join();
  CHECK_EQ(inherited.load(), 1);
  CHECK_EQ(cell.died.load(), 1u);
  ground.check_idle(cell);
}

}  // namespace
}  // namespace test
}  // namespace nogil
