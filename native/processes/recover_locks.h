// Locks that dead threads hold, barriers' actions that they ran, and futures that they were to set.
// A Lock, or the write side of an RWLock, has no owner: it stays with a thread that came to its
// normal end, as in one process.
//
// Why it is right. Each of these words names its thread. Once the records of a dead process's
// threads are out of all lists nobody can name one of them any more, so one walk finds all; what is
// found is changed by compare-and-swap and then woken for, and the walk after the last one
// (`recheck`) wakes again, should we be killed in between.
#pragma once

#include "processes/casualties.h"
#include "sync/barrier.h"
#include "sync/future.h"
#include "sync/rw_lock.h"

namespace nogil {

template <class P>
class DeadHolders {
 public:
  DeadHolders(const Casualties<P>& dead, ThreadNumber me, const RecoveryHooks<P>& hooks)
      : dead_(dead), arena_(dead.arena()), me_(me), hooks_(hooks) {}

  void pass_on_all() {
    dead_.for_each_cell([&](Cell<P>& cell, uint32_t index) { pass_on(cell, index); });
  }

 private:
  void pass_on(Cell<P>& cell, uint32_t index) {
    const uint32_t state = cell.state.load(std::memory_order_acquire);
    switch (dead_.class_of(cell)) {
      case CellClass::kLock:
        if (dead_.has_finished(state & ~kWaiting)) break;
        [[fallthrough]];
      case CellClass::kRLock: {
        ThreadNumber holder = state & ~kWaiting;
        if (dead_.has(holder) && Mutex<P>::abandon(arena_, cell, holder, me_)) tell(index, holder);
        break;
      }
      case CellClass::kRWLock: {
        ThreadNumber holder = state & ~(kWaiting | kWriter);
        if ((state & kWriter) && dead_.has(holder) && !dead_.has_finished(holder) &&
            RWLock<P>::abandon(arena_, cell, holder, me_))
          tell(index, holder);
        break;
      }
      case CellClass::kBarrier: {
        ThreadNumber runner = cell.data[2].load(std::memory_order_acquire);
        if (dead_.has(runner)) Barrier<P>::abandon(arena_, cell, runner, me_);
        break;
      }
      case CellClass::kFuture: {
        ThreadNumber runner = cell.data[kFutureRunner].load(std::memory_order_acquire);
        bool under_way = state == kRunning || state == kSetting;
        if (under_way && dead_.has(runner)) Future<P>::lose(arena_, cell, me_);
        break;
      }
      default: break;
    }
  }

  void tell(uint32_t index, ThreadNumber holder) {
    if (hooks_.lock_passed_on) hooks_.lock_passed_on(hooks_.data, index | kSharedArenaBit, holder);
  }

  const Casualties<P>& dead_;
  Arena<P>& arena_;
  ThreadNumber me_;
  const RecoveryHooks<P>& hooks_;
};

}  // namespace nogil
