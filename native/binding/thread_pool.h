// The queue between an executor (lib/concurrent/futures/thread_pool_executor.ts) and its threads
// (thread_pool_worker.ts), as both of its halves see it: thread_pool.cc and pool_worker.cc. What
// they have in common is in pool_life.cc.
//
// References to a pool: one of the executor's cell, one of each PoolWorker, one of each thread that
// is being started. Whatever has no other word about it is guarded by `lock`.
//
//   PoolWorker     from                               to
//   listed         poolStarted                        its thread has ended, or was doomed
//   entered        poolEnter (Environment::pool_worker)  left, lost
//   left           poolNext found nothing left to do  its thread has ended
//   doomed         poolStop: time is up for its task  its environment ends; not listed any more
//
// Hands that are free for a task: `idle` threads, and those `coming`, which are counted from the
// submit that asks for them until they come for their first task. That may be before their start
// has returned (`starting`), which only says that they can be joined.
//
// Units of the semaphore: one for each queued task, one for each worker at shutdown, and spare ones
// (of tasks that were taken away). A thread that finds no task for its unit looks why.
//
// Who wakes whom. A thread that runs dry looks out for units for some microseconds before it
// sleeps, one thread of a pool at a time (`looking`). Whoever adds a unit wakes no sleeper while
// one looks:
//
//   submit                            the one that looks
//     units: + 1          (seq_cst)     looking: 0            (seq_cst)
//     looking: 1 -> wake nobody         units: take one; more are left -> wake sleepers for them
//
// Either submit sees 0 and wakes, or its unit is there when the other looks for the last time.
//
// A task whose future was cancelled, or failed by its time limit, stays queued until a thread comes
// to it; the future's state says that it is not to be run.
#pragma once

#include "binding/environment.h"

namespace nogil {
namespace binding {

struct Task {
  Task* next;
  CellId future;      // with a reference
  uint32_t function;  // its number in functions.cc; 0: the message begins with its text
  size_t length;
  uint8_t bytes[1];
};

enum Broken : uint8_t { kWhole = 0, kInitializer = 1, kDeath = 2 };

struct Pool {
  Policy::Atomic<uint32_t> lock{0};
  Policy::Atomic<uint32_t> references{1};
  Policy::Atomic<uint32_t> looking{0};
  Policy::Atomic<uint32_t> look_ns{
      0};  // how long that was worth while, learnt; 0: nothing learnt yet
  uint32_t key = 0;
  CellId semaphore = kNoCell;
  Task* first = nullptr;
  Task** last = &first;
  uint32_t pending = 0;
  uint32_t idle = 0;
  uint32_t workers = 0;   // threads that run, or are being started
  uint32_t starting = 0;  // of these, those whose start has not returned
  uint32_t coming = 0;    // of these, those that have not come for a task yet
  uint32_t blocked = 0;   // threads that wait for futures
  uint32_t max = 1;
  bool shut = false;
  Broken broken = kWhole;
  PoolWorker* list = nullptr;
  // The initializer with its arguments, as a message that each thread gets a copy of.
  uint8_t* initializer = nullptr;
  size_t initializer_length = 0;
  // What pending futures fail with when the pool breaks, as messages, by Broken - 1.
  uint8_t* message[2] = {nullptr, nullptr};
  size_t message_length[2] = {0, 0};
};

struct PoolWorker {
  Pool* pool;
  PoolWorker* next;
  CellId thread;     // with a reference
  CellId current;    // the future that it works for, with a reference
  uint32_t blocked;  // its waits for futures
  bool came;
  bool idle;
  bool left;
  bool doomed;
  // Where tasks go that are short enough (pool_worker.cc).
  uint8_t* scratch;
  napi_ref scratch_owner;
};

// The pool of an executor's cell.
Pool* pool_of(SyncCell* cell);
// Gives it a key. False when memory is out.
bool enlist_pool(Pool* pool);
// It takes no more work; what is queued is done, or cancelled.
void shut_pool(Pool* pool, bool cancel, ThreadNumber me);
// None takes more work from now on, and their threads end when their queues are empty.
void shut_all_pools(ThreadNumber me);
bool pools_are_shut();
// Adds units to the semaphore.
void wake_pool(Pool* pool, uint32_t units, ThreadNumber me);
// Wakes sleepers for units that are left over.
void pass_units_on(Pool* pool, ThreadNumber me);
void release_pool(Pool* pool);
void drop_task(Task* task);
// The task's future is not pending any more, or shall not be: nobody has begun it.
void cancel_task(Task* task, ThreadNumber me);
// Fails all that is queued, and takes no more. `also`: a future that was being worked for.
void break_pool(Pool* pool, Broken how, CellId also, ThreadNumber me);
// Whether a thread must be started, which counts from now on. With the pool's lock.
bool wants_thread(Pool* pool);
// The worker has come, or never will. With the pool's lock.
void end_coming(PoolWorker* worker);
void unlist(Pool* pool, PoolWorker* worker);
void free_worker(PoolWorker* worker);
// The pool of that key, with a reference; null when it is gone.
Pool* find_pool(uint32_t key);
// A copy of a message for JavaScript, with references of its own: must be decoded or discarded.
napi_value copy_message(napi_env env, const uint8_t* message, size_t length);

void define_pool_workers(Wanted& define);

}  // namespace binding
}  // namespace nogil
