// The list of a queue's rings: how it grows, moves on, ends, and what becomes of drained rings.
//
//   core.head_ring -> ring -> next -> ring ... <- core.tail_ring
//
//   a ring's tail   next     meaning
//   open            kNone    the last one
//   closed          kNone    full; whoever needs room links the next
//   closed          a ring   drained from its head, never put into again
//   closed          kSealed  the last one for ever: the queue was shut down
//
// References carry a tag and never repeat, so whoever finds core.head_ring (tail_ring) unchanged
// after it has read a ring's words has read them while the ring was the queue's first (last) one. A
// ring's `next` begins with the number of its life, so an old reader cannot link to a new life.
//
// A ring is retired by the thread whose swap takes it off core.head_ring, after it has seen to it
// that core.tail_ring does not name it. If slots of it are in somebody's hands still, it goes to
// the queue's limbo, which is looked through whenever another ring is retired, and at the queue's
// end.
//
// Kills, in shared memory. A ring is its maker's (`heap_link`) until it is linked: whoever moves
// the tail on to it says first that it is nobody's, so one that still names its maker is linked by
// the last ring's `next`, or not at all. A ring that leaves the queue, or its limbo, is named in
// the Hands of the thread that takes it out, from before until it is free or in the limbo again.
// The limbo is emptied one by one then, so that there is one name to say, and no further than the
// first ring that is still in use.
#pragma once

#include "queue/core.h"
#include "queue/item.h"
#include "queue/payload_heap.h"
#include "queue/ring.h"

namespace nogil {

template <class P>
class RingList {
 public:
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  RingList(Arena<P>& arena, QueueCore<P>& core) : arena_(arena), core_(core) {}

  bool create(ThreadNumber me) {
    uint32_t first = make_ring(0, 0, me);
    if (!first) return false;
    core_.head_ring.store(first, std::memory_order_relaxed);
    core_.tail_ring.store(first, std::memory_order_release);
    return true;
  }

  // When nobody uses the queue any more.
  void destroy(ThreadNumber me) {
    for (uint32_t index = ring_ref::index(core_.head_ring.load(std::memory_order_acquire));
         index;) {
      uint32_t next = ring_ref::index(ring(index).next.load(std::memory_order_acquire));
      free_ring(index, me);
      index = next == ring_ref::kSealed ? 0 : next;
    }
    for (uint32_t index = ring_ref::index(core_.limbo.load(std::memory_order_acquire)); index;) {
      uint32_t next = ring(index).limbo.load(std::memory_order_relaxed);
      free_ring(index, me);
      index = next;
    }
  }

  // For a queue that a cell names by now: its block and its first ring are nobody's.
  void publish(uint32_t block) {
    PayloadHeap<P> heap(arena_);
    if (!arena_.shared()) return;
    heap.set_owner(block, kTheQueues);
    uint32_t first = ring_ref::index(core_.head_ring.load(std::memory_order_relaxed));
    if (first) heap.set_owner(first, kTheQueues);
  }

  // Ends the queue's growth: no ticket is drawn from now on. False when that was so already.
  bool seal() {
    for (;;) {
      uint64_t at = core_.tail_ring.load(std::memory_order_acquire);
      Ring<P>& r = ring(ring_ref::index(at));
      uint64_t t = r.tail.load(std::memory_order_seq_cst);
      uint64_t n = r.next.load(std::memory_order_acquire);
      if (core_.tail_ring.load(std::memory_order_acquire) != at) continue;
      if (!end::closed(t)) {
        r.tail.compare_exchange_strong(t, t | end::kClosed, std::memory_order_seq_cst);
        continue;
      }
      uint32_t next = ring_ref::index(n);
      if (next == ring_ref::kSealed) return false;
      if (next != ring_ref::kNone) {
        disown(core_.tail_ring, at, next);
        core_.tail_ring.compare_exchange_strong(at, ring_ref::advance(at, next),
                                                std::memory_order_acq_rel);
      } else if (r.next.compare_exchange_strong(n, ring_ref::to(n, ring_ref::kSealed),
                                                std::memory_order_seq_cst)) {
        return true;
      }
    }
  }

  bool sealed() {
    for (;;) {
      uint64_t at = core_.tail_ring.load(std::memory_order_acquire);
      uint64_t n = ring(ring_ref::index(at)).next.load(std::memory_order_seq_cst);
      if (core_.tail_ring.load(std::memory_order_acquire) == at)
        return ring_ref::index(n) == ring_ref::kSealed;
    }
  }

  // How many tickets were drawn to take, and to put, so far.
  uint64_t head() { return position(core_.head_ring, &Ring<P>::head); }
  uint64_t tail() { return position(core_.tail_ring, &Ring<P>::tail); }

 protected:
  // For a producer that found the last ring, `at`, closed at `t`: kOk to look again, at the next
  // one.
  QueueResult follow(uint64_t at, Ring<P>& r, uint64_t t, ThreadNumber me) {
    uint64_t n = r.next.load(std::memory_order_acquire);
    // Its place in the queue, and so that of the next one, is where it was closed.
    uint64_t position = r.position(end::ticket(t));
    uint32_t bigger = class_of(r) + 1;
    if (core_.tail_ring.load(std::memory_order_acquire) != at) return QueueResult::kOk;
    uint32_t next = ring_ref::index(n);
    if (next == ring_ref::kSealed) return QueueResult::kShutDown;
    if (next == ring_ref::kNone) {
      next = make_ring(bigger < kRingClasses ? bigger : kRingClasses - 1, position, me);
      if (!next) return QueueResult::kNoMemory;
      NOGIL_CRASH_POINT("ring.made");
      if (!r.next.compare_exchange_strong(n, ring_ref::to(n, next), std::memory_order_acq_rel)) {
        free_ring(next, me);
        return QueueResult::kOk;
      }
      NOGIL_CRASH_POINT("ring.linked");
    }
    disown(core_.tail_ring, at, next);
    core_.tail_ring.compare_exchange_strong(at, ring_ref::advance(at, next),
                                            std::memory_order_acq_rel);
    return QueueResult::kOk;
  }

  // For a consumer that found the first ring, `at`, drained and `next` behind it.
  void move_on(uint64_t at, Ring<P>& r, uint32_t next, ThreadNumber me) {
    uint64_t last = core_.tail_ring.load(std::memory_order_acquire);
    if (core_.head_ring.load(std::memory_order_acquire) != at) return;
    if (ring_ref::index(last) == ring_ref::index(at)) {
      disown(core_.head_ring, at, next);
      core_.tail_ring.compare_exchange_strong(last, ring_ref::advance(last, next),
                                              std::memory_order_acq_rel);
    }
    uint64_t first = at;
    Hands<P>* hand = PayloadHeap<P>(arena_).hands(me);
    if (hand) hand->ring.store(ring_ref::index(at), std::memory_order_release);
    if (core_.head_ring.compare_exchange_strong(first, ring_ref::advance(at, next),
                                                std::memory_order_acq_rel)) {
      NOGIL_CRASH_POINT("ring.unlinked");
      if (hand) {
        retire_by_hand(ring_ref::index(at), *hand, me);
      } else {
        retire(ring_ref::index(at), r);
      }
    }
    if (hand) hand->ring.store(0, std::memory_order_release);
  }

  Arena<P>& arena_;
  QueueCore<P>& core_;

 private:
  uint64_t position(Atomic<uint64_t>& which, Atomic<uint64_t> Ring<P>::*end_word) {
    for (;;) {
      uint64_t at = which.load(std::memory_order_seq_cst);
      Ring<P>& r = ring(ring_ref::index(at));
      uint64_t position = r.position(end::ticket((r.*end_word).load(std::memory_order_seq_cst)));
      if (which.load(std::memory_order_acquire) == at) return position;
    }
  }

  static uint32_t class_of(Ring<P>& r) {
    uint32_t c = 0;
    while (c + 1 < kRingClasses && uint64_t{1} << QueueTuning<P>::kRingLog2[c] < r.slots()) c++;
    return c;
  }

  uint32_t make_ring(uint32_t ring_class, uint64_t position, ThreadNumber me) {
    PayloadHeap<P> heap(arena_);
    uint32_t index = heap.allocate_class(SizeClasses<P>::ring_class(ring_class), me);
    if (!index) return 0;
    NOGIL_CRASH_POINT("ring.taken");
    uint64_t ticket = heap.heap().tickets.load(std::memory_order_acquire) & slot::kTicketMask;
    uint32_t life = heap.heap().lives.fetch_add(1, std::memory_order_relaxed) + 1;
    ring(index).core.store(arena_.index_of(reinterpret_cast<Cell<P>*>(&core_)),
                           std::memory_order_relaxed);
    ring(index).begin(QueueTuning<P>::kRingLog2[ring_class], ticket, position, life);
    return index;
  }

  // Before the tail moves on from `at`: `next` is linked, whatever becomes of who linked it. By
  // compare-and-swap, as it may be long since that it was; then it is somebody else's, or free.
  void disown(Atomic<uint64_t>& which, uint64_t at, uint32_t next) {
    if (!arena_.shared()) return;
    uint32_t maker = ring(next).heap_link.load(std::memory_order_acquire);
    if (maker == kTheQueues || which.load(std::memory_order_acquire) != at) return;
    ring(next).heap_link.compare_exchange_strong(maker, kTheQueues, std::memory_order_acq_rel);
  }

  // In shared memory: the older ones first, as they are the likeliest to be out of use.
  void retire_by_hand(uint32_t index, Hands<P>& hand, ThreadNumber me) {
    for (;;) {
      uint64_t top = core_.limbo.load(std::memory_order_acquire);
      uint32_t old = ring_ref::index(top);
      if (!old) break;
      uint32_t next = ring(old).limbo.load(std::memory_order_relaxed);
      hand.old_ring.store(old, std::memory_order_release);
      if (!core_.limbo.compare_exchange_strong(top, ring_ref::advance(top, next),
                                               std::memory_order_acq_rel))
        continue;
      NOGIL_CRASH_POINT("ring.limbo");
      if (!ring(old).abandoned()) {
        push_limbo(old);
        break;
      }
      free_ring(old, me);
    }
    hand.old_ring.store(0, std::memory_order_release);
    dispose(index, me);
  }

 public:
  // Of a ring that is ours, and in no list.
  void dispose(uint32_t index, ThreadNumber me) {
    if (ring(index).abandoned()) {
      free_ring(index, me);
    } else {
      push_limbo(index);
    }
  }

  // For recovery: whether the ring is in the queue or in its limbo. Nothing is said while either
  // changes.
  enum class Found { kYes, kNo, kUnknown };
  Found find(uint32_t index) {
    uint64_t first = core_.head_ring.load(std::memory_order_acquire);
    uint64_t limbo = core_.limbo.load(std::memory_order_acquire);
    bool found = false;
    uint32_t most = arena_.header()->chunks * 16;
    for (uint32_t at = ring_ref::index(first); at && at != ring_ref::kSealed && most-- && !found;
         at = ring_ref::index(ring(at).next.load(std::memory_order_acquire))) {
      found = at == index;
    }
    for (uint32_t at = ring_ref::index(limbo); at && most-- && !found;
         at = ring(at).limbo.load(std::memory_order_relaxed)) {
      found = at == index;
    }
    if (core_.head_ring.load(std::memory_order_acquire) != first ||
        core_.limbo.load(std::memory_order_acquire) != limbo) {
      return Found::kUnknown;
    }
    return found ? Found::kYes : Found::kNo;
  }

  // For recovery: the rings that are linked belong to nobody, whoever linked them.
  void disown_linked() {
    uint64_t at = core_.tail_ring.load(std::memory_order_acquire);
    uint32_t last = ring_ref::index(at);
    if (!last) return;
    disown(core_.tail_ring, at, last);
    uint32_t next = ring_ref::index(ring(last).next.load(std::memory_order_acquire));
    if (next != ring_ref::kNone && next != ring_ref::kSealed) disown(core_.tail_ring, at, next);
  }

  Ring<P>& ring(uint32_t index) {
    return *reinterpret_cast<Ring<P>*>(arena_.chunk_address(0) + size_t{index} * 64);
  }
  void free_ring(uint32_t index, ThreadNumber me) {
    PayloadHeap<P> heap(arena_);
    Ring<P>& r = ring(index);
    uint64_t past = slot::plus(end::ticket(r.tail.load(std::memory_order_relaxed)), r.slots());
    Atomic<uint64_t>& tickets = heap.heap().tickets;
    uint64_t seen = tickets.load(std::memory_order_relaxed);
    while (slot::after(past, seen & slot::kTicketMask) &&
           !tickets.compare_exchange_weak(seen, past, std::memory_order_acq_rel)) {
    }
    heap.free_raw(index, me);
    NOGIL_CRASH_POINT("ring.freed");
  }

 private:
  void retire(uint32_t index, Ring<P>& r) {
    // All of the limbo is ours now.
    uint64_t limbo = core_.limbo.load(std::memory_order_acquire);
    while (ring_ref::index(limbo) &&
           !core_.limbo.compare_exchange_weak(limbo, ring_ref::advance(limbo, 0),
                                              std::memory_order_acq_rel)) {
    }
    r.limbo.store(ring_ref::index(limbo), std::memory_order_relaxed);
    while (index) {
      uint32_t next = ring(index).limbo.load(std::memory_order_relaxed);
      dispose(index, kNobody);
      index = next;
    }
  }

  void push_limbo(uint32_t index) {
    uint64_t top = core_.limbo.load(std::memory_order_relaxed);
    do {
      ring(index).limbo.store(ring_ref::index(top), std::memory_order_relaxed);
    } while (!core_.limbo.compare_exchange_weak(top, ring_ref::advance(top, index),
                                                std::memory_order_release));
  }
};

}  // namespace nogil
