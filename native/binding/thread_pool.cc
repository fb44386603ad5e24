// The queue between an executor and its threads (lib/concurrent/futures/thread_pool_executor.ts).
//
// A pool outlives its executor: the executor's cell holds one reference, each thread of the pool
// another, taken when the thread is asked for. Everything in it is guarded by its lock, except the
// semaphore that its threads sleep on, whose count is at least the number of queued tasks.
//
// A task whose future was cancelled, or failed by its time limit, stays queued until a thread comes
// to it; the future's state says that it is not to be run.
#include <cstdlib>
#include <cstring>
#include <new>

#include "binding/environment.h"

namespace nogil {
namespace binding {

namespace {
struct Task {
  Task* next;
  CellId future;
  size_t length;
  uint8_t bytes[1];
};

enum Broken : uint8_t { kWhole = 0, kInitializer = 1, kDeath = 2 };

struct Pool {
  Policy::Atomic<uint32_t> lock{0};
  uint32_t references = 1;
  uint32_t key = 0;
  CellId semaphore = kNoCell;
  Task* first = nullptr;
  Task** last = &first;
  uint32_t pending = 0;
  uint32_t idle = 0;
  uint32_t workers = 0;   // threads that run, or are being started
  uint32_t starting = 0;  // asked for, not yet registered
  uint32_t blocked = 0;   // threads that wait for futures
  uint32_t max = 1;
  bool shut = false;
  Broken broken = kWhole;
  PoolWorker* list = nullptr;
  // What pending futures fail with when the pool breaks, as messages, by Broken - 1.
  uint8_t* message[2] = {nullptr, nullptr};
  size_t message_length[2] = {0, 0};
};
}  // namespace

struct PoolWorker {
  Pool* pool;
  PoolWorker* next;
  CellId thread;   // with a reference
  CellId current;  // the future that it works for, with a reference
  bool doomed;     // will be terminated, and has left the pool's count
};

namespace {

Policy::Atomic<uint32_t> g_lock{0};
Pool** g_pools = nullptr;  // by key - 1
uint32_t g_pools_capacity = 0;
bool g_exiting = false;

Pool* pool_of(SyncCell* cell) {
  uint64_t address = cell->data[0].load(std::memory_order_relaxed) |
                     static_cast<uint64_t>(cell->data[1].load(std::memory_order_relaxed)) << 32;
  return reinterpret_cast<Pool*>(address);
}

Pool* pool_argument(napi_env env, CellId id) {
  SyncCell* cell = cell_at(id);
  if (!cell || tag::cell_class(cell->tag.load(std::memory_order_acquire)) != CellClass::kThreadPool) {
    fail(env, "ERR_VALUE", "nogil: no such executor");
    return nullptr;
  }
  return pool_of(cell);
}

void wake(Pool* pool, uint32_t units, ThreadNumber me) {
  SyncCell* cell = cell_at(pool->semaphore);
  cell->state.fetch_add(units, std::memory_order_seq_cst);
  if (cell->waiters.load(std::memory_order_seq_cst)) Semaphore<Policy>::wake(arena_of(pool->semaphore), *cell, me);
}

void release_pool(Pool* pool) {
  {
    ProcessLock lock(pool->lock);
    if (--pool->references) return;
  }
  {
    ProcessLock lock(g_lock);
    g_pools[pool->key - 1] = nullptr;
  }
  release_cell(pool->semaphore);
  for (uint8_t* m : pool->message) free(m);
  pool->~Pool();
  free(pool);
}

void drop_task(Task* task) {
  drop_message(task->bytes, task->length);
  release_cell(task->future);
  free(task);
}

// Takes the whole queue. With the pool's lock.
Task* take_all(Pool* pool) {
  Task* tasks = pool->first;
  pool->first = nullptr;
  pool->last = &pool->first;
  pool->pending = 0;
  return tasks;
}

// Cancels a task that no thread has begun; as seen by the executor, so it counts for wait().
void cancel_task(Task* task, ThreadNumber me) {
  SyncCell* cell = cell_at(task->future);
  uint32_t state = kPending;
  if (cell->state.compare_exchange_strong(state, kCancelledSeen) || state == kCancelled) {
    if (state == kCancelled) cell->state.compare_exchange_strong(state, kCancelledSeen);
    Future<Policy>::wake(arena_of(task->future), *cell, me);
  }
}

// Fails everything that waits, and takes no more. `also`: a future that was being worked for.
void break_pool(Pool* pool, Broken how, CellId also, ThreadNumber me) {
  Task* tasks;
  {
    ProcessLock lock(pool->lock);
    if (pool->broken == kWhole) pool->broken = how;
    tasks = take_all(pool);
  }
  Outcome outcome;
  outcome.kind = kMessage;
  outcome.bytes = pool->message[how - 1];
  outcome.length = pool->message_length[how - 1];
  if (also) set_outcome(also, kException, outcome, me);
  while (tasks) {
    Task* next = tasks->next;
    int32_t state = set_outcome(tasks->future, kException, outcome, me);
    if (state == static_cast<int32_t>(kCancelled)) cancel_task(tasks, me);
    drop_task(tasks);
    tasks = next;
  }
  wake(pool, pool->workers + 1, me);
}

void shut(Pool* pool, bool cancel, ThreadNumber me) {
  Task* tasks = nullptr;
  uint32_t workers;
  {
    ProcessLock lock(pool->lock);
    pool->shut = true;
    if (cancel) tasks = take_all(pool);
    workers = pool->workers;
  }
  while (tasks) {
    Task* next = tasks->next;
    cancel_task(tasks, me);
    drop_task(tasks);
    tasks = next;
  }
  if (workers) wake(pool, workers, me);
}

// Takes a worker off its pool. With the pool's lock; the caller frees it and the reference.
void unlist(Pool* pool, PoolWorker* worker) {
  PoolWorker** at = &pool->list;
  while (*at && *at != worker) at = &(*at)->next;
  if (*at) *at = worker->next;
}

void free_worker(PoolWorker* worker) {
  Pool* pool = worker->pool;
  if (worker->current) release_cell(worker->current);
  release_cell(worker->thread);
  free(worker);
  release_pool(pool);
}

// (max threads, message for a failed initializer, message for a death): the executor's cell.
napi_value create(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  Environment* e = environment(env);
  void* room = calloc(1, sizeof(Pool));
  CellId id = allocate_cell(CellClass::kThreadPool);
  CellId semaphore = allocate_cell(CellClass::kSemaphore);
  if (!room || !id || !semaphore || !e->references.add(id)) return out_of_memory(env);
  Pool* pool = new (room) Pool();
  pool->max = a.u32(0);
  pool->semaphore = semaphore;
  for (int i = 0; i < 2; i++) {
    const uint8_t* bytes = a.bytes(1 + i, &pool->message_length[i]);
    pool->message[i] = static_cast<uint8_t*>(malloc(pool->message_length[i] + 1));
    if (!bytes || !pool->message[i]) return out_of_memory(env);
    memcpy(pool->message[i], bytes, pool->message_length[i]);
  }
  {
    ProcessLock lock(g_lock);
    uint32_t at = 0;
    while (at < g_pools_capacity && g_pools[at]) at++;
    if (at == g_pools_capacity) {
      uint32_t capacity = g_pools_capacity ? g_pools_capacity * 2 : 16;
      Pool** grown = static_cast<Pool**>(realloc(g_pools, capacity * sizeof(Pool*)));
      if (!grown) return out_of_memory(env);
      memset(grown + g_pools_capacity, 0, (capacity - g_pools_capacity) * sizeof(Pool*));
      g_pools = grown;
      g_pools_capacity = capacity;
    }
    g_pools[at] = pool;
    pool->key = at + 1;
    pool->shut = g_exiting;
  }
  SyncCell* cell = cell_at(id);
  uint64_t address = reinterpret_cast<uint64_t>(pool);
  cell->data[0].store(static_cast<uint32_t>(address), std::memory_order_relaxed);
  cell->data[1].store(static_cast<uint32_t>(address >> 32), std::memory_order_relaxed);
  return number(env, id);
}

// (executor, future, message, length): 0 queued; the pool's key where the caller has to start a
// thread for it; -1 shut down, -2 the process is exiting, -3 initializer failed, -4 a thread died.
napi_value submit(napi_env env, napi_callback_info info) {
  Arguments<4> a(env, info);
  Pool* pool = pool_argument(env, a.u32(0));
  size_t room = 0;
  const uint8_t* bytes = a.bytes(2, &room);
  size_t length = static_cast<size_t>(a.number(3));
  if (!pool || !bytes || length > room) return nullptr;
  Task* task = static_cast<Task*>(malloc(sizeof(Task) + length));
  if (!task) return out_of_memory(env);
  task->next = nullptr;
  task->future = a.u32(1);
  task->length = length;
  memcpy(task->bytes, bytes, length);
  int32_t start = 0;
  {
    ProcessLock lock(pool->lock);
    int32_t refused = pool->broken != kWhole ? -2 - pool->broken : g_exiting ? -2 : pool->shut ? -1 : 0;
    if (refused) {
      free(task);
      return integer(env, refused);
    }
    retain_cell(task->future);
    *pool->last = task;
    pool->last = &task->next;
    pool->pending++;
    if (pool->pending > pool->idle + pool->starting && pool->workers < pool->max) {
      pool->workers++;
      pool->starting++;
      pool->references++;
      start = static_cast<int32_t>(pool->key);
    }
  }
  wake(pool, 1, environment(env)->parker.number);
  return integer(env, start);
}

// (executor, thread): the thread that `submit` asked for is about to be started; 0: it could not be.
napi_value started(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Pool* pool = pool_argument(env, a.u32(0));
  if (!pool) return nullptr;
  CellId thread = a.u32(1);
  PoolWorker* worker = thread ? static_cast<PoolWorker*>(calloc(1, sizeof(PoolWorker))) : nullptr;
  {
    ProcessLock lock(pool->lock);
    pool->starting--;
    if (worker) {
      retain_cell(thread);
      *worker = {pool, pool->list, thread, kNoCell, false};
      pool->list = worker;
      return nullptr;
    }
    pool->workers--;
  }
  release_pool(pool);
  return thread ? out_of_memory(env) : nullptr;
}

// (executor, thread): a thread that was registered could not be started after all.
napi_value not_started(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Pool* pool = pool_argument(env, a.u32(0));
  if (!pool) return nullptr;
  PoolWorker* worker;
  {
    ProcessLock lock(pool->lock);
    for (worker = pool->list; worker && worker->thread != a.u32(1);) worker = worker->next;
    if (!worker) return nullptr;
    unlist(pool, worker);
    pool->workers--;
  }
  free_worker(worker);
  return nullptr;
}

// (key): the thread that runs here takes up its work for the pool of that key.
napi_value enter(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = environment(env);
  uint32_t key = a.u32(0);
  Pool* pool = nullptr;
  {
    ProcessLock lock(g_lock);
    if (key > 0 && key <= g_pools_capacity) pool = g_pools[key - 1];
  }
  if (!pool) return boolean(env, false);
  ProcessLock lock(pool->lock);
  for (PoolWorker* w = pool->list; w; w = w->next) {
    if (w->thread == e->thread_cell) e->pool_worker = w;
  }
  return boolean(env, e->pool_worker != nullptr);
}

void leave(Environment* e) {
  PoolWorker* worker = e->pool_worker;
  e->pool_worker = nullptr;
  {
    ProcessLock lock(worker->pool->lock);
    if (!worker->doomed) {
      unlist(worker->pool, worker);
      worker->pool->workers--;
    }
  }
  free_worker(worker);
}

// (scratch): the next task's message, as its length where it fits into scratch, else as bytes of its
// own; its future is claimed. undefined: nothing is left to do, and the thread has left the pool.
// null: the thread is to stop.
napi_value next(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = environment(env);
  napi_value null;
  napi_get_null(env, &null);
  PoolWorker* worker = e->pool_worker;
  if (!worker) return undefined(env);
  Pool* pool = worker->pool;
  ThreadNumber me = e->parker.number;
  for (;;) {
    {
      ProcessLock lock(pool->lock);
      if (worker->doomed) return null;
      pool->idle++;
    }
    BlockingWait wait(arena_of(pool->semaphore), e->parker, kForever);
    Acquired got = Semaphore<Policy>::acquire(wait, *cell_at(pool->semaphore));
    Task* task = nullptr;
    bool over;
    {
      ProcessLock lock(pool->lock);
      pool->idle--;
      if (got != Acquired::kYes || worker->doomed) return null;
      task = pool->first;
      if (task) {
        pool->first = task->next;
        if (!pool->first) pool->last = &pool->first;
        pool->pending--;
      }
      over = !task && (pool->shut || pool->broken != kWhole);
      SyncCell* cell = task ? cell_at(task->future) : nullptr;
      uint32_t state = kPending;
      // In one section with `current`, so that stop() finds who works for a future that runs.
      if (task && cell->state.compare_exchange_strong(state, kRunning, std::memory_order_seq_cst)) {
        worker->current = task->future;
      }
    }
    if (over) {
      leave(e);
      return undefined(env);
    }
    if (!task) continue;
    if (!worker->current) {
      cancel_task(task, me);
      drop_task(task);
      continue;
    }
    size_t room = 0;
    uint8_t* scratch = const_cast<uint8_t*>(a.bytes(0, &room));
    napi_value out;
    if (scratch && task->length <= room) {
      memcpy(scratch, task->bytes, task->length);
      out = number(env, static_cast<double>(task->length));
    } else {
      void* to = nullptr;
      napi_value buffer;
      if (napi_create_arraybuffer(env, task->length, &to, &buffer) != napi_ok) return out_of_memory(env);
      memcpy(to, task->bytes, task->length);
      napi_create_typedarray(env, napi_uint8_array, task->length, buffer, 0, &out);
    }
    free(task);  // the future's reference is the worker's now, the message's are the caller's
    return out;
  }
}

// (state, outcome, length): completes the future of the task that `next` gave. As futureSet.
napi_value settle(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  Environment* e = environment(env);
  PoolWorker* worker = e->pool_worker;
  if (!worker || !worker->current) return integer(env, kCancelled);
  Outcome outcome(env, a.values[1], a.number(2));
  if (!outcome.valid) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  int32_t answer = set_outcome(worker->current, static_cast<FutureState>(a.u32(0)), outcome, e->parker.number);
  if (answer == kNoRoom) return out_of_memory(env);
  CellId done = worker->current;
  {
    ProcessLock lock(worker->pool->lock);
    worker->current = kNoCell;
  }
  release_cell(done);
  return integer(env, answer);
}

// The initializer of the thread that runs here failed.
napi_value spoil(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  if (!e->pool_worker) return nullptr;
  break_pool(e->pool_worker->pool, kInitializer, kNoCell, e->parker.number);
  leave(e);
  return nullptr;
}

// (executor, cancel pending tasks)
napi_value shutdown(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Pool* pool = pool_argument(env, a.u32(0));
  if (pool) shut(pool, a.boolean(1), environment(env)->parker.number);
  return nullptr;
}

// The main thread has come to its end: no pool takes more work, and their threads end when their
// queues are empty.
napi_value shutdown_all(napi_env env, napi_callback_info) {
  ThreadNumber me = environment(env)->parker.number;
  ProcessLock lock(g_lock);
  g_exiting = true;
  for (uint32_t i = 0; i < g_pools_capacity; i++) {
    if (g_pools[i]) shut(g_pools[i], false, me);
  }
  return nullptr;
}

// (executor): its threads, each with a reference for a traveller; null while some are being
// started still.
napi_value threads(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Pool* pool = pool_argument(env, a.u32(0));
  if (!pool) return nullptr;
  napi_value out;
  ProcessLock lock(pool->lock);
  if (pool->starting) {
    napi_get_null(env, &out);
    return out;
  }
  napi_create_array(env, &out);
  uint32_t n = 0;
  for (PoolWorker* w = pool->list; w; w = w->next) {
    retain_cell(w->thread);
    napi_set_element(env, out, n++, number(env, w->thread));
  }
  return out;
}

// (executor, future): its time is up, and its outcome set already. The ident of the thread that works
// for it, which has left the pool and must be terminated; 0 when none does.
napi_value stop(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Pool* pool = pool_argument(env, a.u32(0));
  if (!pool) return nullptr;
  ProcessLock lock(pool->lock);
  for (PoolWorker* w = pool->list; w; w = w->next) {
    if (w->current != a.u32(1)) continue;
    w->doomed = true;
    unlist(pool, w);
    pool->workers--;
    return number(env, cell_at(w->thread)->data[0].load(std::memory_order_relaxed));
  }
  return number(env, 0);
}

// (executor): the pool's key where a thread must be started for tasks that wait; else 0.
napi_value shortage(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Pool* pool = pool_argument(env, a.u32(0));
  if (!pool) return nullptr;
  ProcessLock lock(pool->lock);
  if (pool->broken != kWhole || pool->pending <= pool->idle + pool->starting || pool->workers >= pool->max) {
    return integer(env, 0);
  }
  pool->workers++;
  pool->starting++;
  pool->references++;
  return integer(env, static_cast<int32_t>(pool->key));
}

// (begins): the thread that runs here begins or ends a wait for a future. True when with it all
// threads of its pool wait while tasks are queued that none is left to run.
napi_value blocked(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  PoolWorker* worker = environment(env)->pool_worker;
  if (!worker) return boolean(env, false);
  Pool* pool = worker->pool;
  ProcessLock lock(pool->lock);
  pool->blocked += a.boolean(0) ? 1 : -1;
  return boolean(env, a.boolean(0) && pool->pending > 0 && pool->blocked >= pool->max);
}

}  // namespace

void drop_pool(SyncCell* cell) {
  Pool* pool = pool_of(cell);
  if (!pool) return;
  shut(pool, false, kAbandoned);
  release_pool(pool);
}

void lose_pool_worker(Environment* e) {
  PoolWorker* worker = e->pool_worker;
  if (!worker->doomed) break_pool(worker->pool, kDeath, worker->current, e->parker.number);
  leave(e);
}

void define_thread_pools(napi_env env, napi_value exports) {
  method(env, exports, "poolCreate", create);
  method(env, exports, "poolSubmit", submit);
  method(env, exports, "poolStarted", started);
  method(env, exports, "poolNotStarted", not_started);
  method(env, exports, "poolEnter", enter);
  method(env, exports, "poolNext", next);
  method(env, exports, "poolSettle", settle);
  method(env, exports, "poolSpoil", spoil);
  method(env, exports, "poolShutdown", shutdown);
  method(env, exports, "poolShutdownAll", shutdown_all);
  method(env, exports, "poolThreads", threads);
  method(env, exports, "poolStop", stop);
  method(env, exports, "poolShortage", shortage);
  method(env, exports, "poolBlocked", blocked);
}

}  // namespace binding
}  // namespace nogil
