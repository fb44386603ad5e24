// Who drew which ticket, in memory that processes share. An end of a ring names who drew last;
// before the next ticket is drawn that is written to the slots of those draws that are not
// complete. So when a process has been killed, every ticket that it held can be told: by its slot,
// or by the ring's end.
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
    for (uint64_t i = before(end::ticket(t));; i = before(i)) {
      uint64_t open = slot::make(i, slot::kOpen);
      auto& word = r.slot(i).word;
      if (word.load(std::memory_order_relaxed) != open) return;
      word.compare_exchange_strong(open, slot::make(i, slot::kClaimed, end::who(t)),
                                   std::memory_order_acq_rel);
    }
  }

  // Before the head `h` moves on.
  static void sign_last_get(Ring<P>& r, uint64_t h, ThreadNumber me) {
    if (end::who(h) == who(me)) return;
    for (uint64_t i = before(end::ticket(h));; i = before(i)) {
      auto& at = r.slot(i).word;
      uint64_t word = at.load(std::memory_order_relaxed);
      if (!slot::is(word, i, slot::kFull)) return;
      bool payload = static_cast<ItemKind>(slot::info(word)) == ItemKind::kPayload;
      uint32_t info = end::who(h) | (payload ? slot::kOwnsPayload : 0);
      at.compare_exchange_strong(word, slot::make(i, slot::kTaking, info),
                                 std::memory_order_acq_rel);
    }
  }

 private:
  static uint64_t before(uint64_t ticket) { return slot::plus(ticket, slot::kTicketMask); }
};

}  // namespace nogil
