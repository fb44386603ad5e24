// The half of a pool that its threads see. See thread_pool.h.
#include <cstdlib>
#include <cstring>

#include "binding/thread_pool.h"

namespace nogil {
namespace binding {

namespace {

// The scratch memory of a thread: a task's message, and at its end the number of its function.
constexpr size_t kScratchBytes = 4096;

// How long a thread looks out for the next task at most, and at least.
constexpr int64_t kLookMax = 20000;
constexpr int64_t kLookMin = 500;

// Whether the thread counts as one that tasks need not wait for; one that has left its pool to be
// terminated takes none. With the pool's lock.
void set_idle(PoolWorker* worker, bool idle) {
  end_coming(worker);
  if (worker->doomed) idle = false;
  if (worker->idle == idle) return;
  worker->idle = idle;
  worker->pool->idle += idle ? 1 : -1;
}

// Takes the thread off its pool's count; it stays listed until it has ended.
void leave(Environment* e) {
  PoolWorker* worker = e->pool_worker;
  e->pool_worker = nullptr;
  if (worker->scratch_owner) napi_delete_reference(e->env, worker->scratch_owner);
  worker->scratch_owner = nullptr;
  Pool* pool = worker->pool;
  bool doomed;
  {
    ProcessLock lock(pool->lock);
    doomed = worker->doomed;
    set_idle(worker, false);
    if (!doomed) {
      worker->left = true;
      pool->workers--;
      if (worker->blocked) pool->blocked--;
    }
  }
  if (doomed) free_worker(worker);
}

// (key, scratch): the thread that runs here takes up its work for the pool of that key.
napi_value enter(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Environment* e = environment(env);
  size_t room = 0;
  const uint8_t* scratch = a.bytes(1, &room);
  Pool* pool = find_pool(a.u32(0));
  if (!pool) return boolean(env, false);
  PoolWorker* worker = nullptr;
  if (scratch && room == kScratchBytes + sizeof(uint32_t) && !e->pool_worker) {
    ProcessLock lock(pool->lock);
    for (worker = pool->list; worker && worker->thread != e->thread_cell;) worker = worker->next;
  }
  if (worker) {
    napi_create_reference(env, a.values[1], 1, &worker->scratch_owner);
    worker->scratch = const_cast<uint8_t*>(scratch);
    e->pool_worker = worker;
  }
  // The worker has a reference of its own.
  release_pool(pool);
  return boolean(env, worker != nullptr);
}

// (): the initializer with its arguments, as poolCreate got them; undefined where there is none.
napi_value initializer(napi_env env, napi_callback_info) {
  PoolWorker* worker = environment(env)->pool_worker;
  if (!worker || !worker->pool->initializer) return undefined(env);
  return copy_message(env, worker->pool->initializer, worker->pool->initializer_length);
}

bool look_out(Pool* pool, SyncCell& units) {
  if (Semaphore<Policy>::try_take(units)) return true;
  uint32_t nobody = 0;
  if (Policy::cpus() < 2 ||
      !pool->looking.compare_exchange_strong(nobody, 1, std::memory_order_seq_cst))
    return false;
  int64_t learnt = pool->look_ns.load(std::memory_order_relaxed);
  int64_t budget = learnt ? learnt : kLookMax;
  int64_t begin = Policy::now();
  bool got = false;
  do {
    for (int i = 0; i < 16; i++) Policy::relax();
    got = Semaphore<Policy>::try_take(units);
  } while (!got && Policy::now() - begin < budget);
  int64_t next = got ? budget * 2 : budget / 2;
  next = next > kLookMax ? kLookMax : next < kLookMin ? kLookMin : next;
  if (next != learnt) pool->look_ns.store(static_cast<uint32_t>(next), std::memory_order_relaxed);
  pool->looking.store(0, std::memory_order_seq_cst);
  return got || Semaphore<Policy>::try_take(units);
}

// The task as JavaScript gets it.
napi_value deliver(napi_env env, PoolWorker* worker, Task* task) {
  memcpy(worker->scratch + kScratchBytes, &task->function, sizeof task->function);
  if (task->length <= kScratchBytes) {
    memcpy(worker->scratch, task->bytes, task->length);
    return integer(env, static_cast<int32_t>(task->length));
  }
  napi_value out = new_bytes(env, task->bytes, task->length);
  if (out) return out;
  drop_message(task->bytes, task->length);
  return out_of_memory(env);
}

// Completes the future of the task that the thread had. -1, kNoRoom, or the state that forbids it.
int32_t complete(Environment* e, PoolWorker* worker, FutureState state, const Outcome& outcome) {
  CellId done = worker->current;
  {
    // Before anybody learns of the outcome: whoever submits next must find this thread idle.
    ProcessLock lock(worker->pool->lock);
    worker->current = kNoCell;
    set_idle(worker, true);
  }
  int32_t answer = set_outcome(done, state, outcome, e->parker.number);
  if (answer == kNoRoom) {
    ProcessLock lock(worker->pool->lock);
    worker->current = done;
    set_idle(worker, false);
    return answer;
  }
  // What nobody will read.
  if (answer >= 0 && outcome.kind == kMessage) drop_message(outcome.bytes, outcome.length);
  release_cell(done);
  return answer;
}

// (state, outcome, length): completes the future of the task that `next` gave, unless it was
// before.
napi_value settle(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  Environment* e = environment(env);
  PoolWorker* worker = e->pool_worker;
  if (!worker || !worker->current) return nullptr;
  Outcome outcome(env, a.values[1], a.number(2));
  if (!outcome.valid) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  if (complete(e, worker, static_cast<FutureState>(a.u32(0)), outcome) == kNoRoom)
    return out_of_memory(env);
  return nullptr;
}

enum Mode : uint32_t { kTryOnly = 0, kMayBlock = 1, kHasUnit = 2 };

// A unit of the semaphore, or why there is none.
Acquired take_unit(Environment* e, PoolWorker* worker, uint32_t mode) {
  Pool* pool = worker->pool;
  SyncCell& units = *cell_at(pool->semaphore);
  if (mode == kHasUnit) return Acquired::kYes;
  if (mode == kTryOnly) return Semaphore<Policy>::try_take(units) ? Acquired::kYes : Acquired::kNo;
  Acquired got = look_out(pool, units) ? Acquired::kYes : Acquired::kNo;
  if (got == Acquired::kNo) {
    BlockingWait wait(arena_of(pool->semaphore), e->parker, kForever);
    got = Semaphore<Policy>::acquire(wait, units);
  }
  // Units came while this thread kept others from being woken for them.
  if (got == Acquired::kYes) pass_units_on(pool, e->parker.number);
  return got;
}

// (mode): the next task, claimed: the length of its message in scratch, or its message. -1: there
// is none now (Mode::kTryOnly). undefined: nothing is left to do, and the thread has left the pool.
// null: the thread is to stop.
napi_value next(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = environment(env);
  napi_value null;
  napi_get_null(env, &null);
  PoolWorker* worker = e->pool_worker;
  if (!worker) return undefined(env);
  Pool* pool = worker->pool;
  for (uint32_t mode = a.u32(0);; mode = mode == kHasUnit ? uint32_t{kTryOnly} : mode) {
    if (mode == kMayBlock) {
      ProcessLock lock(pool->lock);
      if (worker->doomed) return null;
      set_idle(worker, true);
    }
    Acquired got = take_unit(e, worker, mode);
    Task* task = nullptr;
    bool over = false;
    bool doomed;
    {
      ProcessLock lock(pool->lock);
      doomed = worker->doomed;
      if (got == Acquired::kYes && !doomed) {
        task = pool->first;
        over = !task && (pool->shut || pool->broken != kWhole);
      }
      if (task) {
        set_idle(worker, false);
        pool->first = task->next;
        if (!pool->first) pool->last = &pool->first;
        pool->pending--;
        uint32_t state = kPending;
        // In one section with `current`, so that poolStop finds who works for a future that runs.
        if (cell_at(task->future)
                ->state.compare_exchange_strong(state, kRunning, std::memory_order_seq_cst)) {
          worker->current = task->future;
        }
      }
    }
    if (doomed) {
      // The unit of a task that is another thread's.
      if (got == Acquired::kYes) wake_pool(pool, 1, e->parker.number);
      return null;
    }
    if (got != Acquired::kYes) return mode == kMayBlock ? null : integer(env, -1);
    if (over) {
      leave(e);
      return undefined(env);
    }
    if (!task) continue;
    if (!worker->current) {
      cancel_task(task, e->parker.number);
      drop_task(task);
      continue;
    }
    napi_value out = deliver(env, worker, task);
    free(task);  // the future's reference is the worker's now, the message's are the caller's
    return out;
  }
}

// (): as `next`, without blocking the event loop: a token, or 0 when there is a unit already.
// `next` has to follow, with Mode::kHasUnit. undefined: the thread is to stop.
napi_value next_async(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  PoolWorker* worker = e->pool_worker;
  if (!worker) return undefined(env);
  Pool* pool = worker->pool;
  {
    ProcessLock lock(pool->lock);
    if (worker->doomed) return undefined(env);
    set_idle(worker, true);
  }
  uint32_t token = begin_async(e, kAsyncSemaphore, pool->semaphore);
  if (!token) return out_of_memory(env);
  Memory& arena = arena_of(pool->semaphore);
  if (Semaphore<Policy>::acquire_or_enqueue(arena, *cell_at(pool->semaphore),
                                            async_record(e, token), e->parker.number)) {
    end_async(e, token);
    return number(env, 0);
  }
  return async_pending(env, e, token);
}

// (): the initializer of the thread that runs here failed.
napi_value spoil(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  if (!e->pool_worker) return nullptr;
  break_pool(e->pool_worker->pool, kInitializer, kNoCell, e->parker.number);
  leave(e);
  return nullptr;
}

// (begins): the thread that runs here begins or ends a wait for futures. True when with it all
// threads of its pool wait while tasks are queued.
napi_value blocked(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  PoolWorker* worker = environment(env)->pool_worker;
  if (!worker) return boolean(env, false);
  Pool* pool = worker->pool;
  bool begins = a.boolean(0);
  ProcessLock lock(pool->lock);
  if (worker->doomed || (!begins && worker->blocked == 0)) return boolean(env, false);
  worker->blocked += begins ? 1 : -1;
  if (worker->blocked == (begins ? 1 : 0)) pool->blocked += begins ? 1 : -1;
  return boolean(env, begins && pool->pending > 0 && pool->blocked >= pool->max);
}

}  // namespace

void lose_pool_worker(Environment* e) {
  PoolWorker* worker = e->pool_worker;
  bool doomed;
  {
    ProcessLock lock(worker->pool->lock);
    doomed = worker->doomed;
  }
  if (!doomed) {
    break_pool(worker->pool, kDeath, worker->current, e->parker.number);
    if (worker->current) release_cell(worker->current);
    worker->current = kNoCell;
  }
  leave(e);
}

void define_pool_workers(Wanted& define) {
  define("poolEnter", enter);
  define("poolInitializer", initializer);
  define("poolNext", next);
  define("poolNextAsync", next_async);
  define("poolSettle", settle);
  define("poolSpoil", spoil);
  define("poolBlocked", blocked);
}

}  // namespace binding
}  // namespace nogil
