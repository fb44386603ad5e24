// A crew: worker processes that take tasks from one queue, for ProcessPoolExecutor and Pool
// (lib/internal/process/crew.ts). All of it lies in the shared arena.
//
// The crew's cell:
//   data[0]  the queue of tasks, with a reference
//   data[1]  payload block of the workers' places
//   data[2]  how many places there are
//   data[3]  the process that made the crew
//   data[4]  how many tasks are open: submitted, and neither done nor dropped
//
// A task is a message whose first reference is its future; the rest is what the caller sent. Who
// takes one claims the future before it lets go of the block: until then the task can be seen to be
// in the hands of that thread (the block's owner), from then on by the future's data[4].
//
// A worker's place           from                       to
//   kVacant                  the process has ended      kStarting
//   kStarting                crewPlace, crewSubmit      kIdle
//   kIdle                    crewEnter, crewSettle      kBusy, kLeft
//   kBusy                    crewNext                   kIdle, kDoomed
//   kLeft                    nothing is left to do      kVacant, by the maker when it has ended
//   kDoomed                  crewStop, crewBreak        kVacant, likewise: its maker kills it
//   kSpoiled                 its initializer failed     kVacant, likewise
//
// Whether a worker is wanted is told by the open tasks and the places that count for a worker, not
// by who is idle: a task leaves the queue before its worker is busy with it, one that waits on its
// event loop long before. Each such worker has at most one open task in hand. So where there are no
// more tasks than workers, one without a task is there for each that is queued.
//
// A task is counted before it is in the queue. Whoever turns its worker's place from kBusy counts
// it off, or takes it from the queue and drops it. What a worker takes with it that dies in between
// stays counted: that breaks an executor, and a pool has all its workers anyway until it is closed.
// Then no more are started than there may be, and none when the queue is empty.
//
// `future` is written before kBusy and stays afterwards, with its generation: the maker looks there
// when the process has ended in whatever way.
#include <cstring>

#include "binding/queue.h"
#include "binding/tree.h"

namespace nogil {
namespace binding {

namespace {

enum PlaceState : uint32_t {
  kVacant = 0,
  kStarting = 1,
  kIdle = 2,
  kBusy = 3,
  kLeft = 4,
  kDoomed = 5,
  kSpoiled = 6,
};

struct Place {
  Policy::Atomic<uint32_t> state;
  Policy::Atomic<uint32_t> future;
  Policy::Atomic<uint32_t> generation;
  uint32_t spare;
};
static_assert(sizeof(Place) == 16, "zeroed as bytes");

// As lib/internal/worker/task_loop.ts has it: a task's message, then its future's cell.
constexpr size_t kScratchBytes = 4096;
constexpr double kUnit = 4294967296.0;
constexpr size_t kHead = 8;  // of a message with references, before them

struct Crew {
  CellId id = kNoCell;
  CellId queue = kNoCell;
  Place* places = nullptr;
  uint32_t count = 0;
  Policy::Atomic<uint32_t>* open = nullptr;

  explicit Crew(CellId cell) {
    SyncCell* at = cell & kSharedArenaBit ? cell_at(cell) : nullptr;
    if (!at || tag::cell_class(at->tag.load(std::memory_order_acquire)) != CellClass::kCrew) return;
    id = cell;
    queue = at->data[0].load(std::memory_order_acquire);
    places =
        reinterpret_cast<Place*>(heap_of(id).data(at->data[1].load(std::memory_order_acquire)));
    count = at->data[2].load(std::memory_order_relaxed);
    open = &at->data[4];
  }
  explicit operator bool() const { return id != kNoCell; }
};

napi_value no_crew(napi_env env) { return fail(env, "ERR_VALUE", "nogil: no such crew"); }

bool turn(Place& place, uint32_t from, uint32_t to) {
  return place.state.compare_exchange_strong(from, to, std::memory_order_seq_cst);
}

// Relaxed, both: a task's put and take order its coming before its going, and the store in
// publish() (sync/future.h) its going before what follows from its outcome.
void count_on(Crew& crew) { crew.open->fetch_add(1, std::memory_order_relaxed); }
void count_off(Crew& crew) { crew.open->fetch_sub(1, std::memory_order_relaxed); }

// The worker of that place is at work no more for what it was. False: it was so already.
bool end_work(Crew& crew, Place& at, PlaceState to) {
  if (!turn(at, kBusy, to)) return false;
  count_off(crew);
  return true;
}

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

CellId future_of(CellId queue, const Item& item) {
  CellId future = kNoCell;
  if (item.kind == ItemKind::kPayload)
    memcpy(&future, heap_of(queue).data(static_cast<uint32_t>(item.value)) + kHead, sizeof future);
  return future;
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
  if (!block || !answer_for(id)) {
    release_cell(id);
    return out_of_memory(env);
  }
  if (!e->references.add(id)) {
    give_up_cell(id);
    return out_of_memory(env);
  }
  return number(env, id);
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

// --- the workers ---

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

void drop_crew(CellId id) {
  SyncCell* cell = cell_at(id);
  CellId queue = cell->data[0].load(std::memory_order_relaxed);
  uint32_t block = cell->data[1].load(std::memory_order_relaxed);
  if (block) heap_of(id).free(block, lock_number());
  if (queue) release_cell(queue);
}

void define_crews(napi_env env, napi_value exports) {
  method(env, exports, "crewCreate", create);
  method(env, exports, "crewSubmit", submit);
  method(env, exports, "crewPlace", place);
  method(env, exports, "crewVacate", vacate);
  method(env, exports, "crewFailTask", fail_task);
  method(env, exports, "crewBreak", break_up);
  method(env, exports, "crewShutDown", shut_down);
  method(env, exports, "crewShutDownAll", shut_down_all);
  method(env, exports, "crewStop", stop);
  method(env, exports, "crewLoad", load);
  method(env, exports, "crewEnter", enter);
  method(env, exports, "crewLeave", leave);
  method(env, exports, "crewNext", next);
  method(env, exports, "crewNextAsync", next_async);
  method(env, exports, "crewSettle", settle);
}

}  // namespace binding
}  // namespace nogil
