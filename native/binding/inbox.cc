// Hands threads that were started to workers: warm ones, or those that are made for them
// (workers.cc).
#include <cstdlib>
#include <cstring>

#include "binding/threads.h"
#include "binding/tree.h"
#include "binding/workers.h"
#include "platform/threads.h"

namespace nogil {
namespace binding {

namespace {

constexpr uint32_t kFlagsOfStart = 0xffff;

struct Message {
  Message* next;
  CellId thread;
  size_t length;
  uint8_t bytes[1];
};

// Start messages that no worker has taken yet, with the supply's lock. Workers wait at the
// semaphore in g_inbox.
Message* g_first = nullptr;
Message** g_last = &g_first;
CellId g_inbox = kNoCell;
// More warm workers than this are let go.
constexpr uint32_t kMaxIdle = 16;

// A worker that was awake and idle is so no more: a start may have counted on it rather than wake
// one.
void pass_unit_on(Environment* e) {
  SyncCell* inbox = cell_at(g_inbox);
  if (inbox && Semaphore<Policy>::count(*inbox)) {
    Semaphore<Policy>::wake(arena_of(kNoCell), *inbox, e->parker.number);
  }
}

}  // namespace

void give_up_idle(Environment* e) {
  {
    ProcessLock lock(g_supply.lock);
    if (!e->idle) return;
    e->idle = false;
    g_supply.idle--;
  }
  pass_unit_on(e);
}

namespace {

// (thread cell, bytes, flags): hands the thread to a worker. How many workers must be made for it,
// 0 or 1; -1 when there are too many threads, -2 when it was started before.
napi_value start(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  size_t length = 0;
  const uint8_t* bytes = a.bytes(1, &length);
  CellId id = a.u32(0);
  SyncCell* cell = cell_at(id);
  if (!cell || !bytes) return fail(env, "ERR_VALUE", "nogil: no such thread");
  // Several threads may have it: the first to come here starts it.
  uint32_t before = cell->aux.fetch_or(kClaimed, std::memory_order_acq_rel);
  if (before & kClaimed) return integer(env, -2);
  Message* m = static_cast<Message*>(malloc(sizeof(Message) + length));
  if (!m) {
    cell->aux.store(before, std::memory_order_relaxed);
    return out_of_memory(env);
  }
  Memory& arena = arena_of(kNoCell);
  ThreadNumber number_ = thread_table().enter(process_number());
  if (number_ == kNobody) {
    cell->aux.store(before, std::memory_order_relaxed);
    free(m);
    return integer(env, -1);
  }
  m->next = nullptr;
  m->thread = id;
  m->length = length;
  memcpy(m->bytes, bytes, length);
  cell->data[0].store(number_, std::memory_order_relaxed);
  uint32_t flags = (a.u32(2) & kFlagsOfStart) | kStarted | kClaimed;
  cell->aux.store(flags, std::memory_order_release);
  int spawn = 0;
  uint32_t pending = 0, idle = 0;
  bool ok;
  {
    ProcessLock lock(g_supply.lock);
    if (!g_inbox) g_inbox = allocate_cell(CellClass::kInternal);
    ok = g_inbox != kNoCell && list_alive(id, !(flags & kDaemon));
    if (ok) {
      *g_last = m;
      g_last = &m->next;
      pending = ++g_supply.pending;
      idle = g_supply.idle;
      spawn = wants_worker();
    }
  }
  if (!ok) {
    cell->aux.store(before, std::memory_order_relaxed);
    thread_table().leave(number_);
    free(m);
    return out_of_memory(env);
  }
  // The message's own reference to the thread.
  retain_cell(id);
  SyncCell* inbox = cell_at(g_inbox);
  Semaphore<Policy>::add(*inbox, 1);
  // Idle workers that do not wait in the list spin, or are on their way: each looks at the state
  // before it sleeps, and takes a unit. Where they are enough, waking another would only cost.
  uint32_t asleep = inbox->waiters.load(std::memory_order_seq_cst);
  if (asleep && pending + asleep > idle)
    Semaphore<Policy>::wake(arena, *inbox, environment(env)->parker.number);
  return integer(env, spawn);
}

// The message for JavaScript, and its end here. Null where nobody will read it, because this
// environment is being terminated: its thread ends with that.
napi_value open_message(napi_env env, Message* m) {
  napi_value out = new_bytes(env, m->bytes, m->length);
  if (!out) {
    drop_message(m->bytes, m->length);
    out_of_memory(env);
  }
  free(m);
  return out;
}

// (birth): the next thread to run here, as bytes; sleeps until there is one. undefined: enough
// workers are idle, this one may go. null: interrupted. A worker gives its birth when it is fresh;
// with 0 it has been idle since its `finish`.
napi_value next(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = environment(env);
  bool enough;
  {
    ProcessLock lock(g_supply.lock);
    if (!g_inbox) g_inbox = allocate_cell(CellClass::kInternal);
    if (!g_inbox) return out_of_memory(env);
    if (a.u32(0)) {
      end_birth(a.u32(0));
      g_supply.idle++;
      e->idle = true;
    }
    enough = g_supply.idle > kMaxIdle && g_supply.pending < g_supply.idle;
  }
  if (enough) {
    give_up_idle(e);
    return undefined(env);
  }
  // Whoever starts threads one after the other has the next within microseconds: a spin that failed
  // says nothing about the next one.
  cell_at(g_inbox)->spin.store(Spin<Policy>::kUnknown, std::memory_order_relaxed);
  BlockingWait wait(arena_of(g_inbox), e->parker, kForever);
  Acquired got = Semaphore<Policy>::acquire(wait, *cell_at(g_inbox));
  Message* m = nullptr;
  {
    ProcessLock lock(g_supply.lock);
    g_supply.idle--;
    e->idle = false;
    if (got == Acquired::kYes) {
      m = g_first;
      g_first = m->next;
      if (!g_first) g_last = &g_first;
      g_supply.pending--;
    }
  }
  if (!m) {
    pass_unit_on(e);
    napi_value null;
    napi_get_null(env, &null);
    return null;
  }
  SyncCell* cell = cell_at(m->thread);
  e->thread_cell = m->thread;  // the message's reference is the environment's now
  e->ended_normally = false;
  e->parker.number = cell->data[0].load(std::memory_order_relaxed);
  cell->data[1].store(platform::thread_id(), std::memory_order_relaxed);
  cell->data[2].store(e->id, std::memory_order_release);
  return open_message(env, m);
}

// (holds RLocks, back): the thread that runs here has ended as it should. `back`: this worker will
// call `next`, or `leave`. False: it is about to be terminated, and to wait for that.
napi_value finish(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Environment* e = environment(env);
  CellId id = e->thread_cell;
  if (id == e->own_cell || id == kNoCell) return boolean(env, true);
  {
    ProcessLock lock(g_supply.lock);
    if (cell_at(id)->aux.load(std::memory_order_relaxed) & kDoomed) return boolean(env, false);
    cell_at(id)->data[2].store(0, std::memory_order_relaxed);
  }
  ThreadNumber mine = e->own_number;
  if (e->pool_worker) lose_pool_worker(e);
  e->parker.number = mine;
  e->thread_cell = e->own_cell;
  e->idle = a.boolean(1);
  end_thread(id, false, a.boolean(0), mine, e->idle);
  release_cell(id);
  return boolean(env, true);
}

// A worker that promised to come for another thread will not after all.
napi_value leave(napi_env env, napi_callback_info) {
  give_up_idle(environment(env));
  return nullptr;
}

// Ends a thread that no worker can be had for: the one that has waited longest. Its message, so
// that what that holds can be given back; undefined when none waits.
napi_value drop(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  if (process_ends()) return undefined(env);
  CellId inbox;
  {
    ProcessLock lock(g_supply.lock);
    inbox = g_inbox;
  }
  // A unit of the inbox first: units and messages go in pairs.
  if (!inbox || !Semaphore<Policy>::try_take(*cell_at(inbox))) return undefined(env);
  Message* m;
  {
    ProcessLock lock(g_supply.lock);
    m = g_first;
    g_first = m->next;
    if (!g_first) g_last = &g_first;
    g_supply.pending--;
  }
  end_thread(m->thread, true, false, e->parker.number);
  release_cell(m->thread);
  return open_message(env, m);
}

}  // namespace

void define_inbox(Wanted& define) {
  define("threadStart", start);
  define("threadNext", next);
  define("threadFinish", finish);
  define("threadLeave", leave);
  define("threadDrop", drop);
}

}  // namespace binding
}  // namespace nogil
