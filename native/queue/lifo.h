// Last in, first out.
#pragma once

#include "queue/pile.h"

namespace nogil {

template <class P>
struct LifoOrder {
  using Entry = Item;

  static QueueResult push(PayloadHeap<P>&, Entry* entries, uint64_t count, const Item& item, Key,
                          uint64_t, ThreadNumber) {
    entries[count] = item;
    return QueueResult::kOk;
  }

  static void pop(PayloadHeap<P>&, Entry* entries, uint64_t count, Item* item, ThreadNumber) {
    *item = entries[count - 1];
  }
};

template <class P>
using LifoPile = Pile<P, LifoOrder>;

}  // namespace nogil
