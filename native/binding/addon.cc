#include "binding/children.h"
#include "binding/fork.h"
#include "binding/tree.h"

NAPI_MODULE_INIT() {
  using namespace nogil::binding;
  if (!environment(env)) return out_of_memory(env);
  define_environment(env, exports);
  define_cells(env, exports);
  define_names(env, exports);
  define_sync(env, exports);
  define_async(env, exports);
  define_queue(env, exports);
  define_futures(env, exports);
  define_functions(env, exports);
  define_messages(env, exports);
  define_thread_pools(env, exports);
  define_crews(env, exports);
  define_threads(env, exports);
  define_workers(env, exports);
  define_owner_death(env, exports);
  define_process(env, exports);
  define_tree(env, exports);
  define_processes(env, exports);
  define_shared_memory(env, exports);
  define_mailbox(env, exports);
  define_children(env, exports);
  define_fork(env, exports);
  return exports;
}
