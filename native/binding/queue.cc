// Queues as JavaScript sees them: their beginning, their end, and all that is not about items.
#include "binding/queue.h"

#include "binding/tree.h"

#include <cstdlib>
#include <new>

namespace nogil {
namespace binding {

namespace {

// (): the shared memory of this environment
napi_value shared_memory(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  napi_value buffer;
  if (e->hands) {
    napi_get_reference_value(e->env, e->hands->buffer, &buffer);
    return buffer;
  }
  void* room = malloc(sizeof(Hands));
  void* shared = nullptr;
  if (!room || napi_create_arraybuffer(env, kSharedBytes, &shared, &buffer) != napi_ok) {
    free(room);
    return out_of_memory(env);
  }
  Hands* hands = new (room) Hands();
  hands->shared = static_cast<uint8_t*>(shared);
  napi_create_reference(e->env, buffer, 1, &hands->buffer);
  e->hands = hands;
  return buffer;
}

// As it was given: to the queue itself all that bound nothing are the same.
void remember_maxsize(CellId id, int64_t maxsize) {
  SyncCell* cell = cell_at(id);
  cell->data[3].store(static_cast<uint32_t>(maxsize), std::memory_order_relaxed);
  cell->data[4].store(static_cast<uint32_t>(static_cast<uint64_t>(maxsize) >> 32),
                      std::memory_order_relaxed);
}

// (class, maxsize, shared): a new queue, with a reference of this environment
napi_value create(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  Environment* e = owner(a);
  CellId id = allocate_cell(static_cast<CellClass>(a.u32(0)), a.boolean(2));
  if (id == kNoCell) return out_of_memory(env);
  int64_t bound = static_cast<int64_t>(a.number(1));
  if (!queue_of(id).create(bound, e->parker.number)) {
    release_cell(id);
    return out_of_memory(env);
  }
  if (!take_in(e, id)) return out_of_memory(env);
  remember_maxsize(id, bound);
  return number(env, id);
}

// What the callbacks below begin with.
struct Call {
  Arguments<2> args;
  Environment* e;
  CellId id;
  Items queue;
  Call(napi_env env, napi_callback_info info)
      : args(env, info), e(owner(args)), id(args.u32(0)), queue(queue_of(id)) {}
  ThreadNumber me() const { return e->parker.number; }
};

napi_value size(napi_env env, napi_callback_info info) {
  return number(env, static_cast<double>(Call(env, info).queue.size()));
}

// (queue): how many items were ever taken
napi_value taken(napi_env env, napi_callback_info info) {
  return number(env, static_cast<double>(Call(env, info).queue.taken()));
}

// (queue): how many were ever put
napi_value put(napi_env env, napi_callback_info info) {
  return number(env, static_cast<double>(Call(env, info).queue.put()));
}

// (queue): how many wait for an item, for room, and in join
napi_value waiting(napi_env env, napi_callback_info info) {
  Call c(env, info);
  napi_value out;
  napi_create_array_with_length(env, 3, &out);
  napi_set_element(env, out, 0, number(env, c.queue.getters()));
  napi_set_element(env, out, 1, number(env, c.queue.putters()));
  napi_set_element(env, out, 2, number(env, c.queue.joiners()));
  return out;
}

napi_value maxsize(napi_env env, napi_callback_info info) {
  SyncCell* cell = cell_at(Call(env, info).id);
  uint64_t low = cell->data[3].load(std::memory_order_relaxed);
  uint64_t high = cell->data[4].load(std::memory_order_relaxed);
  return number(env, static_cast<double>(static_cast<int64_t>(high << 32 | low)));
}

// (queue, maxsize)
napi_value set_maxsize(napi_env env, napi_callback_info info) {
  Call c(env, info);
  int64_t bound = static_cast<int64_t>(c.args.number(1));
  remember_maxsize(c.id, bound);
  c.queue.set_maxsize(bound, c.me());
  return nullptr;
}

// (queue, immediate)
napi_value shut_down(napi_env env, napi_callback_info info) {
  Call c(env, info);
  c.queue.shutdown(c.args.boolean(1), c.me(), [&](const Item& item) { drop(c.id, item, c.me()); });
  return nullptr;
}

napi_value is_shut_down(napi_env env, napi_callback_info info) {
  return boolean(env, Call(env, info).queue.is_shut_down());
}

// (queue, count): false when that is more than there are
napi_value task_done(napi_env env, napi_callback_info info) {
  Call c(env, info);
  return boolean(env, c.queue.task_done(c.args.u32(1), c.me()));
}

napi_value unfinished(napi_env env, napi_callback_info info) {
  return number(env, static_cast<double>(Call(env, info).queue.unfinished()));
}

// (queue, ms): an Answer of lib/internal/native.ts
napi_value join(napi_env env, napi_callback_info info) {
  Call c(env, info);
  BlockingWait wait(arena_of(c.id), c.e->parker, deadline_of(c.args.number(1)));
  switch (c.queue.join(wait)) {
    case QueueResult::kOk: return integer(env, 1);
    case QueueResult::kInterrupted: return integer(env, 2);
    case QueueResult::kNoMemory: return out_of_memory(env);
    default: return integer(env, 0);
  }
}

}  // namespace

void destroy_queue(CellId id, ThreadNumber me) {
  queue_of(id).destroy(me, [&](const Item& item) { drop(id, item, me); });
}

void leave_queues(Environment* e, bool shared_only) {
  if (!e->hands) return;
  auto goes_back = [&](CellId queue) { return !shared_only || (queue & kSharedArenaBit) != 0; };
  if (goes_back(e->hands->large.queue)) give_back(e, e->hands->large);
  if (goes_back(e->hands->bodies.queue)) give_back(e, e->hands->bodies);
  if (goes_back(e->hands->granted.queue)) give_back(e, e->hands->granted);
  // Of numbers and the like JavaScript may have had the use already.
  if (goes_back(e->hands->batch_queue)) {
    return_batch(e, e->hands->batch_next, e->hands->batch_end, true);
  }
  free(e->hands);
  e->hands = nullptr;
}

void define_queue(Wanted& define) {
  define_queue_items(define);
  define_queue_bodies(define);
  define_queue_batch(define);
  define_queue_async(define);
  define("queueMemory", shared_memory);
  define("queueCreate", create);
  define("queueJoin", join);
  define("queueTaskDone", task_done);
  define("queueUnfinished", unfinished);
  define("queueSize", size);
  define("queueTaken", taken);
  define("queuePut", put);
  define("queueWaiting", waiting);
  define("queueMaxsize", maxsize);
  define("queueSetMaxsize", set_maxsize);
  define("queueShutDown", shut_down);
  define("queueIsShutDown", is_shut_down);
}

}  // namespace binding
}  // namespace nogil
