// fork(): what it takes beyond the system call (platform/fork.h) for a child that runs on.
#include "binding/fork.h"

#include <errno.h>

#include <cstdlib>

#include "binding/children.h"
#include "binding/libuv.h"
#include "binding/tree.h"
#include "platform/fork.h"
#include "platform/threads.h"

namespace nogil {
namespace binding {

namespace {

#if defined(__linux__)

struct Child {
  Environment* environment;
  uv_loop_t* loop;
  ProcessNumber number;  // in the tree
  uint32_t generation;
};

// Wake-ups that were under way when the process split; they went to the parent only.
class Pending {
 public:
  explicit Pending(uv_loop_t* loop) {
    add(&loop->wq_async);
    uv_walk(
        loop,
        [](uv_handle_t* handle, void* self) {
          // Of the parent's children this one will never hear.
          if (handle->type == UV_PROCESS) uv_unref(handle);
          if (handle->type != UV_ASYNC) return;
          static_cast<Pending*>(self)->add(reinterpret_cast<uv_async_t*>(handle));
        },
        this);
  }
  ~Pending() { free(list_); }
  void send_again() {
    for (uint32_t i = 0; i < count_; i++) uv_async_send(list_[i]);
  }

 private:
  void add(uv_async_t* async) {
    if (!async->pending) return;
    if (count_ == capacity_) {
      uint32_t capacity = capacity_ ? capacity_ * 2 : 16;
      void* grown = realloc(list_, capacity * sizeof(uv_async_t*));
      if (!grown) return;
      list_ = static_cast<uv_async_t**>(grown);
      capacity_ = capacity;
    }
    list_[count_++] = async;
  }
  uv_async_t** list_ = nullptr;
  uint32_t count_ = 0;
  uint32_t capacity_ = 0;
};

void in_child(void* data) {
  Child* child = static_cast<Child*>(data);
  Pending pending(child->loop);
  // Its descriptors are the parent's still.
  uv_loop_fork(child->loop);
  pending.send_again();
  after_fork_in_child(child->environment, child->number, child->generation);
}

// (listed, ending, process): the child's pid, 0 in the child, negative where there was no fork.
// `process`: the cell of one that multiprocessing starts so, or 0.
napi_value fork(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  CellId process = a.u32(2);
  Child child{environment(env), nullptr, kNoProcess, 0};
  if (!uv_loop_fork || !uv_walk || !uv_async_send || !uv_unref ||
      napi_get_uv_event_loop(env, &child.loop) != napi_ok) {
    return number(env, platform::kForkUnsupported);
  }
  if (!reserve_child()) return number(env, -ENOMEM);
  if (shared_arena().ready()) {
    child.number = prepare_fork(process);
    if (child.number == kNoProcess) return number(env, -ENOMEM);
    child.generation = generation_of(child.number);
  }
  int32_t pid = platform::fork_with_helpers(a.boolean(1), in_child, &child);
  if (pid > 0 && !process) add_child(static_cast<uint32_t>(pid), a.boolean(0));
  if (pid < 0 && child.number) cancel_fork(child.number);
  if (pid > 0 && child.number)
    note_fork(child.number, child.generation, process, static_cast<uint32_t>(pid),
              child.environment);
  return number(env, pid);
}

#else

napi_value fork(napi_env env, napi_callback_info) {
  return number(env, platform::kForkUnsupported);
}

#endif

// The event loop turns once, within this call.
napi_value turn_loop(napi_env env, napi_callback_info) {
#if defined(__linux__)
  uv_loop_t* loop = nullptr;
  if (uv_run && napi_get_uv_event_loop(env, &loop) == napi_ok) uv_run(loop, UV_RUN_ONCE);
#endif
  return nullptr;
}

// Ends the waits of all workers of ours, which their maker then terminates.
napi_value end_workers(napi_env env, napi_callback_info) {
  for_each_environment(
      [](Environment* e, void*) {
        if (!e->pooled) return;
        e->parker.interrupt(e->spawner ? kStop | kService : kStop);
        if (e->spawner) signal_loop(e);
      },
      nullptr);
  return nullptr;
}

napi_value process_id(napi_env env, napi_callback_info) {
  return number(env, platform::process_id());
}

}  // namespace

void after_fork_in_child(Environment* e, ProcessNumber number, uint32_t generation) {
  forget_children();
  if (number) enter_tree_as_child(number, generation, e);
  if (e->own_cell) {
    // The operating system's id of this thread (threads.h).
    cell_at(e->own_cell)->data[1].store(platform::thread_id(), std::memory_order_relaxed);
  }
}

void define_fork(Wanted& define) {
  define("fork", fork);
  define("turnLoop", turn_loop);
  define("forkEndWorkers", end_workers);
  define("processId", process_id);
}

}  // namespace binding
}  // namespace nogil
