#include "test/check.h"
#include "test/deterministic/policy.h"

// The scheduler proves itself on small mutexes: it has to find what is wrong with the broken ones
// and nothing in the correct one.

namespace nogil {
namespace deterministic {
namespace {

using Word = Atomic<uint32_t>;
using Policy = DeterministicPolicy;

// 0 free, 1 held, 2 held and perhaps somebody sleeps.
struct CorrectMutex {
  Word state{0};

  void lock() {
    uint32_t seen = 0;
    if (state.compare_exchange_strong(seen, 1)) return;
    while (state.exchange(2) != 0) Policy::wait(state, 2, INT64_MAX, false);
  }
  void unlock() {
    if (state.exchange(0) == 2) Policy::wake(state, 1, false);
  }
};

// Takes the word as 1 after a sleep, and so forgets that others may still be asleep.
struct ForgetfulMutex : CorrectMutex {
  void lock() {
    uint32_t seen = 0;
    while (!state.compare_exchange_strong(seen, 1)) {
      if (seen == 2 || state.compare_exchange_strong(seen, 2)) {
        Policy::wait(state, 2, INT64_MAX, false);
      }
      seen = 0;
    }
  }
};

// Announces its sleep in a second word and does not look at the first again.
struct NoRecheckMutex {
  Word held{0};
  Word sleepers{0};
  Word gate{0};

  void lock() {
    while (held.exchange(1) != 0) {
      sleepers.fetch_add(1);
      Policy::wait(gate, 0, INT64_MAX, false);
      sleepers.fetch_sub(1);
    }
  }
  void unlock() {
    held.store(0);
    if (sleepers.load() != 0) Policy::wake(gate, 1, false);
  }
};

struct UnlockedCounter {
  void lock() {}
  void unlock() {}
};

template <class Mutex>
struct State {
  Mutex mutex;
  Word inside{0};
  Word counter{0};
};

template <class Mutex>
Result try_mutex(const Options& options, int fibers, int rounds) {
  std::unique_ptr<State<Mutex>> state;
  return explore(options, [&, fibers, rounds](Scheduler& run) {
    state = std::make_unique<State<Mutex>>();
    for (int i = 0; i < fibers; i++) {
      run.add_fiber([&, rounds] {
        for (int round = 0; round < rounds; round++) {
          state->mutex.lock();
          SCHEDULE_CHECK(run, state->inside.fetch_add(1) == 0);
          state->counter.store(state->counter.load() + 1);
          state->inside.fetch_sub(1);
          state->mutex.unlock();
        }
      });
    }
    run.at_end([&, fibers, rounds] {
      SCHEDULE_CHECK(run, state->counter.peek() == static_cast<uint32_t>(fibers * rounds));
    });
  });
}

Options preemptions(int count) {
  Options options;
  options.preemptions = count;
  return options;
}

TEST(a_correct_mutex_passes) {
  const Result result = try_mutex<CorrectMutex>(preemptions(3), 3, 1);
  CHECK(!result.failed);
  CHECK(result.complete);
  CHECK(result.runs > 100);
}

TEST(a_correct_mutex_passes_with_spurious_wakeups) {
  Options options = preemptions(1);
  options.spurious_wakeups = 2;
  const Result result = try_mutex<CorrectMutex>(options, 3, 1);
  CHECK(!result.failed);
  CHECK(result.complete);
}

TEST(no_mutex_is_caught) {
  const Result result = try_mutex<UnlockedCounter>(preemptions(1), 2, 1);
  CHECK(result.failed);
  CHECK(result.message.find("inside") != std::string::npos);
}

TEST(a_mutex_without_recheck_deadlocks) {
  const Result result = try_mutex<NoRecheckMutex>(preemptions(2), 2, 1);
  CHECK(result.failed);
  CHECK(result.message.find("deadlock") != std::string::npos);
  CHECK(!result.schedule.empty());
}

TEST(a_mutex_that_forgets_sleepers_deadlocks) {
  CHECK(!try_mutex<ForgetfulMutex>(preemptions(2), 2, 1).failed);
  const Result result = try_mutex<ForgetfulMutex>(preemptions(2), 3, 1);
  CHECK(result.failed);
  CHECK(result.message.find("deadlock") != std::string::npos);
}

TEST(random_schedules_find_it_too) {
  Options options;
  options.random_runs = 20000;
  CHECK(!try_mutex<CorrectMutex>(options, 3, 2).failed);
  CHECK(try_mutex<NoRecheckMutex>(options, 2, 2).failed);
  CHECK(try_mutex<ForgetfulMutex>(options, 3, 1).failed);
}

TEST(a_deadline_passes_early_and_late) {
  std::unique_ptr<Word> word;
  bool woken = false, timed_out = false;
  const Result result = explore(preemptions(2), [&](Scheduler& run) {
    word = std::make_unique<Word>(0);
    run.add_fiber([&] {
      const int64_t deadline = Policy::now() + 100;
      while (word->load() == 0) {
        if (Policy::wait(*word, 0, deadline, false)) continue;
        SCHEDULE_CHECK(run, Policy::now() >= deadline);
        timed_out = true;
        return;
      }
      woken = true;
    });
    run.add_fiber([&] {
      word->store(1);
      Policy::wake(*word, 1, false);
    });
  });
  CHECK(!result.failed && result.complete);
  CHECK(woken);
  CHECK(timed_out);
}

TEST(a_wake_of_the_other_kind_does_not_arrive) {
  std::unique_ptr<Word> word;
  const Result result = explore(preemptions(2), [&](Scheduler& run) {
    word = std::make_unique<Word>(0);
    run.add_fiber([&] {
      while (word->load() == 0) Policy::wait(*word, 0, INT64_MAX, true);
    });
    run.add_fiber([&] {
      word->store(1);
      Policy::wake(*word, 1, false);
    });
  });
  CHECK(result.failed);
}

TEST(a_spinner_does_not_starve_the_one_it_waits_for) {
  std::unique_ptr<Word> word;
  const Result result = explore(preemptions(2), [&](Scheduler& run) {
    word = std::make_unique<Word>(0);
    run.add_fiber([&] {
      while (word->load() == 0) Policy::relax();
    });
    run.add_fiber([&] { word->store(1); });
  });
  CHECK(!result.failed && result.complete);
}

// Spins a little before it sleeps; the sleep is what has to be reached.
TEST(a_bounded_spin_can_run_out) {
  std::unique_ptr<Word> word;
  bool slept = false, spun = false;
  const Result result = explore(preemptions(2), [&](Scheduler& run) {
    word = std::make_unique<Word>(0);
    run.add_fiber([&] {
      for (int i = 0; i < 100; i++) {
        if (word->load() != 0) {
          spun = true;
          return;
        }
        Policy::relax();
      }
      slept = true;
      while (word->load() == 0) Policy::wait(*word, 0, INT64_MAX, false);
    });
    run.add_fiber([&] {
      word->store(1);
      Policy::wake(*word, 1, false);
    });
  });
  CHECK(!result.failed && result.complete);
  CHECK(slept);
  CHECK(spun);
}

TEST(waiting_for_nothing_is_a_livelock) {
  std::unique_ptr<Word> word;
  const Result result = explore(preemptions(0), [&](Scheduler& run) {
    word = std::make_unique<Word>(0);
    run.add_fiber([&] {
      while (word->load() == 0) Policy::relax();
    });
  });
  CHECK(result.failed);
  CHECK(result.message.find("livelock") != std::string::npos);
}

TEST(a_killed_fiber_stops_anywhere) {
  std::unique_ptr<Word> word;
  bool seen[3] = {false, false, false};
  Options options = preemptions(1);
  options.kills = 1;
  const Result result = explore(options, [&](Scheduler& run) {
    word = std::make_unique<Word>(0);
    const int victim = run.add_fiber(
        [&] {
          word->store(1);
          word->store(2);
        },
        true);
    run.add_fiber([&, victim] {
      const bool killed = run.wait_for_end(victim);
      const uint32_t value = word->load();
      SCHEDULE_CHECK(run, killed || value == 2);
      seen[value] = true;
    });
  });
  CHECK(!result.failed && result.complete);
  CHECK(seen[0] && seen[1] && seen[2]);
}

TEST(a_schedule_can_be_replayed) {
  const std::string text = "3x0 1 2 12x1 0 2";
  struct Reader : ReplayedChoices {
    using ReplayedChoices::ReplayedChoices;
  } choices(text, true);
  for (int i = 0; i < 19; i++) choices.choose(3);
  CHECK(choices.schedule() == text);
}

}  // namespace
}  // namespace deterministic
}  // namespace nogil
