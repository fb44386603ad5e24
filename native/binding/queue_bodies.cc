// Messages with large buffers: the one copy that each of their bytes needs at either end is from
// where the putter has it to the queue's memory, and from there to where the getter will have it.
// What else a message consists of goes by way of JavaScript, as any message does.
#include "binding/queue.h"

namespace nogil {
namespace binding {

namespace {

constexpr size_t kTrailer = 4;

struct Bodies {
  napi_env env;
  napi_value list;
  uint32_t count = 0;

  Bodies(napi_env env, napi_value list) : env(env), list(list) {
    napi_get_array_length(env, list, &count);
  }
  // Calls fn(bytes, length) for each.
  template <class F>
  void for_each(F fn) const {
    for (uint32_t i = 0; i < count; i++) {
      napi_value body;
      napi_typedarray_type type;
      size_t length = 0;
      void* at = nullptr;
      if (napi_get_element(env, list, i, &body) == napi_ok &&
          napi_get_typedarray_info(env, body, &type, &length, &at, nullptr, nullptr) == napi_ok &&
          type == napi_uint8_array && length)
        fn(static_cast<const uint8_t*>(at), length);
    }
  }
};

// (queue, bytes, length, ms, bodies)
napi_value put_gathered(napi_env env, napi_callback_info info) {
  Arguments<5> a(env, info);
  ThreadNumber me = owner(a)->parker.number;
  CellId id = a.u32(0);
  size_t room = 0;
  const uint8_t* bytes = a.bytes(1, &room);
  const uint32_t head = a.u32(2);
  if (!bytes || head > room) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  const Bodies bodies(env, a.values[4]);
  size_t all = head + kTrailer;
  bodies.for_each([&](const uint8_t*, size_t length) { all += length; });
  PayloadHeap<Policy> heap = heap_of(id);
  const uint32_t block = heap.allocate(all, me);
  if (!block) return integer(env, kRefusedNoMemory);
  uint8_t* to = heap.data(block);
  memcpy(to, bytes, head);
  to += head;
  bodies.for_each([&](const uint8_t* body, size_t length) {
    memcpy(to, body, length);
    to += length;
  });
  memcpy(to, &head, kTrailer);
  const Item item{ItemKind::kPayload, block};
  QueueResult r = put_item(a, 0, item, 3);
  if (r != QueueResult::kOk) heap.free(block, me);
  return answer_put(env, r);
}

// (bytes, at): as many of the message from there on
napi_value body_copy(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Environment* e = owner(a);
  const Hands::Held& held = e->hands->bodies;
  size_t length = 0;
  uint8_t* to = const_cast<uint8_t*>(a.bytes(0, &length));
  if (!to || held.item.kind == ItemKind::kNone)
    return fail(env, "ERR_VALUE", "nogil: bytes expected");
  PayloadHeap<Policy> heap = heap_of(held.queue);
  const uint32_t block = static_cast<uint32_t>(held.item.value);
  const uint64_t at = static_cast<uint64_t>(a.number(1)), size = heap.size(block);
  if (at > size || length > size - at) return fail(env, "ERR_VALUE", "nogil: no such bytes");
  memcpy(to, heap.data(block) + at, length);
  return nullptr;
}

// ()
napi_value bodies_done(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  const Hands::Held held = e->hands->bodies;
  e->hands->bodies = {};
  if (held.item.kind != ItemKind::kNone)
    heap_of(held.queue).free(static_cast<uint32_t>(held.item.value), e->parker.number);
  return nullptr;
}

// ()
napi_value bodies_back(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  give_back(e, e->hands->bodies);
  return nullptr;
}

}  // namespace

size_t before_bodies(const uint8_t* bytes, size_t length) {
  // With references it is read in one piece.
  if (length < 2 + kTrailer || bytes[0] != 0 || !(bytes[1] & kBodies)) return 0;
  uint32_t head;
  memcpy(&head, bytes + length - kTrailer, sizeof head);
  return head <= length - kTrailer && head <= kMessageRoom ? head : 0;
}

void define_queue_bodies(Wanted& define) {
  define("queuePutGathered", put_gathered);
  define("queueBodyCopy", body_copy);
  define("queueBodiesDone", bodies_done);
  define("queueBodiesBack", bodies_back);
}

}  // namespace binding
}  // namespace nogil
