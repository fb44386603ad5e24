// The executor's half of a pool, and the pool's life. See thread_pool.h.
#include "binding/thread_pool.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace nogil {
namespace binding {

namespace {

Policy::Atomic<uint32_t> g_lock{0};
Pool** g_pools = nullptr;  // by key - 1
uint32_t g_pools_capacity = 0;
bool g_exiting = false;

// In a thread's cell, beside what threads.cc keeps there: the key of the pool that it works for.
constexpr int kPoolKey = 3;
// ThreadFlags::kStarted of threads.cc.
constexpr uint32_t kStartedFlag = 1;
constexpr double kKeyUnit = 4294967296.0;

Pool* pool_of(SyncCell* cell) {
  uint64_t address = cell->data[0].load(std::memory_order_relaxed) |
                     static_cast<uint64_t>(cell->data[1].load(std::memory_order_relaxed)) << 32;
  return reinterpret_cast<Pool*>(address);
}

Pool* pool_argument(napi_env env, CellId id) {
  SyncCell* cell = cell_at(id);
  if (!cell ||
      tag::cell_class(cell->tag.load(std::memory_order_acquire)) != CellClass::kThreadPool) {
    fail(env, "ERR_VALUE", "nogil: no such executor");
    return nullptr;
  }
  return pool_of(cell);
}

// Takes the whole queue. With the pool's lock.
Task* take_all(Pool* pool) {
  Task* tasks = pool->first;
  pool->first = nullptr;
  pool->last = &pool->first;
  pool->pending = 0;
  return tasks;
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
  if (workers) wake_pool(pool, workers, me);
}

bool copy_argument(const Arguments<5>& a, size_t i, uint8_t** bytes, size_t* length) {
  const uint8_t* from = a.bytes(i, length);
  if (from) *bytes = static_cast<uint8_t*>(malloc(*length + 1));
  if (!from || !*bytes) return false;
  memcpy(*bytes, from, *length);
  return true;
}

// With g_lock. False when memory is out.
bool enlist(Pool* pool) {
  uint32_t at = 0;
  while (at < g_pools_capacity && g_pools[at]) at++;
  if (at == g_pools_capacity) {
    uint32_t capacity = g_pools_capacity ? g_pools_capacity * 2 : 16;
    Pool** grown = static_cast<Pool**>(realloc(g_pools, capacity * sizeof(Pool*)));
    if (!grown) return false;
    memset(grown + g_pools_capacity, 0, (capacity - g_pools_capacity) * sizeof(Pool*));
    g_pools = grown;
    g_pools_capacity = capacity;
  }
  g_pools[at] = pool;
  pool->key = at + 1;
  return true;
}

// (max threads, message for a failed initializer, message for a death, initializer or undefined):
// the executor's cell.
napi_value create(napi_env env, napi_callback_info info) {
  Arguments<5> a(env, info);
  void* room = malloc(sizeof(Pool));
  if (!room) return out_of_memory(env);
  Pool* pool = new (room) Pool();
  pool->max = a.u32(0);
  pool->semaphore = allocate_cell(CellClass::kInternal);
  bool ok = pool->semaphore && copy_argument(a, 1, &pool->message[0], &pool->message_length[0]) &&
            copy_argument(a, 2, &pool->message[1], &pool->message_length[1]);
  napi_valuetype type = napi_undefined;
  napi_typeof(env, a.values[3], &type);
  if (ok && type != napi_undefined)
    ok = copy_argument(a, 3, &pool->initializer, &pool->initializer_length);
  if (ok) {
    ProcessLock lock(g_lock);
    ok = enlist(pool);
  }
  CellId id = ok ? allocate_cell(CellClass::kThreadPool) : kNoCell;
  if (id) {
    SyncCell* cell = cell_at(id);
    uint64_t address = reinterpret_cast<uint64_t>(pool);
    cell->data[0].store(static_cast<uint32_t>(address), std::memory_order_relaxed);
    cell->data[1].store(static_cast<uint32_t>(address >> 32), std::memory_order_relaxed);
    if (environment(env)->references.add(id)) return number(env, id);
    release_cell(id);
  } else {
    release_pool(pool);
  }
  return out_of_memory(env);
}

// The start that the environment was asked for is over, well or not.
void end_start(Environment* e) {
  Pool* pool = e->starting_pool;
  e->starting_pool = nullptr;
  e->starting_thread = kNoCell;
  release_pool(pool);
}

void begin_start(Environment* e, Pool* pool) {
  pool->references.fetch_add(1, std::memory_order_relaxed);
  e->starting_pool = pool;
  e->starting_thread = kNoCell;
}

// The thread could not be started. `only`: break the pool when no thread is left for its tasks.
void abandon_start(Environment* e, bool only) {
  Pool* pool = e->starting_pool;
  PoolWorker* worker = nullptr;
  bool broken = false;
  {
    ProcessLock lock(pool->lock);
    pool->starting--;
    bool runs = false;
    if (e->starting_thread) {
      for (worker = pool->list; worker && worker->thread != e->starting_thread;)
        worker = worker->next;
      // Started after all, or ended already.
      runs =
          !worker || (cell_at(worker->thread)->aux.load(std::memory_order_relaxed) & kStartedFlag);
      if (runs) {
        worker = nullptr;
      } else {
        unlist(pool, worker);
        cell_at(worker->thread)->data[kPoolKey].store(0, std::memory_order_relaxed);
      }
    }
    if (!runs) {
      pool->workers--;
      pool->coming--;
      broken = only && pool->workers == 0 && pool->pending > 0;
    }
  }
  if (broken) break_pool(pool, kDeath, kNoCell, e->parker.number);
  if (worker) free_worker(worker);
  end_start(e);
}

// (executor, function, message, length): queues a task. Its future's cell, with a reference for the
// environment; plus 2^32 where the caller has to start a thread, by poolStarted and poolRuns or
// poolNotStarted. -1 shut down, -2 the process is ending, -3 an initializer failed, -4 a thread
// died.
napi_value submit(napi_env env, napi_callback_info info) {
  Arguments<4> a(env, info);
  Environment* e = environment(env);
  Pool* pool = pool_argument(env, a.u32(0));
  if (!pool) return nullptr;
  size_t room = 0;
  const uint8_t* bytes = a.bytes(2, &room);
  size_t length = static_cast<size_t>(a.number(3));
  if (!bytes || length > room) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  Task* task = static_cast<Task*>(malloc(sizeof(Task) + length));
  CellId future = task ? allocate_cell(CellClass::kFuture) : kNoCell;
  if (!future || !e->references.add(future)) {
    if (future) release_cell(future);
    free(task);
    return out_of_memory(env);
  }
  task->next = nullptr;
  task->future = future;
  task->function = a.u32(1);
  task->length = length;
  memcpy(task->bytes, bytes, length);
  int32_t refused;
  bool start = false;
  {
    ProcessLock lock(pool->lock);
    refused = pool->broken != kWhole ? -2 - pool->broken : g_exiting ? -2 : pool->shut ? -1 : 0;
    if (!refused) {
      retain_cell(future);
      *pool->last = task;
      pool->last = &task->next;
      pool->pending++;
      start = wants_thread(pool);
      if (start) begin_start(e, pool);
    }
  }
  if (refused) {
    e->references.remove(future);
    release_cell(future);
    free(task);
    return integer(env, refused);
  }
  wake_pool(pool, 1, e->parker.number);
  return number(env, start ? future + kKeyUnit : future);
}

// (thread): the thread that this environment has to start is about to be. The pool's key.
napi_value started(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = environment(env);
  Pool* pool = e->starting_pool;
  if (!pool) return fail(env, "ERR_VALUE", "nogil: no thread was asked for");
  CellId thread = a.u32(0);
  PoolWorker* worker = static_cast<PoolWorker*>(calloc(1, sizeof(PoolWorker)));
  if (!worker) return out_of_memory(env);
  worker->pool = pool;
  worker->thread = thread;
  retain_cell(thread);
  pool->references.fetch_add(1, std::memory_order_relaxed);
  cell_at(thread)->data[kPoolKey].store(pool->key, std::memory_order_relaxed);
  e->starting_thread = thread;
  ProcessLock lock(pool->lock);
  worker->next = pool->list;
  pool->list = worker;
  return nullptr;
}

// The thread was started.
napi_value runs(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  if (!e->starting_pool) return nullptr;
  {
    ProcessLock lock(e->starting_pool->lock);
    e->starting_pool->starting--;
  }
  end_start(e);
  return nullptr;
}

// (break): the thread could not be started.
napi_value not_started(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = environment(env);
  if (e->starting_pool) abandon_start(e, a.boolean(0));
  return nullptr;
}

// (): the key of the pool that this environment has to start a thread for.
napi_value starting_key(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  return number(env, e->starting_pool ? e->starting_pool->key : 0);
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

// (executor, future): its time is up, and its outcome set already. The ident of the thread that
// works for it, which has left the pool and must be terminated; 0 when none does. Plus 2^32 where
// the caller has to start another for tasks that wait, as after submit.
napi_value stop(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Pool* pool = pool_argument(env, a.u32(0));
  if (!pool) return nullptr;
  ProcessLock lock(pool->lock);
  for (PoolWorker* w = pool->list; w; w = w->next) {
    if (w->current != a.u32(1)) continue;
    SyncCell* thread = cell_at(w->thread);
    w->doomed = true;
    unlist(pool, w);
    thread->data[kPoolKey].store(0, std::memory_order_relaxed);
    pool->workers--;
    if (w->blocked) pool->blocked--;
    w->blocked = 0;
    double ident = thread->data[0].load(std::memory_order_relaxed);
    if (pool->broken != kWhole || !wants_thread(pool)) return number(env, ident);
    begin_start(environment(env), pool);
    return number(env, ident + kKeyUnit);
  }
  return number(env, 0);
}

// (executor, futures): whether one of these is of a task that is queued.
napi_value queued(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  PoolWorker* worker = environment(env)->pool_worker;
  napi_typedarray_type type;
  size_t count = 0;
  void* at = nullptr;
  if (!worker ||
      napi_get_typedarray_info(env, a.values[0], &type, &count, &at, nullptr, nullptr) != napi_ok ||
      type != napi_uint32_array) {
    return boolean(env, false);
  }
  const CellId* cells = static_cast<const CellId*>(at);
  ProcessLock lock(worker->pool->lock);
  for (Task* task = worker->pool->first; task; task = task->next) {
    for (size_t i = 0; i < count; i++) {
      if (cells[i] == task->future) return boolean(env, true);
    }
  }
  return boolean(env, false);
}

}  // namespace

void wake_pool(Pool* pool, uint32_t units, ThreadNumber me) {
  SyncCell* cell = cell_at(pool->semaphore);
  bool waited_for = Semaphore<Policy>::add(*cell, units);
  if (units == 1 && pool->looking.load(std::memory_order_seq_cst)) return;
  if (waited_for) Semaphore<Policy>::wake(arena_of(pool->semaphore), *cell, me);
}

void pass_units_on(Pool* pool, ThreadNumber me) {
  SyncCell* cell = cell_at(pool->semaphore);
  if (Semaphore<Policy>::count(*cell) && cell->waiters.load(std::memory_order_seq_cst)) {
    Semaphore<Policy>::wake(arena_of(pool->semaphore), *cell, me);
  }
}

void release_pool(Pool* pool) {
  // Acquire and release: the last one sees all that the others did.
  if (pool->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (pool->key) {
    ProcessLock lock(g_lock);
    g_pools[pool->key - 1] = nullptr;
  }
  if (pool->semaphore) release_cell(pool->semaphore);
  if (pool->initializer) drop_message(pool->initializer, pool->initializer_length);
  free(pool->initializer);
  for (uint8_t* m : pool->message) free(m);
  pool->~Pool();
  free(pool);
}

void drop_task(Task* task) {
  drop_message(task->bytes, task->length);
  release_cell(task->future);
  free(task);
}

void cancel_task(Task* task, ThreadNumber me) { cancel_future(task->future, me); }

void break_pool(Pool* pool, Broken how, CellId also, ThreadNumber me) {
  Task* tasks;
  uint32_t workers;
  {
    ProcessLock lock(pool->lock);
    if (pool->broken == kWhole) pool->broken = how;
    tasks = take_all(pool);
    workers = pool->workers;
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
  if (workers) wake_pool(pool, workers, me);
}

bool wants_thread(Pool* pool) {
  // Not `starting`: a thread may have begun its first task before its start returns.
  if (pool->pending <= pool->idle + pool->coming || pool->workers >= pool->max) return false;
  pool->workers++;
  pool->starting++;
  pool->coming++;
  return true;
}

void end_coming(PoolWorker* worker) {
  if (worker->came) return;
  worker->came = true;
  worker->pool->coming--;
}

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

Pool* find_pool(uint32_t key) {
  ProcessLock lock(g_lock);
  Pool* pool = key > 0 && key <= g_pools_capacity ? g_pools[key - 1] : nullptr;
  if (!pool) return nullptr;
  // One whose last reference is gone waits for g_lock, to be taken off the list.
  uint32_t references = pool->references.load(std::memory_order_relaxed);
  while (references && !pool->references.compare_exchange_weak(references, references + 1))
    continue;
  return references ? pool : nullptr;
}

void drop_pool(SyncCell* cell) {
  Pool* pool = pool_of(cell);
  if (!pool) return;
  shut(pool, false, kAbandoned);
  release_pool(pool);
}

void lose_pool_start(Environment* e) { abandon_start(e, true); }

void pool_thread_ended(CellId thread, ThreadNumber me) {
  SyncCell* cell = cell_at(thread);
  uint32_t key = cell->data[kPoolKey].exchange(0, std::memory_order_relaxed);
  Pool* pool = key ? find_pool(key) : nullptr;
  if (!pool) return;
  PoolWorker* worker;
  bool lost = false;
  {
    ProcessLock lock(pool->lock);
    for (worker = pool->list; worker && worker->thread != thread;) worker = worker->next;
    if (worker) {
      unlist(pool, worker);
      // It never came to work: its worker could not be made, or ended before that.
      lost = !worker->left;
      if (lost) pool->workers--;
      end_coming(worker);
    }
  }
  if (lost) break_pool(pool, kDeath, kNoCell, me);
  if (worker) free_worker(worker);
  release_pool(pool);
}

void define_thread_pools(napi_env env, napi_value exports) {
  method(env, exports, "poolCreate", create);
  method(env, exports, "poolSubmit", submit);
  method(env, exports, "poolStartingKey", starting_key);
  method(env, exports, "poolStarted", started);
  method(env, exports, "poolRuns", runs);
  method(env, exports, "poolNotStarted", not_started);
  method(env, exports, "poolShutdown", shutdown);
  method(env, exports, "poolShutdownAll", shutdown_all);
  method(env, exports, "poolThreads", threads);
  method(env, exports, "poolStop", stop);
  method(env, exports, "poolQueued", queued);
  define_pool_workers(env, exports);
}

}  // namespace binding
}  // namespace nogil
