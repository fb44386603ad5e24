// What a queue's cell stands for: the block with everything that its threads share.
#pragma once

#include "memory/arena.h"

namespace nogil {

// What the lifo and priority structures keep, all under `guard`. The last line is what pile.h says
// about kills.
template <class P>
struct alignas(64) PileState {
  typename P::template Atomic<uint32_t> guard;
  uint32_t entries;  // payload block
  uint64_t capacity;
  uint64_t order;  // of the next item among equals
  typename P::template Atomic<uint64_t> count;
  typename P::template Atomic<uint64_t> puts;  // ever
  typename P::template Atomic<uint32_t> shut_down;
  typename P::template Atomic<uint32_t> taken_kind;  // the item that is being taken
  alignas(64) typename P::template Atomic<uint64_t> taken_value;
  typename P::template Atomic<uint64_t> changing;   // 0, or which change is under way
  typename P::template Atomic<uint32_t> taken_key;  // its key's block, or 0
  typename P::template Atomic<uint64_t> hole;       // an entry that does not count meanwhile
};

// In shared memory: what whoever serves a waiter writes down, so that it can be told afterwards
// whether the item has changed hands (queue/serving.h).
template <class P>
struct alignas(64) ServingLog {
  // Under the lock of the list: where the item is, or is to be, in a first-in-first-out queue.
  typename P::template Atomic<uint64_t> get_ticket, put_ticket;
  typename P::template Atomic<uint32_t> get_ring;  // 0: no ticket is being drawn
  typename P::template Atomic<uint32_t> put_ring;  // 0: no ticket has been drawn
  typename P::template Atomic<uint32_t> getter, get_kind, get_who;
  // Under the guard of a pile, or the lock of what was given back: the record that is served.
  typename P::template Atomic<uint32_t> pile_getter, returned_getter;
  typename P::template Atomic<uint32_t> pile_put;        // which put is the waiter's, or 0
  typename P::template Atomic<uint32_t> returned_block;  // the item that is served
};

template <class P>
struct alignas(64) QueueCore {
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  // Seldom written.
  uint32_t unused[2];
  Atomic<uint32_t> heap_link;  // of the heap, while the memory is free; in shared memory its maker
                               // until a cell names it
  Atomic<uint32_t> cell_class;
  Atomic<uint64_t> maxsize;  // 0: no bound
  Atomic<uint64_t> limbo;    // tag:32 | first of the rings that are drained and still in use
  Atomic<uint32_t> returned_lock;
  Atomic<uint32_t> returned;  // first block of items that were given back

  // Consumers'.
  alignas(64) Atomic<uint64_t> head_ring;  // tag:32 | ring
  Atomic<uint32_t> returned_count;

  // Producers'.
  alignas(64) Atomic<uint64_t> tail_ring;  // tag:32 | ring
  Atomic<uint64_t> head_seen;              // no more than the queue's head: saves them a look at it

  // Tickets that nobody waits for any more: tasks that are done, and tickets that were passed.
  alignas(64) Atomic<uint64_t> settled;

  ServingLog<P> serving;

  // The three lists of waiters, each in a cell of its own. Their tags stay 0: no handle names them.
  Cell<P> items;  // getters
  Cell<P> space;  // putters
  Cell<P> done;   // join
  PileState<P> pile;
};

}  // namespace nogil
