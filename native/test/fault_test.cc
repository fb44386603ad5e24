// Before anything else: what is killed where.
#define NOGIL_CRASH_POINTS
#define NOGIL_TEST_POLICY ::nogil::test::FaultPolicy

#include <sched.h>

#include "queue/size_classes.h"
#include "test/fault_policy.h"

// Small rings, so that queues go through many.
namespace nogil {
template <>
struct QueueTuning<test::FaultPolicy> {
  static constexpr uint32_t kRingLog2[3] = {3, 4, 5};
  static constexpr int kPatience = 20;
  static constexpr uint32_t kIdleUnits = 4;
};
}  // namespace nogil

#include "test/fault_trial.h"

// Processes are killed at random moments, at every crash point (platform/crash.h) and at any step
// of the core (fault_policy.h) while others work on the same lock, condition, semaphore or queue,
// with pauses at any step. After each death the parent recovers, and
//   - both survivors go on, without any help;
//   - the books balance: what was put was got, but for one item a kill; units, likewise;
//   - no list lock is held, no record in use but by who waits, and no block of the heap lost.
//
// NOGIL_KILLS: how many kills in all, 900 if it is not set.

namespace nogil {
namespace test {
namespace {

uint32_t kills_in_all() {
  const char* text = getenv("NOGIL_KILLS");
  return text ? static_cast<uint32_t>(atoi(text)) : 900;
}

Totals totals;

void kill_in(const char* name) {
  const char* seed = getenv("NOGIL_SEED");
  for (const Workload& load : kWorkloads) {
    if (strcmp(load.name, name)) continue;
    Totals before = totals;
    uint32_t index = static_cast<uint32_t>(&load - kWorkloads) + 1;
    Trial trial(load, (seed ? static_cast<uint32_t>(atoi(seed)) : 1) * 1000 + index, &totals);
    trial.run(kills_in_all() / kWorkloadCount);
    printf("     %u kills, %u at a point, %u at any step, %u recovering; %u items, %u units lost\n",
           totals.kills - before.kills, totals.at_points - before.at_points,
           totals.anywhere - before.anywhere, totals.recoverers - before.recoverers,
           totals.lost - before.lost, totals.units - before.units);
  }
}

TEST(controls_without_kills) {
  for (const Workload& load : kWorkloads) {
    Totals none;
    Trial trial(load, 1, &none);
    for (int i = 0; i < 5; i++) trial.control();
    trial.run(0);
  }
}
TEST(kills_in_lock) { kill_in("lock"); }
TEST(kills_in_rlock) { kill_in("rlock"); }
TEST(kills_in_rw_lock) { kill_in("rw_lock"); }
TEST(kills_in_semaphore) { kill_in("semaphore"); }
TEST(kills_in_condition) { kill_in("condition"); }
TEST(kills_in_fifo) { kill_in("fifo"); }
TEST(kills_in_fifo_payload) { kill_in("fifo_payload"); }
TEST(kills_in_fifo_many) { kill_in("fifo_many"); }
TEST(kills_in_fifo_large) { kill_in("fifo_large"); }
TEST(kills_in_lifo) { kill_in("lifo"); }
TEST(kills_in_lifo_payload) { kill_in("lifo_payload"); }
TEST(kills_in_priority) { kill_in("priority"); }
TEST(kills_in_priority_payload) { kill_in("priority_payload"); }

TEST(all_points_were_met) {
  if (totals.kills < 100) return;
  printf("     %u kills in all, %u at a point, %u of recoverers\n", totals.kills, totals.at_points,
         totals.recoverers);
  CHECK(totals.lost <= totals.kills);
  for (int i = 0; i < kCrashPointCount; i++) {
    if (totals.hits[i] == 0) printf("     never killed at %s\n", kCrashPoints[i]);
  }
}

}  // namespace
}  // namespace test
}  // namespace nogil
