#include "park/spin.h"

#include "test/threads.h"

#if defined(__linux__)
#include <sched.h>
#include <string.h>
#endif

namespace nogil {
namespace test {
namespace {

constexpr int64_t kShort = Spin<P>::kMaxNs / 2;
constexpr int64_t kLong = Spin<P>::kMaxNs * 2;

TEST(one_long_wait_is_enough_for_a_cell_that_knew_nothing) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  CHECK(Spin<P>::worth(cell));
  Spin<P>::learn(cell, kLong);
  CHECK(!Spin<P>::worth(cell));
}

// Whatever came before, so that nothing is learnt for good.
TEST(what_was_learnt_is_unlearnt) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < 1000; i++) Spin<P>::learn(cell, kShort);
    CHECK(Spin<P>::worth(cell));
    // A single hiccup between hand-overs changes nothing.
    Spin<P>::learn(cell, kLong);
    CHECK(Spin<P>::worth(cell));
    for (int i = 0; i < 1000; i++) Spin<P>::learn(cell, kLong);
    CHECK(!Spin<P>::worth(cell));
    Spin<P>::learn(cell, kShort);
    CHECK(!Spin<P>::worth(cell));
  }
}

#if defined(__linux__)
TEST(leaving_the_cpu_keeps_the_affinity) {
  cpu_set_t before, after;
  CHECK(sched_getaffinity(0, sizeof before, &before) == 0);
  const int from = sched_getcpu();
  const bool left = platform::leave_cpu();
  CHECK(sched_getaffinity(0, sizeof after, &after) == 0);
  CHECK(memcmp(&before, &after, sizeof before) == 0);
  // With one to choose from there is nowhere to go; otherwise where it runs now is the scheduler's.
  CHECK(left == (CPU_COUNT(&before) > 1 || !CPU_ISSET(from, &before)));
}
#endif

}  // namespace
}  // namespace test
}  // namespace nogil
