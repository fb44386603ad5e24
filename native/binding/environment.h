// What the addon keeps for each JavaScript environment (the main thread and every worker), and for
// the process.
#pragma once

#include "binding/napi_util.h"
#include "platform/policy.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/event.h"
#include "sync/future.h"
#include "sync/mutex.h"
#include "sync/rw_lock.h"
#include "sync/semaphore.h"

namespace nogil {
namespace binding {

using Policy = platform::SystemPolicy;
using Memory = Arena<Policy>;
using SyncCell = Cell<Policy>;
using Record = Waiter<Policy>;
using BlockingWait = Wait<Policy>;

// A lock for the process's own bookkeeping; sections are short.
class ProcessLock {
 public:
  explicit ProcessLock(Policy::Atomic<uint32_t>& word) : lock_(word, 1, false) {}

 private:
  ListLock<Policy> lock_;
};

// Reasons to call Parker::serve on a thread.
enum Request : uint32_t {
  kStop = 1,     // the thread is to end: give up every wait
  kService = 2,  // run the environment's service function (lib/internal/service.ts)
};

// A promise that waits. Owned by its environment's table, used on its thread only.
struct AsyncWait {
  Record* record;
  CellId cell;
  CellId mutex;  // a condition's lock
  uint8_t kind;
  bool held;  // keeps the event loop alive
};

enum AsyncKind : uint8_t {
  kAsyncNone,
  kAsyncMutex,
  kAsyncCondition,
  kAsyncSemaphore,
  kAsyncEvent,
  kAsyncBarrier,
  kAsyncRWLock,
  kAsyncFuture,
  kAsyncQueuePut,
  kAsyncQueueGet,
  kAsyncQueueWatch,
  kAsyncQueueJoin
};

// When a wait of `ms` is over: negative for ever, 0 for a call that must not block.
inline int64_t deadline_of(double ms) {
  if (ms == 0) return 0;
  if (ms < 0) return kForever;
  double at = static_cast<double>(Policy::now()) + ms * 1e6;
  // A deadline past the clock's end is none.
  return at >= 9.2e18 ? kForever : static_cast<int64_t>(at);
}

// Counts of references by cell: what an environment holds, to be given back when it ends.
class ReferenceTable {
 public:
  ~ReferenceTable();
  bool add(CellId cell);
  // False when the environment held none.
  bool remove(CellId cell);
  template <class F>
  void for_each(F fn) {
    for (uint32_t i = 0; i < capacity_; i++) {
      if (entries_[i].cell != kNoCell) fn(entries_[i].cell, entries_[i].count);
    }
  }

 private:
  struct Entry {
    CellId cell;
    uint32_t count;
  };
  bool grow();
  Entry* find(CellId cell);
  Entry* entries_ = nullptr;
  uint32_t capacity_ = 0;
  uint32_t used_ = 0;  // entries that are or were taken since the last growth
};

struct Pool;
struct PoolWorker;

struct Hands;  // queue.cc

struct Environment {
  Parker<Policy> parker;  // first: serve() finds the environment by it
  napi_env env = nullptr;
  uint32_t id = 0;
  bool main = false;
  // The environment's own number and cell: of the main thread, or a foreign worker; for one of ours
  // the number it uses between targets.
  ThreadNumber own_number = kNobody;
  CellId own_cell = kNoCell;
  // The thread that runs here now.
  CellId thread_cell = kNoCell;
  bool pooled = false;                  // one of our workers
  Policy::Atomic<bool> spawner{false};  // makes workers for others, and nothing else
  bool idle = false;                    // counted as a worker that takes the next thread (inbox.cc)
  bool ended_normally = false;          // said by JavaScript before it left
  bool stopping = false;
  // Slept in a wait when the process's end was announced: it runs no more JavaScript. With the
  // list's lock.
  bool at_rest = false;
  ReferenceTable references;
  PoolWorker* pool_worker = nullptr;  // of the thread that runs here
  // What this environment has to start a thread for, with a reference, and that thread once it is
  // listed.
  Pool* starting_pool = nullptr;
  CellId starting_thread = kNoCell;
  CellId never = kNoCell;  // an event that is never set, to sleep on
  Hands* hands = nullptr;  // what was taken from queues and not delivered

  napi_threadsafe_function loop = nullptr;  // reaches the event loop from any thread
  napi_ref dispatch = nullptr;              // (tokens) => void
  napi_ref service = nullptr;               // () => void
  uint32_t holds = 0;                       // what keeps the event loop alive
  // Wants its service function run when the last non-daemon thread has ended.
  Policy::Atomic<bool> waits_for_threads{false};

  AsyncWait* async = nullptr;  // by token - 1
  uint32_t async_capacity = 0;
  uint32_t async_free = 0;  // token of a free entry, chained through `cell`
  // Tokens that were notified, filled by any thread under `ready_lock`.
  Policy::Atomic<uint32_t> ready_lock{0};
  uint32_t* ready = nullptr;
  uint32_t ready_count = 0;
  uint32_t ready_capacity = 0;
  bool ready_signalled = false;
  // Tokens were taken and JavaScript did not get to the end of them; mostly it runs no more.
  bool undelivered = false;
  // Set while the thread blocks until something is ready: the event that says so.
  Policy::Atomic<CellId> ready_event{kNoCell};
};

// The environment that the addon's call belongs to.
Environment* environment(napi_env env);
// By which this thread's native code holds locks.
ThreadNumber lock_number();
// For a thread without an environment.
void set_lock_number(ThreadNumber number);

// Calls fn for each live environment, none of which can end meanwhile.
void for_each_environment(void (*fn)(Environment*, void*), void* data);

// Whether the process exits, for certain: `stopAll(true)` was called.
bool process_ends();

// Whether this thread is to end. A blocking call answers that it was interrupted then, whatever it
// was given: the ends of other threads set events and break barriers, and nobody shall act on that.
inline bool is_stopping(const Environment* e) {
  return (e->parker.requests.load(std::memory_order_seq_cst) & kStop) != 0;
}

// Has `id`'s service function run soon: from its event loop, or from the wait that it is in.
void request_service(uint32_t id);

// Has the event loop look at what was asked of the environment. With for_each_environment's lock.
void signal_loop(Environment* e);

// The loop stays alive while it is held.
void hold(Environment* e);
void unhold(Environment* e);

// --- cells (cells.cc) ---
Memory& arena_of(CellId id);
inline uint32_t index_of(CellId id) { return id & ~kSharedArenaBit; }
// The cell, or null where `id` names none (a forged handle).
SyncCell* cell_at(CellId id);
CellId allocate_cell(CellClass c, bool shared = false);
void retain_cell(CellId id);
void release_cell(CellId id);

// What a cell of that class leaves behind (process_objects.cc, process_cells.cc).
void drop_memory(CellId id);
void close_connection(CellId id);
void drop_start_message(CellId id);
void drop_managed(CellId id);
// crew.cc
void drop_crew(CellId id);

// --- messages (messages.cc) ---
// Gives back the references that a message holds which nobody will read
// (lib/internal/codec/format.ts).
// `ours`: this process answers for them; otherwise they were the memory's that the message lies in.
void drop_message(const uint8_t* bytes, size_t length, bool ours = true);

// --- futures (future.cc) ---
// kLost: the process that worked for it has died; only recovery says so.
enum OutcomeKind : uint32_t { kNothing = 0, kNumber = 1, kMessage = 2, kLost = 3 };
// What a future is completed with: nothing, a number, or the first bytes of a Uint8Array, which are
// copied and whose references become the future's.
struct Outcome {
  OutcomeKind kind = kNothing;
  double value = 0;
  const uint8_t* bytes = nullptr;
  size_t length = 0;
  bool valid = true;
  Outcome() = default;
  Outcome(napi_env env, napi_value from, double count);
};
inline constexpr int32_t kNoRoom = -2;
// -1 when it is set, kNoRoom, or the state that forbids it.
int32_t set_outcome(CellId future, FutureState state, const Outcome& outcome, ThreadNumber me);
// What was to do it is not going to be done: it counts as cancelled for wait(), too.
void cancel_future(CellId future, ThreadNumber me);
// Frees what a future's cell refers to.
void drop_outcome(CellId future);

// --- thread pools (thread_pool.h) ---
// The pool's executor is gone from every thread: its threads end when its queue is empty.
void drop_pool(SyncCell* cell);
// The environment ends with a pool's thread in it that did not leave the pool.
void lose_pool_worker(Environment* e);
// The environment ends before it has started the thread that `starting_pool` needs.
void lose_pool_start(Environment* e);
// A thread has ended, in whatever way, that may have been one of a pool.
void pool_thread_ended(CellId thread, ThreadNumber me);

// --- names (names.cc) ---
// Copies into `out` (at most `room` bytes, always ended) the name of a cell; its length, 0 for
// none.
size_t copy_name(CellId id, char* out, size_t room);
bool set_name(CellId id, const char* text, size_t length);
void drop_name(uint32_t number, CellId id);

// --- process (process.cc) ---
// Series of numbers that all threads of the process share; lib/ has the others.
enum class Series : uint32_t { kDummies = 1 };
uint32_t next_of(Series series);

// --- owner death (owner_death.cc) ---
// What the number's holder leaves behind passes on: every lock it holds where it died abnormally,
// else RLocks only.
void pass_on(ThreadNumber dead, bool abnormal, ThreadNumber me, const char* name);

// --- threads (threads.cc, inbox.cc) ---
void enter_threads(Environment* e);
void leave_threads(Environment* e);

// --- async waits (async.cc) ---
// Takes all of them back. How many had been notified already.
uint32_t cancel_async_waits(Environment* e);
// In the child of a fork: those at shared cells are the parent's.
void forget_shared_waits(Environment* e);
// A token, with a record that is ready for a list; 0 when memory is out.
uint32_t begin_async(Environment* e, AsyncKind kind, CellId cell, CellId mutex = kNoCell);
// Whether its token was delivered, or is about to be; of use only where it was notified.
bool end_async(Environment* e, uint32_t token);
inline Record* async_record(Environment* e, uint32_t token) { return e->async[token - 1].record; }
// The token as a number, of a wait that is pending and keeps the event loop alive.
napi_value async_pending(napi_env env, Environment* e, uint32_t token);

// --- queues (queue.cc); `ending`: the environment's JavaScript will not learn of it ---
void destroy_queue(CellId id, ThreadNumber me);
// `shared_only`: but for queues of several processes everything stays as it is.
void leave_queues(Environment* e, bool shared_only);
// As the functions of async.cc that call them.
bool withdraw_queue_wait(Environment* e, AsyncWait& a);
void queue_wait_withdrawn(Environment* e, AsyncWait& a, bool ending);
void queue_wait_finished(Environment* e, AsyncWait& a, bool ending);
inline bool is_queue_wait(const AsyncWait& a) { return a.kind >= kAsyncQueuePut; }

void define_cells(Wanted& define);
void define_names(Wanted& define);
void define_sync(Wanted& define);
void define_async(Wanted& define);
void define_queue(Wanted& define);
void define_futures(Wanted& define);
void define_functions(Wanted& define);
void define_messages(Wanted& define);
void define_thread_pools(Wanted& define);
void define_crews(Wanted& define);
void define_threads(Wanted& define);
void define_workers(Wanted& define);
void define_owner_death(Wanted& define);
void define_process(Wanted& define);
void define_environment(Wanted& define);
void define_environments(Wanted& define);
void define_mailbox(Wanted& define);

}  // namespace binding
}  // namespace nogil
