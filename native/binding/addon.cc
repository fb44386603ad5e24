#include "binding/children.h"
#include "binding/fork.h"
#include "binding/tree.h"

namespace nogil {
namespace binding {

namespace {

constexpr size_t kMaxName = 64;

void define_all(Wanted& define) {
  define_environment(define);
  define_environments(define);
  define_cells(define);
  define_names(define);
  define_sync(define);
  define_async(define);
  define_queue(define);
  define_futures(define);
  define_functions(define);
  define_messages(define);
  define_thread_pools(define);
  define_crews(define);
  define_threads(define);
  define_workers(define);
  define_owner_death(define);
  define_process(define);
  define_tree(define);
  define_processes(define);
  define_process_objects(define);
  define_shared_memory(define);
  define_mailbox(define);
  define_children(define);
  define_fork(define);
}

// (name): the addon's function of that name, made anew; undefined: there is none, or this
// environment is at its end. All of them at once would take 2 kB each of every worker's heap, and
// most workers use few.
napi_value get(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  char name[kMaxName];
  size_t length = 0;
  if (napi_get_value_string_utf8(env, a.values[0], name, kMaxName, &length) != napi_ok) {
    return undefined(env);
  }
  Wanted wanted{name};
  define_all(wanted);
  napi_value function = nullptr;
  if (wanted.function) {
    napi_create_function(env, name, length, wanted.function, environment(env), &function);
  }
  return function;
}

}  // namespace

}  // namespace binding
}  // namespace nogil

NAPI_MODULE_INIT() {
  using namespace nogil::binding;
  if (!environment(env)) return out_of_memory(env);
  napi_value function = nullptr;
  napi_create_function(env, "get", NAPI_AUTO_LENGTH, get, nullptr, &function);
  napi_set_named_property(env, exports, "get", function);
  return exports;
}
