// What fork() needs of libuv. The released addon is built without Node's own headers, which differ
// from version to version, so the layouts stand here: libuv keeps them for all of 1.x. Where there
// is a uv.h (NOGIL_UV_H), it is used, and checks them.
#pragma once

#if defined(__linux__)

#include <pthread.h>

#include <cstddef>

namespace nogil {
namespace binding {
namespace uv_layout {

struct Handle {
  void* data;
  void* loop;
  int type;
  void (*close)(void*);
  void* queue[2];
  void* reserved[4];
  void* next_closing;
  unsigned flags;
};
struct Async {
  Handle handle;
  void (*called)(void*);
  void* async_queue[2];
  int pending;
};
struct Loop {
  void* data;
  unsigned active_handles;
  void* handle_queue[2];
  void* active_requests;
  void* internal_fields;
  unsigned stop_flag;
  unsigned long flags;
  int backend_fd;
  void* pending_queue[2];
  void* watcher_queue[2];
  void** watchers;
  unsigned watcher_count;
  unsigned fd_count;
  void* wq[2];
  pthread_mutex_t wq_mutex;
  Async wq_async;
};
constexpr int kAsync = 1;
constexpr int kProcess = 10;
constexpr int kRunOnce = 1;

}  // namespace uv_layout
}  // namespace binding
}  // namespace nogil

#if defined(NOGIL_UV_H)

#include <uv.h>

namespace nogil {
namespace binding {
namespace uv_layout {

static_assert(offsetof(uv_handle_t, type) == offsetof(Handle, type), "uv_handle_t");
static_assert(offsetof(uv_async_t, pending) == offsetof(Async, pending), "uv_async_t");
static_assert(offsetof(uv_loop_t, wq_async) == offsetof(Loop, wq_async), "uv_loop_t");
static_assert(UV_ASYNC == kAsync && UV_PROCESS == kProcess, "uv_handle_type");
static_assert(UV_RUN_ONCE == kRunOnce, "uv_run_mode");

}  // namespace uv_layout
}  // namespace binding
}  // namespace nogil

#else

struct uv_loop_s : nogil::binding::uv_layout::Loop {};
extern "C" {
typedef struct uv_loop_s uv_loop_t;
typedef nogil::binding::uv_layout::Handle uv_handle_t;
typedef nogil::binding::uv_layout::Async uv_async_t;
typedef void (*uv_walk_cb)(uv_handle_t* handle, void* data);
typedef int uv_run_mode;
}
constexpr int UV_ASYNC = nogil::binding::uv_layout::kAsync;
constexpr int UV_PROCESS = nogil::binding::uv_layout::kProcess;
constexpr uv_run_mode UV_RUN_ONCE = nogil::binding::uv_layout::kRunOnce;

#endif

// Weak: not every runtime that loads the addon has them.
extern "C" {
__attribute__((weak)) int uv_loop_fork(uv_loop_t* loop);
__attribute__((weak)) void uv_walk(uv_loop_t* loop, uv_walk_cb walk, void* data);
__attribute__((weak)) int uv_async_send(uv_async_t* async);
__attribute__((weak)) int uv_run(uv_loop_t* loop, uv_run_mode mode);
__attribute__((weak)) void uv_unref(uv_handle_t* handle);
}

#endif
