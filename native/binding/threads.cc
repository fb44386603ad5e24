// The process's threads: who they are, what they leave behind, and the inbox that hands targets to
// warm workers.
#include <cstdlib>
#include <cstring>

#include "binding/tree.h"
#include "binding/workers.h"
#include "platform/processes.h"
#include "platform/threads.h"

namespace nogil {
namespace binding {

namespace {

// A thread's cell (lib/internal/cell.ts): state 1 once it has ended, which makes it an event.
//   aux      ThreadFlags
//   data[0]  number, which is also its ident
//   data[1]  OS thread id, 0 until it runs
//   data[2]  environment that runs it
//   data[3]  key of the pool that it works for (thread_pool.cc)
enum ThreadFlags : uint32_t {
  kStarted = 1,
  kDaemon = 2,
  kMainThread = 4,
  kDummy = 8,
  kAbnormal = 16,
  // 32 is JavaScript's: an error of it waits in the mailbox.
  kRaw = 64,
  kDoomed = 128,  // its worker is to be terminated by whoever made it
  kClaimed = 256  // somebody is starting it, or has
};
constexpr uint32_t kFlagsOfStart = 0xffff;

struct Message {
  Message* next;
  CellId thread;
  size_t length;
  uint8_t bytes[1];
};

// With the crew's lock, all of these.
// Started and not ended, in order of start. Each holds a reference.
CellId* g_alive = nullptr;
uint32_t g_alive_count = 0;
uint32_t g_alive_capacity = 0;
uint32_t g_non_daemon = 0;

// Start messages that no worker has taken yet. Workers wait at the semaphore in g_inbox.
Message* g_first = nullptr;
Message** g_last = &g_first;
CellId g_inbox = kNoCell;
// More warm workers than this are let go.
constexpr uint32_t kMaxIdle = 16;

// With the crew's lock. False when memory is out.
bool list_alive(CellId thread) {
  if (g_alive_count == g_alive_capacity) {
    uint32_t capacity = g_alive_capacity ? g_alive_capacity * 2 : 64;
    CellId* grown = static_cast<CellId*>(realloc(g_alive, capacity * sizeof(CellId)));
    if (!grown) return false;
    g_alive = grown;
    g_alive_capacity = capacity;
  }
  retain_cell(thread);
  g_alive[g_alive_count++] = thread;
  return true;
}

bool unlist_alive(CellId thread) {
  for (uint32_t i = g_alive_count; i > 0; i--) {
    if (g_alive[i - 1] != thread) continue;
    memmove(&g_alive[i - 1], &g_alive[i], (g_alive_count - i) * sizeof(CellId));
    g_alive_count--;
    return true;
  }
  return false;
}

// How many environments have waits_for_threads set; may be too many.
Policy::Atomic<uint32_t> g_waiting{0};

// Tells all who wait for the last non-daemon thread.
void serve_waiting() {
  g_waiting.store(0, std::memory_order_seq_cst);
  for_each_environment(
      [](Environment* e, void*) {
        if (!e->waits_for_threads.exchange(false, std::memory_order_relaxed)) return;
        e->parker.interrupt(kService);
        signal_loop(e);
      },
      nullptr);
}

// The end of a logical thread, in whatever way. `me` acts. `back`: its worker comes for another;
// that has to be known before anybody who joined can start a thread, or a worker too many would be
// made.
void end_thread(CellId id, bool abnormal, bool may_hold, ThreadNumber me, bool back = false) {
  SyncCell* cell = cell_at(id);
  pool_thread_ended(id, me);
  ThreadNumber number = cell->data[0].load(std::memory_order_relaxed);
  if (abnormal) cell->aux.fetch_or(kAbnormal, std::memory_order_relaxed);
  if (abnormal || may_hold) {
    char name[120];
    copy_name(id, name, sizeof name);
    pass_on(number, abnormal, me, name);
  }
  thread_table().leave(number);
  bool listed;
  bool last = false;
  {
    ProcessLock lock(g_crew.lock);
    listed = unlist_alive(id);
    if (listed && !(cell->aux.load(std::memory_order_relaxed) & kDaemon))
      last = --g_non_daemon == 0;
    if (back) g_crew.idle++;
  }
  Event<Policy>::set(arena_of(id), *cell, me);
  // Both sides of the exchange are under g_crew.lock: who found threads alive counted itself before
  // this.
  if (last && g_waiting.load(std::memory_order_seq_cst)) serve_waiting();
  if (listed) release_cell(id);
}

// (thread cell, bytes, flags): hands the thread to a worker. How many workers must be made for it,
// 0 or 1; -1 when there are too many threads, -2 when it was started before.
napi_value start(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  size_t length = 0;
  const uint8_t* bytes = a.bytes(1, &length);
  CellId id = a.u32(0);
  SyncCell* cell = cell_at(id);
  if (!cell || !bytes) return fail(env, "ERR_VALUE", "nogil: no such thread");
  // Several threads may have it: the first to come here starts it.
  uint32_t before = cell->aux.fetch_or(kClaimed, std::memory_order_acq_rel);
  if (before & kClaimed) return integer(env, -2);
  Message* m = static_cast<Message*>(malloc(sizeof(Message) + length));
  if (!m) {
    cell->aux.store(before, std::memory_order_relaxed);
    return out_of_memory(env);
  }
  Memory& arena = arena_of(kNoCell);
  ThreadNumber number_ = thread_table().enter(process_number());
  if (number_ == kNobody) {
    cell->aux.store(before, std::memory_order_relaxed);
    free(m);
    return integer(env, -1);
  }
  m->next = nullptr;
  m->thread = id;
  m->length = length;
  memcpy(m->bytes, bytes, length);
  cell->data[0].store(number_, std::memory_order_relaxed);
  uint32_t flags = (a.u32(2) & kFlagsOfStart) | kStarted | kClaimed;
  cell->aux.store(flags, std::memory_order_release);
  int spawn = 0;
  uint32_t pending = 0, idle = 0;
  bool ok;
  {
    ProcessLock lock(g_crew.lock);
    if (!g_inbox) g_inbox = allocate_cell(CellClass::kInternal);
    ok = g_inbox != kNoCell && list_alive(id);
    if (ok) {
      if (!(flags & kDaemon)) g_non_daemon++;
      *g_last = m;
      g_last = &m->next;
      pending = ++g_crew.pending;
      idle = g_crew.idle;
      spawn = wants_worker();
    }
  }
  if (!ok) {
    cell->aux.store(before, std::memory_order_relaxed);
    thread_table().leave(number_);
    free(m);
    return out_of_memory(env);
  }
  // The message's own reference to the thread.
  retain_cell(id);
  SyncCell* inbox = cell_at(g_inbox);
  Semaphore<Policy>::add(*inbox, 1);
  // Idle workers that do not wait in the list spin, or are on their way: each looks at the state
  // before it sleeps, and takes a unit. Where they are enough, waking another would only cost.
  uint32_t asleep = inbox->waiters.load(std::memory_order_seq_cst);
  if (asleep && pending + asleep > idle)
    Semaphore<Policy>::wake(arena, *inbox, environment(env)->parker.number);
  return integer(env, spawn);
}

// A worker that was awake and idle is so no more: a start may have counted on it rather than wake
// one.
void pass_unit_on(Environment* e) {
  SyncCell* inbox = cell_at(g_inbox);
  if (inbox && Semaphore<Policy>::count(*inbox)) {
    Semaphore<Policy>::wake(arena_of(kNoCell), *inbox, e->parker.number);
  }
}

void give_up_idle(Environment* e) {
  {
    ProcessLock lock(g_crew.lock);
    if (!e->idle) return;
    e->idle = false;
    g_crew.idle--;
  }
  pass_unit_on(e);
}

// The message for JavaScript, and its end here. Null where nobody will read it, because this
// environment is being terminated: its thread ends with that.
napi_value open_message(napi_env env, Message* m) {
  napi_value out = new_bytes(env, m->bytes, m->length);
  if (!out) {
    drop_message(m->bytes, m->length);
    out_of_memory(env);
  }
  free(m);
  return out;
}

// (birth): the next thread to run here, as bytes; sleeps until there is one. undefined: enough
// workers are idle, this one may go. null: interrupted. A worker gives its birth when it is fresh;
// with 0 it has been idle since its `finish`.
napi_value next(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = environment(env);
  bool enough;
  {
    ProcessLock lock(g_crew.lock);
    if (!g_inbox) g_inbox = allocate_cell(CellClass::kInternal);
    if (!g_inbox) return out_of_memory(env);
    if (a.u32(0)) {
      end_birth(a.u32(0));
      g_crew.idle++;
      e->idle = true;
    }
    enough = g_crew.idle > kMaxIdle && g_crew.pending < g_crew.idle;
  }
  if (enough) {
    give_up_idle(e);
    return undefined(env);
  }
  // Whoever starts threads one after the other has the next within microseconds: a spin that failed
  // says nothing about the next one.
  cell_at(g_inbox)->spin.store(Spin<Policy>::kUnknown, std::memory_order_relaxed);
  BlockingWait wait(arena_of(g_inbox), e->parker, kForever);
  Acquired got = Semaphore<Policy>::acquire(wait, *cell_at(g_inbox));
  Message* m = nullptr;
  {
    ProcessLock lock(g_crew.lock);
    g_crew.idle--;
    e->idle = false;
    if (got == Acquired::kYes) {
      m = g_first;
      g_first = m->next;
      if (!g_first) g_last = &g_first;
      g_crew.pending--;
    }
  }
  if (!m) {
    pass_unit_on(e);
    napi_value null;
    napi_get_null(env, &null);
    return null;
  }
  SyncCell* cell = cell_at(m->thread);
  e->thread_cell = m->thread;  // the message's reference is the environment's now
  e->ended_normally = false;
  e->parker.number = cell->data[0].load(std::memory_order_relaxed);
  cell->data[1].store(platform::thread_id(), std::memory_order_relaxed);
  cell->data[2].store(e->id, std::memory_order_release);
  return open_message(env, m);
}

// (holds RLocks, back): the thread that runs here has ended as it should. `back`: this worker will
// call `next`, or `leave`. False: it is about to be terminated, and to wait for that.
napi_value finish(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Environment* e = environment(env);
  CellId id = e->thread_cell;
  if (id == e->own_cell || id == kNoCell) return boolean(env, true);
  {
    ProcessLock lock(g_crew.lock);
    if (cell_at(id)->aux.load(std::memory_order_relaxed) & kDoomed) return boolean(env, false);
    cell_at(id)->data[2].store(0, std::memory_order_relaxed);
  }
  ThreadNumber mine = e->own_number;
  if (e->pool_worker) lose_pool_worker(e);
  e->parker.number = mine;
  e->thread_cell = e->own_cell;
  e->idle = a.boolean(1);
  end_thread(id, false, a.boolean(0), mine, e->idle);
  release_cell(id);
  return boolean(env, true);
}

// A worker that promised to come for another thread will not after all.
napi_value leave(napi_env env, napi_callback_info) {
  give_up_idle(environment(env));
  return nullptr;
}

// Ends a thread that no worker can be had for: the one that has waited longest. Its message, so
// that what that holds can be given back; undefined when none waits.
napi_value drop(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  if (process_ends()) return undefined(env);
  // A unit of the inbox first: units and messages go in pairs.
  if (!g_inbox || !Semaphore<Policy>::try_take(*cell_at(g_inbox))) return undefined(env);
  Message* m;
  {
    ProcessLock lock(g_crew.lock);
    m = g_first;
    g_first = m->next;
    if (!g_first) g_last = &g_first;
    g_crew.pending--;
  }
  end_thread(m->thread, true, false, e->parker.number);
  release_cell(m->thread);
  return open_message(env, m);
}

// Cells of all threads that are alive, each with a reference for the caller's environment.
napi_value alive(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  napi_value out;
  napi_create_array(env, &out);
  ProcessLock lock(g_crew.lock);
  uint32_t n = 0;
  for (uint32_t i = 0; i < g_alive_count; i++) {
    if (!e->references.add(g_alive[i])) break;
    retain_cell(g_alive[i]);
    napi_set_element(env, out, n++, number(env, g_alive[i]));
  }
  return out;
}

napi_value alive_count(napi_env env, napi_callback_info) {
  ProcessLock lock(g_crew.lock);
  return number(env, g_alive_count);
}

// How many threads that this library started are alive.
napi_value running(napi_env env, napi_callback_info) {
  ProcessLock lock(g_crew.lock);
  uint32_t n = 0;
  for (uint32_t i = 0; i < g_alive_count; i++) {
    uint32_t flags = cell_at(g_alive[i])->aux.load(std::memory_order_relaxed);
    if (!(flags & kMainThread) && (!(flags & kDummy) || (flags & kRaw))) n++;
  }
  return number(env, n);
}

// The cell of the thread that runs here, with a reference for the environment.
napi_value current(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  CellId id = e->thread_cell;
  if (id) {
    if (!e->references.add(id)) return out_of_memory(env);
    retain_cell(id);
  }
  return number(env, id);
}

napi_value current_number(napi_env env, napi_callback_info) {
  return number(env, environment(env)->parker.number);
}

// The thread of that ident, where it is alive. With the crew's lock.
SyncCell* find_alive(ThreadNumber ident) {
  for (uint32_t i = 0; i < g_alive_count; i++) {
    SyncCell* cell = cell_at(g_alive[i]);
    if (cell->data[0].load(std::memory_order_relaxed) == ident) return cell;
  }
  return nullptr;
}

// (ident): has the worker of that thread terminated, by the isolate that made it, and ends its
// waits at once. False: no such thread runs.
napi_value doom(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  // In one section: the environment can not go on to another thread meanwhile (finish).
  ProcessLock lock(g_crew.lock);
  SyncCell* cell = find_alive(a.u32(0));
  uint32_t where = cell ? cell->data[2].load(std::memory_order_acquire) : 0;
  if (!where) return boolean(env, false);
  cell->aux.fetch_or(kDoomed, std::memory_order_relaxed);
  for_each_environment(
      [](Environment* e, void* id) {
        if (e->id == *static_cast<uint32_t*>(id)) e->parker.interrupt(kStop);
      },
      &where);
  return boolean(env, true);
}

// (ident): whether that thread's worker is to be terminated.
napi_value is_doomed(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  ProcessLock lock(g_crew.lock);
  SyncCell* cell = find_alive(a.u32(0));
  return boolean(env, cell && cell->aux.load(std::memory_order_relaxed) & kDoomed);
}

// True while threads live that the process must wait for; the caller's service function runs when
// the last of them has ended.
napi_value wait_for_threads(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  ProcessLock lock(g_crew.lock);
  e->waits_for_threads.store(g_non_daemon != 0, std::memory_order_relaxed);
  if (g_non_daemon) g_waiting.fetch_add(1, std::memory_order_seq_cst);
  return boolean(env, g_non_daemon != 0);
}

// The main thread has come to its end and only waits for others now: whoever joined it goes on.
napi_value main_ended(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  if (e->own_cell)
    Event<Policy>::set(arena_of(e->own_cell), *cell_at(e->own_cell), e->parker.number);
  return nullptr;
}

// How this environment will end: (true) as it should, (false) by process.exit or an error.
napi_value ends_normally(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  environment(env)->ended_normally = a.boolean(0);
  return nullptr;
}

}  // namespace

void enter_threads(Environment* e) {
  ThreadNumber n = thread_table().enter(process_number());
  if (n == kNobody) return;
  e->own_number = n;
  e->parker.number = n;
  if (e->pooled) return;
  CellId id = allocate_cell(CellClass::kThread);
  if (!id) return;
  SyncCell* cell = cell_at(id);
  cell->aux.store(
      e->main ? uint32_t{kStarted | kMainThread} : uint32_t{kStarted | kDummy | kDaemon},
      std::memory_order_relaxed);
  cell->data[0].store(n, std::memory_order_relaxed);
  cell->data[1].store(platform::thread_id(), std::memory_order_relaxed);
  cell->data[2].store(e->id, std::memory_order_relaxed);
  char name[32] = "MainThread";
  if (!e->main) {
    memcpy(name, "Dummy-", 6);
    uint32_t v = next_of(Series::kDummies);
    char digits[12];
    int count = 0;
    for (; v; v /= 10) digits[count++] = static_cast<char>('0' + v % 10);
    for (int i = 0; i < count; i++) name[6 + i] = digits[count - 1 - i];
    name[6 + count] = 0;
  }
  set_name(id, name, strlen(name));
  e->own_cell = id;
  e->thread_cell = id;
  ProcessLock lock(g_crew.lock);
  list_alive(id);
}

void leave_threads(Environment* e) {
  ThreadNumber mine = e->own_number;
  if (mine == kNobody) return;
  e->parker.number = mine;
  give_up_idle(e);
  end_births_of(e);
  if (e->starting_pool) lose_pool_start(e);
  if (e->pool_worker) lose_pool_worker(e);
  if (e->thread_cell != e->own_cell) {
    CellId id = e->thread_cell;
    e->thread_cell = e->own_cell;
    end_thread(id, !e->ended_normally, true, mine);
    release_cell(id);
  }
  if (e->own_cell) {
    // The count of threads to wait for knows neither the main thread nor foreign ones.
    cell_at(e->own_cell)->aux.fetch_or(kDaemon, std::memory_order_relaxed);
    end_thread(e->own_cell, !e->ended_normally, true, mine);
    release_cell(e->own_cell);
  } else {
    thread_table().leave(mine);
  }
}

void define_threads(napi_env env, napi_value exports) {
  method(env, exports, "threadStart", start);
  method(env, exports, "threadNext", next);
  method(env, exports, "threadFinish", finish);
  method(env, exports, "threadLeave", leave);
  method(env, exports, "threadDrop", drop);
  method(env, exports, "mainEnded", main_ended);
  method(env, exports, "threadsAlive", alive);
  method(env, exports, "threadsAliveCount", alive_count);
  method(env, exports, "threadsRunning", running);
  method(env, exports, "threadCurrent", current);
  method(env, exports, "threadNumber", current_number);
  method(env, exports, "doom", doom);
  method(env, exports, "isDoomed", is_doomed);
  method(env, exports, "waitForThreads", wait_for_threads);
  method(env, exports, "endsNormally", ends_normally);
}

}  // namespace binding
}  // namespace nogil
