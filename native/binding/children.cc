// Waiting for children that fork() made, and for no others: those that Node started are waited for
// by libuv, which would never learn of an end whose status somebody else took.
//
// Whoever waits has an event set when there may be something to take, and looks again:
//
//   waiter                            watcher, a native thread for each (child, options) waited for
//     lists itself    (g_lock)          waitid(WNOWAIT): something is there
//     looks           (take)            unlists itself, sets the waiters' events   (g_lock)
//     sleeps on its event
//
// What happens before the waiter looks it finds; what happens later has a watcher, which saw the
// waiter in the list, or has ended before the waiter looked for one and made it start another.
#include "binding/children.h"

#include <errno.h>

#include <cstdlib>

#include "platform/children.h"
#include "platform/threads.h"

namespace nogil {
namespace binding {

namespace {

struct Child {
  uint32_t pid;
  bool listed;
};

struct Waiter {
  Waiter* next;
  CellId event;  // with a reference
  int32_t which;
  uint32_t options;
};

struct Watcher {
  Watcher* next;
  uint32_t pid;
  uint32_t options;
};

Policy::Atomic<uint32_t> g_lock{0};
Child* g_children = nullptr;  // in order of birth
uint32_t g_count = 0;
uint32_t g_capacity = 0;
Waiter* g_waiters = nullptr;
Watcher* g_watchers = nullptr;

// As waitpid(2) reads its first argument.
bool matches(const Child& child, int32_t which) {
  if (which > 0) return child.pid == static_cast<uint32_t>(which);
  if (!child.listed) return false;
  if (which == -1) return true;
  uint32_t group = which == 0 ? platform::process_group(0) : static_cast<uint32_t>(-which);
  return platform::process_group(child.pid) == group;
}

void tell(const Child& child, uint32_t options) {
  for (Waiter* w = g_waiters; w; w = w->next) {
    if (w->options == options && matches(child, w->which)) {
      Event<Policy>::set(arena_of(w->event), *cell_at(w->event), kAbandoned);
    }
  }
}

void watch(void* raw) {
  Watcher* me = static_cast<Watcher*>(raw);
  platform::watch_child(me->pid, me->options);
  ProcessLock lock(g_lock);
  Watcher** at = &g_watchers;
  while (*at != me) at = &(*at)->next;
  *at = me->next;
  // Where the child is not in the list any more, somebody has just taken it: whoever waits for the
  // same has to hear that.
  Child child{me->pid, true};
  for (uint32_t i = 0; i < g_count; i++) {
    if (g_children[i].pid == me->pid) child = g_children[i];
  }
  tell(child, me->options);
  free(me);
}

// With the lock. False when there can be no more threads.
bool have_watched(const Child& child, uint32_t options) {
  for (Watcher* w = g_watchers; w; w = w->next) {
    if (w->pid == child.pid && w->options == options) return true;
  }
  Watcher* w = static_cast<Watcher*>(malloc(sizeof(Watcher)));
  if (!w) return false;
  *w = {g_watchers, child.pid, options};
  g_watchers = w;
  if (platform::start_thread(watch, w)) return true;
  g_watchers = w->next;
  free(w);
  return false;
}

void remove_waiter(CellId event) {
  for (Waiter** at = &g_waiters; *at; at = &(*at)->next) {
    Waiter* w = *at;
    if (w->event != event) continue;
    *at = w->next;
    free(w);
    release_cell(event);
    return;
  }
}

// (which, options): takes the status of a child that has one: 65536 * pid + status; 0: none has;
// negative: -errno.
napi_value take(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  int32_t which = static_cast<int32_t>(a.number(0));
  ProcessLock lock(g_lock);
  bool any = false;
  for (uint32_t i = 0; i < g_count; i++) {
    if (!matches(g_children[i], which)) continue;
    uint32_t pid = g_children[i].pid;
    int status = 0;
    int32_t got = platform::take_child(pid, a.u32(1), &status);
    if (got == 0) {
      any = true;
      continue;
    }
    // Stopped (0x7f in the low byte) and continued (0xffff) children live on.
    bool ended = got < 0 || ((status & 0xff) != 0x7f && status != 0xffff);
    if (ended) {
      g_count--;
      for (uint32_t j = i; j < g_count; j++) g_children[j] = g_children[j + 1];
      i--;
    }
    // Somebody else's code has taken it.
    if (got < 0) continue;
    return number(env, static_cast<double>(pid) * 65536 + (status & 0xffff));
  }
  return number(env, any ? 0 : -ECHILD);
}

// (which, options, event): has the event set when `take` may have something. False: there can be no
// more threads. To be followed by `unwatch`.
napi_value begin_watch(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  CellId event = a.u32(2);
  if (!cell_at(event)) return fail(env, "ERR_VALUE", "nogil: no such event");
  int32_t which = static_cast<int32_t>(a.number(0));
  uint32_t options = a.u32(1) & ~uint32_t{platform::kNoHang};
  Waiter* waiter = static_cast<Waiter*>(malloc(sizeof(Waiter)));
  if (!waiter) return out_of_memory(env);
  ProcessLock lock(g_lock);
  retain_cell(event);
  *waiter = {g_waiters, event, which, options};
  g_waiters = waiter;
  for (uint32_t i = 0; i < g_count; i++) {
    if (!matches(g_children[i], which) || have_watched(g_children[i], options)) continue;
    remove_waiter(event);
    return boolean(env, false);
  }
  return boolean(env, true);
}

// (event)
napi_value end_watch(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  ProcessLock lock(g_lock);
  remove_waiter(a.u32(0));
  return nullptr;
}

// (code)
napi_value exit_now(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  platform::exit_now(static_cast<int>(a.u32(0)));
}

// (code, milliseconds): the process ends then, if it has not before.
struct Deadline {
  int code;
  int64_t at;
};
napi_value exit_by(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Deadline* deadline = static_cast<Deadline*>(malloc(sizeof(Deadline)));
  if (!deadline) return nullptr;
  *deadline = {static_cast<int>(a.u32(0)), Policy::now() + static_cast<int64_t>(a.number(1) * 1e6)};
  bool started = platform::start_thread(
      [](void* raw) {
        Deadline* deadline = static_cast<Deadline*>(raw);
        Policy::Atomic<uint32_t> never{0};
        while (Policy::wait(never, 0, deadline->at, false)) {
        }
        platform::exit_now(deadline->code);
      },
      deadline);
  if (!started) free(deadline);
  return nullptr;
}

napi_value abort_now(napi_env, napi_callback_info) { platform::abort_now(); }

}  // namespace

bool reserve_child() {
  ProcessLock lock(g_lock);
  if (g_count < g_capacity) return true;
  uint32_t capacity = g_capacity ? g_capacity * 2 : 16;
  Child* grown = static_cast<Child*>(realloc(g_children, capacity * sizeof(Child)));
  if (!grown) return false;
  g_children = grown;
  g_capacity = capacity;
  return true;
}

void add_child(uint32_t pid, bool listed) {
  ProcessLock lock(g_lock);
  g_children[g_count++] = {pid, listed};
  // Promises that wait for any child wait for this one too.
  tell(g_children[g_count - 1], 0);
  tell(g_children[g_count - 1], platform::kUntraced);
  tell(g_children[g_count - 1], platform::kContinued);
  tell(g_children[g_count - 1], platform::kUntraced | platform::kContinued);
}

void forget_children() {
  g_lock.store(0, std::memory_order_relaxed);
  g_count = 0;
  // They look again, and find that there is no child.
  while (g_waiters) {
    CellId event = g_waiters->event;
    Event<Policy>::set(arena_of(event), *cell_at(event), kAbandoned);
    remove_waiter(event);
  }
  // Their threads are the parent's.
  while (g_watchers) {
    Watcher* w = g_watchers;
    g_watchers = w->next;
    free(w);
  }
}

void define_children(Wanted& define) {
  define("childTake", take);
  define("childWatch", begin_watch);
  define("childUnwatch", end_watch);
  define("exitNow", exit_now);
  define("exitBy", exit_by);
  define("abortNow", abort_now);
}

}  // namespace binding
}  // namespace nogil
