// Serving a waiter of a queue: its item goes into, or comes out of, its record, and whoever serves
// may be killed at any moment in between.
//
// Getters. The record has the item, and says that it was granted, before the item leaves where it
// was; the log says where that is.
//   in a ring            which ticket is about to be drawn, and by whom; if it was, and its slot is
//                        not open yet, recovery grants it and opens the slot
//   in a pile            under the guard; its own log says whether the item is out or in
//   among the returned   under their lock; linked still, or not
// Putters. The record says that it was granted before the item is put, and the log says where it is
// to be before it is there. So recovery knows whether it is, and has the waiter put it if not.
#pragma once

#include "park/park.h"
#include "queue/core.h"
#include "queue/item.h"
#include "queue/payload_heap.h"

namespace nogil {

// The item that a waiter's record carries: what a putter wants to put, what a getter was served.
template <class P>
struct Parcel {
  static void store(Waiter<P>* w, const Item& item) {
    w->index = static_cast<uint32_t>(item.kind);
    if (w->flags.load(std::memory_order_relaxed) & kAsync) {
      w->since =
          static_cast<int64_t>(item.value);  // a promise does not starve: it is always served
    } else {
      w->environment = static_cast<uint32_t>(item.value);  // that of a thread has no event loop
      w->token = static_cast<uint32_t>(item.value >> 32);
    }
  }
  static Item load(Waiter<P>* w) {
    uint64_t value = w->flags.load(std::memory_order_relaxed) & kAsync
                         ? static_cast<uint64_t>(w->since)
                         : w->environment | uint64_t{w->token} << 32;
    return {static_cast<ItemKind>(w->index), value};
  }
  // In shared memory: from here on the item is the record's.
  static void grant(Arena<P>& arena, Waiter<P>* w, const Item& item) {
    store(w, item);
    if (item.kind == ItemKind::kPayload)
      PayloadHeap<P>(arena).set_owner(static_cast<uint32_t>(item.value), w->thread);
    w->outcome.store(kGranted, std::memory_order_release);
    NOGIL_CRASH_POINT("get.served");
  }
};

}  // namespace nogil
