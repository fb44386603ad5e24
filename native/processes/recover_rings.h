// The rings of first-in-first-out queues: tickets that dead threads drew, and rings in their hands.
//
// Why it is right. Rings lie in slabs of their own, whose memory never becomes anything else, and
// their words never come back to an earlier value. So all rings are found by a walk through the
// heap, wherever they are linked at the moment, and a compare-and-swap from a word that names a
// dead thread finds that thread's ticket or nothing.
//
//   a dead producer's ticket   kClaimed or kPassed, its number in the slot; or the last draw of the
//                              ring, which is signed first as the next producer would do it. Its
//                              slot becomes open for the ring's next round: consumers take that for
//                              a ticket that was passed, and go on.
//   a dead consumer's ticket   kTaking or kTakingCell, or the last draw. Its consumer has not had
//   it
//                              yet: its block becomes ours, the slot is opened, and then the item
//                              goes back to the queue. Should we be killed in between, it is lost,
//                              its block freed as ours.
//
// With that no slot waits for a dead thread, so rings in limbo are free for reuse. A ring that a
// dead thread was taking out of its queue or its limbo is named in its Hands. If neither holds it,
// nor living hands, nor the heap, nor a maker, it was out: it is disposed of in the dead one's
// stead.
#pragma once

#include "processes/living_hands.h"

namespace nogil {

template <class P>
class DeadClaims {
 public:
  // `lost(item)`: a payload whose owner is `me`, or a cell's reference.
  DeadClaims(const Casualties<P>& dead, ThreadNumber me, void* data,
             void (*lost)(void* data, const Item& item))
      : dead_(dead),
        arena_(dead.arena()),
        heap_(arena_),
        living_(dead, me),
        me_(me),
        data_(data),
        lost_(lost) {}

  void settle_all() {
    if (!heap_.exists()) return;
    dead_.for_each_queue([&](QueueCore<P>& core, Cell<P>& cell) {
      RingList<P> rings(arena_, core);
      if (dead_.has(core.heap_link.load(std::memory_order_acquire)))
        rings.publish(cell.data[0].load(std::memory_order_relaxed));
      rings.disown_linked();
    });
    for_each_ring_block(heap_, [&](uint32_t index, Ring<P>& r) {
      if (r.has_begun()) settle(r);
      ThreadNumber maker = r.heap_link.load(std::memory_order_acquire);
      // Not linked, or it would not say so any more; perhaps not even begun.
      if (dead_.has(maker) &&
          r.heap_link.compare_exchange_strong(maker, me_, std::memory_order_acq_rel)) {
        heap_.free_raw(index, me_);
      }
    });
    dead_.for_each_thread([&](ThreadNumber number) {
      Hands<P>& hand = arena_.threads().hands(number);
      take_from(hand.ring);
      take_from(hand.old_ring);
    });
  }

  // Calls fn(index, ring) for all memory that is, or was, a ring.
  template <class F>
  static void for_each_ring(PayloadHeap<P>& heap, F fn) {
    for_each_ring_block(heap, [&](uint32_t index, Ring<P>& r) {
      if (r.has_begun()) fn(index, r);
    });
  }

 private:
  // The same, and for what is about to be one: of that no more than `heap_link` can be read.
  template <class F>
  static void for_each_ring_block(PayloadHeap<P>& heap, F fn) {
    heap.for_each_slab([&](uint32_t slab, uint32_t size_class) {
      if (!SizeClasses<P>::is_ring(size_class)) return;
      heap.for_each_block(slab, size_class, [&](uint32_t block) {
        fn(block, *reinterpret_cast<Ring<P>*>(heap.address(block)));
      });
    });
  }

  void settle(Ring<P>& r) {
    uint64_t t = r.tail.load(std::memory_order_acquire);
    if (dead_.has_slot(end::who(t))) Claims<P>::sign_last_put(r, t, me_);
    uint64_t h = r.head.load(std::memory_order_acquire);
    if (dead_.has_slot(end::who(h))) Claims<P>::sign_last_get(r, h, me_);
    const uint64_t slots = r.slots();
    const uint64_t past = end::ticket(t);
    // The last ticket first: what is given back last is got first.
    for (uint64_t i = slots; i-- > 0;) {
      Slot<P>& s = r.slot(past + i);
      uint64_t word = s.word.load(std::memory_order_acquire);
      slot::State state = slot::state(word);
      if (state == slot::kOpen || state == slot::kFull || word == 0) continue;
      if (!dead_.has_slot(slot::info(word) & 0x3fff)) continue;
      NOGIL_CRASH_POINT("recovery.slot");
      uint64_t open = slot::make(slot::plus(slot::ticket(word), slots), slot::kOpen);
      Item item{ItemKind::kNone, s.value.load(std::memory_order_relaxed)};
      if (state == slot::kTakingCell) item.kind = ItemKind::kCell;
      if (state == slot::kTaking && (slot::info(word) & slot::kOwnsPayload)) {
        item.kind = ItemKind::kPayload;
        heap_.set_owner(static_cast<uint32_t>(item.value), me_);
      }
      if (s.word.compare_exchange_strong(word, open, std::memory_order_acq_rel) &&
          item.kind != ItemKind::kNone)
        give_back(r, item);
    }
  }

  void give_back(Ring<P>& r, const Item& item) {
    QueueCore<P>* core = core_at(r.core.load(std::memory_order_acquire));
    if (core && Exchange<P>(arena_, *core).give_back(item, me_)) return;
    lost_(data_, item);
  }

  void take_from(typename P::template Atomic<uint32_t>& theirs) {
    const uint32_t index = theirs.load(std::memory_order_acquire);
    if (!index) return;
    Hands<P>& mine = arena_.threads().hands(me_);
    if (is_loose(index)) {
      // Ours before it is nobody's; and nobody's else, if we took it from one that had taken it.
      mine.ring.store(index, std::memory_order_release);
      clear(index);
      if (QueueCore<P>* core = core_at(ring(index).core.load(std::memory_order_acquire)))
        RingList<P>(arena_, *core).dispose(index, me_);
      mine.ring.store(0, std::memory_order_release);
    }
    theirs.store(0, std::memory_order_release);
  }

  void clear(uint32_t index) {
    dead_.for_each_gone([&](ThreadNumber number) {
      Hands<P>& hand = arena_.threads().hands(number);
      if (hand.ring.load(std::memory_order_relaxed) == index)
        hand.ring.store(0, std::memory_order_release);
      if (hand.old_ring.load(std::memory_order_relaxed) == index)
        hand.old_ring.store(0, std::memory_order_release);
    });
  }

  bool is_loose(uint32_t index) {
    return decide<P>([&] { return look_for(index); }) == Verdict::kYes;
  }

  // Whether neither the queue, nor its limbo, nor the heap, nor a living thread has the ring.
  Verdict look_for(uint32_t index) {
    const uint64_t life = life_of(index);
    if (ring(index).heap_link.load(std::memory_order_acquire) != kTheQueues) return Verdict::kNo;
    QueueCore<P>* core = core_at(ring(index).core.load(std::memory_order_acquire));
    if (!core) return Verdict::kNo;
    const uint64_t first = core->head_ring.load(std::memory_order_acquire);
    const uint64_t limbo = core->limbo.load(std::memory_order_acquire);
    // Between these reads and the same ones below nothing left a list or came to the limbo. So
    // living hands that had the ring at the beginning either have it still when they are looked
    // at, or have freed it, which makes it the heap's until its next life.
    if (living_.any([&](Hands<P>& hand) {
          return hand.ring.load(std::memory_order_acquire) == index ||
                 hand.old_ring.load(std::memory_order_acquire) == index;
        }))
      return Verdict::kUnknown;
    switch (RingList<P>(arena_, *core).find(index)) {
      case RingList<P>::Found::kYes: return Verdict::kNo;
      case RingList<P>::Found::kNo: break;
      case RingList<P>::Found::kUnknown: return Verdict::kUnknown;
    }
    const bool same = core->head_ring.load(std::memory_order_acquire) == first &&
                      core->limbo.load(std::memory_order_acquire) == limbo &&
                      ring(index).heap_link.load(std::memory_order_acquire) == kTheQueues &&
                      life_of(index) == life;
    return same ? Verdict::kYes : Verdict::kUnknown;
  }

  uint64_t life_of(uint32_t index) {
    return ring(index).next.load(std::memory_order_acquire) >> 32;
  }
  Ring<P>& ring(uint32_t index) { return *reinterpret_cast<Ring<P>*>(heap_.address(index)); }

  QueueCore<P>* core_at(uint32_t block) {
    QueueCore<P>* found = nullptr;
    dead_.for_each_queue([&](QueueCore<P>& core, Cell<P>& cell) {
      if (cell.data[0].load(std::memory_order_relaxed) == block) found = &core;
    });
    return found;
  }

  const Casualties<P>& dead_;
  Arena<P>& arena_;
  PayloadHeap<P> heap_;
  LivingHands<P> living_;
  ThreadNumber me_;
  void* data_;
  void (*lost_)(void* data, const Item& item);
};

}  // namespace nogil
