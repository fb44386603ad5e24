// The process's threads: who they are, and what they leave behind. See threads.h.
#include <cstdlib>
#include <cstring>

#include "binding/threads.h"
#include "binding/tree.h"
#include "binding/workers.h"
#include "platform/processes.h"
#include "platform/threads.h"

namespace nogil {
namespace binding {

namespace {

// Started and not ended, in order of start, with the supply's lock (workers.h). Each holds a
// reference.
CellId* g_alive = nullptr;
uint32_t g_alive_count = 0;
uint32_t g_alive_capacity = 0;
uint32_t g_non_daemon = 0;

}  // namespace

bool list_alive(CellId thread, bool waited_for) {
  if (g_alive_count == g_alive_capacity) {
    uint32_t capacity = g_alive_capacity ? g_alive_capacity * 2 : 64;
    CellId* grown = static_cast<CellId*>(realloc(g_alive, capacity * sizeof(CellId)));
    if (!grown) return false;
    g_alive = grown;
    g_alive_capacity = capacity;
  }
  retain_cell(thread);
  g_alive[g_alive_count++] = thread;
  if (waited_for) g_non_daemon++;
  return true;
}

namespace {

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

}  // namespace

void end_thread(CellId id, bool abnormal, bool may_hold, ThreadNumber me, bool back) {
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
    ProcessLock lock(g_supply.lock);
    listed = unlist_alive(id);
    if (listed && !(cell->aux.load(std::memory_order_relaxed) & kDaemon))
      last = --g_non_daemon == 0;
    if (back) g_supply.idle++;
  }
  Event<Policy>::set(arena_of(id), *cell, me);
  // Both sides of the exchange are under g_supply.lock: who found threads alive counted itself
  // before this.
  if (last && g_waiting.load(std::memory_order_seq_cst)) serve_waiting();
  if (listed) release_cell(id);
}

namespace {

// Cells of all threads that are alive, each with a reference for the caller's environment.
napi_value alive(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  napi_value out;
  napi_create_array(env, &out);
  ProcessLock lock(g_supply.lock);
  uint32_t n = 0;
  for (uint32_t i = 0; i < g_alive_count; i++) {
    if (!e->references.add(g_alive[i])) break;
    retain_cell(g_alive[i]);
    napi_set_element(env, out, n++, number(env, g_alive[i]));
  }
  return out;
}

napi_value alive_count(napi_env env, napi_callback_info) {
  ProcessLock lock(g_supply.lock);
  return number(env, g_alive_count);
}

// How many threads that this library started are alive.
napi_value running(napi_env env, napi_callback_info) {
  ProcessLock lock(g_supply.lock);
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

// The thread of that ident, where it is alive. With the supply's lock.
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
  ProcessLock lock(g_supply.lock);
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
  ProcessLock lock(g_supply.lock);
  SyncCell* cell = find_alive(a.u32(0));
  return boolean(env, cell && cell->aux.load(std::memory_order_relaxed) & kDoomed);
}

// True while threads live that the process must wait for; the caller's service function runs when
// the last of them has ended.
napi_value wait_for_threads(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  ProcessLock lock(g_supply.lock);
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
  ProcessLock lock(g_supply.lock);
  list_alive(id, false);
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

void define_threads(Wanted& define) {
  define_inbox(define);
  define("mainEnded", main_ended);
  define("threadsAlive", alive);
  define("threadsAliveCount", alive_count);
  define("threadsRunning", running);
  define("threadCurrent", current);
  define("threadNumber", current_number);
  define("doom", doom);
  define("isDoomed", is_doomed);
  define("waitForThreads", wait_for_threads);
  define("endsNormally", ends_normally);
}

}  // namespace binding
}  // namespace nogil
