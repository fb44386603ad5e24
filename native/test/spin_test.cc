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

constexpr int64_t kLate = Offer<P>::kLateNs;
constexpr int64_t kPause = Offer<P>::kPauseNs;

TEST(a_processor_that_comes_back_at_once_may_be_offered_again) {
  Offer<P> offer;
  for (int64_t now = 0; now < 100 * kLate; now += kLate - 1) {
    CHECK(offer.allowed(now));
    offer.came_back(now, now + kLate - 1);
  }
}

TEST(a_processor_that_came_back_late_is_kept_for_a_while) {
  Offer<P> offer;
  int64_t now = kLate;
  offer.came_back(0, now);
  CHECK(!offer.allowed(now));
  CHECK(!offer.allowed(now + kPause - 1));
  CHECK(offer.allowed(now + kPause));
  // The same again: twice as long, but not for ever.
  for (int64_t pause = kPause; pause < Offer<P>::kMostPauseNs; pause *= 2) {
    const int64_t then = now + pause;
    now = then + kLate;
    offer.came_back(then, now);
    CHECK(!offer.allowed(now + 2 * pause - 1));
    CHECK(offer.allowed(now + 2 * pause));
  }
  const int64_t then = now + Offer<P>::kMostPauseNs;
  now = then + kLate;
  offer.came_back(then, now);
  CHECK(offer.allowed(now + Offer<P>::kMostPauseNs));
}

TEST(a_machine_that_is_busy_no_more_is_noticed) {
  Offer<P> offer;
  offer.came_back(0, kLate);
  offer.came_back(2 * kPause, 2 * kPause + kLate);
  // One that came back at once says little yet: nobody computed just then.
  const int64_t soon = 2 * kPause + kLate + 2 * kPause;
  offer.came_back(soon, soon + 1);
  offer.came_back(soon + 1, soon + 1 + kLate);
  CHECK(!offer.allowed(soon + 1 + kLate + 3 * kPause));
  // Later it does: the next pause is as short as the first.
  const int64_t later = soon + 100 * kPause;
  offer.came_back(later, later + 1);
  offer.came_back(later + 1, later + 1 + kLate);
  CHECK(!offer.allowed(later + 1 + kLate + kPause - 1));
  CHECK(offer.allowed(later + 1 + kLate + kPause));
}

// A thread that has this lock again and again, found free so often as native code looks.
HoldOff<P> regular(Cell<P>& cell, int free_of_ten, int64_t every, int64_t* held_off) {
  HoldOff<P> hold_off;
  *held_off = 0;
  for (int i = 0; i < 1000; i++) {
    const int64_t length = hold_off.meet(cell, i * 7 % 10 < free_of_ten, i * every);
    if (i >= 500) *held_off += length;
    hold_off.took(cell, i * every + 1);
  }
  return hold_off;
}

constexpr int64_t kNap =
    P::kLeastSleepNs > HoldOff<P>::kNapNs ? HoldOff<P>::kNs : HoldOff<P>::kNapNs;

TEST(a_lock_that_threads_do_nothing_but_take_is_left_alone_and_slept_for) {
  Ground ground;
  int64_t held_off;
  regular(ground.cell(), 4, HoldOff<P>::kSoonNs / 2, &held_off);
  CHECK_EQ(held_off, 500 * kNap);
}

TEST(only_a_lock_that_is_found_held_many_times_in_a_row_is_slept_for) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  for (int i = 0; i < 100; i++) HoldOff<P>::learn(cell, i % 2);
  HoldOff<P> hold_off;
  int64_t now = 1;
  for (int round = 0; round < 2; round++) {
    // The first of them is not one that is soon back.
    for (int i = 0; i <= HoldOff<P>::kStreak + 1; i++, now += 10) {
      CHECK_EQ(hold_off.meet(cell, i % 2, now), i == 0                    ? 0
                                                : i < HoldOff<P>::kStreak ? HoldOff<P>::kNs
                                                                          : kNap);
      hold_off.took(cell, now);
    }
    now += 2 * HoldOff<P>::kSoonNs;
  }
}

TEST(a_lock_that_is_held_for_long_or_rarely_or_missed_rarely_is_not_left_alone) {
  Ground ground;
  int64_t held_off;
  regular(ground.cell(), 0, HoldOff<P>::kSoonNs / 2, &held_off);
  CHECK_EQ(held_off, 0);
  regular(ground.cell(), 10, HoldOff<P>::kSoonNs / 2, &held_off);
  CHECK_EQ(held_off, 0);
  regular(ground.cell(), 4, HoldOff<P>::kSoonNs * 2, &held_off);
  CHECK_EQ(held_off, 0);
}

TEST(whoever_comes_from_another_lock_or_did_not_get_it_does_not_hold_off) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  int64_t held_off;
  HoldOff<P> hold_off = regular(cell, 4, HoldOff<P>::kSoonNs / 2, &held_off);
  const int64_t now = 1000 * (HoldOff<P>::kSoonNs / 2);
  Cell<P>& other = ground.cell();
  CHECK_EQ(hold_off.meet(other, true, now), 0);
  hold_off.took(cell, now);  // which it took without having met it held
  CHECK_EQ(hold_off.meet(cell, true, now + 1), 0);
  CHECK_EQ(hold_off.meet(cell, true, now + 2), 0);
  hold_off.took(cell, now + 3);
  CHECK_EQ(hold_off.meet(cell, true, now + 4), HoldOff<P>::kNs);
  hold_off.took(cell, now + 5);
  hold_off.forget();
  CHECK_EQ(hold_off.meet(cell, true, now + 6), 0);
}

TEST(what_two_learn_in_one_word_does_not_disturb_the_other) {
  Ground ground;
  Cell<P>& cell = ground.cell();
  for (int i = 0; i < 100; i++) {
    Spin<P>::learn(cell, kShort);
    HoldOff<P>::learn(cell, i % 2);
  }
  CHECK(Spin<P>::worth(cell));
  const uint32_t average = HoldOff<P>::learn(cell, false);
  CHECK(average > HoldOff<P>::kBrief && average < HoldOff<P>::kRare);
  for (int i = 0; i < 100; i++) HoldOff<P>::learn(cell, false);
  CHECK_EQ(HoldOff<P>::learn(cell, false), 0u);
  CHECK(Spin<P>::worth(cell));
  for (int i = 0; i < 100; i++) HoldOff<P>::learn(cell, true);
  for (int i = 0; i < 100; i++) Spin<P>::learn(cell, kLong);
  CHECK(!Spin<P>::worth(cell));
  CHECK(HoldOff<P>::learn(cell, true) > HoldOff<P>::kRare);
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
