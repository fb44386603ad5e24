// Waits that end in a promise. Each is a record in the same list as those of sleeping threads, but
// its wake-up goes to an event loop (environments.cc, deliver). It is always granted what it waits
// for, never merely invited to try.
#include <cstdlib>
#include <cstring>

#include "binding/tree.h"

namespace nogil {
namespace binding {

namespace {

AsyncWait& entry(Environment* e, uint32_t token) { return e->async[token - 1]; }

// Why a wait is taken back. A barrier breaks, unless its waiter just thought better of it.
enum class Because { kAborted, kTimedOut, kThreadEnds };

// Takes the record out of the list that it is in. False when it was notified first.
bool withdraw(Environment* e, AsyncWait& a, Because why) {
  if (is_queue_wait(a)) return withdraw_queue_wait(e, a);
  Memory& arena = arena_of(a.cell);
  if (a.kind == kAsyncBarrier) {
    SyncCell& cell = *cell_at(a.cell);
    ThreadNumber me = e->parker.number;
    if (why == Because::kAborted) return Barrier<Policy>::leave(arena, cell, a.record, me);
    return Barrier<Policy>::give_up(arena, cell, a.record, why == Because::kTimedOut, me);
  }
  for (;;) {
    CellId in = a.record->cell.load(std::memory_order_acquire);
    if (a.record->word.load(std::memory_order_acquire) == kNotified) return false;
    if (in == kNoCell) continue;  // on its way from a condition to its lock
    SyncCell& cell = *arena.at<SyncCell>(in);
    ListLock<Policy> lock(cell.list_lock, e->parker.number, arena.shared());
    if (a.record->cell.load(std::memory_order_relaxed) != in) continue;
    WaiterList<Policy>::remove(arena, cell, a.record);
    return true;
  }
}

void wait_for_removal(Record* w) {
  while (w->cell.load(std::memory_order_acquire) != kNoCell) Policy::relax();
}

// Gives back what a notified wait was granted and nobody will use.
void undo(Environment* e, AsyncWait& a) {
  if (is_queue_wait(a)) {
    queue_wait_finished(e, a, true);
    return;
  }
  Memory& arena = arena_of(a.cell);
  SyncCell& cell = *cell_at(a.cell);
  ThreadNumber me = e->parker.number;
  switch (a.kind) {
    case kAsyncMutex: Mutex<Policy>::release(arena, cell, me); break;
    case kAsyncCondition:
      Mutex<Policy>::release(arena, *cell_at(a.mutex), me);
      Condition<Policy>::notify(arena, cell, *cell_at(a.mutex), 1, me);
      break;
    case kAsyncSemaphore:
      if (Semaphore<Policy>::add(cell, 1)) Semaphore<Policy>::wake(arena, cell, me);
      break;
    case kAsyncRWLock:
      RWLock<Policy>::release(arena, cell, a.record->flags.load(std::memory_order_relaxed) & kWrite,
                              me);
      break;
    default: break;
  }
}

// What follows when a wait that was not notified is taken back.
void after_withdrawal(Environment* e, AsyncWait& a, bool ending) {
  if (is_queue_wait(a)) {
    queue_wait_withdrawn(e, a, ending);
    return;
  }
  SyncCell& cell = *cell_at(a.cell);
  if (a.kind == kAsyncRWLock) RWLock<Policy>::serve(arena_of(a.cell), cell, e->parker.number);
  if (a.kind == kAsyncCondition && (a.record->flags.load(std::memory_order_relaxed) & kRequeued)) {
    Condition<Policy>::notify(arena_of(a.cell), cell, *cell_at(a.mutex), 1, e->parker.number);
  }
}

struct Begun {
  Environment* e;
  uint32_t token;
  SyncCell* cell;
  Memory* arena;
  Arguments<3> args;
  Begun(napi_env env, napi_callback_info info, AsyncKind kind)
      : e(environment(env)), token(0), cell(nullptr), arena(nullptr), args(env, info) {
    CellId id = args.u32(0);
    cell = cell_at(id);
    if (!cell) {
      fail(env, "ERR_VALUE", "nogil: no such cell");
      return;
    }
    arena = &arena_of(id);
    token = begin_async(e, kind, id, kind == kAsyncCondition ? args.u32(1) : kNoCell);
    if (!token) out_of_memory(env);
  }
  Record* record() const { return entry(e, token).record; }
};

// The token of a wait that is pending.
napi_value pending(napi_env env, Begun& b, bool keep_alive = true) {
  entry(b.e, b.token).held = keep_alive;
  if (keep_alive) hold(b.e);
  return number(env, b.token);
}

// The answer of one that was over at once: 0, or less than 0.
napi_value over(napi_env env, Begun& b, double answer) {
  end_async(b.e, b.token);
  return number(env, answer);
}

// (cell): 0 acquired, -1 acquired from a holder that died
napi_value mutex(napi_env env, napi_callback_info info) {
  Begun b(env, info, kAsyncMutex);
  if (!b.token) return nullptr;
  switch (Mutex<Policy>::acquire_or_enqueue(*b.arena, *b.cell, b.record(), b.e->parker.number)) {
    case Acquired::kYes: return over(env, b, 0);
    case Acquired::kInherited: return over(env, b, -1);
    default: return pending(env, b);
  }
}

// (condition, mutex): gives up the mutex
napi_value condition(napi_env env, napi_callback_info info) {
  Begun b(env, info, kAsyncCondition);
  if (!b.token) return nullptr;
  ThreadNumber me = b.e->parker.number;
  if (b.arena->shared())
    Condition<Policy>::mark(*b.arena, *b.cell, *cell_at(b.args.u32(1)), b.record());
  {
    ListLock<Policy> lock(b.cell->list_lock, me, b.arena->shared());
    WaiterList<Policy>::push_back(*b.arena, *b.cell, b.record());
  }
  napi_value token = pending(env, b);
  Mutex<Policy>::release(*b.arena, *cell_at(b.args.u32(1)), me);
  return token;
}

napi_value semaphore(napi_env env, napi_callback_info info) {
  Begun b(env, info, kAsyncSemaphore);
  if (!b.token) return nullptr;
  if (Semaphore<Policy>::acquire_or_enqueue(*b.arena, *b.cell, b.record(), b.e->parker.number))
    return over(env, b, 0);
  return pending(env, b);
}

napi_value event(napi_env env, napi_callback_info info) {
  Begun b(env, info, kAsyncEvent);
  if (!b.token) return nullptr;
  if (Event<Policy>::enqueue(*b.arena, *b.cell, b.record(), b.e->parker.number))
    return over(env, b, 0);
  return pending(env, b);
}

// (cell): -1 broken, -2 - 2 * index passed, -3 - 2 * index run the action
napi_value barrier(napi_env env, napi_callback_info info) {
  Begun b(env, info, kAsyncBarrier);
  if (!b.token) return nullptr;
  Barrier<Policy>::Result r =
      Barrier<Policy>::arrive(*b.arena, *b.cell, b.record(), b.e->parker.number);
  switch (r.passed) {
    case Barrier<Policy>::Passed::kWaiting: return pending(env, b);
    case Barrier<Policy>::Passed::kYes: return over(env, b, -2.0 - 2.0 * r.index);
    case Barrier<Policy>::Passed::kRunAction: return over(env, b, -3.0 - 2.0 * r.index);
    default: return over(env, b, -1);
  }
}

// (cell, write)
napi_value rw(napi_env env, napi_callback_info info) {
  Begun b(env, info, kAsyncRWLock);
  if (!b.token) return nullptr;
  switch (RWLock<Policy>::acquire_or_enqueue(*b.arena, *b.cell, b.record(), b.args.boolean(1),
                                             b.e->parker.number)) {
    case Acquired::kYes: return over(env, b, 0);
    case Acquired::kInherited: return over(env, b, -1);
    default: return pending(env, b);
  }
}

// (future, settled only, keep the loop alive): 0 when it is over already
napi_value future(napi_env env, napi_callback_info info) {
  Begun b(env, info, kAsyncFuture);
  if (!b.token) return nullptr;
  if (b.args.boolean(1)) b.record()->flags.fetch_or(kSettledOnly, std::memory_order_relaxed);
  if (Future<Policy>::enqueue(*b.arena, *b.cell, b.record(), b.e->parker.number))
    return over(env, b, 0);
  return pending(env, b, b.args.boolean(2));
}

// (token, timed out): takes the wait back. False when it was notified first: `finish` follows from
// the loop.
napi_value cancel(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  Environment* e = environment(env);
  uint32_t token = args.u32(0);
  if (token == 0 || token > e->async_capacity || !entry(e, token).record)
    return boolean(env, false);
  AsyncWait& a = entry(e, token);
  // A condition's waiter that was notified waits for the lock now; that wait is not taken back.
  if (a.kind == kAsyncCondition && (a.record->flags.load(std::memory_order_acquire) & kRequeued)) {
    return boolean(env, false);
  }
  if (!withdraw(e, a, args.boolean(1) ? Because::kTimedOut : Because::kAborted))
    return boolean(env, false);
  bool notified =
      a.kind == kAsyncCondition && (a.record->flags.load(std::memory_order_relaxed) & kRequeued);
  if (notified) {
    // It was notified between the look above and here: put it back where it stood.
    SyncCell& mutex = *cell_at(a.mutex);
    WakeList<Policy> wakes(arena_of(a.cell));
    ListLock<Policy> lock(mutex.list_lock, e->parker.number, arena_of(a.cell).shared());
    WaiterList<Policy>::push_front(arena_of(a.cell), mutex, a.record);
    Mutex<Policy>::choose(arena_of(a.cell), mutex, wakes);
    lock.unlock();
    return boolean(env, false);
  }
  after_withdrawal(e, a, false);
  if (a.held) unhold(e);
  end_async(e, token);
  return boolean(env, true);
}

// (token): the outcome of a wait that the loop was told of, a WaiterOutcome, plus 16 * the index at
// a barrier. The token is free afterwards.
napi_value finish(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  Environment* e = environment(env);
  uint32_t token = args.u32(0);
  if (token == 0 || token > e->async_capacity || !entry(e, token).record) return number(env, -1);
  Record* w = entry(e, token).record;
  // A token that was delivered twice, or for a wait that has been taken back since.
  if (w->word.load(std::memory_order_acquire) != kNotified) return number(env, -1);
  wait_for_removal(w);
  double outcome = w->outcome.load(std::memory_order_relaxed);
  if (entry(e, token).kind == kAsyncBarrier) outcome += 16.0 * w->index;
  if (is_queue_wait(entry(e, token))) queue_wait_finished(e, entry(e, token), false);
  if (entry(e, token).held) unhold(e);
  end_async(e, token);
  return number(env, outcome);
}

napi_value cancel_all(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  uint32_t notified = cancel_async_waits(e);
  // Their wakers may still be about to deliver them; a token must not come after its next wait
  // began.
  for (bool all = false; !all; Policy::relax()) {
    ProcessLock lock(e->ready_lock);
    all = e->ready_count == notified || e->undelivered;
    if (all) e->ready_count = 0;
  }
  if (e->holds) {
    e->holds = 1;
    unhold(e);
  }
  return nullptr;
}

}  // namespace

uint32_t begin_async(Environment* e, AsyncKind kind, CellId cell, CellId mutex) {
  if (!e->async_free) {
    uint32_t capacity = e->async_capacity ? e->async_capacity * 2 : 16;
    AsyncWait* grown = static_cast<AsyncWait*>(realloc(e->async, capacity * sizeof(AsyncWait)));
    if (!grown) return 0;
    e->async = grown;
    {
      // Every wait that is pending can be delivered without a further allocation.
      ProcessLock lock(e->ready_lock);
      uint32_t* ready = static_cast<uint32_t*>(realloc(e->ready, capacity * sizeof(uint32_t)));
      if (!ready) return 0;
      e->ready = ready;
      e->ready_capacity = capacity;
    }
    for (uint32_t i = capacity; i > e->async_capacity; i--) {
      e->async[i - 1] = {nullptr, e->async_free, kNoCell, kAsyncNone, false};
      e->async_free = i;
    }
    e->async_capacity = capacity;
  }
  const bool shared = cell & kSharedArenaBit;
  Record* w = BlockingWait::take_record(arena_of(cell), e->parker.number);
  if (!w) return 0;
  uint32_t token = e->async_free;
  // Not notified yet: nobody knows it.
  w->word.store(kAwake, std::memory_order_relaxed);
  if (shared && !add_shared_wait(e, token, w)) {
    BlockingWait::release_record(arena_of(cell), w);
    return 0;
  }
  e->async_free = entry(e, token).cell;
  entry(e, token) = {w, cell, mutex, kind, false};
  w->flags.store(kAsync, std::memory_order_relaxed);
  w->outcome.store(kTry, std::memory_order_relaxed);
  w->since = Policy::now();
  w->environment = shared ? process_number() : e->id;
  w->token = token;
  w->spare = 0;
  return token;
}

bool end_async(Environment* e, uint32_t token) {
  AsyncWait& a = entry(e, token);
  bool delivered = !(a.cell & kSharedArenaBit) || remove_shared_wait(a.record);
  BlockingWait::release_record(arena_of(a.cell), a.record);
  a = {nullptr, e->async_free, kNoCell, kAsyncNone, false};
  e->async_free = token;
  return delivered;
}

napi_value async_pending(napi_env env, Environment* e, uint32_t token) {
  entry(e, token).held = true;
  hold(e);
  return number(env, token);
}

void forget_shared_waits(Environment* e) {
  for (uint32_t token = 1; token <= e->async_capacity; token++) {
    AsyncWait& a = entry(e, token);
    if (!a.record || !(a.cell & kSharedArenaBit)) continue;
    if (a.held) unhold(e);
    a = {nullptr, e->async_free, kNoCell, kAsyncNone, false};
    e->async_free = token;
  }
}

uint32_t cancel_async_waits(Environment* e) {
  uint32_t notified = 0;
  for (uint32_t token = 1; token <= e->async_capacity; token++) {
    AsyncWait& a = entry(e, token);
    if (!a.record) continue;
    const bool was = !withdraw(e, a, Because::kThreadEnds);
    if (was) {
      wait_for_removal(a.record);
      undo(e, a);
    } else {
      after_withdrawal(e, a, true);
    }
    if (end_async(e, token) && was) notified++;
  }
  return notified;
}

void define_async(Wanted& define) {
  define("mutexAcquireAsync", mutex);
  define("conditionWaitAsync", condition);
  define("semaphoreAcquireAsync", semaphore);
  define("eventWaitAsync", event);
  define("barrierWaitAsync", barrier);
  define("rwAcquireAsync", rw);
  define("futureWaitAsync", future);
  define("cancelAsync", cancel);
  define("finishAsync", finish);
  define("cancelAllAsync", cancel_all);
}

}  // namespace binding
}  // namespace nogil
