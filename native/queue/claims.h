// Who drew which ticket, in memory that processes share. An end of a ring names who drew last;
// before the next ticket is drawn that is written to the slots of those draws that are not
// complete. So when a process has been killed, every ticket that it held can be told: by its slot,
// or by the ring's end.
//
// Signing may be cut short by a kill itself. What is left to sign is what lies between a word that
// is signed, or done with, and the end; so the first one is looked for, and signing goes on from
// there towards the end: whoever is killed in the midst leaves the rest as it found it.
#pragma once

#include "queue/item.h"
#include "queue/ring.h"

namespace nogil {

template <class P>
struct Claims {
  static uint32_t who(ThreadNumber me) { return me % ThreadTable<P>::kSlots; }

  // Before the tail `t` moves on.
  static void sign_last_put(Ring<P>& r, uint64_t t, ThreadNumber me) {
    if (end::who(t) == who(me)) return;  // what this thread drew it has completed
    // One draw may have been of several tickets; those without an item are the last ones.
    const uint64_t past = end::ticket(t);
    uint64_t first = past;
    while (word(r, before(first)) == slot::make(before(first), slot::kOpen)) first = before(first);
    for (uint64_t i = first; i != past; i = slot::plus(i, 1)) {
      uint64_t open = slot::make(i, slot::kOpen);
      r.slot(i).word.compare_exchange_strong(open, slot::make(i, slot::kClaimed, end::who(t)),
                                             std::memory_order_acq_rel);
      NOGIL_CRASH_POINT("put.signed");
    }
  }

  // Before the head `h` moves on.
  static void sign_last_get(Ring<P>& r, uint64_t h, ThreadNumber me) {
    if (end::who(h) == who(me)) return;
    const uint64_t past = end::ticket(h);
    uint64_t first = past;
    while (slot::is(word(r, before(first)), before(first), slot::kFull)) first = before(first);
    for (uint64_t i = first; i != past; i = slot::plus(i, 1)) {
      uint64_t full = word(r, i);
      if (!slot::is(full, i, slot::kFull)) continue;
      ItemKind kind = static_cast<ItemKind>(slot::info(full));
      uint32_t info = end::who(h) | (kind == ItemKind::kPayload ? slot::kOwnsPayload : 0);
      slot::State state = kind == ItemKind::kCell ? slot::kTakingCell : slot::kTaking;
      r.slot(i).word.compare_exchange_strong(full, slot::make(i, state, info),
                                             std::memory_order_acq_rel);
      NOGIL_CRASH_POINT("get.signed");
    }
  }

 private:
  static uint64_t word(Ring<P>& r, uint64_t ticket) {
    return r.slot(ticket).word.load(std::memory_order_relaxed);
  }
  static uint64_t before(uint64_t ticket) { return slot::plus(ticket, slot::kTicketMask); }
};

}  // namespace nogil
