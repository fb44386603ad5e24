// Queue: its beginning, its shut-down and its end.
#pragma once

#include <cstring>

#include "queue/queue.h"

namespace nogil {

template <class P>
bool Queue<P>::create(int64_t maxsize, ThreadNumber me) {
  PayloadHeap<P> heap(arena_);
  uint32_t block = heap.allocate_raw(sizeof(QueueCore<P>), me);
  if (!block) return false;
  QueueCore<P>& core = *reinterpret_cast<QueueCore<P>*>(heap.address(block));
  // All but the link, which somebody that is late may read still.
  size_t begin = offsetof(QueueCore<P>, cell_class);
  memset(reinterpret_cast<char*>(&core) + begin, 0, sizeof core - begin);
  CellClass c = tag::cell_class(cell_.tag.load(std::memory_order_relaxed));
  core.cell_class.store(static_cast<uint32_t>(c), std::memory_order_relaxed);
  core.maxsize.store(maxsize > 0 ? static_cast<uint64_t>(maxsize) : 0, std::memory_order_relaxed);
  bool fifo = c != CellClass::kLifoQueue && c != CellClass::kPriorityQueue;
  if (fifo && !RingList<P>(arena_, core).create(me)) {
    heap.free_raw(block, me);
    return false;
  }
  cell_.data[0].store(block, std::memory_order_release);
  RingList<P>(arena_, core).publish(block);
  return true;
}

template <class P>
template <class Drop>
void Queue<P>::destroy(ThreadNumber me, Drop drop) {
  uint32_t block = cell_.data[0].load(std::memory_order_acquire);
  if (!block) return;
  drain(me, false, drop);
  switch (exchange_.cell_class()) {
    case CellClass::kLifoQueue: exchange_.lifo().destroy(me); break;
    case CellClass::kPriorityQueue: exchange_.priority().destroy(me); break;
    default: exchange_.fifo().destroy(me); break;
  }
  cell_.data[0].store(0, std::memory_order_relaxed);
  PayloadHeap<P>(arena_).free_raw(block, me);
}

template <class P>
template <class Drop>
void Queue<P>::drain(ThreadNumber me, bool settle, Drop drop) {
  Item items[32];
  uint32_t taken;
  while (exchange_.take(items, 32, &taken, me) == QueueResult::kOk) {
    for (uint32_t i = 0; i < taken; i++) {
      drop(static_cast<const Item&>(items[i]));
      // Nothing more to count when task_done was called ahead of get.
      if (settle) exchange_.settle(1, me);
    }
    exchange_.taken(taken, me);
  }
}

// Sealed first: whoever puts afterwards is refused, and whoever put before is seen by those who
// drain. Then everybody that waits is woken: a putter finds the seal, a getter an item or the seal.
template <class P>
template <class Drop>
void Queue<P>::shutdown(bool immediate, ThreadNumber me, Drop drop) {
  switch (exchange_.cell_class()) {
    case CellClass::kLifoQueue: exchange_.lifo().seal(me); break;
    case CellClass::kPriorityQueue: exchange_.priority().seal(me); break;
    default: exchange_.fifo().seal(); break;
  }
  if (immediate) drain(me, true, drop);
  exchange_.wake(Exchange<P>::kAll, Exchange<P>::kAll, me);
}

}  // namespace nogil
