// Names: of primitives that were made with one, which is how threads find them, and of threads,
// which messages show. A cell's `link` word is its name's number, 0 for none.
#include <cstdlib>
#include <cstring>

#include "binding/tree.h"

namespace nogil {
namespace binding {

namespace {

struct Name {
  char* text;
  size_t length;
  CellId cell;
  bool lookup;     // can be found by its text
  uint32_t chain;  // next with the same hash, or next free
};

constexpr uint32_t kBuckets = 4096;

Policy::Atomic<uint32_t> g_lock{0};
Name* g_names = nullptr;  // by number - 1
uint32_t g_count = 0;
uint32_t g_capacity = 0;
uint32_t g_free = 0;
uint32_t g_buckets[kBuckets];

uint32_t bucket_of(const char* text, size_t length) {
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < length; i++) h = (h ^ static_cast<uint8_t>(text[i])) * 16777619u;
  return h % kBuckets;
}

// The functions below need g_lock.

uint32_t take(const char* text, size_t length, CellId cell, bool lookup) {
  uint32_t n = g_free;
  if (n) {
    g_free = g_names[n - 1].chain;
  } else {
    if (g_count == g_capacity) {
      uint32_t capacity = g_capacity ? g_capacity * 2 : 64;
      Name* grown = static_cast<Name*>(realloc(g_names, capacity * sizeof(Name)));
      if (!grown) return 0;
      g_names = grown;
      g_capacity = capacity;
    }
    n = ++g_count;
  }
  Name& name = g_names[n - 1];
  name = {static_cast<char*>(malloc(length + 1)), length, cell, lookup, 0};
  if (!name.text) {
    name.chain = g_free;
    g_free = n;
    return 0;
  }
  memcpy(name.text, text, length);
  name.text[length] = 0;
  if (lookup) {
    uint32_t& bucket = g_buckets[bucket_of(text, length)];
    name.chain = bucket;
    bucket = n;
  }
  return n;
}

void give_back(uint32_t n) {
  Name& name = g_names[n - 1];
  if (name.lookup) {
    uint32_t* at = &g_buckets[bucket_of(name.text, name.length)];
    while (*at != n) at = &g_names[*at - 1].chain;
    *at = name.chain;
  }
  free(name.text);
  name = {nullptr, 0, kNoCell, false, g_free};
  g_free = n;
}

uint32_t name_of_shared(CellId id) {
  uint32_t n = g_count;
  while (n && g_names[n - 1].cell != id) n--;
  return n;
}

char* text_argument(napi_env env, napi_value value, size_t* length) {
  if (napi_get_value_string_utf8(env, value, nullptr, 0, length) != napi_ok) return nullptr;
  char* text = static_cast<char*>(malloc(*length + 1));
  if (text) napi_get_value_string_utf8(env, value, text, *length + 1, length);
  return text;
}

// (name, class): the cell of that name, with a reference for this environment; 0 when there is
// none; -1 when it is of another class. (name, class, cell): gives `cell` the name, or finds that
// another thread was first, as above.
napi_value named(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  size_t length;
  char* text = text_argument(env, a.values[0], &length);
  if (!text) return out_of_memory(env);
  CellClass c = static_cast<CellClass>(a.u32(1) & 0xff);
  // A name is looked up in one process only. One of a shared cell is not in the cell, which other
  // processes see, but holds a reference to it.
  const bool shared = a.u32(1) > 0xff;  // lib/internal/native.ts, SHARED_CLASS
  CellId mine = a.u32(2);
  double answer = 0;
  {
    ProcessLock lock(g_lock);
    for (uint32_t n = g_buckets[bucket_of(text, length)]; n; n = g_names[n - 1].chain) {
      Name& name = g_names[n - 1];
      if (name.length != length || memcmp(name.text, text, length) != 0) continue;
      SyncCell* cell = cell_at(name.cell);
      uint64_t t = cell->tag.load(std::memory_order_acquire);
      // A count of 0: its last holder is on the way to drop_name. Such a name is free.
      bool held = false;
      while (tag::refs(t) != 0 && !held) {
        if (tag::cell_class(t) != c || shared != ((name.cell & kSharedArenaBit) != 0)) {
          answer = -1;
          break;
        }
        held = cell->tag.compare_exchange_weak(t, t + 1, std::memory_order_acq_rel);
      }
      if (held) answer = name.cell;
      if (held || answer == -1) break;
    }
    if (answer == 0 && mine) {
      uint32_t n = take(text, length, mine, true);
      if (n && shared && !hold_cell(mine)) {
        give_back(n);
        n = 0;
      }
      if (!shared) cell_at(mine)->link.store(n, std::memory_order_relaxed);
      if (!n) answer = -2;
    }
  }
  free(text);
  if (answer == -2) return out_of_memory(env);
  if (answer > 0 && !take_in(environment(env), static_cast<CellId>(answer)))
    return out_of_memory(env);
  return number(env, answer);
}

// (cell, text): a name that is shown and not looked up.
napi_value set_name_js(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  size_t length;
  char* text = text_argument(env, a.values[1], &length);
  bool ok = text && set_name(a.u32(0), text, length);
  free(text);
  return ok ? nullptr : out_of_memory(env);
}

napi_value get_name(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  napi_value out = nullptr;
  SyncCell* cell = cell_at(a.u32(0));
  if (!cell) return nullptr;
  ProcessLock lock(g_lock);
  uint32_t n = a.u32(0) & kSharedArenaBit ? name_of_shared(a.u32(0))
                                          : cell->link.load(std::memory_order_relaxed);
  if (n && n <= g_count && g_names[n - 1].text) {
    napi_create_string_utf8(env, g_names[n - 1].text, g_names[n - 1].length, &out);
  }
  return out;
}

}  // namespace

bool set_name(CellId id, const char* text, size_t length) {
  SyncCell* cell = cell_at(id);
  if (!cell || id & kSharedArenaBit) return false;
  ProcessLock lock(g_lock);
  uint32_t n = take(text, length, id, false);
  if (!n) return false;
  uint32_t old = cell->link.exchange(n, std::memory_order_relaxed);
  if (old) give_back(old);
  return true;
}

size_t copy_name(CellId id, char* out, size_t room) {
  out[0] = 0;
  SyncCell* cell = cell_at(id);
  if (!cell || id & kSharedArenaBit) return 0;
  ProcessLock lock(g_lock);
  uint32_t n = cell->link.load(std::memory_order_relaxed);
  if (!n || n > g_count || !g_names[n - 1].text) return 0;
  size_t length = g_names[n - 1].length < room ? g_names[n - 1].length : room - 1;
  memcpy(out, g_names[n - 1].text, length);
  out[length] = 0;
  return length;
}

void drop_name(uint32_t number, CellId id) {
  ProcessLock lock(g_lock);
  if (number <= g_count && g_names[number - 1].cell == id) give_back(number);
}

void define_names(Wanted& define) {
  define("named", named);
  define("setName", set_name_js);
  define("getName", get_name);
}

}  // namespace binding
}  // namespace nogil
