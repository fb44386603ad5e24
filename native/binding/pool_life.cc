// A pool from its making to its end, and what its two halves share of it. See thread_pool.h.
#include <cstdlib>
#include <cstring>

#include "binding/thread_pool.h"

namespace nogil {
namespace binding {

namespace {

Policy::Atomic<uint32_t> g_lock{0};
Pool** g_pools = nullptr;  // by key - 1
uint32_t g_pools_capacity = 0;
Policy::Atomic<uint32_t> g_exiting{0};

// Takes the whole queue. With the pool's lock.
Task* take_all(Pool* pool) {
  Task* tasks = pool->first;
  pool->first = nullptr;
  pool->last = &pool->first;
  pool->pending = 0;
  return tasks;
}

}  // namespace

Pool* pool_of(SyncCell* cell) {
  uint64_t address = cell->data[0].load(std::memory_order_relaxed) |
                     static_cast<uint64_t>(cell->data[1].load(std::memory_order_relaxed)) << 32;
  return reinterpret_cast<Pool*>(address);
}

bool enlist_pool(Pool* pool) {
  ProcessLock lock(g_lock);
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

void shut_pool(Pool* pool, bool cancel, ThreadNumber me) {
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

void shut_all_pools(ThreadNumber me) {
  ProcessLock lock(g_lock);
  g_exiting.store(1, std::memory_order_relaxed);
  for (uint32_t i = 0; i < g_pools_capacity; i++) {
    if (g_pools[i]) shut_pool(g_pools[i], false, me);
  }
}

// Relaxed: who misses it has a pool that was listed before, and is shut under that pool's lock
// next.
bool pools_are_shut() { return g_exiting.load(std::memory_order_relaxed) != 0; }

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
  shut_pool(pool, false, kAbandoned);
  release_pool(pool);
}

}  // namespace binding
}  // namespace nogil
