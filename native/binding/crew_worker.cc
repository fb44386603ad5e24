// What a worker process of a crew does: it takes tasks one by one, and completes their futures
// (crew.h).
#include <cstring>

#include "binding/crew.h"
#include "binding/tree.h"

namespace nogil {
namespace binding {
namespace crew {

namespace {

// (crew, place): the worker takes up its work. False: it is not wanted any more.
napi_value enter(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Crew crew(a.u32(0));
  if (!crew || a.u32(1) >= crew.count) return no_crew(env);
  return boolean(env, turn(crew.places[a.u32(1)], kStarting, kIdle));
}

// (crew, place, spoiled): the worker takes no more tasks. False: it has not left, but was doomed.
napi_value leave(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  Crew crew(a.u32(0));
  if (!crew || a.u32(1) >= crew.count) return no_crew(env);
  return boolean(env, turn(crew.places[a.u32(1)], kIdle, a.boolean(2) ? kSpoiled : kLeft));
}

// The message without its future, in scratch or as bytes of its own.
napi_value deliver(napi_env env, Crew& crew, uint32_t block, uint8_t* scratch, ThreadNumber me) {
  PayloadHeap<Policy> heap = heap_of(crew.queue);
  const uint8_t* message = heap.data(block);
  uint32_t count;
  memcpy(&count, message + 4, sizeof count);
  const size_t skip = count == 1 ? kHead + sizeof(CellId) - 1 : sizeof(CellId);
  size_t length = static_cast<size_t>(heap.size(block)) - skip;
  napi_value out = nullptr;
  uint8_t* to = scratch;
  if (length > kScratchBytes) out = new_bytes(env, length, &to);
  if (length > kScratchBytes && !out) return nullptr;
  take_over(crew.queue, block);
  if (count == 1) {
    to[0] = 0;
    memcpy(to + 1, message + kHead + sizeof(CellId), length - 1);
  } else {
    count--;
    memset(to, 0, kHead);
    to[0] = 1;
    memcpy(to + 4, &count, sizeof count);
    memcpy(to + kHead, message + kHead + sizeof(CellId), length - kHead);
  }
  heap.free(block, me);
  return out ? out : integer(env, static_cast<int32_t>(length));
}

enum Mode : uint32_t { kTryOnly = 0, kMayBlock = 1, kGranted = 2 };

QueueResult take(Environment* e, Crew& crew, uint32_t mode, Item* item) {
  if (mode == kGranted && e->hands && e->hands->granted.queue == crew.queue &&
      e->hands->granted.item.kind != ItemKind::kNone) {
    *item = e->hands->granted.item;
    e->hands->granted = {};
    return QueueResult::kOk;
  }
  Items queue = queue_of(crew.queue);
  QueueResult r = queue.try_get(item, e->parker.number);
  if (r != QueueResult::kEmpty || mode != kMayBlock) return r;
  BlockingWait wait(arena_of(crew.queue), e->parker, kForever);
  return queue.get(wait, item);
}

// (crew, place, mode, scratch): the next task, claimed: the length of its message in scratch, or
// its message; the last 4 bytes of scratch are its future, of which the worker has a reference. -1:
// there is none now. undefined: nothing is left to do. null: the thread is to stop.
napi_value next(napi_env env, napi_callback_info info) {
  Arguments<4> a(env, info);
  Environment* e = environment(env);
  ThreadNumber me = e->parker.number;
  Crew crew(a.u32(0));
  size_t room = 0;
  uint8_t* scratch = const_cast<uint8_t*>(a.bytes(3, &room));
  if (!crew || a.u32(1) >= crew.count || !scratch || room != kScratchBytes + sizeof(CellId))
    return no_crew(env);
  Place& at = crew.places[a.u32(1)];
  napi_value null;
  napi_get_null(env, &null);
  for (uint32_t mode = a.u32(2);; mode = mode == kGranted ? uint32_t{kTryOnly} : mode) {
    Item item{ItemKind::kNone, 0};
    switch (take(e, crew, mode, &item)) {
      case QueueResult::kOk: break;
      case QueueResult::kEmpty: return integer(env, -1);
      case QueueResult::kShutDown: return undefined(env);
      case QueueResult::kInterrupted: return null;
      default: return out_of_memory(env);
    }
    CellId future = future_of(crew.queue, item);
    SyncCell* cell = future ? cell_at(future) : nullptr;
    if (!cell) {
      count_off(crew);
      drop(crew.queue, item, me);
      continue;
    }
    at.future.store(future, std::memory_order_relaxed);
    at.generation.store(tag::generation(cell->tag.load(std::memory_order_relaxed)),
                        std::memory_order_relaxed);
    if (!turn(at, kIdle, kBusy)) {
      if (!queue_of(crew.queue).give_back(item, me)) {
        count_off(crew);
        drop(crew.queue, item, me);
      }
      return null;
    }
    cell->data[4].store(me, std::memory_order_relaxed);
    uint32_t state = kPending;
    if (cell->state.compare_exchange_strong(state, kRunning, std::memory_order_seq_cst)) {
      napi_value out = deliver(env, crew, static_cast<uint32_t>(item.value), scratch, me);
      memcpy(scratch + kScratchBytes, &future, sizeof future);
      if (out) return out;
      drop(crew.queue, item, me);
      return out_of_memory(env);
    }
    cancel_future(future, me);
    drop(crew.queue, item, me);
    if (!end_work(crew, at, kIdle)) return null;
  }
}

// (crew): waits for a task on the event loop: a token, after which `next` has to follow with
// kGranted; 0: it may follow at once.
napi_value next_async(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = environment(env);
  Crew crew(a.u32(0));
  if (!crew || !e->hands) return no_crew(env);
  uint32_t token = begin_async(e, kAsyncQueueGet, crew.queue);
  if (!token) return out_of_memory(env);
  Item item{ItemKind::kNone, 0};
  QueueResult r =
      queue_of(crew.queue).get_or_enqueue(async_record(e, token), &item, e->parker.number);
  if (r == QueueResult::kPending) return async_pending(env, e, token);
  end_async(e, token);
  if (r == QueueResult::kNoMemory) return out_of_memory(env);
  if (r == QueueResult::kOk) e->hands->granted = {item, crew.queue};
  return number(env, 0);
}

// (crew, place, future, state, outcome, length): completes the future of the task that `next` gave,
// unless it was before. False: the worker is doomed.
napi_value settle(napi_env env, napi_callback_info info) {
  Arguments<6> a(env, info);
  Environment* e = environment(env);
  Crew crew(a.u32(0));
  if (!crew || a.u32(1) >= crew.count) return no_crew(env);
  CellId future = a.u32(2);
  Outcome outcome(env, a.values[4], a.number(5));
  if (!outcome.valid || !cell_at(future)) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  Place& at = crew.places[a.u32(1)];
  // Before anybody learns of the outcome: whoever submits next must find this worker free.
  bool stays = end_work(crew, at, kIdle);
  int32_t answer =
      set_outcome(future, static_cast<FutureState>(a.u32(3)), outcome, e->parker.number);
  if (answer == kNoRoom) {
    if (stays && turn(at, kIdle, kBusy)) count_on(crew);
    return out_of_memory(env);
  }
  // What nobody will read.
  if (answer >= 0 && outcome.kind == kMessage) drop_message(outcome.bytes, outcome.length);
  give_up_cell(future);
  return boolean(env, stays);
}

}  // namespace

void define_workers(Wanted& define) {
  define("crewEnter", enter);
  define("crewLeave", leave);
  define("crewNext", next);
  define("crewNextAsync", next_async);
  define("crewSettle", settle);
}

}  // namespace crew
}  // namespace binding
}  // namespace nogil
