#include <cstdlib>
#include <cstring>

#include "binding/tree.h"
#include "platform/allocator.h"

namespace nogil {
namespace binding {

namespace {

// Ids of shared objects in dropped messages, until JavaScript counts them off (lib/internal/codec).
Policy::Atomic<uint32_t> g_lock{0};
uint8_t* g_dropped = nullptr;
size_t g_dropped_length = 0;

constexpr uint8_t kSharedObjects = 2;
constexpr size_t kIdBytes = 12;

// The body's flags say that the message ends with ids and their number.
void keep_ids(const uint8_t* bytes, size_t length, size_t body) {
  uint32_t count;
  if (body >= length || !(bytes[body] & kSharedObjects) || length < body + 5) return;
  memcpy(&count, bytes + length - 4, sizeof count);
  size_t size = count * kIdBytes;
  if (size > length - body - 5) return;
  ProcessLock lock(g_lock);
  uint8_t* grown = static_cast<uint8_t*>(realloc(g_dropped, g_dropped_length + size));
  // Without memory for them they count as under way for ever: their objects stay.
  if (!grown) return;
  g_dropped = grown;
  memcpy(g_dropped + g_dropped_length, bytes + length - 4 - size, size);
  g_dropped_length += size;
}

// [1, 0, 0, 0][count][cells]: the table of references; a first byte of 0 says that there is none.
uint32_t references_of(const uint8_t* bytes, size_t length) {
  uint32_t count;
  if (length < 8 || bytes[0] != 1) return 0;
  memcpy(&count, bytes + 4, sizeof count);
  return count > (length - 8) / 4 ? 0 : count;
}

template <class F>
void for_each_reference(const uint8_t* bytes, size_t length, F fn) {
  for (uint32_t i = 0, count = references_of(bytes, length); i < count; i++) {
    CellId cell;
    memcpy(&cell, bytes + 8 + i * size_t{4}, sizeof cell);
    fn(cell);
  }
}

// (): and forgets them
napi_value take_dropped(napi_env env, napi_callback_info) {
  ProcessLock lock(g_lock);
  if (!g_dropped_length) return undefined(env);
  napi_value out = new_bytes(env, g_dropped, g_dropped_length);
  if (!out) return out_of_memory(env);
  free(g_dropped);
  g_dropped = nullptr;
  g_dropped_length = 0;
  return out;
}

// ()
napi_value keep_large_blocks(napi_env, napi_callback_info) {
  platform::keep_large_blocks();
  return nullptr;
}

}  // namespace

void drop_message(const uint8_t* bytes, size_t length, bool ours) {
  if (length < 2) return;
  keep_ids(bytes, length, bytes[0] == 1 ? 8 + references_of(bytes, length) * size_t{4} : 1);
  for_each_reference(bytes, length, ours ? give_up_cell : release_cell);
}

void entrust_message(const uint8_t* bytes, size_t length) {
  for_each_reference(bytes, length, answer_no_more);
}

void accept_message(const uint8_t* bytes, size_t length) {
  // Without memory for it the reference is nobody's in particular: its cell stays.
  for_each_reference(bytes, length, [](CellId cell) { answer_for(cell); });
}

void define_messages(Wanted& define) {
  define("takeDropped", take_dropped);
  define("keepLargeBlocks", keep_large_blocks);
}

}  // namespace binding
}  // namespace nogil
