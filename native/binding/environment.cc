// One environment: its life, its event loop, and what is asked of it there.
#include "binding/environments.h"
#include "binding/tree.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "platform/threads.h"

namespace nogil {
namespace binding {

namespace {

// A worker is an OS thread of its own and an isolate of its own; a second load of the addon in the
// same thread shares the first one's environment.
thread_local Environment* t_environment = nullptr;
thread_local ThreadNumber t_number = kAbandoned;

constexpr int64_t kMs = 1000000;
// How soon a wait in a worker that is not ours notices that the worker is being terminated.
constexpr int64_t kCheckForeign = 900 * kMs;
// The same while the main thread has not loaded the addon and cannot announce the process's end.
constexpr int64_t kCheckOrphan = 40 * kMs;

bool call(Environment* e, napi_ref function, size_t argc, napi_value* argv) {
  napi_value fn, receiver;
  if (!function || napi_get_reference_value(e->env, function, &fn) != napi_ok) return false;
  napi_get_undefined(e->env, &receiver);
  return napi_call_function(e->env, receiver, fn, argc, argv, nullptr) == napi_ok;
}

// Parker::serve. The service function catches what it throws, so a call that fails means that the
// environment may run no more JavaScript: it is being terminated.
bool serve(Parker<Policy>* parker) {
  Environment* e = reinterpret_cast<Environment*>(parker);
  uint32_t requests = parker->requests.load(std::memory_order_seq_cst);
  if (requests & kStop) {
    e->stopping = true;
    parker->unnoticed = process_ends();
    return false;
  }
  parker->requests.fetch_and(~static_cast<uint32_t>(kService), std::memory_order_seq_cst);
  napi_handle_scope scope;
  if (napi_open_handle_scope(e->env, &scope) != napi_ok) return false;
  bool ok = call(e, e->service, 0, nullptr);
  napi_close_handle_scope(e->env, scope);
  return ok;
}

// On the environment's own event loop, after `deliver` or `request_service`.
void on_loop(napi_env env, napi_value, void*, void*) {
  Environment* e = t_environment;
  if (!env || !e || !e->env) return;
  uint32_t* tokens = nullptr;
  uint32_t count;
  {
    ProcessLock lock(e->ready_lock);
    e->ready_signalled = false;
    count = e->ready_count;
    if (count) {
      tokens = static_cast<uint32_t*>(malloc(count * sizeof(uint32_t)));
      if (tokens) {
        memcpy(tokens, e->ready, count * sizeof(uint32_t));
        e->ready_count = 0;
      }
    }
  }
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  if (e->parker.requests.fetch_and(~static_cast<uint32_t>(kService)) & kService) {
    call(e, e->service, 0, nullptr);
  }
  if (tokens) {
    napi_value list;
    napi_create_array_with_length(env, count, &list);
    for (uint32_t i = 0; i < count; i++) napi_set_element(env, list, i, number(env, tokens[i]));
    free(tokens);
    if (!call(e, e->dispatch, 1, &list)) e->undelivered = true;
  }
  napi_close_handle_scope(env, scope);
}

napi_value take_ready(napi_env env, Environment* e) {
  napi_value list;
  ProcessLock lock(e->ready_lock);
  napi_create_array_with_length(env, e->ready_count, &list);
  for (uint32_t i = 0; i < e->ready_count; i++)
    napi_set_element(env, list, i, number(env, e->ready[i]));
  e->ready_count = 0;
  return list;
}

// (ms): blocks until async waits of this environment were notified, and returns their tokens, for
// the caller to dispatch; an empty list when the time passed, null when interrupted.
napi_value wait_ready(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = environment(env);
  if (!e->never) e->never = allocate_cell(CellClass::kInternal);
  if (!e->never) return out_of_memory(env);
  SyncCell& cell = *cell_at(e->never);
  cell.state.store(0, std::memory_order_seq_cst);
  e->ready_event.store(e->never, std::memory_order_seq_cst);
  bool ready;
  {
    ProcessLock lock(e->ready_lock);
    ready = e->ready_count != 0;
  }
  Acquired got = Acquired::kYes;
  double ms = a.number(0);
  if (!ready && ms != 0) {
    BlockingWait wait(arena_of(e->never), e->parker, deadline_of(ms));
    got = Event<Policy>::wait(wait, cell);
  }
  e->ready_event.store(kNoCell, std::memory_order_seq_cst);
  {
    // Whoever read the event's name before that line may set it still; nobody sleeps on it then.
    ProcessLock lock(g_environments_lock);
    cell.state.store(0, std::memory_order_seq_cst);
  }
  if (got != Acquired::kInterrupted) return take_ready(env, e);
  napi_value null;
  napi_get_null(env, &null);
  return null;
}

void teardown(void* data) {
  Environment* e = static_cast<Environment*>(data);
  unlist_environment(e);
  // Node ends its workers first, and tells JavaScript before that. Bun ends its main thread while
  // they run, and where nobody called process.exit() this is the first that the library hears of
  // it.
  if (e->main && !process_ends() && others_live()) stop_others(e, true);
  // At the end of the process workers end one after the other, and those that are still to be
  // terminated run on. What ends leaves everything as it is, or they would see a thread end, a lock
  // pass on or a future fail only because the process does. Other processes recover from all that.
  if (e->main || !process_ends()) {
    cancel_async_waits(e);
    leave_queues(e, false);
    leave_threads(e);
    e->references.for_each([](CellId cell, uint32_t count) {
      while (count--) give_up_cell(cell);
    });
    if (e->never) release_cell(e->never);
  } else {
    // But what it took from a queue of other processes and did not deliver is theirs.
    leave_queues(e, true);
  }
  t_environment = nullptr;
  free(e->async);
  free(e->ready);
  e->~Environment();
  free(e);
}

// (dispatch, service, main, pooled): must be called once by the library before anything else here.
napi_value setup(napi_env env, napi_callback_info info) {
  Arguments<4> a(env, info);
  Environment* e = environment(env);
  if (e->dispatch) napi_delete_reference(e->env, e->dispatch);
  if (e->service) napi_delete_reference(e->env, e->service);
  napi_create_reference(e->env, a.values[0], 1, &e->dispatch);
  napi_create_reference(e->env, a.values[1], 1, &e->service);
  bool orphan = !describe_environment(e, a.boolean(2), a.boolean(3));
  e->parker.check_every = e->main || e->pooled ? kForever : orphan ? kCheckOrphan : kCheckForeign;
  enter_tree();
  if (e->own_number == kNobody) enter_threads(e);
  if (e->own_number == kNobody) return fail(env, "ERR_RUNTIME", "nogil: too many threads");
  return number(env, e->own_number);
}

// (milliseconds): how often a wait of this thread checks whether the thread is being terminated.
napi_value check_every(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  environment(env)->parker.check_every = static_cast<int64_t>(a.number(0) * 1e6);
  return nullptr;
}

// (ms): has this thread's service function called then, should it be in a blocking wait; -1: not.
napi_value alarm(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  double ms = a.number(0);
  environment(env)->parker.alarm =
      ms < 0 ? kForever : Policy::now() + static_cast<int64_t>(ms * 1e6);
  return nullptr;
}

napi_value stopping(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  return boolean(env, e->stopping || is_stopping(e));
}

napi_value environment_id(napi_env env, napi_callback_info) {
  return number(env, environment(env)->id);
}

napi_value hold_loop(napi_env env, napi_callback_info) {
  hold(environment(env));
  return nullptr;
}

napi_value unhold_loop(napi_env env, napi_callback_info) {
  unhold(environment(env));
  return nullptr;
}

}  // namespace

Environment* environment(napi_env env) {
  Environment* e = t_environment;
  if (e) return e;
  void* room = malloc(sizeof(Environment));
  if (!room) return nullptr;
  e = new (room) Environment();
  static_assert(offsetof(Environment, parker) == 0, "serve() finds the environment by its parker");
  e->env = env;
  e->parker.serve = serve;
  e->parker.runs_code = kService;
  napi_value name;
  napi_create_string_utf8(env, "nogil", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr,
                                  on_loop, &e->loop);
  napi_unref_threadsafe_function(env, e->loop);
  list_environment(e);
  t_environment = e;
  // Added after the thread-safe function's own hook, so it runs before that: hooks run last to
  // first.
  napi_add_env_cleanup_hook(env, teardown, e);
  return e;
}

// Cells may be released while the environment is made or ends.
ThreadNumber lock_number() { return t_environment ? t_environment->parker.number : t_number; }
void set_lock_number(ThreadNumber number) { t_number = number; }

void signal_loop(Environment* e) {
  if (e->loop) napi_call_threadsafe_function(e->loop, nullptr, napi_tsfn_nonblocking);
}

void hold(Environment* e) {
  if (e->holds++ == 0) napi_ref_threadsafe_function(e->env, e->loop);
}

void unhold(Environment* e) {
  if (--e->holds == 0) napi_unref_threadsafe_function(e->env, e->loop);
}

void define_environment(Wanted& define) {
  define("setup", setup);
  define("checkEvery", check_every);
  define("alarm", alarm);
  define("isStopping", stopping);
  define("environmentId", environment_id);
  define("waitReady", wait_ready);
  define("hold", hold_loop);
  define("unhold", unhold_loop);
}

}  // namespace binding
}  // namespace nogil
