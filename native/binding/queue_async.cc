// Waits for queues that end in a promise.
#include "binding/queue.h"

namespace nogil {
namespace binding {

namespace {

// (queue, bytes, length, key, key length): a token; undefined: it is in the queue; -(why not)
napi_value put_async(napi_env env, napi_callback_info info) {
  Arguments<5> a(env, info);
  Environment* e = owner(a);
  ThreadNumber me = e->parker.number;
  CellId id = a.u32(0);
  size_t room = 0;
  const uint8_t* bytes = a.bytes(1, &room);
  size_t length = static_cast<size_t>(a.number(2));
  if (!bytes || length > room) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  uint32_t token = begin_async(e, kAsyncQueuePut, id);
  Item item = token ? message_item(id, bytes, length, me) : Item{ItemKind::kNone, 0};
  QueueResult r = QueueResult::kNoMemory;
  if (item.kind != ItemKind::kNone) {
    r = queue_of(id).put_or_enqueue(async_record(e, token), item, me, key_argument(a, 3));
    if (r == QueueResult::kPending) return async_pending(env, e, token);
    if (r != QueueResult::kOk) drop(id, item, me, false);
  }
  if (token) end_async(e, token);
  napi_value refusal = answer_put(env, r);
  int32_t code = 0;
  if (refusal) napi_get_value_int32(env, refusal, &code);
  return refusal ? integer(env, -code) : nullptr;
}

// (queue): a token; undefined: queueGranted brings the item; -kRefusedShutDown
napi_value get_async(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = owner(a);
  CellId id = a.u32(0);
  uint32_t token = begin_async(e, kAsyncQueueGet, id);
  if (!token) return out_of_memory(env);
  Item item{ItemKind::kNone, 0};
  QueueResult r = queue_of(id).get_or_enqueue(async_record(e, token), &item, e->parker.number);
  if (r == QueueResult::kPending) return async_pending(env, e, token);
  end_async(e, token);
  if (r == QueueResult::kNoMemory) return out_of_memory(env);
  if (r != QueueResult::kOk) return integer(env, -kRefusedShutDown);
  e->hands->granted = {item, id};
  return nullptr;
}

// (queue): a token, notified when there may be an item; 0: there is one, or the queue is shut down
napi_value watch_async(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = owner(a);
  CellId id = a.u32(0);
  uint32_t token = begin_async(e, kAsyncQueueWatch, id);
  if (!token) return out_of_memory(env);
  QueueResult r = queue_of(id).watch_or_enqueue(async_record(e, token), e->parker.number);
  if (r == QueueResult::kPending) return async_pending(env, e, token);
  end_async(e, token);
  return integer(env, 0);
}

// (queue): a token; 0: there is nothing to wait for
napi_value join_async(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = owner(a);
  CellId id = a.u32(0);
  uint32_t token = begin_async(e, kAsyncQueueJoin, id);
  if (!token) return out_of_memory(env);
  QueueResult r = queue_of(id).join_or_enqueue(async_record(e, token), e->parker.number);
  if (r == QueueResult::kPending) return async_pending(env, e, token);
  end_async(e, token);
  if (r == QueueResult::kNoMemory) return out_of_memory(env);
  return integer(env, 0);
}

// (): the item that an async wait was granted, as get
napi_value granted(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  Hands::Held held = e->hands->granted;
  e->hands->granted = {};
  return answer_get(env, e, held.queue, QueueResult::kOk, held.item);
}

// (): nobody wants it any more
napi_value give_back_granted(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  give_back(e, e->hands->granted);
  return nullptr;
}

}  // namespace

bool withdraw_queue_wait(Environment* e, AsyncWait& a) {
  return queue_of(a.cell).withdraw(a.record, e->parker.number);
}

void queue_wait_withdrawn(Environment* e, AsyncWait& a, bool ending) {
  // When the environment goes on, its JavaScript has a copy to give the references back by.
  if (a.kind == kAsyncQueuePut)
    drop(a.cell, Items::waiting_item(a.record), e->parker.number, ending);
}

void queue_wait_finished(Environment* e, AsyncWait& a, bool ending) {
  if (a.kind == kAsyncQueueGet && Items::get_result(a.record) == QueueResult::kOk) {
    Hands::Held held{Items::granted_item(a.record), a.cell};
    queue_of(a.cell).accept(a.record);
    // When it ends JavaScript may have one in its hands that it has not asked for yet.
    if (ending) {
      give_back(e, held);
    } else {
      e->hands->granted = held;
    }
  }
  if (a.kind == kAsyncQueuePut && Items::put_result(a.record) != QueueResult::kOk) {
    queue_of(a.cell).forget_key(a.record, e->parker.number);
    drop(a.cell, Items::waiting_item(a.record), e->parker.number, ending);
  }
}

void define_queue_async(Wanted& define) {
  define("queuePutAsync", put_async);
  define("queueGetAsync", get_async);
  define("queueWatchAsync", watch_async);
  define("queueGranted", granted);
  define("queueUngrant", give_back_granted);
  define("queueJoinAsync", join_async);
}

}  // namespace binding
}  // namespace nogil
