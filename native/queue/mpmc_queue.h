// The first-in-first-out queue: many producers and consumers, no lock, no bound but that of
// core.maxsize. Slots, tickets and why nothing here can be mistaken for something else: ring.h. The
// list of rings: ring_list.h.
//
// Order. Items leave in the order of their tickets, and a producer draws tickets one after the
// other. The one exception, a ticket that was passed, is of an item that is not in the queue yet:
// its producer draws another for it, before it goes on to the next.
//
// Empty. A consumer that answers kEmpty has read the head, h, then the tail, t, then found no item
// at any ticket of [h, t), then the head again, unchanged. An item stays where it is while the head
// does, so at the moment when the tail was read none of those tickets had its item and no other
// ticket had been drawn: no put that was over then had its item still here.
//
// Full. A producer that answers kFull has read the tail and then the head, maxsize or more behind
// it. Heads only advance, so when the head was read so many tickets were drawn: puts that are under
// way count. One that draws a ticket knows by its swap that the tail did not move, so the bound
// holds.
//
// Wake-ups (queue.h). After its item is in (seq_cst swap on the slot) a producer reads how many
// wait for items; a waiter counts itself and then reads head, tail and slots (seq_cst). After it
// has drawn its ticket (seq_cst swap on the head) a consumer reads how many wait for space; a
// waiter for space counts itself and then reads tail and head. That is the argument of park.h,
// twice.
#pragma once

#include "queue/claims.h"
#include "queue/ring_list.h"
#include "queue/serving.h"

namespace nogil {

template <class P>
class MpmcQueue : public RingList<P> {
 public:
  using RingList<P>::RingList;

  // The usual case of place(): a free slot in the last ring, and nobody in between. False: nothing
  // has changed, and place() finds out why.
  bool place_quickly(const Item& item, ThreadNumber me) {
    uint64_t at = core_.tail_ring.load(std::memory_order_acquire);
    Ring<P>& r = this->ring(ring_ref::index(at));
    uint64_t t = r.tail.load(std::memory_order_seq_cst);
    if (core_.tail_ring.load(std::memory_order_acquire) != at || end::closed(t) || arena_.shared())
      return false;
    const uint64_t ticket = end::ticket(t);
    uint64_t maxsize = core_.maxsize.load(std::memory_order_relaxed);
    if (maxsize && r.position(ticket) - core_.head_seen.load(std::memory_order_relaxed) >= maxsize)
      return false;
    if (r.slot(ticket).word.load(std::memory_order_acquire) != slot::make(ticket, slot::kOpen))
      return false;
    if (!r.tail.compare_exchange_strong(t, end::make(slot::plus(ticket, 1), Claims<P>::who(me)),
                                        std::memory_order_seq_cst))
      return false;
    return publish(r, ticket, &item, 1) == 1;
  }

  // The usual case of take().
  bool take_quickly(Item* item, ThreadNumber me) {
    uint64_t at = core_.head_ring.load(std::memory_order_seq_cst);
    Ring<P>& r = this->ring(ring_ref::index(at));
    uint64_t h = r.head.load(std::memory_order_seq_cst);
    if (core_.head_ring.load(std::memory_order_acquire) != at || arena_.shared()) return false;
    const uint64_t ticket = end::ticket(h);
    Slot<P>& s = r.slot(ticket);
    uint64_t word = s.word.load(std::memory_order_seq_cst);
    if (!slot::is(word, ticket, slot::kFull)) return false;
    if (!r.head.compare_exchange_strong(h, end::make(slot::plus(ticket, 1), Claims<P>::who(me)),
                                        std::memory_order_seq_cst))
      return false;
    *item = finish(r, s, ticket, word);
    return true;
  }

  // Puts items until all `n` are in or one is refused; says how many were in `placed`. `passed`: as
  // for take().
  QueueResult place(const Item* items, uint32_t n, uint32_t* placed, uint32_t* passed,
                    ThreadNumber me, ServingLog<P>* log = nullptr) {
    *placed = *passed = 0;
    for (int failures = 0;; back_off(failures++)) {
      uint64_t at = core_.tail_ring.load(std::memory_order_acquire);
      Ring<P>& r = this->ring(ring_ref::index(at));
      uint64_t t = r.tail.load(std::memory_order_seq_cst);
      if (core_.tail_ring.load(std::memory_order_acquire) != at) continue;
      if (end::closed(t)) {
        QueueResult result = this->follow(at, r, t, me);
        if (result != QueueResult::kOk) return result;
        continue;
      }
      const uint64_t ticket = end::ticket(t);
      uint32_t wanted = n - *placed;
      uint64_t maxsize = core_.maxsize.load(std::memory_order_relaxed);
      if (maxsize) {
        uint64_t room = room_at(r.position(ticket), maxsize);
        if (!room) {
          // A ticket of our own may have been passed by, and have stood at the head when we looked.
          if (skip_given_up(passed, me) || room_at(r.position(ticket), maxsize)) continue;
          if (r.tail.load(std::memory_order_seq_cst) == t &&
              core_.tail_ring.load(std::memory_order_acquire) == at) {
            return QueueResult::kFull;
          }
          continue;
        }
        if (room < wanted) wanted = static_cast<uint32_t>(room);
      }
      uint32_t open = 0;
      while (open < wanted && r.slot(ticket + open).word.load(std::memory_order_acquire) ==
                                  slot::make(ticket + open, slot::kOpen)) {
        open++;
      }
      if (!open) {
        // Full, or `t` is old: then this fails.
        r.tail.compare_exchange_strong(t, t | end::kClosed, std::memory_order_seq_cst);
        continue;
      }
      if (arena_.shared()) Claims<P>::sign_last_put(r, t, me);
      if (!r.tail.compare_exchange_strong(t,
                                          end::make(slot::plus(ticket, open), Claims<P>::who(me)),
                                          std::memory_order_seq_cst))
        continue;
      NOGIL_CRASH_POINT("put.drawn");
      if (log) {
        log->put_ticket.store(ticket, std::memory_order_relaxed);
        log->put_ring.store(ring_ref::index(at), std::memory_order_release);
      }
      *placed += publish(r, ticket, items + *placed, open, log);
      if (*placed == n) return QueueResult::kOk;
      failures = 0;
    }
  }

  // Takes up to `n` items that are there; `taken` is at least 1 on kOk. `passed`: how many tickets
  // were passed by, each of which counts as settled now.
  QueueResult take(Item* items, uint32_t n, uint32_t* taken, uint32_t* passed, ThreadNumber me,
                   Waiter<P>* served = nullptr) {
    *taken = *passed = 0;
    for (int failures = 0;; back_off(failures++)) {
      uint64_t at = core_.head_ring.load(std::memory_order_seq_cst);
      Ring<P>& r = this->ring(ring_ref::index(at));
      uint64_t h = r.head.load(std::memory_order_seq_cst);
      if (core_.head_ring.load(std::memory_order_acquire) != at) continue;
      const uint64_t ticket = end::ticket(h);
      Slot<P>& first = r.slot(ticket);
      uint64_t word = first.word.load(std::memory_order_seq_cst);
      if (slot::is(word, ticket, slot::kFull)) {
        uint32_t full = 0;
        do {
          items[full++].kind = static_cast<ItemKind>(slot::info(word));
          if (full == n) break;
          word = r.slot(ticket + full).word.load(std::memory_order_acquire);
        } while (slot::is(word, slot::plus(ticket, full), slot::kFull));
        if (arena_.shared()) Claims<P>::sign_last_get(r, h, me);
        if (served) intend(at, ticket, items[0].kind, served, me);
        if (!r.head.compare_exchange_strong(h,
                                            end::make(slot::plus(ticket, full), Claims<P>::who(me)),
                                            std::memory_order_seq_cst))
          continue;
        NOGIL_CRASH_POINT("get.drawn");
        for (uint32_t i = 0; i < full; i++) {
          // Ours before it leaves its slot: so a block is always its owner's or in a queue.
          if (arena_.shared() && items[i].kind == ItemKind::kPayload)
            own(r.slot(ticket + i).value.load(std::memory_order_relaxed), me);
          // Before its slot is open.
          if (served)
            Parcel<P>::grant(arena_, served,
                             {items[i].kind, r.slot(ticket).value.load(std::memory_order_relaxed)});
          uint64_t full_word =
              slot::make(ticket + i, slot::kFull, static_cast<uint32_t>(items[i].kind));
          items[i] = finish(r, r.slot(ticket + i), ticket + i, full_word);
        }
        *taken = full;
        return QueueResult::kOk;
      }
      if (given_up(word, ticket)) {
        *passed += skip(r, h, me);
        continue;
      }
      QueueResult result = look_further(at, r, h, first, me);
      if (result != QueueResult::kOk) return result;
    }
  }

  // Before the ticket at the head is drawn for somebody's record: what recovery needs to know.
  void intend(uint64_t at, uint64_t ticket, ItemKind kind, Waiter<P>* served, ThreadNumber me) {
    ServingLog<P>& log = core_.serving;
    log.get_ring.store(0, std::memory_order_relaxed);
    in_order();
    log.getter.store(arena_.index_of(served), std::memory_order_relaxed);
    log.get_ticket.store(ticket, std::memory_order_relaxed);
    log.get_kind.store(static_cast<uint32_t>(kind), std::memory_order_relaxed);
    log.get_who.store(Claims<P>::who(me), std::memory_order_relaxed);
    log.get_ring.store(ring_ref::index(at), std::memory_order_release);
  }

  // --- for recovery, with the lock of the list: what became of who served it ---
  // If the ticket was drawn and its slot is not open yet: the item is the record's, and it opens.
  void complete_served_get() {
    ServingLog<P>& log = core_.serving;
    const uint32_t index = log.get_ring.load(std::memory_order_acquire);
    if (!index) return;
    Ring<P>& r = this->ring(index);
    const uint64_t ticket = log.get_ticket.load(std::memory_order_relaxed);
    const uint32_t who = log.get_who.load(std::memory_order_relaxed);
    const uint64_t drawn = end::make(slot::plus(ticket, 1), who);
    Slot<P>& s = r.slot(ticket);
    Waiter<P>* w = arena_.template at<Waiter<P>>(log.getter.load(std::memory_order_relaxed));
    for (;;) {
      uint64_t word = s.word.load(std::memory_order_acquire);
      // Not signed while it is the last one drawn.
      bool last = (r.head.load(std::memory_order_acquire) & ~end::kClosed) == drawn;
      bool taking =
          slot::is(word, ticket, slot::kTaking) || slot::is(word, ticket, slot::kTakingCell);
      if (taking ? (slot::info(word) & 0x3fff) != who
                 : !last || !slot::is(word, ticket, slot::kFull))
        break;
      Parcel<P>::grant(arena_, w,
                       {static_cast<ItemKind>(log.get_kind.load(std::memory_order_relaxed)),
                        s.value.load(std::memory_order_relaxed)});
      const uint64_t open = slot::make(slot::plus(ticket, r.slots()), slot::kOpen);
      if (s.word.compare_exchange_strong(word, open, std::memory_order_acq_rel)) break;
    }
    log.get_ring.store(0, std::memory_order_release);
  }
  // Whether a record's item was put. A ticket that was drawn for it and not used is used by nobody.
  bool served_put_is_in() {
    const uint32_t index = core_.serving.put_ring.load(std::memory_order_acquire);
    if (!index) return false;
    const uint64_t ticket = core_.serving.put_ticket.load(std::memory_order_relaxed);
    uint64_t word = this->ring(index).slot(ticket).word.load(std::memory_order_acquire);
    return !slot::awaited(word, ticket) && !slot::is(word, ticket, slot::kPassed);
  }

  uint64_t size() {
    uint64_t head = this->head();
    uint64_t tail = this->tail();
    return tail > head ? tail - head : 0;
  }

 private:
  using RingList<P>::arena_;
  using RingList<P>::core_;

  void own(uint64_t block, ThreadNumber me) {
    PayloadHeap<P>(arena_).set_owner(static_cast<uint32_t>(block), me);
    NOGIL_CRASH_POINT("get.owned");
  }

  static void back_off(int failures) {
    for (int i = 0; i < (failures < 6 ? 1 << failures : 64); i++) P::relax();
  }

  // How much room there is for a ticket at `tail`.
  uint64_t room_at(uint64_t tail, uint64_t maxsize) {
    uint64_t used = tail - core_.head_seen.load(std::memory_order_relaxed);
    if (used < maxsize) return maxsize - used;
    uint64_t head = this->head();
    core_.head_seen.store(head, std::memory_order_relaxed);
    used = tail > head ? tail - head : 0;
    return used < maxsize ? maxsize - used : 0;
  }

  // The ticket at the head was passed; where its slot is on already, its producer knows.
  static bool given_up(uint64_t word, uint64_t ticket) {
    return slot::is(word, ticket, slot::kPassed) ||
           (word && slot::after(slot::ticket(word), ticket));
  }

  // Moves the head on over such a ticket. False: somebody else did.
  bool skip(Ring<P>& r, uint64_t h, ThreadNumber me) {
    if (arena_.shared()) Claims<P>::sign_last_get(r, h, me);
    uint64_t next = end::make(slot::plus(end::ticket(h), 1), end::who(h));
    if (!r.head.compare_exchange_strong(h, next, std::memory_order_seq_cst)) return false;
    NOGIL_CRASH_POINT("get.skipped");
    core_.settled.fetch_add(1, std::memory_order_seq_cst);
    return true;
  }

  // Whether there was such a ticket at the head.
  bool skip_given_up(uint32_t* passed, ThreadNumber me) {
    uint64_t at = core_.head_ring.load(std::memory_order_seq_cst);
    Ring<P>& r = this->ring(ring_ref::index(at));
    uint64_t h = r.head.load(std::memory_order_seq_cst);
    if (core_.head_ring.load(std::memory_order_acquire) != at) return false;
    uint64_t word = r.slot(end::ticket(h)).word.load(std::memory_order_seq_cst);
    if (!given_up(word, end::ticket(h))) return false;
    *passed += skip(r, h, me);
    return true;
  }

  // Takes the item of a ticket that is ours, and opens its slot for the next.
  static Item finish(Ring<P>& r, Slot<P>& s, uint64_t ticket, uint64_t word) {
    Item item{static_cast<ItemKind>(slot::info(word)), s.value.load(std::memory_order_relaxed)};
    // Release: the value was read before the next producer, who acquires, writes it.
    s.word.store(slot::make(ticket + r.slots(), slot::kOpen), std::memory_order_release);
    NOGIL_CRASH_POINT("get.opened");
    return item;
  }

  // Puts items to the tickets from `ticket` on, which are ours, until one was passed by. How many.
  uint32_t publish(Ring<P>& r, uint64_t ticket, const Item* items, uint32_t n,
                   ServingLog<P>* log = nullptr) {
    for (uint32_t i = 0; i < n; i++) {
      Slot<P>& s = r.slot(ticket + i);
      s.value.store(items[i].value, std::memory_order_relaxed);
      NOGIL_CRASH_POINT("put.valued");
      uint64_t word = slot::make(ticket + i, slot::kOpen);
      const uint64_t full =
          slot::make(ticket + i, slot::kFull, static_cast<uint32_t>(items[i].kind));
      if (s.word.compare_exchange_strong(word, full, std::memory_order_seq_cst)) continue;
      if (slot::state(word) == slot::kClaimed &&
          s.word.compare_exchange_strong(word, full, std::memory_order_seq_cst))
        continue;
      // Before the ticket is done with: as it is now, it has not been used.
      if (log) log->put_ring.store(0, std::memory_order_release);
      // The rest must not stand before this one: all of it needs new tickets.
      for (uint32_t rest = i; rest < n; rest++) {
        r.slot(ticket + rest)
            .word.store(slot::make(ticket + rest + r.slots(), slot::kOpen),
                        std::memory_order_release);
      }
      return i;
    }
    return n;
  }

  // There is no item at the head, `h`. kOk: look again; else kEmpty or kShutDown.
  QueueResult look_further(uint64_t at, Ring<P>& r, uint64_t h, Slot<P>& first, ThreadNumber me) {
    const uint64_t ticket = end::ticket(h);
    uint64_t t = r.tail.load(std::memory_order_seq_cst);
    bool more = false;
    if (end::closed(t)) {
      uint32_t next = ring_ref::index(r.next.load(std::memory_order_seq_cst));
      if (core_.head_ring.load(std::memory_order_acquire) != at) return QueueResult::kOk;
      more = next != ring_ref::kNone;
      if (end::ticket(t) == ticket && more) {
        if (next == ring_ref::kSealed) return QueueResult::kShutDown;
        this->move_on(at, r, next, me);
        return QueueResult::kOk;
      }
    }
    // No ticket is ever used twice: the ring is the one that it was, and the head no further.
    if (end::ticket(t) == ticket) return QueueResult::kEmpty;
    uint64_t word = first.word.load(std::memory_order_seq_cst);
    if (!slot::awaited(word, ticket)) return QueueResult::kOk;
    for (uint64_t i = slot::plus(ticket, 1); !more && slot::after(end::ticket(t), i);
         i = slot::plus(i, 1)) {
      more = slot::is(r.slot(i).word.load(std::memory_order_seq_cst), i, slot::kFull);
    }
    if (!more) {
      bool still = r.head.load(std::memory_order_seq_cst) == h &&
                   core_.head_ring.load(std::memory_order_acquire) == at;
      return still ? QueueResult::kEmpty : QueueResult::kOk;
    }
    for (int turns = 0; turns < QueueTuning<P>::kPatience; turns++) {
      P::relax();
      if (first.word.load(std::memory_order_seq_cst) != word) return QueueResult::kOk;
    }
    // Who drew the ticket: an unsigned one that was open after the tail was read is of the last
    // draw.
    uint32_t who = slot::state(word) == slot::kClaimed ? slot::info(word) : end::who(t);
    first.word.compare_exchange_strong(word, slot::make(ticket, slot::kPassed, who),
                                       std::memory_order_seq_cst);
    return QueueResult::kOk;
  }
};

}  // namespace nogil
