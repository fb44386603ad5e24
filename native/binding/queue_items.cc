// Items one by one.
#include "binding/queue.h"

#include "binding/tree.h"

namespace nogil {
namespace binding {

void drop(CellId queue, const Item& item, ThreadNumber me, bool references) {
  if (item.kind != ItemKind::kPayload) return;
  PayloadHeap<Policy> heap = heap_of(queue);
  uint32_t block = static_cast<uint32_t>(item.value);
  if (!references) {
    take_over(queue, block);
  } else {
    const bool shared = queue & kSharedArenaBit;
    // Struck out first: recovery must not give them back once more.
    if (shared) heap.set_references(block, kNoReferences);
    drop_message(heap.data(block), heap.size(block), !shared);
  }
  heap.free(block, me);
}

void entrust(CellId id, uint32_t block, BlockReferences how) {
  if (!(id & kSharedArenaBit)) return;
  PayloadHeap<Policy> heap = heap_of(id);
  entrust_message(heap.data(block), heap.size(block));
  heap.set_references(block, how);
}

void take_over(CellId id, uint32_t block) {
  if (!(id & kSharedArenaBit)) return;
  PayloadHeap<Policy> heap = heap_of(id);
  heap.set_references(block, kNoReferences);
  accept_message(heap.data(block), heap.size(block));
}

Item number_item(double v) {
  int32_t whole = v >= -2147483648.0 && v <= 2147483647.0 ? static_cast<int32_t>(v) : 0;
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  // Minus zero is not the integer 0.
  if (static_cast<double>(whole) == v && (whole != 0 || bits == 0)) {
    return {ItemKind::kInt32, static_cast<uint32_t>(whole)};
  }
  return {ItemKind::kNumber, bits};
}

Item message_item(CellId queue, const uint8_t* bytes, size_t length, ThreadNumber me) {
  PayloadHeap<Policy> heap = heap_of(queue);
  uint32_t block = heap.allocate(length, me);
  if (!block) return {ItemKind::kNone, 0};
  memcpy(heap.data(block), bytes, length);
  entrust(queue, block);
  return {ItemKind::kPayload, block};
}

napi_value answer_put(napi_env env, QueueResult r) {
  switch (r) {
    case QueueResult::kOk: return nullptr;
    case QueueResult::kFull: return integer(env, kRefusedFull);
    case QueueResult::kShutDown: return integer(env, kRefusedShutDown);
    case QueueResult::kInterrupted: return integer(env, kRefusedInterrupted);
    case QueueResult::kIncomparable: return integer(env, kRefusedIncomparable);
    default: return integer(env, kRefusedNoMemory);
  }
}

napi_value came(Environment* e, Came what) {
  e->hands->word(kCameWord) = what;
  return nullptr;
}

namespace {

// Hands the item to JavaScript.
napi_value deliver(napi_env env, Environment* e, CellId queue, const Item& item) {
  Hands& hands = *e->hands;
  switch (item.kind) {
    case ItemKind::kNumber: {
      double v;
      memcpy(&v, &item.value, sizeof v);
      return number(env, v);
    }
    case ItemKind::kInt32: return integer(env, static_cast<int32_t>(item.value));
    case ItemKind::kBoolean: return boolean(env, item.value != 0);
    case ItemKind::kNull: {
      napi_value null;
      napi_get_null(env, &null);
      return null;
    }
    case ItemKind::kText: {
      char text[8];
      memcpy(text, &item.value, sizeof text);
      napi_value out;
      napi_create_string_latin1(env, text, static_cast<uint8_t>(text[7]), &out);
      return out;
    }
    case ItemKind::kPayload: {
      PayloadHeap<Policy> heap = heap_of(queue);
      uint32_t block = static_cast<uint32_t>(item.value);
      uint64_t length = heap.size(block);
      hands.word(kLengthWord) = static_cast<uint32_t>(length);
      hands.word(kLengthWord2) = static_cast<uint32_t>(length >> 32);
      if (length > kMessageRoom || hands.word(kBusyWord)) {
        size_t head = hands.word(kBusyWord) ? 0 : before_bodies(heap.data(block), length);
        if (head && hands.bodies.item.kind == ItemKind::kNone) {
          memcpy(hands.shared + kMessageAt, heap.data(block), head);
          hands.word(kLengthWord) = static_cast<uint32_t>(head);
          hands.bodies = {item, queue};
          return came(e, kCameBodies);
        }
        hands.large = {item, queue};
        return came(e, kCameLarge);
      }
      memcpy(hands.shared + kMessageAt, heap.data(block), length);
      take_over(queue, block);
      heap.free(block, e->parker.number);
      return came(e, kCameMessage);
    }
    default: return came(e, kCameUndefined);
  }
}

}  // namespace

napi_value answer_get(napi_env env, Environment* e, CellId queue, QueueResult r, const Item& item) {
  switch (r) {
    case QueueResult::kOk: return deliver(env, e, queue, item);
    case QueueResult::kShutDown: return came(e, kCameShutDown);
    case QueueResult::kInterrupted: return came(e, kCameInterrupted);
    case QueueResult::kNoMemory: return out_of_memory(env);
    default: return came(e, kCameNothing);
  }
}

void give_back(Environment* e, Hands::Held& held) {
  Hands::Held had = held;
  held = {};
  if (had.item.kind == ItemKind::kNone) return;
  ThreadNumber me = e->parker.number;
  if (!queue_of(had.queue).give_back(had.item, me)) drop(had.queue, had.item, me);
}

namespace {

// (queue, number, ms)
napi_value put_number(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  return answer_put(env, put_item(a, 0, number_item(a.number(1)), 2));
}

// (queue, kind, ms): kBoolean + 16 for true
napi_value put_constant(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  uint32_t kind = a.u32(1);
  Item item{static_cast<ItemKind>(kind & 15), kind >> 4};
  return answer_put(env, put_item(a, 0, item, 2));
}

// (queue, text, ms): at most 7 Latin-1 characters
napi_value put_text(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  // napi writes an end of its own where the length goes.
  char text[8] = {0};
  size_t length = 0;
  napi_get_value_string_latin1(env, a.values[1], text, sizeof text, &length);
  text[7] = static_cast<char>(length);
  Item item{ItemKind::kText, 0};
  memcpy(&item.value, text, sizeof text);
  return answer_put(env, put_item(a, 0, item, 2));
}

template <size_t N>
napi_value put_message(napi_env env, const Arguments<N>& a, Key key) {
  ThreadNumber me = owner(a)->parker.number;
  CellId id = a.u32(0);
  size_t room = 0;
  const uint8_t* bytes = a.bytes(1, &room);
  size_t length = static_cast<size_t>(a.number(2));
  if (!bytes || length > room) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  Item item = message_item(id, bytes, length, me);
  if (item.kind == ItemKind::kNone) return integer(env, kRefusedNoMemory);
  QueueResult r = put_item(a, 0, item, 3, key);
  if (r != QueueResult::kOk) drop(id, item, me, false);
  return answer_put(env, r);
}

// (queue, bytes, length, ms): the references in the message are the queue's where the answer is yes
napi_value put_plain_message(napi_env env, napi_callback_info info) {
  return put_message(env, Arguments<4>(env, info), {});
}

// (queue, bytes, length, ms, key, key length)
napi_value put_keyed_message(napi_env env, napi_callback_info info) {
  Arguments<6> a(env, info);
  return put_message(env, a, key_argument(a, 4));
}

// (queue, number, ms, key, key length)
napi_value put_keyed_number(napi_env env, napi_callback_info info) {
  Arguments<5> a(env, info);
  return answer_put(env, put_item(a, 0, number_item(a.number(1)), 2, key_argument(a, 3)));
}

// (queue, ms): the item, or undefined and a word of what came
napi_value get(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Environment* e = owner(a);
  CellId id = a.u32(0);
  Items queue = queue_of(id);
  Item item;
  QueueResult r = queue.try_get(&item, e->parker.number);
  double ms;
  if (r == QueueResult::kEmpty && (ms = a.number(1)) != 0) {
    BlockingWait wait(arena_of(id), e->parker, deadline_of(ms));
    r = queue.get(wait, &item);
  }
  return answer_get(env, e, id, r, item);
}

// (bytes): where the large message that came is to be copied to
napi_value open(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = owner(a);
  Hands::Held held = e->hands->large;
  size_t room = 0;
  uint8_t* to = const_cast<uint8_t*>(a.bytes(0, &room));
  if (held.item.kind == ItemKind::kNone) return nullptr;
  PayloadHeap<Policy> heap = heap_of(held.queue);
  uint32_t block = static_cast<uint32_t>(held.item.value);
  uint64_t length = heap.size(block);
  if (!to || length > room) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  memcpy(to, heap.data(block), length);
  take_over(held.queue, block);
  e->hands->large = {};
  heap.free(block, e->parker.number);
  return nullptr;
}

// (): the large message that came goes back to where it was
napi_value give_back_large(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  give_back(e, e->hands->large);
  return nullptr;
}

}  // namespace

void define_queue_items(Wanted& define) {
  define("queuePutNumber", put_number);
  define("queuePutConstant", put_constant);
  define("queuePutText", put_text);
  define("queuePutMessage", put_plain_message);
  define("queuePutKeyedMessage", put_keyed_message);
  define("queuePutKeyedNumber", put_keyed_number);
  define("queueGet", get);
  define("queueOpen", open);
  define("queueGiveBack", give_back_large);
}

}  // namespace binding
}  // namespace nogil
