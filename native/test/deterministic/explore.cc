#include <stdio.h>
#include <stdlib.h>

#include "test/check.h"
#include "test/deterministic/scheduler.h"

namespace nogil {
namespace deterministic {

namespace {

using SetUp = std::function<void(Scheduler&)>;

void note_run(const Scheduler& scheduler, Result* result) {
  result->runs++;
  result->steps += scheduler.steps();
}

void note_failure(const Scheduler& scheduler, const Choices& choices, Result* result) {
  result->failed = true;
  result->message = scheduler.message();
  result->schedule = choices.schedule();
}

void search_all(Scheduler* scheduler, const Options& options, const SetUp& set_up, Result* result) {
  ExhaustiveChoices choices;
  while (result->runs < options.max_runs) {
    choices.restart();
    const bool ok = scheduler->run(&choices, set_up, false);
    note_run(*scheduler, result);
    if (!ok) return note_failure(*scheduler, choices, result);
    if (!choices.next()) {
      result->complete = true;
      return;
    }
  }
}

void search_randomly(Scheduler* scheduler, const Options& options, const SetUp& set_up,
                     Result* result) {
  for (uint64_t i = 0; i < options.random_runs; i++) {
    RandomChoices choices(options.seed + i);
    const bool ok = scheduler->run(&choices, set_up, false);
    note_run(*scheduler, result);
    if (!ok) return note_failure(*scheduler, choices, result);
  }
}

}  // namespace

Result explore(const Options& options, const SetUp& set_up) {
  Scheduler scheduler(options);
  Result result;
  if (options.random_runs > 0) {
    search_randomly(&scheduler, options, set_up, &result);
  } else {
    search_all(&scheduler, options, set_up, &result);
  }
  return result;
}

void replay(const Options& options, const SetUp& set_up, const std::string& schedule) {
  Scheduler scheduler(options);
  ReplayedChoices choices(schedule, options.random_runs == 0);
  const bool ok = scheduler.run(&choices, set_up, true);
  fprintf(stderr, "%s\n", ok ? "this schedule passes" : scheduler.message().c_str());
}

bool check_schedules(const char* name, const Options& options, const SetUp& set_up) {
  const char* wanted = getenv("NOGIL_CASE");
  const char* schedule = getenv("NOGIL_SCHEDULE");
  if (wanted != nullptr && std::string(wanted) != name) return true;
  if (schedule != nullptr) {
    replay(options, set_up, schedule);
    return true;
  }
  const Result result = explore(options, set_up);
  const char* kind = options.random_runs > 0 ? "random" : result.complete ? "all" : "first";
  printf("     %s: %s %llu schedules, %llu steps\n", name, kind,
         static_cast<unsigned long long>(result.runs),
         static_cast<unsigned long long>(result.steps));
  if (result.failed) {
    fprintf(stderr, "%s: %s\n", name, result.message.c_str());
    if (getenv("NOGIL_TRACE") != nullptr) replay(options, set_up, result.schedule);
    fprintf(stderr, "  trace it with NOGIL_CASE='%s' NOGIL_SCHEDULE='%s'\n", name,
            result.schedule.c_str());
  }
  return CHECK(!result.failed);
}

}  // namespace deterministic
}  // namespace nogil
