// Futures: their outcome, and the end of the wait for it.
//   aux       what kind of outcome data[0..1] hold (OutcomeKind)
//   data[0,1] a number; the address of a message; in shared memory the message's block
//   data[2]   the message's length; data[3] its upper half
//   data[4]   shared memory: the thread that works for it
#include <cstdlib>
#include <cstring>

#include "binding/queue.h"
#include "binding/thread_pool.h"
#include "binding/tree.h"

namespace nogil {
namespace binding {

namespace {

void put64(SyncCell* cell, int at, uint64_t value) {
  cell->data[at].store(static_cast<uint32_t>(value), std::memory_order_relaxed);
  cell->data[at + 1].store(static_cast<uint32_t>(value >> 32), std::memory_order_relaxed);
}

uint64_t get64(SyncCell* cell, int at) {
  return cell->data[at].load(std::memory_order_relaxed) |
         static_cast<uint64_t>(cell->data[at + 1].load(std::memory_order_relaxed)) << 32;
}

// Where the message of its outcome is.
uint8_t* message_of(CellId future) {
  uint64_t at = get64(cell_at(future), 0);
  return future & kSharedArenaBit ? heap_of(future).data(static_cast<uint32_t>(at))
                                  : reinterpret_cast<uint8_t*>(at);
}

// (future, state, outcome, length): see set_outcome. -1 when it is set, else the state that forbids
// it.
napi_value set(napi_env env, napi_callback_info info) {
  Arguments<4> a(env, info);
  CellId id = a.u32(0);
  if (!cell_at(id)) return fail(env, "ERR_VALUE", "nogil: no such future");
  Outcome outcome(env, a.values[2], a.number(3));
  if (!outcome.valid) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  int32_t answer =
      set_outcome(id, static_cast<FutureState>(a.u32(1)), outcome, environment(env)->parker.number);
  return answer == kNoRoom ? out_of_memory(env) : integer(env, answer);
}

// (future): its outcome as `set` took it; null where it is lost (kLost). A message is a copy, with
// references of its own: it must be decoded or discarded.
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
    case kMessage: return copy_message(env, message_of(a.u32(0)), get64(cell, 2));
    case kLost: {
      napi_value null;
      napi_get_null(env, &null);
      return null;
    }
    default: return undefined(env);
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
  Acquired got = Future<Policy>::wait(wait, *cell);
  switch (is_stopping(e) ? Acquired::kInterrupted : got) {
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

napi_value copy_message(napi_env env, const uint8_t* message, size_t length) {
  napi_value out = new_bytes(env, message, length);
  if (!out) return out_of_memory(env);
  if (length >= 8 && message[0] == 1) {
    uint32_t count;
    memcpy(&count, message + 4, sizeof count);
    for (uint32_t i = 0; i < count; i++) {
      CellId held;
      memcpy(&held, message + 8 + i * size_t{4}, sizeof held);
      hold_cell(held);
    }
  }
  return out;
}

Outcome::Outcome(napi_env env, napi_value from, double count) {
  napi_valuetype type;
  napi_typeof(env, from, &type);
  if (type == napi_number) {
    kind = kNumber;
    napi_get_value_double(env, from, &value);
  } else if (type == napi_object) {
    kind = kMessage;
    bool is = false;
    napi_typedarray_type array;
    size_t room = 0;
    void* at = nullptr;
    napi_is_typedarray(env, from, &is);
    if (is) napi_get_typedarray_info(env, from, &array, &room, &at, nullptr, nullptr);
    length = static_cast<size_t>(count);
    bytes = static_cast<const uint8_t*>(at);
    valid = is && array == napi_uint8_array && length <= room;
  }
}

int32_t set_outcome(CellId id, FutureState state, const Outcome& outcome, ThreadNumber me) {
  SyncCell* cell = cell_at(id);
  const bool shared = id & kSharedArenaBit;
  uint64_t message = 0;
  if (outcome.kind == kMessage && shared) {
    message = message_item(id, outcome.bytes, outcome.length, me).value;
    if (!message) return kNoRoom;
  } else if (outcome.kind == kMessage) {
    void* room = malloc(outcome.length ? outcome.length : 1);
    if (!room) return kNoRoom;
    memcpy(room, outcome.bytes, outcome.length);
    message = reinterpret_cast<uint64_t>(room);
  }
  uint32_t now = Future<Policy>::claim(*cell);
  if (now != kSetting) {
    if (message && shared) drop(id, {ItemKind::kPayload, message}, me, false);
    if (message && !shared) free(reinterpret_cast<void*>(message));
    return static_cast<int32_t>(now);
  }
  if (message && shared) heap_of(id).set_owner(static_cast<uint32_t>(message), kNobody);
  cell->aux.store(outcome.kind, std::memory_order_relaxed);
  if (message) {
    put64(cell, 0, message);
    put64(cell, 2, outcome.length);
  } else if (outcome.kind == kNumber) {
    uint64_t bits;
    memcpy(&bits, &outcome.value, sizeof bits);
    put64(cell, 0, bits);
  }
  Future<Policy>::publish(arena_of(id), *cell, state, me);
  return -1;
}

void cancel_future(CellId id, ThreadNumber me) {
  SyncCell* cell = cell_at(id);
  uint32_t state = kPending;
  // The executor has seen it, so it counts for wait().
  if (cell->state.compare_exchange_strong(state, kCancelledSeen) || state == kCancelled) {
    if (state == kCancelled) cell->state.compare_exchange_strong(state, kCancelledSeen);
    Future<Policy>::wake(arena_of(id), *cell, me);
  }
}

void drop_outcome(CellId id) {
  SyncCell* cell = cell_at(id);
  if (cell->aux.load(std::memory_order_relaxed) != kMessage) return;
  if (id & kSharedArenaBit) {
    drop(id, {ItemKind::kPayload, get64(cell, 0)}, lock_number());
    return;
  }
  uint8_t* message = message_of(id);
  drop_message(message, get64(cell, 2));
  free(message);
}

void define_futures(Wanted& define) {
  define("futureSet", set);
  define("futureGet", get);
  define("futureWait", wait);
  define("futureWake", wake);
}

}  // namespace binding
}  // namespace nogil
