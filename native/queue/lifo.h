// Last in, first out.
#pragma once

#include "queue/pile.h"

namespace nogil {

template <class P>
struct LifoOrder {
  using Entry = Item;

  static QueueResult push(PayloadHeap<P>&, Entry* entries, uint64_t count, const Item& item, Key,
                          uint64_t, ThreadNumber, Hole<P>) {
    entries[count] = item;
    return QueueResult::kOk;
  }

  static Item next(Entry* entries, uint64_t count) { return entries[count - 1]; }
  static uint64_t leaves_from(uint64_t count) { return count - 1; }
  static uint32_t pop(PayloadHeap<P>&, Entry*, uint64_t, ThreadNumber, Hole<P>) { return 0; }

  static uint32_t block_of(const Entry& e) {
    return e.kind == ItemKind::kPayload ? static_cast<uint32_t>(e.value) : 0;
  }
  static uint32_t key_block_of(const Entry&) { return 0; }
  static void put_in_order(PayloadHeap<P>&, Entry*, uint64_t, Hole<P>) {}
};

template <class P>
using LifoPile = Pile<P, LifoOrder>;

}  // namespace nogil
