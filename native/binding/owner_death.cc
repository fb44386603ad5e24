// What a thread leaves behind passes on to the next (docs/internals.md).
#include <cstring>

#include "binding/tree.h"

namespace nogil {
namespace binding {

namespace {

Policy::Atomic<uint32_t> g_lock{0};

// The names of threads that died with something in their hands.
struct Obituary {
  ThreadNumber number;
  char name[120];
};
Obituary g_obituaries[64];
uint32_t g_next_obituary = 0;

// (number): the name of a thread that died and left something behind; undefined when forgotten.
napi_value obituary(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  ThreadNumber who = a.u32(0);
  ProcessLock lock(g_lock);
  for (Obituary& o : g_obituaries) {
    if (o.number != who) continue;
    napi_value out;
    napi_create_string_utf8(env, o.name, NAPI_AUTO_LENGTH, &out);
    return out;
  }
  return undefined(env);
}

void pass_on_in(Memory& arena, ThreadNumber dead, bool abnormal, ThreadNumber me) {
  arena.for_each<SyncCell>(ChunkKind::kCells, [&](uint32_t, SyncCell* cell) {
    bool waited_for = cell->waiters.load(std::memory_order_seq_cst) != 0;
    switch (tag::cell_class(cell->tag.load(std::memory_order_acquire))) {
      case CellClass::kLock:
      case CellClass::kRLock: {
        bool reentrant =
            tag::cell_class(cell->tag.load(std::memory_order_relaxed)) == CellClass::kRLock;
        if ((abnormal || reentrant) && Mutex<Policy>::abandon(arena, *cell, dead, me)) break;
        // The dead may have been terminated between giving something free and waking who waits.
        if (waited_for && abnormal) Mutex<Policy>::recheck(arena, *cell, me);
        break;
      }
      case CellClass::kRWLock:
        if (abnormal && !RWLock<Policy>::abandon(arena, *cell, dead, me) && waited_for) {
          RWLock<Policy>::serve(arena, *cell, me);
        }
        break;
      case CellClass::kSemaphore:
      case CellClass::kBoundedSemaphore:
        if (abnormal && waited_for) Semaphore<Policy>::wake(arena, *cell, me);
        break;
      case CellClass::kEvent:
        if (abnormal && waited_for) Event<Policy>::wake_if_set(arena, *cell, me);
        break;
      case CellClass::kBarrier: Barrier<Policy>::abandon(arena, *cell, dead, me); break;
      case CellClass::kFuture:
        if (abnormal && waited_for) Future<Policy>::wake(arena, *cell, me);
        break;
      default: break;
    }
  });
}

}  // namespace

void pass_on(ThreadNumber dead, bool abnormal, ThreadNumber me, const char* name) {
  {
    ProcessLock lock(g_lock);
    Obituary& o = g_obituaries[g_next_obituary++ % 64];
    o.number = dead;
    strncpy(o.name, name, sizeof o.name - 1);
    o.name[sizeof o.name - 1] = 0;
  }
  pass_on_in(arena_of(kNoCell), dead, abnormal, me);
  if (shared_arena().ready()) pass_on_in(shared_arena(), dead, abnormal, me);
}

void define_owner_death(Wanted& define) { define("obituary", obituary); }

}  // namespace binding
}  // namespace nogil
