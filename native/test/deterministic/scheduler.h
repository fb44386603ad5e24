#pragma once

#include <ucontext.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "test/deterministic/choices.h"

// Runs a few fibers on one thread and decides before each atomic operation which of them goes on,
// so that a run is a function of its list of choices: it can be replayed, and all of them can be
// enumerated.
//
// What it covers: every interleaving of atomic operations within the bounds given (preemptions,
// expired timeouts, spurious wake-ups, kills). What it does not: weak memory. Operations happen in
// one total order whatever their memory_order says, and a plain access together with the atomic
// operation before it. For orderings and races there are ThreadSanitizer, the Promela models
// (native/model) and the argument beside the code.

namespace nogil {
namespace deterministic {

struct Options {
  // Switches away from a fiber that could go on. Most bugs show with 2; each one more multiplies
  // the number of runs by about the number of operations in a run.
  int preemptions = 2;
  int spurious_wakeups = 0;
  // How many of the fibers marked killable may die, each before any of its operations.
  int kills = 0;
  // 0: all schedules within the bounds. Otherwise that many random ones, without a bound on
  // preemptions.
  uint64_t random_runs = 0;
  uint64_t seed = 1;
  uint64_t max_runs = 2000000;
  // A run longer than this counts as a livelock.
  uint64_t max_steps = 20000;
};

struct Result {
  bool failed = false;
  bool complete = false;  // all schedules within the bounds were run
  uint64_t runs = 0;
  uint64_t steps = 0;
  std::string message;
  std::string schedule;  // for NOGIL_SCHEDULE
};

enum class Wake { kWoken, kTimedOut, kSpurious };

class Scheduler {
 public:
  explicit Scheduler(const Options& options);
  ~Scheduler();

  // The one whose fiber is running; null in set-up, where atomics do not yield.
  static Scheduler* running();

  // For the set-up of a run.
  int add_fiber(std::function<void()> body, bool killable = false);
  // Runs when all fibers have ended, and alone; no schedule depends on it.
  void at_end(std::function<void()> check) { at_end_ = std::move(check); }
  // Gives addresses in [at, at + bytes) a name in traces.
  void name(const void* at, size_t bytes, const char* text);

  // For fibers.
  int self() const { return current_; }
  // Blocks until the other fiber has finished or was killed; true when it was killed.
  bool wait_for_end(int fiber);
  // Ends this run as failed; does not return when called in a fiber.
  void fail(const char* message);
  void note(const char* format, ...) __attribute__((format(printf, 2, 3)));

  // For the policy.
  void point() { step(false); }
  void yield() { step(true); }
  bool wait(const void* word, bool shared, int64_t deadline, const std::function<bool()>& differs);
  void wake(const void* word, bool shared, int count);
  int64_t now() const { return now_; }
  void advance(int64_t ns);
  bool tracing() const { return tracing_; }
  void trace(const char* operation, const void* at, uint64_t before, uint64_t after);

  // Runs one schedule; `set_up` adds the fibers. False when it failed.
  bool run(Choices* choices, const std::function<void(Scheduler&)>& set_up, bool tracing);
  const std::string& message() const { return message_; }
  uint64_t steps() const { return steps_; }

 private:
  enum class State { kReady, kBlocked, kJoining, kFinished, kKilled };
  struct Fiber;
  struct Action;
  struct Name;

  static void enter(unsigned high, unsigned low);
  void step(bool yielding);
  void pick(bool yielding);
  int list_actions(bool yielding, Action* out);
  void perform(const Action& action);
  void settle();
  void switch_to(int fiber);
  void end_run(const char* failure);
  std::string where(const void* at) const;

  const Options options_;
  std::vector<std::unique_ptr<Fiber>> pool_;  // stacks are kept from run to run
  std::vector<Name> names_;
  std::function<void()> at_end_;
  Choices* choices_ = nullptr;
  std::string message_;
  ucontext_t main_context_;
  int count_ = 0;
  int current_ = -1;
  int64_t now_ = 0;
  uint64_t steps_ = 0;
  int preemptions_ = 0;
  int spurious_ = 0;
  int kills_ = 0;
  int lone_yields_ = 0;
  bool tracing_ = false;
  bool failed_ = false;
  bool final_ = false;  // at_end_ runs
};

// Runs `set_up` under all schedules (or random ones) until one fails.
Result explore(const Options& options, const std::function<void(Scheduler&)>& set_up);

// Runs one schedule with a trace to stderr.
void replay(const Options& options, const std::function<void(Scheduler&)>& set_up,
            const std::string& schedule);

// explore() as a check of the running test. In the environment: NOGIL_CASE picks one case by its
// name, NOGIL_SCHEDULE replays that schedule instead of searching, NOGIL_TRACE traces the schedule
// that failed.
bool check_schedules(const char* name, const Options& options,
                     const std::function<void(Scheduler&)>& set_up);

}  // namespace deterministic
}  // namespace nogil

// In fibers and final checks: ends the run and reports its schedule.
#define SCHEDULE_CHECK(scheduler, condition)        \
  do {                                              \
    if (!(condition)) (scheduler).fail(#condition); \
  } while (0)
