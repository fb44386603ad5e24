// The slow paths of the primitives, each called by the class of the same name in lib/threading.
// Times are milliseconds: negative for ever, 0 not at all.
#include "binding/environment.h"

namespace nogil {
namespace binding {

namespace {

// What a blocking call answers; lib/internal/native.ts has the same numbers.
enum Answer : int32_t {
  kNoAnswer = 0,
  kYesAnswer = 1,
  kInterruptedAnswer = 2,
  kInheritedAnswer = 3
};

napi_value answer(napi_env env, const Environment* e, Acquired got) {
  if (is_stopping(e)) got = Acquired::kInterrupted;
  switch (got) {
    case Acquired::kNo: return integer(env, kNoAnswer);
    case Acquired::kYes: return integer(env, kYesAnswer);
    case Acquired::kInherited: return integer(env, kInheritedAnswer);
    case Acquired::kInterrupted: return integer(env, kInterruptedAnswer);
    case Acquired::kNoMemory: break;
  }
  return out_of_memory(env);
}

// What every callback below begins with: its arguments, its environment, and the cell that the
// first argument names.
struct Call {
  Arguments<4> args;
  Environment* e;
  SyncCell* cell;
  Call(napi_env env, napi_callback_info info)
      : args(env, info), e(environment(env)), cell(cell_at(args.u32(0))) {
    if (!cell) fail(env, "ERR_VALUE", "nogil: no such cell");
  }
  Memory& arena() const { return arena_of(args.u32(0)); }
  ThreadNumber me() const { return e->parker.number; }
};

// (cell, ms)
template <Acquired (*acquire)(BlockingWait&, SyncCell&)>
napi_value blocking(napi_env env, napi_callback_info info) {
  Call c(env, info);
  if (!c.cell) return nullptr;
  BlockingWait wait(c.arena(), c.e->parker, deadline_of(c.args.number(1)));
  return answer(env, c.e, acquire(wait, *c.cell));
}

// (cell): after a release that found somebody waiting
napi_value mutex_wake(napi_env env, napi_callback_info info) {
  Call c(env, info);
  if (c.cell) Mutex<Policy>::wake_next(c.arena(), *c.cell, c.me());
  return nullptr;
}

// (condition, mutex, ms)
napi_value condition_wait(napi_env env, napi_callback_info info) {
  Call c(env, info);
  SyncCell* mutex = cell_at(c.args.u32(1));
  if (!c.cell || !mutex) return nullptr;
  double ms = c.args.number(2);
  // Unlike an acquisition, a wait of no time at all is a wait: it gives up the lock and takes it
  // again.
  BlockingWait wait(c.arena(), c.e->parker, ms == 0 ? 1 : deadline_of(ms));
  Condition<Policy>::Result r = Condition<Policy>::wait(wait, *c.cell, *mutex);
  if (is_stopping(c.e)) return integer(env, kInterruptedAnswer);
  switch (r.signalled) {
    case Signalled::kInterrupted: return integer(env, kInterruptedAnswer);
    case Signalled::kNoMemory: return out_of_memory(env);
    default: break;
  }
  // Bit 2: the lock came from a holder that died.
  return integer(env,
                 (r.signalled == Signalled::kYes ? kYesAnswer : kNoAnswer) | (r.inherited ? 4 : 0));
}

// (condition, mutex, n): how many were notified
napi_value condition_notify(napi_env env, napi_callback_info info) {
  Call c(env, info);
  SyncCell* mutex = cell_at(c.args.u32(1));
  if (!c.cell || !mutex) return nullptr;
  return number(env, Condition<Policy>::notify(c.arena(), *c.cell, *mutex, c.args.u32(2), c.me()));
}

napi_value semaphore_wake(napi_env env, napi_callback_info info) {
  Call c(env, info);
  if (c.cell) Semaphore<Policy>::wake(c.arena(), *c.cell, c.me());
  return nullptr;
}

// JavaScript does what Event::set does (sync/event.h), and these are its two calls.
napi_value event_set_and_wake(napi_env env, napi_callback_info info) {
  Call c(env, info);
  if (c.cell) Event<Policy>::set_and_wake(c.arena(), *c.cell, c.me());
  return nullptr;
}

napi_value event_wake_if_set(napi_env env, napi_callback_info info) {
  Call c(env, info);
  if (c.cell) Event<Policy>::wake_if_set(c.arena(), *c.cell, c.me());
  return nullptr;
}

// (cell, ms): the arrival index where the barrier let it pass; -1 broken, -2 interrupted,
// -3 - index when the caller has to run the action and then call barrierFinish
napi_value barrier_wait(napi_env env, napi_callback_info info) {
  Call c(env, info);
  if (!c.cell) return nullptr;
  double ms = c.args.number(1);
  BlockingWait wait(c.arena(), c.e->parker, ms == 0 ? 1 : deadline_of(ms));
  Barrier<Policy>::Result r = Barrier<Policy>::wait(wait, *c.cell);
  if (is_stopping(c.e)) return integer(env, -2);
  switch (r.passed) {
    case Barrier<Policy>::Passed::kYes: return number(env, r.index);
    case Barrier<Policy>::Passed::kRunAction: return number(env, -3.0 - r.index);
    case Barrier<Policy>::Passed::kInterrupted: return integer(env, -2);
    case Barrier<Policy>::Passed::kNoMemory: return out_of_memory(env);
    default: return integer(env, -1);
  }
}

// (cell, ok)
napi_value barrier_finish(napi_env env, napi_callback_info info) {
  Call c(env, info);
  if (!c.cell) return nullptr;
  return boolean(env, Barrier<Policy>::finish(c.arena(), *c.cell, c.args.boolean(1), c.me()));
}

napi_value barrier_abort(napi_env env, napi_callback_info info) {
  Call c(env, info);
  if (c.cell) Barrier<Policy>::abort(c.arena(), *c.cell, c.me());
  return nullptr;
}

napi_value barrier_reset(napi_env env, napi_callback_info info) {
  Call c(env, info);
  if (c.cell) Barrier<Policy>::reset(c.arena(), *c.cell, c.me());
  return nullptr;
}

// (cell, write, ms)
napi_value rw_acquire(napi_env env, napi_callback_info info) {
  Call c(env, info);
  if (!c.cell) return nullptr;
  BlockingWait wait(c.arena(), c.e->parker, deadline_of(c.args.number(2)));
  return answer(env, c.e, RWLock<Policy>::acquire(wait, *c.cell, c.args.boolean(1)));
}

// (cell, write): false when nobody holds it that way
napi_value rw_release(napi_env env, napi_callback_info info) {
  Call c(env, info);
  if (!c.cell) return nullptr;
  return boolean(env, RWLock<Policy>::release(c.arena(), *c.cell, c.args.boolean(1), c.me()));
}

// (ms): blocks the thread for that long; 2 when interrupted
napi_value sleep(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = environment(env);
  if (!e->never) e->never = allocate_cell(CellClass::kInternal);
  if (!e->never) return out_of_memory(env);
  SyncCell& cell = *cell_at(e->never);
  // Nobody ever sets this event: the shortest spin there is.
  cell.spin.store(1, std::memory_order_relaxed);
  BlockingWait wait(arena_of(e->never), e->parker, deadline_of(a.number(0)));
  return answer(env, e, Event<Policy>::wait(wait, cell));
}

}  // namespace

void define_sync(Wanted& define) {
  define("mutexAcquire", blocking<Mutex<Policy>::acquire>);
  define("mutexWake", mutex_wake);
  define("conditionWait", condition_wait);
  define("conditionNotify", condition_notify);
  define("semaphoreAcquire", blocking<Semaphore<Policy>::acquire>);
  define("semaphoreWake", semaphore_wake);
  define("eventWait", blocking<Event<Policy>::wait>);
  define("eventSetAndWake", event_set_and_wake);
  define("eventWakeIfSet", event_wake_if_set);
  define("barrierWait", barrier_wait);
  define("barrierFinish", barrier_finish);
  define("barrierAbort", barrier_abort);
  define("barrierReset", barrier_reset);
  define("rwAcquire", rw_acquire);
  define("rwRelease", rw_release);
  define("sleep", sleep);
}

}  // namespace binding
}  // namespace nogil
