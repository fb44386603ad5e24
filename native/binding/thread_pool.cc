// The executor's half of a pool. See thread_pool.h.
#include "binding/thread_pool.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "binding/threads.h"

namespace nogil {
namespace binding {

namespace {

// In a thread's cell, beside what threads.h says: the key of the pool that it works for.
constexpr int kPoolKey = 3;
constexpr double kKeyUnit = 4294967296.0;

Pool* pool_argument(napi_env env, CellId id) {
  SyncCell* cell = cell_at(id);
  if (!cell ||
      tag::cell_class(cell->tag.load(std::memory_order_acquire)) != CellClass::kThreadPool) {
    fail(env, "ERR_VALUE", "nogil: no such executor");
    return nullptr;
  }
  return pool_of(cell);
}

bool copy_argument(const Arguments<5>& a, size_t i, uint8_t** bytes, size_t* length) {
  const uint8_t* from = a.bytes(i, length);
  if (from) *bytes = static_cast<uint8_t*>(malloc(*length + 1));
  if (!from || !*bytes) return false;
  memcpy(*bytes, from, *length);
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
  ok = ok && enlist_pool(pool);
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
      runs = !worker || (cell_at(worker->thread)->aux.load(std::memory_order_relaxed) & kStarted);
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
    refused = pool->broken != kWhole ? -2 - pool->broken
              : pools_are_shut()     ? -2
              : pool->shut           ? -1
                                     : 0;
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
  if (pool) shut_pool(pool, a.boolean(1), environment(env)->parker.number);
  return nullptr;
}

// The main thread has come to its end.
napi_value shutdown_all(napi_env env, napi_callback_info) {
  shut_all_pools(environment(env)->parker.number);
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

void define_thread_pools(Wanted& define) {
  define("poolCreate", create);
  define("poolSubmit", submit);
  define("poolStartingKey", starting_key);
  define("poolStarted", started);
  define("poolRuns", runs);
  define("poolNotStarted", not_started);
  define("poolShutdown", shutdown);
  define("poolShutdownAll", shutdown_all);
  define("poolThreads", threads);
  define("poolStop", stop);
  define("poolQueued", queued);
  define_pool_workers(define);
}

}  // namespace binding
}  // namespace nogil
