// The list of the process's environments, and what one thread has of another's.
#include "binding/environments.h"

#include "binding/tree.h"
#include "binding/workers.h"

namespace nogil {
namespace binding {

Policy::Atomic<uint32_t> g_environments_lock{0};

namespace {

constexpr uint32_t kMaxEnvironments = 1u << 14;

Environment* g_environments[kMaxEnvironments];  // by id % kMaxEnvironments
uint32_t g_next_id = 0;
uint32_t g_main_id = 0;
// The process is about to exit: environments that come now are stopped from the start.
Policy::Atomic<bool> g_stopping{false};
// And it does exit: nobody can keep it from that any more.
Policy::Atomic<bool> g_ends{false};

Environment* find(uint32_t id) {
  Environment* e = g_environments[id % kMaxEnvironments];
  return e && e->id == id ? e : nullptr;
}

// WakeList::deliver: from any thread, with no list lock held.
void deliver(uint32_t environment, uint32_t token) {
  ProcessLock lock(g_environments_lock);
  Environment* e = find(environment);
  if (!e) return;
  bool signal;
  {
    ProcessLock ready(e->ready_lock);
    // Room was made when the wait began.
    e->ready[e->ready_count++] = token;
    signal = !e->ready_signalled;
    e->ready_signalled = true;
  }
  if (signal) signal_loop(e);
  // Push, then look whether the thread blocks for it; it says that it does, then looks (Dekker).
  CellId event = e->ready_event.load(std::memory_order_seq_cst);
  if (event) Event<Policy>::set(arena_of(event), *cell_at(event), kAbandoned);
}

napi_value stop_all(napi_env env, napi_callback_info info) {
  stop_others(environment(env), Arguments<1>(env, info).boolean(0));
  return nullptr;
}

// (environment id): whether it was blocked when the process's end was announced.
napi_value at_rest(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  ProcessLock lock(g_environments_lock);
  Environment* e = find(a.u32(0));
  return boolean(env, e && e->at_rest);
}

// (environment id): stops the waits of that one environment.
napi_value stop(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  ProcessLock lock(g_environments_lock);
  Environment* e = find(a.u32(0));
  if (e) e->parker.interrupt(kStop);
  return boolean(env, e != nullptr);
}

// (environment id; 0 for the main thread): has its service function run soon. False: no such.
napi_value service(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  uint32_t id = a.u32(0);
  bool found;
  {
    ProcessLock lock(g_environments_lock);
    if (id == 0) id = g_main_id;
    found = id != 0 && find(id);
  }
  if (found) request_service(id);
  return boolean(env, found);
}

// Has every other thread's service function run soon.
napi_value service_all(napi_env env, napi_callback_info) {
  for_each_environment(
      [](Environment* e, void* self) {
        if (e == self) return;
        e->parker.interrupt(kService);
        signal_loop(e);
      },
      environment(env));
  return nullptr;
}

}  // namespace

void list_environment(Environment* e) {
  WakeList<Policy>::deliver.store(deliver, std::memory_order_relaxed);
  WakeList<Policy>::ring.store(ring_process, std::memory_order_relaxed);
  ProcessLock lock(g_environments_lock);
  for (uint32_t tries = 0; tries < kMaxEnvironments; tries++) {
    uint32_t id = ++g_next_id ? g_next_id : ++g_next_id;
    if (g_environments[id % kMaxEnvironments]) continue;
    e->id = id;
    g_environments[id % kMaxEnvironments] = e;
    if (g_stopping.load(std::memory_order_seq_cst)) {
      e->parker.requests.store(kStop, std::memory_order_seq_cst);
    }
    break;
  }
}

void unlist_environment(Environment* e) {
  ProcessLock lock(g_environments_lock);
  // One that found no room was never listed.
  Environment*& slot = g_environments[e->id % kMaxEnvironments];
  if (slot == e) slot = nullptr;
  if (e->id == g_main_id) g_main_id = 0;
}

bool describe_environment(Environment* e, bool main, bool pooled) {
  ProcessLock lock(g_environments_lock);
  e->main = main;
  e->pooled = pooled;
  if (main) g_main_id = e->id;
  return g_main_id != 0;
}

void stop_others(Environment* self, bool certain) {
  {
    ProcessLock lock(g_environments_lock);
    g_stopping.store(true, std::memory_order_seq_cst);
    if (certain) g_ends.store(true, std::memory_order_seq_cst);
  }
  // First all are told, then all are woken: see is_stopping.
  for_each_environment(
      [](Environment* e, void* self) {
        if (e == self) return;
        e->parker.requests.fetch_or(kStop, std::memory_order_seq_cst);
        // Who is notified at this very moment runs on, though it says so: nothing depends on that.
        if (process_ends() && e->parker.parked.load(std::memory_order_seq_cst)) e->at_rest = true;
      },
      self);
  for_each_environment(
      [](Environment* e, void* self) {
        if (e == self) return;
        // The spawner does not block, and has workers of its own to end.
        e->parker.interrupt(e->spawner ? kStop | kService : kStop);
        if (e->spawner) signal_loop(e);
      },
      self);
  stop_spawns();
}

bool others_live() {
  bool found = false;
  for_each_environment([](Environment*, void* found) { *static_cast<bool*>(found) = true; },
                       &found);
  return found;
}

bool process_ends() { return g_ends.load(std::memory_order_seq_cst); }

void for_each_environment(void (*fn)(Environment*, void*), void* data) {
  ProcessLock lock(g_environments_lock);
  // Ids count up from 1 and come round: no slot further on has been used.
  uint32_t used = g_next_id < kMaxEnvironments ? g_next_id + 1 : kMaxEnvironments;
  for (uint32_t i = 0; i < used; i++) {
    if (g_environments[i]) fn(g_environments[i], data);
  }
}

void request_service(uint32_t id) {
  ProcessLock lock(g_environments_lock);
  Environment* e = find(id);
  if (!e) return;
  e->parker.interrupt(kService);
  signal_loop(e);
}

void define_environments(Wanted& define) {
  define("stopAll", stop_all);
  define("atRest", at_rest);
  define("stop", stop);
  define("service", service);
  define("serviceAll", service_all);
}

}  // namespace binding
}  // namespace nogil
