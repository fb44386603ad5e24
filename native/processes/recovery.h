// Recovery from the death of a process: what it held goes on to others, and what it had comes back.
//
// One process recovers at a time; the header's word `recovery` says which. Everything a step
// changes is either ours by name before it is changed, or changed in one store, so a recovery that
// is cut short by the death of its own process is begun anew by the next, with two to recover from.
// Each step is done for all who are dead before the next one: what the second was about to give
// back is the first one's still, and what is done for the one would be done again for the other.
//
// The order, and why:
//   1. locks of lists, heap and piles   everything after takes them. Those of all processes known
//                                       dead, and of others when we come to wait for one.
//   2. waiter records                   afterwards nobody can choose a dead waiter any more,
//   3. locks, barriers, futures         so what names a dead thread now is all that ever will.
//   4. rings                            a dead consumer's payload is ours before its slot is
//   opened;
//                                       before the blocks, as a slot that is still to be opened
//                                       would free its payload once more.
//   5. the ledger                       before the blocks too, as its table is one. May free cells.
//   6. hands                            runs, slabs and blocks between two places, so that
//   7. blocks                           the walk meets each block at most once.
//   8. a look at all waiters            what was given free above, or before the death without a
//                                       wake-up, is announced to who waits for it.
//   9. thread numbers, and the slot     until here every step can be done again.
#pragma once

#include "processes/ledger.h"
#include "processes/recover_blocks.h"
#include "processes/recover_heap.h"
#include "processes/recover_locks.h"
#include "processes/recover_waiters.h"

namespace nogil {

template <class P>
class Recovery {
 public:
  // `me`: the calling thread's number in the arena, of process `mine`.
  Recovery(Arena<P>& arena, ThreadNumber me, ProcessNumber mine, RecoveryHooks<P> hooks)
      : arena_(arena), dead_(arena), me_(me), mine_(mine), hooks_(hooks) {}

  // Recovers from the death of `dead`, whose slot is kDead, and from whatever other deaths are
  // known by then: the one who was at it may have died. False when somebody living is at it
  // already, who then sees to this one as well, or when the slot is not kDead any more.
  bool run(ProcessNumber dead) {
    bool done = false;
    while (dead_.is_dead(dead) || (done && any_dead())) {
      if (!lock()) return done;
      done = dead_.is_dead(dead) || done;
      ListLock<P>::rescuer.data = this;
      ListLock<P>::rescuer.look = look;
      ListLock<P>::rescuer.who.store(me_, std::memory_order_relaxed);
      dead_.gather();
      recover();
      ListLock<P>::rescuer.who.store(kNobody, std::memory_order_relaxed);
      arena_.header()->recovery.store(kNoProcess, std::memory_order_seq_cst);
    }
    return done;
  }

 private:
  bool any_dead() {
    bool any = false;
    arena_.processes().for_each(
        [&](ProcessNumber number, ProcessSlot<P>&) { any = any || dead_.is_dead(number); });
    return any;
  }

  bool lock() {
    auto& word = arena_.header()->recovery;
    uint32_t holder = kNoProcess;
    while (!word.compare_exchange_strong(holder, mine_, std::memory_order_seq_cst)) {
      if (!dead_.is_dead(holder)) return false;
    }
    NOGIL_CRASH_POINT("recovery.locked");
    return true;
  }

  // The lock that we wait for may be one more dead process's.
  static void look(void* self, typename P::template Atomic<uint32_t>& word) {
    Recovery* r = static_cast<Recovery*>(self);
    TornLocks<P>(r->dead_, r->me_, r, lost).repair(&word);
  }

  // An item that went with its taker.
  static void lost(void* self, const Item& item) {
    Recovery* r = static_cast<Recovery*>(self);
    if (item.kind == ItemKind::kCell)
      r->hooks_.release_cell(r->hooks_.data, static_cast<CellId>(item.value));
    if (item.kind == ItemKind::kPayload)
      DeadBlocks<P>(r->dead_, r->me_, r->hooks_).drop(static_cast<uint32_t>(item.value));
  }

  void recover() {
    TornLocks<P>(dead_, me_, this, lost).repair();
    DeadWaiters<P> waiters(dead_, me_, hooks_);
    // Their async records are among those that are freed now.
    dead_.for_each_process([&](ProcessNumber, ProcessSlot<P>& slot) {
      slot.ready.store(0, std::memory_order_release);
    });
    NOGIL_CRASH_POINT("recovery.waiters");
    waiters.bury_all();
    NOGIL_CRASH_POINT("recovery.locks");
    DeadHolders<P>(dead_, me_, hooks_).pass_on_all();
    NOGIL_CRASH_POINT("recovery.rings");
    DeadClaims<P>(dead_, me_, this, lost).settle_all();
    NOGIL_CRASH_POINT("recovery.ledger");
    dead_.for_each_process([&](ProcessNumber dead, ProcessSlot<P>& slot) {
      keep_ledgers_of_children(dead);
      Ledger<P>(arena_, slot)
          .give_back([&](CellId cell) { hooks_.release_cell(hooks_.data, cell); }, me_);
    });
    DeadHands<P>(dead_, me_).empty_all();
    NOGIL_CRASH_POINT("recovery.blocks");
    DeadBlocks<P>(dead_, me_, hooks_).free_all();
    waiters.recheck_all();
    NOGIL_CRASH_POINT("recovery.rechecked");
    dead_.for_each_thread([&](ThreadNumber number) { arena_.threads().leave(number); });
    NOGIL_CRASH_POINT("recovery.threads");
    dead_.for_each_process([&](ProcessNumber, ProcessSlot<P>& slot) {
      CellId cell = slot.cell.exchange(kNoCell, std::memory_order_acq_rel);
      if (cell && hooks_.process_ended) hooks_.process_ended(hooks_.data, cell);
      slot.vacate();
    });
    NOGIL_CRASH_POINT("recovery.free");
  }

  // Killed while it prepared a fork, or while that has not come up: what the child answers for is
  // given back with its place, so the table is not one of the dead process's blocks.
  void keep_ledgers_of_children(ProcessNumber dead) {
    arena_.processes().for_each([&](ProcessNumber, ProcessSlot<P>& other) {
      uint32_t block = other.ledger.load(std::memory_order_acquire);
      if (block && other.state() == ProcessState::kStarting &&
          arena_.processes().is_child(other, dead))
        PayloadHeap<P>(arena_).set_owner(block, kTheQueues);
    });
  }

  Arena<P>& arena_;
  Casualties<P> dead_;
  ThreadNumber me_;
  ProcessNumber mine_;
  RecoveryHooks<P> hooks_;
};

}  // namespace nogil
