// Files mapped into memory, for nogil/multiprocessing/shared_memory, and what the process that
// removes their names at the end of the tree needs.
#include <cstdlib>

#include "binding/tree.h"
#include "platform/files.h"
#include "platform/mapping.h"

namespace nogil {
namespace binding {

namespace {

struct Mapping {
  void* at;
  size_t bytes;
};

void unmap(napi_env, void*, void* hint) {
  Mapping* mapping = static_cast<Mapping*>(hint);
  platform::unmap(mapping->at, mapping->bytes);
  free(mapping);
}

// (descriptor, bytes): an ArrayBuffer over the file, which the descriptor is not needed for any
// more; undefined: it can not be mapped
napi_value map_file(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  size_t bytes = static_cast<size_t>(a.number(1));
  Mapping* mapping = static_cast<Mapping*>(malloc(sizeof(Mapping)));
  if (!mapping) return out_of_memory(env);
  mapping->bytes = bytes;
  mapping->at = platform::shared_map(static_cast<int>(a.u32(0)), bytes);
  if (!mapping->at) {
    free(mapping);
    return undefined(env);
  }
  napi_value buffer;
  if (napi_create_external_arraybuffer(env, mapping->at, bytes, unmap, mapping, &buffer) !=
      napi_ok) {
    unmap(env, nullptr, mapping);
    return fail(env, "ERR_UNSUPPORTED",
                "nogil: this runtime does not allow memory outside of its heap");
  }
  return buffer;
}

// (buffer): nothing can be read or written through it from now on; its mapping ends later
napi_value detach_buffer(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  napi_detach_arraybuffer(env, a.values[0]);
  return nullptr;
}

// (): a descriptor of the tree's memory with a lock on it that lasts as long as one process of the
// tree has it; -1: there is none
napi_value lock_tree(napi_env env, napi_callback_info) {
  int fd = tree_descriptor();
  return integer(env, fd >= 0 && platform::lock_shared(fd) ? fd : -1);
}

// (): the pid of the process that removes names; 0: none was started yet.
// (before, pid): makes it the other one, where it is `before` still; the one that it is
napi_value tracker(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  if (!shared_arena().ready()) return number(env, 0);
  auto& word = shared_arena().header()->tracker;
  uint32_t before = a.u32(0);
  uint32_t pid = a.u32(1);
  if (!pid) return number(env, word.load(std::memory_order_acquire));
  return number(
      env, word.compare_exchange_strong(before, pid, std::memory_order_acq_rel) ? pid : before);
}

}  // namespace

void define_shared_memory(Wanted& define) {
  define("mapFile", map_file);
  define("detachBuffer", detach_buffer);
  define("lockTree", lock_tree);
  define("nameTracker", tracker);
}

}  // namespace binding
}  // namespace nogil
