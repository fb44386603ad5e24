// Cells as JavaScript sees them: allocated, counted, checked against forged handles, and mapped.
#include <cstring>

#include "binding/tree.h"
#include "platform/random.h"

namespace nogil {
namespace binding {

namespace {

Policy::Atomic<uint32_t> g_lock{0};
Memory g_private;
// Set after it, so that whoever sees this sees all of the arena: threads come here at the same
// time.
Policy::Atomic<bool> g_private_made{false};
Policy::Atomic<uint64_t> g_seed{0};

// Where the generations of a cell begin that was never used. By chance, so that nobody comes upon a
// handle by guessing, nor by one that another process, or an earlier one, made.
uint32_t first_generation(uint32_t index) {
  uint64_t seed = g_seed.load(std::memory_order_relaxed);
  if (seed == 0) {
    uint64_t random;
    platform::fill_random(&random, sizeof random);
    if (g_seed.compare_exchange_strong(seed, random | 1, std::memory_order_relaxed))
      seed = random | 1;
  }
  // The finaliser of MurmurHash3.
  uint64_t x = seed + index;
  x = (x ^ x >> 33) * 0xff51afd7ed558ccdu;
  x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
  return static_cast<uint32_t>(x >> 33);
}

bool retain_if(CellId id, uint32_t generation, CellClass c) {
  SyncCell* cell = cell_at(id);
  if (!cell) return false;
  uint64_t t = cell->tag.load(std::memory_order_acquire);
  while (tag::refs(t) != 0 && tag::generation(t) == generation && tag::cell_class(t) == c) {
    if (cell->tag.compare_exchange_weak(t, t + 1, std::memory_order_acq_rel)) return true;
  }
  return false;
}

// (class, words, shared): a new cell that starts with the words of a primitive that was local so
// far. `shared`: in the memory of all processes of the tree.
napi_value allocate(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  Environment* e = environment(env);
  CellId id = allocate_cell(static_cast<CellClass>(a.u32(0)), a.boolean(2));
  if (id == kNoCell) return out_of_memory(env);
  if (!take_in(e, id)) return out_of_memory(env);
  void* words = nullptr;
  size_t length = 0;
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, a.values[1], &type, &length, &words, nullptr, nullptr) ==
          napi_ok &&
      length == 16 && words) {
    SyncCell* cell = cell_at(id);
    const uint32_t* from = static_cast<const uint32_t*>(words);
    cell->state.store(from[0], std::memory_order_relaxed);
    cell->aux.store(from[1], std::memory_order_relaxed);
    for (int i = 0; i < 5; i++) cell->data[i].store(from[7 + i], std::memory_order_relaxed);
  }
  return number(env, id);
}

// (cell, generation, class): one more instance here. False for a handle that is stale or forged.
napi_value attach(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  CellId id = a.u32(0);
  if (!retain_if(id, a.u32(1), static_cast<CellClass>(a.u32(2)))) return boolean(env, false);
  return take_in(environment(env), id) ? boolean(env, true) : out_of_memory(env);
}

// (cell): the reference that a traveller brought is this environment's now.
napi_value adopt(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  if (!environment(env)->references.add(a.u32(0))) return out_of_memory(env);
  return nullptr;
}

// (cell): gives up a reference of this environment.
napi_value detach(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  CellId id = a.u32(0);
  if (environment(env)->references.remove(id)) give_up_cell(id);
  return nullptr;
}

// (cell): a reference for a traveller, which outlives this environment.
napi_value pin(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  return hold_cell(a.u32(0)) ? nullptr : out_of_memory(env);
}

// (cell): a traveller's reference that is not wanted any more.
napi_value unpin(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  give_up_cell(a.u32(0));
  return nullptr;
}

// (cell): a reference that this environment pinned is another cell's now, which gives it back at
// its end.
napi_value bequeath(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  answer_no_more(a.u32(0));
  return nullptr;
}

napi_value generation(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  SyncCell* cell = cell_at(a.u32(0));
  return number(env, cell ? tag::generation(cell->tag.load(std::memory_order_acquire)) : 0);
}

// (cell): an ArrayBuffer over the chunk of memory that holds it.
napi_value view(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  CellId id = a.u32(0);
  if (!cell_at(id)) return fail(env, "ERR_VALUE", "nogil: no such cell");
  void* at = arena_of(id).chunk_address(index_of(id) / kCellsPerChunk);
  napi_value buffer;
  if (napi_create_external_arraybuffer(env, at, kChunkBytes, nullptr, nullptr, &buffer) !=
      napi_ok) {
    return fail(env, "ERR_UNSUPPORTED",
                "nogil: this runtime does not allow memory outside of its heap");
  }
  return buffer;
}

// (shared): how many cells are in use: what tests of lifetime count.
napi_value live(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  uint32_t count = 0;
  Memory& arena = a.boolean(0) ? shared_arena() : arena_of(kNoCell);
  if (!arena.ready()) return number(env, 0);
  arena.for_each<SyncCell>(ChunkKind::kCells, [&](uint32_t, SyncCell* cell) {
    count += tag::refs(cell->tag.load(std::memory_order_relaxed)) != 0;
  });
  return number(env, count);
}

}  // namespace

Memory& arena_of(CellId id) {
  if (id & kSharedArenaBit) return shared_arena();
  // Acquire: pairs with the release below.
  if (!g_private_made.load(std::memory_order_acquire)) {
    ProcessLock lock(g_lock);
    if (!g_private.ready() && g_private.create_private()) {
      g_private_made.store(true, std::memory_order_release);
    }
  }
  return g_private;
}

SyncCell* cell_at(CellId id) {
  Memory& arena = arena_of(id);
  if (!arena.ready() || !arena.contains(index_of(id), ChunkKind::kCells)) return nullptr;
  return arena.at<SyncCell>(index_of(id));
}

CellId allocate_cell(CellClass c, bool shared) {
  Memory& arena = shared ? shared_arena() : arena_of(kNoCell);
  if (!arena.ready()) return kNoCell;
  uint32_t index = arena.allocate(ChunkKind::kCells);
  if (!index) return kNoCell;
  SyncCell* cell = arena.at<SyncCell>(index);
  uint64_t before = cell->tag.load(std::memory_order_relaxed);
  uint32_t generation = before ? tag::generation(before) : first_generation(index);
  memset(static_cast<void*>(cell), 0, offsetof(SyncCell, tag));
  cell->link.store(0, std::memory_order_relaxed);
  cell->died.store(0, std::memory_order_relaxed);
  // Release: a thread that finds the cell by its handle sees it empty, not as its last owner left
  // it.
  cell->tag.store(tag::make(generation, c, 1), std::memory_order_release);
  return shared ? index | kSharedArenaBit : index;
}

void retain_cell(CellId id) {
  SyncCell* cell = cell_at(id);
  if (cell) cell->tag.fetch_add(1, std::memory_order_relaxed);
}

namespace {

// Queues of this thread that nobody refers to any more, and whether it is at work on them.
thread_local CellId t_ended = kNoCell;
thread_local bool t_ending = false;

// Frees a cell of class `c` that nobody refers to.
void end_cell(CellId id, CellClass c) {
  SyncCell* cell = cell_at(id);
  CellId lock =
      c == CellClass::kCondition ? cell->data[0].load(std::memory_order_relaxed) : kNoCell;
  if (c == CellClass::kFuture) drop_outcome(id);
  if (c == CellClass::kMemory) drop_memory(id);
  if (c == CellClass::kCrew) drop_crew(id);
  if (c == CellClass::kConnection) close_connection(id);
  if (c == CellClass::kProcess) drop_start_message(id);
  if (c == CellClass::kManaged) drop_managed(id);
  if (c == CellClass::kThreadPool) drop_pool(cell);
  uint32_t name = cell->link.load(std::memory_order_relaxed);
  if (name && !(id & kSharedArenaBit)) drop_name(name, id);
  arena_of(id).free(index_of(id), ChunkKind::kCells);
  if (lock) release_cell(lock);
}

}  // namespace

void release_cell(CellId id) {
  SyncCell* cell = cell_at(id);
  if (!cell) return;
  uint64_t t = cell->tag.load(std::memory_order_relaxed);
  for (;;) {
    uint32_t refs = tag::refs(t);
    if (refs == 0) return;
    uint64_t next = refs > 1 ? t - 1 : tag::make(tag::generation(t) + 1, CellClass::kFree, 0);
    // Release: what this holder did to the cell comes before its next life; acquire for the last
    // one.
    if (!cell->tag.compare_exchange_weak(t, next, std::memory_order_acq_rel)) continue;
    if (refs > 1) return;
    break;
  }
  CellClass c = tag::cell_class(t);
  if (!is_queue(c)) {
    end_cell(id, c);
    return;
  }
  // What is in a queue may hold the last reference of another, and so on: one after the other, so
  // that no stack runs out. They are chained by a word that the queue does not use.
  cell->data[1].store(t_ended, std::memory_order_relaxed);
  t_ended = id;
  if (t_ending) return;
  t_ending = true;
  while ((id = t_ended) != kNoCell) {
    t_ended = cell_at(id)->data[1].load(std::memory_order_relaxed);
    destroy_queue(id, lock_number());
    end_cell(id, c);
  }
  t_ending = false;
}

void define_cells(Wanted& define) {
  define("allocate", allocate);
  define("attach", attach);
  define("adopt", adopt);
  define("detach", detach);
  define("pin", pin);
  define("unpin", unpin);
  define("bequeath", bequeath);
  define("generation", generation);
  define("view", view);
  define("liveCells", live);
}

}  // namespace binding
}  // namespace nogil
