#include "test/deterministic/scheduler.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "test/deterministic/fiber_stack.h"

namespace nogil {
namespace deterministic {

namespace {

constexpr int64_t kNever = INT64_MAX;
constexpr int kMaxActions = 64;
// A fiber that spins alone waits for something that only time brings; then time has to pass.
constexpr int kLoneYieldsBeforeTimePasses = 20;
// A fiber that spins without letting the others run is past every bounded spin by then.
constexpr int kPatience = 500;
// With more steps than that between two yields it is another spin.
constexpr int kStepsInSpin = 3;

Scheduler* running_scheduler = nullptr;

}  // namespace

struct Scheduler::Fiber {
  FiberStack stack;
  ucontext_t context;
  std::function<void()> body;
  State state = State::kFinished;
  bool killable = false;
  Wake reason = Wake::kWoken;
  const void* word = nullptr;
  bool shared = false;
  int64_t deadline = kNever;
  int joined = -1;
  int since_yield = 0;  // steps
  int stubborn = 0;     // yields that it will still ignore
};

struct Scheduler::Action {
  enum Kind { kRun, kExpire, kWakeSpuriously, kKill, kSpinOut } kind;
  int fiber;
  bool preempts;
};

struct Scheduler::Name {
  const char* at;
  size_t bytes;
  std::string text;
};

Scheduler::Scheduler(const Options& options) : options_(options) {}
Scheduler::~Scheduler() = default;

Scheduler* Scheduler::running() { return running_scheduler; }

int Scheduler::add_fiber(std::function<void()> body, bool killable) {
  if (static_cast<size_t>(count_) == pool_.size()) pool_.push_back(std::make_unique<Fiber>());
  Fiber& fiber = *pool_[count_];
  fiber.body = std::move(body);
  fiber.state = State::kReady;
  fiber.killable = killable;
  fiber.word = nullptr;
  fiber.deadline = kNever;
  fiber.joined = -1;
  fiber.since_yield = kStepsInSpin + 1;
  fiber.stubborn = 0;
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.base();
  fiber.context.uc_stack.ss_size = fiber.stack.size();
  fiber.context.uc_link = nullptr;
  fiber.stack.reset();
  const uintptr_t self = reinterpret_cast<uintptr_t>(this);
  makecontext(&fiber.context, reinterpret_cast<void (*)()>(&Scheduler::enter), 2,
              static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
  return count_++;
}

void Scheduler::enter(unsigned high, unsigned low) {
  Scheduler* self =
      reinterpret_cast<Scheduler*>((static_cast<uintptr_t>(high) << 32) | uintptr_t{low});
  Fiber& fiber = *self->pool_[self->current_];
  StackSwitch::arrived();
  fiber.body();
  fiber.state = State::kFinished;
  self->pick(false);
  abort();  // a finished fiber is never switched to
}

bool Scheduler::run(Choices* choices, const std::function<void(Scheduler&)>& set_up, bool tracing) {
  choices_ = choices;
  tracing_ = tracing;
  message_.clear();
  names_.clear();
  at_end_ = nullptr;
  failed_ = false;
  count_ = 0;
  current_ = -1;
  now_ = 1000000;
  steps_ = 0;
  lone_yields_ = 0;
  preemptions_ = options_.preemptions;
  spurious_ = options_.spurious_wakeups;
  kills_ = options_.kills;
  set_up(*this);
  if (count_ > 0 && !failed_) {
    running_scheduler = this;
    pick(false);
    running_scheduler = nullptr;
  }
  current_ = -1;
  if (!failed_ && at_end_) {
    // A fiber as well, so that a check that would never end is a livelock too.
    final_ = true;
    add_fiber(std::move(at_end_));
    running_scheduler = this;
    pick(false);
    running_scheduler = nullptr;
    final_ = false;
    current_ = -1;
  }
  return !failed_;
}

void Scheduler::step(bool yielding) {
  if (++steps_ > options_.max_steps) fail("livelock: the run does not come to an end");
  if (final_) return;
  Fiber& self = *pool_[current_];
  if (!yielding) self.since_yield++;
  if (yielding && self.stubborn > 0) {
    self.stubborn--;
    self.since_yield = 0;
    return;
  }
  pick(yielding);
  if (yielding) self.since_yield = 0;
}

// Fibers that wait for the end of one that has ended may go on.
void Scheduler::settle() {
  for (int i = 0; i < count_; i++) {
    Fiber& fiber = *pool_[i];
    if (fiber.state != State::kJoining) continue;
    const State other = pool_[fiber.joined]->state;
    if (other == State::kFinished || other == State::kKilled) fiber.state = State::kReady;
  }
}

// The plain action first: going on, or else the next fiber in turn. In turn, because a fiber that
// yields expects the others to be run: schedules without that fairness need not terminate.
int Scheduler::list_actions(bool yielding, Action* out) {
  settle();
  const bool bounded = choices_->bounded();
  const bool may_preempt = !bounded || preemptions_ > 0;
  const bool can_go_on = current_ >= 0 && pool_[current_]->state == State::kReady;
  int count = 0;
  auto add = [&](Action::Kind kind, int fiber, bool preempts) {
    if (preempts && !may_preempt) return;
    if (count < kMaxActions) out[count++] = {kind, fiber, preempts};
  };

  if (can_go_on && !yielding) add(Action::kRun, current_, false);
  for (int i = 1; i <= count_; i++) {
    const int fiber = (current_ + i + count_) % count_;
    if (fiber == current_ || pool_[fiber]->state != State::kReady) continue;
    add(Action::kRun, fiber, can_go_on && count > 0);
  }
  const bool alone = count == 0 && can_go_on;
  // The others may be slow enough for a whole spin to pass; asked once, at its first yield.
  if (yielding && !alone && pool_[current_]->since_yield > kStepsInSpin) {
    add(Action::kSpinOut, current_, true);
  }
  lone_yields_ = alone ? lone_yields_ + 1 : 0;
  const bool time_must_pass = lone_yields_ > kLoneYieldsBeforeTimePasses;
  if (alone && !time_must_pass) add(Action::kRun, current_, false);

  for (int i = 0; i < count_; i++) {
    const Fiber& fiber = *pool_[i];
    if (fiber.state == State::kBlocked && fiber.deadline != kNever) {
      add(Action::kExpire, i, count > 0 && out[0].kind == Action::kRun);
    }
  }
  if (alone && time_must_pass && count == 0) add(Action::kRun, current_, false);

  // With nothing else left these would only hide a deadlock.
  if (count == 0) return 0;
  if (spurious_ > 0) {
    for (int i = 0; i < count_; i++) {
      if (pool_[i]->state == State::kBlocked) add(Action::kWakeSpuriously, i, false);
    }
  }
  if (kills_ > 0 && can_go_on && pool_[current_]->killable) add(Action::kKill, current_, false);
  return count;
}

void Scheduler::pick(bool yielding) {
  for (;;) {
    Action actions[kMaxActions];
    const int count = list_actions(yielding, actions);
    if (count == 0) {
      bool stuck = false;
      for (int i = 0; i < count_; i++) {
        const State state = pool_[i]->state;
        if (state == State::kBlocked || state == State::kJoining) stuck = true;
      }
      end_run(stuck ? "deadlock: every fiber that is left sleeps" : nullptr);
      return;
    }
    const Action action = actions[choices_->choose(count)];
    if (action.preempts) preemptions_--;
    perform(action);
    if (action.kind == Action::kKill) continue;  // now somebody else has to run
    switch_to(action.fiber);
    return;
  }
}

void Scheduler::perform(const Action& action) {
  Fiber& chosen = *pool_[action.fiber];
  switch (action.kind) {
    case Action::kRun: break;
    case Action::kExpire:
      note("-- time passes until %lld", static_cast<long long>(chosen.deadline));
      advance(chosen.deadline - now_);
      break;
    case Action::kWakeSpuriously:
      note("-- fiber %d wakes spuriously", action.fiber);
      spurious_--;
      chosen.state = State::kReady;
      chosen.reason = Wake::kSpurious;
      break;
    case Action::kSpinOut:
      note("-- fiber %d spins while nobody else runs", action.fiber);
      chosen.stubborn = kPatience;
      break;
    case Action::kKill:
      note("-- fiber %d is killed", action.fiber);
      kills_--;
      chosen.state = State::kKilled;
      break;
  }
}

// Time never goes past a deadline without its sleeper becoming ready.
void Scheduler::advance(int64_t ns) {
  if (ns > 0) now_ += ns;
  for (int i = 0; i < count_; i++) {
    Fiber& fiber = *pool_[i];
    if (fiber.state == State::kBlocked && fiber.deadline <= now_) {
      fiber.state = State::kReady;
      fiber.reason = Wake::kTimedOut;
    }
  }
}

void Scheduler::switch_to(int next) {
  const int previous = current_;
  if (next == previous) return;
  current_ = next;
  if (tracing_) fprintf(stderr, "-- fiber %d runs\n", next);
  StackSwitch stacks;
  stacks.to_fiber(pool_[next]->stack);
  swapcontext(previous < 0 ? &main_context_ : &pool_[previous]->context, &pool_[next]->context);
  stacks.back();
}

void Scheduler::end_run(const char* failure) {
  if (failure != nullptr && !failed_) {
    failed_ = true;
    message_ = failure;
    for (int i = 0; i < count_; i++) {
      const Fiber& fiber = *pool_[i];
      if (fiber.state == State::kBlocked) {
        message_ += "; fiber " + std::to_string(i) + " on " + where(fiber.word);
      }
    }
    note("!! %s", message_.c_str());
  }
  if (current_ < 0) return;
  // Fibers that are still under way are abandoned; the next run starts them afresh.
  StackSwitch::to_main();
  setcontext(&main_context_);
}

void Scheduler::fail(const char* message) { end_run(message); }

bool Scheduler::wait_for_end(int other) {
  step(false);
  Fiber& self = *pool_[current_];
  self.joined = other;
  self.state = State::kJoining;
  pick(false);
  return pool_[other]->state == State::kKilled;
}

bool Scheduler::wait(const void* word, bool shared, int64_t deadline,
                     const std::function<bool()>& differs) {
  step(false);
  Fiber& self = *pool_[current_];
  if (differs()) {
    note("[%d] wait %s: changed", current_, where(word).c_str());
    return true;
  }
  if (deadline <= now_) {
    note("[%d] wait %s: too late", current_, where(word).c_str());
    return false;
  }
  note("[%d] wait %s until %lld", current_, where(word).c_str(), static_cast<long long>(deadline));
  self.stubborn = 0;
  self.word = word;
  self.shared = shared;
  self.deadline = deadline;
  self.state = State::kBlocked;
  pick(false);
  return self.reason != Wake::kTimedOut;
}

void Scheduler::wake(const void* word, bool shared, int count) {
  step(false);
  note("[%d] wake %s (%d)", current_, where(word).c_str(), count);
  for (; count > 0; count--) {
    int sleepers[kMaxActions];
    int found = 0;
    for (int i = 0; i < count_ && found < kMaxActions; i++) {
      const Fiber& fiber = *pool_[i];
      if (fiber.state == State::kBlocked && fiber.word == word && fiber.shared == shared) {
        sleepers[found++] = i;
      }
    }
    if (found == 0) return;
    // The kernel promises no order. When all of them are woken their order is decided later.
    const int chosen = count < found ? sleepers[choices_->choose(found)] : sleepers[0];
    pool_[chosen]->state = State::kReady;
    pool_[chosen]->reason = Wake::kWoken;
  }
}

void Scheduler::name(const void* at, size_t bytes, const char* text) {
  names_.push_back({static_cast<const char*>(at), bytes, text});
}

std::string Scheduler::where(const void* address) const {
  char text[64];
  const char* at = static_cast<const char*>(address);
  for (const Name& name : names_) {
    if (at < name.at || at >= name.at + name.bytes) continue;
    snprintf(text, sizeof text, "+%zu", static_cast<size_t>(at - name.at));
    return name.text + text;
  }
  snprintf(text, sizeof text, "%p", address);
  return text;
}

void Scheduler::note(const char* format, ...) {
  if (!tracing_) return;
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
}

void Scheduler::trace(const char* operation, const void* at, uint64_t before, uint64_t after) {
  if (!tracing_) return;
  if (before == after) {
    note("[%d] %s %s: 0x%llx", current_, operation, where(at).c_str(),
         static_cast<unsigned long long>(before));
  } else {
    note("[%d] %s %s: 0x%llx -> 0x%llx", current_, operation, where(at).c_str(),
         static_cast<unsigned long long>(before), static_cast<unsigned long long>(after));
  }
}

}  // namespace deterministic
}  // namespace nogil
