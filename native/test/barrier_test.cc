#include "sync/barrier.h"

#include "test/threads.h"

namespace nogil {
namespace test {
namespace {

using Passed = Barrier<P>::Passed;

Cell<P>& barrier(Ground& ground, uint32_t parties, bool action) {
  Cell<P>& cell = ground.cell();
  cell.data[0].store(parties);
  cell.data[3].store(action);
  return cell;
}

// As Barrier.wait() in JavaScript. True when it let the actor pass.
template <class F>
bool meet(Actor& actor, Cell<P>& cell, int64_t timeout, uint32_t* index, F action) {
  const auto result = actor.pass(cell, timeout);
  *index = result.index;
  if (result.passed == Passed::kRunAction) {
    return Barrier<P>::finish(actor.arena, cell, action(), actor.me());
  }
  CHECK(result.passed == Passed::kYes || result.passed == Passed::kBroken);
  return result.passed == Passed::kYes;
}

void rounds(int parties, bool with_action, bool disturbed) {
  Ground ground;
  Cell<P>& cell = barrier(ground, static_cast<uint32_t>(parties), with_action);
  constexpr int kRounds = 1000 * kScale;
  std::vector<int> reached(static_cast<size_t>(parties), 0);  // not atomic: the barrier orders it
  std::atomic<int> index_sum{0}, actions{0};
  Crew crew(ground.arena, parties);
  std::unique_ptr<Disturbance> disturbance;
  if (disturbed) disturbance = std::make_unique<Disturbance>(crew, parties);
  crew.start_all([&](Actor& actor, int me) {
    for (int round = 1; round <= kRounds; round++) {
      reached[static_cast<size_t>(me)] = round;
      uint32_t index;
      CHECK(meet(actor, cell, kForever, &index, [&] {
        actions++;
        return true;
      }));
      index_sum += static_cast<int>(index);
      for (int other : reached) CHECK_EQ(other, round);
      CHECK(meet(actor, cell, kForever, &index, [] { return true; }));
    }
  });
  crew.join();
  disturbance.reset();
  CHECK_EQ(index_sum.load(), kRounds * parties * (parties - 1) / 2);
  CHECK_EQ(actions.load(), with_action ? kRounds : 0);
  ground.check_idle(cell);
  ground.check_no_records();
}

TEST(everybody_comes_before_anybody_leaves) {
  rounds(1, false, false);
  rounds(2, false, false);
  rounds(4, false, false);
}
TEST(an_action_runs_once_a_round) { rounds(3, true, false); }
TEST(interruptions_do_not_matter) { rounds(3, true, true); }

TEST(a_timeout_breaks_it_for_all) {
  Ground ground;
  Cell<P>& cell = barrier(ground, 3, false);
  Crew crew(ground.arena, 2);
  crew.start(0, [&](Actor& actor, int) { CHECK(actor.pass(cell).passed == Passed::kBroken); });
  ground.until_asleep(1);
  CHECK(crew[1].pass(cell, 2 * kMs).passed == Passed::kBroken);
  crew.join();
  CHECK_EQ(cell.data[1].load(), 1u);
  CHECK(crew[1].pass(cell).passed == Passed::kBroken);
  Barrier<P>::reset(ground.arena, cell, 2);
  CHECK_EQ(cell.data[1].load(), 0u);
  ground.check_idle(cell);
}

TEST(abort_and_reset_release_who_waits) {
  Ground ground;
  for (bool reset : {false, true}) {
    Cell<P>& cell = barrier(ground, 3, false);
    Crew crew(ground.arena, 3);
    for (int i : {0, 1}) {
      crew.start(i, [&](Actor& actor, int) { CHECK(actor.pass(cell).passed == Passed::kBroken); });
    }
    ground.until_asleep(2);
    if (reset) {
      Barrier<P>::reset(ground.arena, cell, 3);
    } else {
      Barrier<P>::abort(ground.arena, cell, 3);
    }
    crew.join();
    CHECK_EQ(cell.data[1].load(), reset ? 0u : 1u);
    CHECK_EQ(cell.state.load(), 0u);
  }
}

TEST(a_failing_action_breaks_it) {
  Ground ground;
  Cell<P>& cell = barrier(ground, 2, true);
  Crew crew(ground.arena, 2);
  std::atomic<int> passed{0};
  crew.start_all([&](Actor& actor, int) {
    uint32_t index;
    const auto result = actor.pass(cell);
    if (result.passed == Passed::kRunAction) {
      Barrier<P>::finish(actor.arena, cell, false, actor.me());
    } else {
      passed += result.passed == Passed::kYes;
    }
    (void)index;
  });
  crew.join();
  CHECK_EQ(passed.load(), 0);
  CHECK_EQ(cell.data[1].load(), 1u);
}

// Deadlines pass while the last ones come: a round passes for all or for none.
TEST(timeouts_are_all_or_nothing) {
  Ground ground;
  constexpr int kParties = 3, kRounds = 300 * kScale;
  static std::atomic<int> passed[kRounds];
  for (auto& count : passed) count.store(0);
  std::vector<Cell<P>*> cells;
  for (int i = 0; i < kRounds; i++) cells.push_back(&barrier(ground, kParties, false));
  Crew crew(ground.arena, kParties);
  crew.start_all([&](Actor& actor, int) {
    Random random(actor.me());
    for (int round = 0; round < kRounds; round++) {
      uint32_t index;
      if (meet(actor, *cells[static_cast<size_t>(round)], 1 + random.below(100000), &index,
               [] { return true; })) {
        passed[round]++;
      }
    }
  });
  crew.join();
  for (int round = 0; round < kRounds; round++) {
    CHECK(passed[round] == 0 || passed[round] == kParties);
    ground.check_idle(*cells[static_cast<size_t>(round)]);
  }
}

}  // namespace
}  // namespace test
}  // namespace nogil
