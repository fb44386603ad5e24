// Futures: their outcome, and the end of the wait for it.
//   aux       what kind of outcome data[0..1] hold (OutcomeKind)
//   data[0,1] a number, or the address of a message
//   data[2]   the message's length; data[3] its upper half
#include <cstdlib>
#include <cstring>

#include "binding/environment.h"

namespace nogil {
namespace binding {

namespace {

enum OutcomeKind : uint32_t { kNothing = 0, kNumber = 1, kMessage = 2 };

void put64(SyncCell* cell, int at, uint64_t value) {
  cell->data[at].store(static_cast<uint32_t>(value), std::memory_order_relaxed);
  cell->data[at + 1].store(static_cast<uint32_t>(value >> 32), std::memory_order_relaxed);
}

uint64_t get64(SyncCell* cell, int at) {
  return cell->data[at].load(std::memory_order_relaxed) |
         static_cast<uint64_t>(cell->data[at + 1].load(std::memory_order_relaxed)) << 32;
}

// (future, state, outcome, length): outcome is a number, undefined, or the first `length` bytes of a
// Uint8Array, whose references become the future's. -1 when it is set, else the state that forbids it.
napi_value set(napi_env env, napi_callback_info info) {
  Arguments<4> a(env, info);
  CellId id = a.u32(0);
  SyncCell* cell = cell_at(id);
  if (!cell) return fail(env, "ERR_VALUE", "nogil: no such future");
  napi_valuetype type;
  napi_typeof(env, a.values[2], &type);
  uint8_t* message = nullptr;
  size_t length = 0;
  if (type == napi_object) {
    size_t room = 0;
    const uint8_t* bytes = a.bytes(2, &room);
    length = static_cast<size_t>(a.number(3));
    if (!bytes || length > room) return fail(env, "ERR_VALUE", "nogil: bytes expected");
    message = static_cast<uint8_t*>(malloc(length ? length : 1));
    if (!message) return out_of_memory(env);
    memcpy(message, bytes, length);
  }
  uint32_t state = Future<Policy>::claim(*cell);
  if (state != kSetting) {
    free(message);
    return integer(env, static_cast<int32_t>(state));
  }
  if (message) {
    cell->aux.store(kMessage, std::memory_order_relaxed);
    put64(cell, 0, reinterpret_cast<uint64_t>(message));
    put64(cell, 2, length);
  } else if (type == napi_number) {
    double value = a.number(2);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    cell->aux.store(kNumber, std::memory_order_relaxed);
    put64(cell, 0, bits);
  }
  Future<Policy>::publish(arena_of(id), *cell, static_cast<FutureState>(a.u32(1)), environment(env)->parker.number);
  return integer(env, -1);
}

// (future): its outcome as `set` took it. A message is a copy, with references
// of its own: it must be decoded or discarded.
napi_value get(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  SyncCell* cell = cell_at(a.u32(0));
  if (!cell) return fail(env, "ERR_VALUE", "nogil: no such future");
  // Acquire: pairs with the release in publish().
  uint32_t state = cell->state.load(std::memory_order_acquire);
  if (state != kResult && state != kException) return undefined(env);
  switch (cell->aux.load(std::memory_order_relaxed)) {
    case kNumber: {
      uint64_t bits = get64(cell, 0);
      double value;
      memcpy(&value, &bits, sizeof value);
      return number(env, value);
    }
    case kMessage: {
      const uint8_t* message = reinterpret_cast<const uint8_t*>(get64(cell, 0));
      size_t length = get64(cell, 2);
      void* to = nullptr;
      napi_value buffer, out;
      if (napi_create_arraybuffer(env, length, &to, &buffer) != napi_ok) return out_of_memory(env);
      memcpy(to, message, length);
      if (length >= 8 && message[0] == 1) {
        uint32_t count;
        memcpy(&count, message + 4, sizeof count);
        for (uint32_t i = 0; i < count; i++) {
          CellId held;
          memcpy(&held, message + 8 + i * size_t{4}, sizeof held);
          retain_cell(held);
        }
      }
      napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &out);
      return out;
    }
    default:
      return undefined(env);
  }
}

// (future, ms)
napi_value wait(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Environment* e = environment(env);
  CellId id = a.u32(0);
  SyncCell* cell = cell_at(id);
  if (!cell) return fail(env, "ERR_VALUE", "nogil: no such future");
  BlockingWait wait(arena_of(id), e->parker, deadline_of(a.number(1)));
  switch (Future<Policy>::wait(wait, *cell)) {
    case Acquired::kNo: return integer(env, 0);
    case Acquired::kInterrupted: return integer(env, 2);
    case Acquired::kNoMemory: return out_of_memory(env);
    default: return integer(env, 1);
  }
}

// (future): after JavaScript changed its state
napi_value wake(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  CellId id = a.u32(0);
  SyncCell* cell = cell_at(id);
  if (cell) Future<Policy>::wake(arena_of(id), *cell, environment(env)->parker.number);
  return nullptr;
}

}  // namespace

void drop_outcome(SyncCell* cell) {
  if (cell->aux.load(std::memory_order_relaxed) != kMessage) return;
  uint8_t* message = reinterpret_cast<uint8_t*>(get64(cell, 0));
  drop_message(message, get64(cell, 2));
  free(message);
}

void define_futures(napi_env env, napi_value exports) {
  method(env, exports, "futureSet", set);
  method(env, exports, "futureGet", get);
  method(env, exports, "futureWait", wait);
  method(env, exports, "futureWake", wake);
}

}  // namespace binding
}  // namespace nogil
