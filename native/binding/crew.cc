// What the process does that made a crew: submits its tasks, starts and buries its workers
// (crew.h).
#include "binding/crew.h"

#include <cstring>

#include "binding/queue.h"
#include "binding/tree.h"

namespace nogil {
namespace binding {

namespace crew {
namespace {

constexpr double kUnit = 4294967296.0;

// A vacant place for one more worker, which the caller has to start; -1: none is wanted. `always`:
// whether or not there is work for it. Only the thread that made the crew fills and vacates places:
// so there are no more workers than were counted here.
int32_t take_place(Crew& crew, uint32_t max, bool always) {
  uint32_t active = 0;
  int32_t vacant = -1;
  for (uint32_t i = 0; i < crew.count; i++) {
    uint32_t state = crew.places[i].state.load(std::memory_order_seq_cst);
    if (state == kVacant && vacant < 0) vacant = static_cast<int32_t>(i);
    active += state == kStarting || state == kIdle || state == kBusy;
  }
  if (vacant < 0 || active >= max) return -1;
  // After the places: who leaves meanwhile has its maker look once more, when it has ended.
  if (!always &&
      (crew.open->load(std::memory_order_relaxed) <= active || queue_of(crew.queue).size() == 0))
    return -1;
  return turn(crew.places[vacant], kVacant, kStarting) ? vacant : -1;
}

// (places): a new crew with a reference of this environment
napi_value create(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = environment(env);
  ThreadNumber me = e->parker.number;
  size_t size = a.u32(0) * sizeof(Place);
  CellId id = allocate_cell(CellClass::kCrew, true);
  if (!id) return out_of_memory(env);
  SyncCell* cell = cell_at(id);
  CellId queue = allocate_cell(CellClass::kSimpleQueue, true);
  bool ok = queue != kNoCell;
  if (ok && !queue_of(queue).create(0, me)) {
    release_cell(queue);
    ok = false;
  }
  if (ok) cell->data[0].store(queue, std::memory_order_release);
  PayloadHeap<Policy> heap = heap_of(id);
  uint32_t block = ok ? heap.allocate(size, me) : 0;
  if (block) {
    memset(heap.data(block), 0, size);
    heap.set_owner(block, kNobody);
    cell->data[1].store(block, std::memory_order_release);
    cell->data[2].store(a.u32(0), std::memory_order_release);
    cell->data[3].store(process_number(), std::memory_order_release);
  }
  if (!block) {
    release_cell(id);
    return out_of_memory(env);
  }
  return take_in(e, id) ? number(env, id) : out_of_memory(env);
}

// The caller's message with the future in front of its references, as an item that owns both.
Item task_item(CellId queue, CellId future, const uint8_t* bytes, size_t length, ThreadNumber me) {
  const bool had = length >= kHead && bytes[0] == 1;
  uint32_t count = 1;
  if (had) {
    memcpy(&count, bytes + 4, sizeof count);
    count++;
  }
  const size_t skip = had ? kHead : 1;
  PayloadHeap<Policy> heap = heap_of(queue);
  uint32_t block = heap.allocate(kHead + sizeof future + length - skip, me);
  if (!block) return {ItemKind::kNone, 0};
  uint8_t* to = heap.data(block);
  memset(to, 0, kHead);
  to[0] = 1;
  memcpy(to + 4, &count, sizeof count);
  memcpy(to + kHead, &future, sizeof future);
  memcpy(to + kHead + sizeof future, bytes + skip, length - skip);
  retain_cell(future);
  entrust_message(bytes, length);
  heap.set_references(block, kTaskReferences);
  return {ItemKind::kPayload, block};
}

// (crew, message, length, max): queues a task. Its future's cell, with a reference for the
// environment; plus 2^32 times (1 + its place) where the caller has to start a worker. -1: it is
// shut down.
napi_value submit(napi_env env, napi_callback_info info) {
  Arguments<4> a(env, info);
  Environment* e = environment(env);
  ThreadNumber me = e->parker.number;
  Crew crew(a.u32(0));
  if (!crew) return no_crew(env);
  size_t room = 0;
  const uint8_t* bytes = a.bytes(1, &room);
  size_t length = static_cast<size_t>(a.number(2));
  if (!bytes || length > room || length < 2) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  CellId future = allocate_cell(CellClass::kFuture, true);
  if (!future) return out_of_memory(env);
  if (!answer_for(future)) {
    release_cell(future);
    return out_of_memory(env);
  }
  Item item = task_item(crew.queue, future, bytes, length, me);
  if (item.kind == ItemKind::kNone || !e->references.add(future)) {
    if (item.kind != ItemKind::kNone) {
      drop(crew.queue, item, me, false);
      give_up_cell(future);
    }
    give_up_cell(future);
    return out_of_memory(env);
  }
  count_on(crew);
  QueueResult r = queue_of(crew.queue).try_put(item, me);
  if (r != QueueResult::kOk) {
    count_off(crew);
    // Takes the references back, and the future's, which is no reference of this process.
    drop(crew.queue, item, me, false);
    give_up_cell(future);
    e->references.remove(future);
    give_up_cell(future);
    return r == QueueResult::kShutDown ? integer(env, -1) : out_of_memory(env);
  }
  int32_t place = take_place(crew, a.u32(3), false);
  return number(env, place < 0 ? future : future + kUnit * (1 + place));
}

// (crew, max, always): the place of a worker that the caller has to start; -1: none is wanted
napi_value place(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  Crew crew(a.u32(0));
  if (!crew) return no_crew(env);
  return integer(env, take_place(crew, a.u32(1), a.boolean(2)));
}

// (crew, place): what became of the worker, whose process has ended or was never started; the place
// is vacant from now on.
napi_value vacate(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Crew crew(a.u32(0));
  if (!crew || a.u32(1) >= crew.count) return no_crew(env);
  uint32_t was = crew.places[a.u32(1)].state.exchange(kVacant);
  if (was == kBusy) count_off(crew);
  return integer(env, static_cast<int32_t>(was));
}

void fail_future(CellId future, uint32_t generation, const Outcome& outcome, ThreadNumber me) {
  SyncCell* cell = future ? cell_at(future) : nullptr;
  // It may be gone, or another's by now.
  uint64_t t = cell ? cell->tag.load(std::memory_order_acquire) : 0;
  do {
    if (tag::refs(t) == 0 || tag::generation(t) != generation ||
        tag::cell_class(t) != CellClass::kFuture)
      return;
  } while (!cell->tag.compare_exchange_weak(t, t + 1, std::memory_order_acq_rel));
  if (cell->state.load(std::memory_order_acquire) == kRunning)
    set_outcome(future, kException, outcome, me);
  release_cell(future);
}

// (crew, place, error, length): fails what the worker of that place, which is dead, worked for.
napi_value fail_task(napi_env env, napi_callback_info info) {
  Arguments<4> a(env, info);
  Crew crew(a.u32(0));
  if (!crew || a.u32(1) >= crew.count) return no_crew(env);
  Outcome outcome(env, a.values[2], a.number(3));
  Place& at = crew.places[a.u32(1)];
  fail_future(at.future.load(std::memory_order_acquire),
              at.generation.load(std::memory_order_relaxed), outcome,
              environment(env)->parker.number);
  return nullptr;
}

template <class F>
void take_all(Crew& crew, ThreadNumber me, F fn) {
  Item item;
  while (queue_of(crew.queue).try_get(&item, me) == QueueResult::kOk) {
    CellId future = future_of(crew.queue, item);
    count_off(crew);
    if (future) fn(future);
    drop(crew.queue, item, me);
  }
}

// (crew, error, length): takes no more work, and fails all of it with the error. Workers that are
// at work are doomed. Without an error tasks just go, and their futures stay pending.
napi_value break_up(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  ThreadNumber me = environment(env)->parker.number;
  Crew crew(a.u32(0));
  if (!crew) return no_crew(env);
  Outcome outcome(env, a.values[1], a.number(2));
  queue_of(crew.queue).shutdown(false, me, [](const Item&) {});
  take_all(crew, me, [&](CellId future) { set_outcome(future, kException, outcome, me); });
  for (uint32_t i = 0; i < crew.count; i++) {
    Place& at = crew.places[i];
    if (end_work(crew, at, kDoomed))
      fail_future(at.future.load(), at.generation.load(), outcome, me);
  }
  return nullptr;
}

// (crew, cancel): takes no more work. What is queued is done, or cancelled.
napi_value shut_down(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  ThreadNumber me = environment(env)->parker.number;
  Crew crew(a.u32(0));
  if (!crew) return no_crew(env);
  queue_of(crew.queue).shutdown(false, me, [](const Item&) {});
  if (!a.boolean(1)) return nullptr;
  take_all(crew, me, [&](CellId future) { cancel_future(future, me); });
  return nullptr;
}

// (): the same, without cancelling, for every crew that this process has made
napi_value shut_down_all(napi_env env, napi_callback_info) {
  ThreadNumber me = environment(env)->parker.number;
  if (process_number() == kNoProcess || !shared_arena().ready()) return nullptr;
  shared_arena().for_each<SyncCell>(ChunkKind::kCells, [&](uint32_t index, SyncCell* cell) {
    uint64_t t = cell->tag.load(std::memory_order_acquire);
    if (tag::cell_class(t) != CellClass::kCrew || tag::refs(t) == 0 ||
        cell->data[3].load(std::memory_order_acquire) != process_number())
      return;
    Crew crew(index | kSharedArenaBit);
    queue_of(crew.queue).shutdown(false, me, [](const Item&) {});
  });
  return nullptr;
}

// (crew, future): the place of the worker that is at work for it, which is doomed now; -1: none is
napi_value stop(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Crew crew(a.u32(0));
  if (!crew) return no_crew(env);
  for (uint32_t i = 0; i < crew.count; i++) {
    Place& at = crew.places[i];
    if (at.future.load(std::memory_order_acquire) == a.u32(1) && end_work(crew, at, kDoomed))
      return integer(env, static_cast<int32_t>(i));
  }
  return integer(env, -1);
}

// (crew): how many tasks are open
napi_value load(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Crew crew(a.u32(0));
  if (!crew) return no_crew(env);
  return number(env, crew.open->load(std::memory_order_relaxed));
}

}  // namespace
}  // namespace crew

void drop_crew(CellId id) {
  SyncCell* cell = cell_at(id);
  CellId queue = cell->data[0].load(std::memory_order_relaxed);
  uint32_t block = cell->data[1].load(std::memory_order_relaxed);
  if (block) heap_of(id).free(block, lock_number());
  if (queue) release_cell(queue);
}

void define_crews(Wanted& define) {
  define("crewCreate", crew::create);
  define("crewSubmit", crew::submit);
  define("crewPlace", crew::place);
  define("crewVacate", crew::vacate);
  define("crewFailTask", crew::fail_task);
  define("crewBreak", crew::break_up);
  define("crewShutDown", crew::shut_down);
  define("crewShutDownAll", crew::shut_down_all);
  define("crewStop", crew::stop);
  define("crewLoad", crew::load);
  crew::define_workers(define);
}

}  // namespace binding
}  // namespace nogil
