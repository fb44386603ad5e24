// A crew: worker processes that take tasks from one queue, for ProcessPoolExecutor and Pool
// (lib/internal/process/crew.ts), as both of its halves see it: crew.cc of the process that made
// it, crew_worker.cc of its workers. All of it lies in the shared arena.
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
#pragma once

#include <cstring>

#include "binding/queue.h"

namespace nogil {
namespace binding {
namespace crew {

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

inline napi_value no_crew(napi_env env) { return fail(env, "ERR_VALUE", "nogil: no such crew"); }

inline bool turn(Place& place, uint32_t from, uint32_t to) {
  return place.state.compare_exchange_strong(from, to, std::memory_order_seq_cst);
}

// Relaxed, both: a task's put and take order its coming before its going, and the store in
// publish() (sync/future.h) its going before what follows from its outcome.
inline void count_on(Crew& crew) { crew.open->fetch_add(1, std::memory_order_relaxed); }
inline void count_off(Crew& crew) { crew.open->fetch_sub(1, std::memory_order_relaxed); }

// The worker of that place is at work no more for what it was. False: it was so already.
inline bool end_work(Crew& crew, Place& at, PlaceState to) {
  if (!turn(at, kBusy, to)) return false;
  count_off(crew);
  return true;
}

inline CellId future_of(CellId queue, const Item& item) {
  CellId future = kNoCell;
  if (item.kind == ItemKind::kPayload)
    memcpy(&future, heap_of(queue).data(static_cast<uint32_t>(item.value)) + kHead, sizeof future);
  return future;
}

void define_workers(Wanted& define);

}  // namespace crew
}  // namespace binding
}  // namespace nogil
