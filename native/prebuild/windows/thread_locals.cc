// thread_local, as g++ for Windows compiles it: it calls __emutls_get_address() with a description
// of the variable. The compiler's own would bring a library for threads along.
//
// All variables of a thread lie in one block, at offsets that are given out as they are first seen.
#include "prebuild/windows/thread_locals.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <atomic>
#include <cstdint>

namespace {

// The compiler's layout. `offset` is ours: 0 until there is one.
struct Variable {
  size_t bytes;
  size_t alignment;
  std::atomic<uintptr_t> offset;
  const void* initial;
};

struct Block {
  uint64_t ready;  // bit by offset / kUnit: its variable has its initial value
  char data[512];
};
constexpr size_t kUnit = 8;
static_assert(sizeof(Block::data) == 64 * kUnit, "one bit for each");

DWORD slot = TLS_OUT_OF_INDEXES;
std::atomic<uintptr_t> used{kUnit};

uintptr_t offset_of(Variable* v) {
  uintptr_t offset = v->offset.load(std::memory_order_relaxed);
  if (offset) return offset;
  const uintptr_t bytes = (v->bytes + kUnit - 1) / kUnit * kUnit;
  const uintptr_t mine = used.fetch_add(bytes, std::memory_order_relaxed);
  if (v->alignment > kUnit || mine + bytes > sizeof(Block::data)) abort();
  // Another thread may have been first; then a few bytes are lost.
  return v->offset.compare_exchange_strong(offset, mine, std::memory_order_relaxed) ? mine : offset;
}

}  // namespace

bool begin_thread_locals() {
  slot = TlsAlloc();
  return slot != TLS_OUT_OF_INDEXES;
}

void end_thread_locals_of_this_thread() {
  free(TlsGetValue(slot));
  TlsSetValue(slot, nullptr);
}

extern "C" void* __emutls_get_address(Variable* v) {
  Block* block = static_cast<Block*>(TlsGetValue(slot));
  if (!block) {
    block = static_cast<Block*>(calloc(1, sizeof(Block)));
    if (!block || !TlsSetValue(slot, block)) abort();
  }
  const uintptr_t offset = offset_of(v);
  const uint64_t bit = uint64_t{1} << (offset / kUnit);
  if (!(block->ready & bit)) {
    block->ready |= bit;
    if (v->initial) memcpy(block->data + offset, v->initial, v->bytes);
  }
  return block->data + offset;
}
