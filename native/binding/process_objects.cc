// Cells of what processes have together beside locks and queues: the ends of pipes, objects that a
// manager has, memory.
#include "binding/queue.h"
#include "binding/tree.h"

namespace nogil {
namespace binding {

namespace {

// (in, out): an end of a pipe, with a reference of this environment
napi_value create_connection(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  CellId id = allocate_cell(CellClass::kConnection, true);
  if (!id) return out_of_memory(env);
  for (int i = 0; i < 2; i++) {
    retain_cell(a.u32(i));
    cell_at(id)->data[i].store(a.u32(i), std::memory_order_relaxed);
  }
  return take_in(environment(env), id) ? number(env, id) : out_of_memory(env);
}

// (queue, number, pid): an object of that number in the process of that pid, which takes calls from
// that queue; with a reference of this environment
napi_value create_managed(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  CellId id = allocate_cell(CellClass::kManaged, true);
  if (!id) return out_of_memory(env);
  retain_cell(a.u32(0));
  for (int i = 0; i < 3; i++) cell_at(id)->data[i].store(a.u32(i), std::memory_order_relaxed);
  return take_in(environment(env), id) ? number(env, id) : out_of_memory(env);
}

// (bytes): memory full of zeros, with a reference of this environment; 0: there is none
napi_value create_memory(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  double size = a.number(0);
  CellId id = allocate_cell(CellClass::kMemory, true);
  if (!id) return number(env, 0);
  PayloadHeap<Policy> heap = heap_of(id);
  uint32_t block = heap.allocate(static_cast<uint64_t>(size), environment(env)->parker.number);
  if (!block) {
    release_cell(id);
    return number(env, 0);
  }
  memset(heap.data(block), 0, static_cast<size_t>(size));
  heap.set_owner(block, kNobody);
  cell_at(id)->data[0].store(block, std::memory_order_release);
  return number(env, take_in(environment(env), id) ? id : kNoCell);
}

void view_dropped(napi_env, void*, void* hint) {
  give_up_cell(static_cast<CellId>(reinterpret_cast<uintptr_t>(hint)));
}

// (memory): an ArrayBuffer over it, which keeps it alive
napi_value view_memory(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  CellId id = a.u32(0);
  SyncCell* cell = cell_at(id);
  uint32_t block = cell ? cell->data[0].load(std::memory_order_acquire) : 0;
  if (!block) return fail(env, "ERR_VALUE", "nogil: no such memory");
  PayloadHeap<Policy> heap = heap_of(id);
  if (!hold_cell(id)) return out_of_memory(env);
  napi_value buffer;
  if (napi_create_external_arraybuffer(env, heap.data(block), heap.size(block), view_dropped,
                                       reinterpret_cast<void*>(static_cast<uintptr_t>(id)),
                                       &buffer) != napi_ok) {
    give_up_cell(id);
    return fail(env, "ERR_UNSUPPORTED",
                "nogil: this runtime does not allow memory outside of its heap");
  }
  return buffer;
}

}  // namespace

void drop_memory(CellId id) {
  uint32_t block = cell_at(id)->data[0].load(std::memory_order_acquire);
  if (block) heap_of(id).free(block, lock_number());
}

// Nobody refers to the object any more: its process is told, by its number alone.
void drop_managed(CellId id) {
  SyncCell* cell = cell_at(id);
  CellId queue = cell->data[0].load(std::memory_order_relaxed);
  uint32_t object = cell->data[1].load(std::memory_order_relaxed);
  if (!queue) return;
  if (object) queue_of(queue).try_put(number_item(object), lock_number());
  release_cell(queue);
}

// Who reads at the other end gets what is under way and then the end; who writes there is told
// that nobody reads.
void close_connection(CellId id) {
  SyncCell* cell = cell_at(id);
  ThreadNumber me = lock_number();
  CellId in = cell->data[0].load(std::memory_order_relaxed);
  CellId out = cell->data[1].load(std::memory_order_relaxed);
  if (out) queue_of(out).shutdown(false, me, [](const Item&) {});
  if (in) queue_of(in).shutdown(true, me, [&](const Item& item) { drop(in, item, me); });
  if (out) release_cell(out);
  if (in) release_cell(in);
}

void define_process_objects(Wanted& define) {
  define("connectionCreate", create_connection);
  define("managedCreate", create_managed);
  define("memoryCreate", create_memory);
  define("memoryView", view_memory);
}

}  // namespace binding
}  // namespace nogil
