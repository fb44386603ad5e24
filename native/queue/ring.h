// A ring: a fixed number of slots, each for one item at a time, numbered by tickets. A queue is a
// list of rings; producers put into the last one and consumers take from the first, mostly the same
// one.
//
// A slot's word says which ticket it serves and how far that has come:
//
//   word                    meaning                                    next, by
//   ticket | kOpen          waits for the item of that ticket          its producer, who drew the
//   ticket ticket | kClaimed | who (shared memory only) as kOpen, and `who`   the same
//                           drew the ticket
//   ticket | kFull | kind   the item is here                           its consumer, who drew the
//   ticket ticket | kTaking | who  (shared memory only) as kFull, and `who`   the same
//                           drew the ticket at the head
//   ticket | kTakingCell | who   the same, of an item that is a reference of a cell
//   ticket | kPassed | who  a consumer would not wait for the item     its producer, who draws
//   another; `who` is that one
//
//   from                    by                                         to
//   kOpen | kClaimed        producer, after the value          [CAS]   kFull
//   kOpen | kClaimed        consumer that sees later items     [CAS]   kPassed
//   kOpen                   who draws the next ticket          [CAS]   kClaimed
//   kFull                   who draws the next ticket          [CAS]   kTaking
//   kFull | kTaking         consumer, after the value                  kOpen, ticket + size of the
//   ring kPassed                 producer that finds it                     kOpen, ticket + size of
//   the ring
//
// Tickets are drawn by compare-and-swap on `tail` and `head`, which carry the drawer's number so
// that whoever draws next can leave it in the slot; a claim of a killed process can then be told
// from one that is under way. A slot that is not open for the ticket at the tail means that the
// ring is full, or that somebody is slow: the ring is closed and the next one begun. So nobody
// waits for anybody: a slow or dead producer is passed by, a slow or dead consumer only keeps its
// slot's ring from reuse.
//
// Nothing ever comes back. A slot's word, `tail`, `head` and `next` only ever move on, in one life
// of a ring and from life to life: each life starts with tickets above all that any ring has used
// before, and the memory of rings never becomes anything else (while it is unused it may read as
// zeros, which is no word at all). Tickets have 46 bits and are compared modulo that. So a
// compare-and-swap with a word that was read long ago fails, whatever happened in between, and
// memory of a ring that is in no queue any more can be read safely: no hazard pointers, epochs or
// counts of readers. What is stored without a compare-and-swap (the value, a slot's way back to
// kOpen) is stored by the holder of a ticket, and a ring with such holders is not reused: before
// its memory is freed every slot must be open for a ticket past the tail.
#pragma once

#include "memory/arena.h"
#include "queue/size_classes.h"

namespace nogil {

namespace slot {
enum State : uint64_t {
  kOpen = 1,
  kClaimed = 2,
  kFull = 3,
  kTaking = 4,
  kPassed = 5,
  kTakingCell = 6,
};

// ticket:46 | info:15 (an item's kind, or a thread's slot in the table of threads) | state:3
inline constexpr uint64_t kTicketMask = (uint64_t{1} << 46) - 1;
// In kTaking: the item is a payload block.
inline constexpr uint32_t kOwnsPayload = 1u << 14;
inline constexpr uint64_t plus(uint64_t ticket, uint64_t n) { return (ticket + n) & kTicketMask; }
// Whether ticket `a` comes after `b`.
inline constexpr bool after(uint64_t a, uint64_t b) {
  return a != b && ((a - b) & kTicketMask) <= kTicketMask / 2;
}
inline constexpr uint64_t make(uint64_t ticket, State state, uint32_t info = 0) {
  return ticket << 18 | uint64_t{info} << 3 | state;
}
inline constexpr uint64_t ticket(uint64_t word) { return word >> 18; }
inline constexpr State state(uint64_t word) { return static_cast<State>(word & 7); }
inline constexpr uint32_t info(uint64_t word) { return static_cast<uint32_t>(word >> 3) & 0x7fff; }
inline constexpr bool is(uint64_t word, uint64_t t, State s) {
  return ticket(word) == t && state(word) == s;
}
// Its producer has still to come.
inline constexpr bool awaited(uint64_t word, uint64_t t) {
  return is(word, t, kOpen) || is(word, t, kClaimed);
}
}  // namespace slot

// The words `head` and `tail`: ticket:46 | unused:3 | who drew the one before:14 | closed:1.
namespace end {
inline constexpr uint64_t kClosed = 1;
inline constexpr uint64_t make(uint64_t ticket, uint32_t who) {
  return ticket << 18 | uint64_t{who} << 1;
}
inline constexpr uint64_t ticket(uint64_t word) { return word >> 18; }
inline constexpr uint32_t who(uint64_t word) { return static_cast<uint32_t>(word >> 1) & 0x3fff; }
inline constexpr bool closed(uint64_t word) { return word & kClosed; }
}  // namespace end

// References to rings, in a queue and from ring to ring: tag:32 | index of the ring's memory.
namespace ring_ref {
inline constexpr uint32_t kNone = 0;
// In place of a next ring: the queue was shut down.
inline constexpr uint32_t kSealed = 0xffffffffu;
inline constexpr uint32_t index(uint64_t ref) { return static_cast<uint32_t>(ref); }
inline constexpr uint64_t to(uint64_t ref, uint32_t index) { return (ref >> 32) << 32 | index; }
inline constexpr uint64_t advance(uint64_t ref, uint32_t index) {
  return ((ref >> 32) + 1) << 32 | index;
}
}  // namespace ring_ref

template <class P>
struct Slot {
  typename P::template Atomic<uint64_t> word;
  typename P::template Atomic<uint64_t> value;
};

template <class P>
struct alignas(64) Ring {
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  Atomic<uint32_t> core;  // the block of the queue that it is, or was, a ring of
  uint32_t unused;
  Atomic<uint32_t> heap_link;  // of the heap, while the memory is free; in shared memory its maker
                               // until it is linked
  Atomic<uint32_t> mask;       // number of slots - 1
  Atomic<uint64_t> start;      // its first ticket
  Atomic<uint64_t> base;       // how many tickets the queue had drawn before that one
  Atomic<uint64_t> next;       // life:32 | next ring's index, or kNone or kSealed
  Atomic<uint32_t> limbo;      // next of those that are drained and still in use

  alignas(64) Atomic<uint64_t> head;
  alignas(64) Atomic<uint64_t> tail;

  uint64_t slots() const { return uint64_t{mask.load(std::memory_order_relaxed)} + 1; }
  // In memory that is no ring's at the moment the mask may read as 0, never as another.
  Slot<P>& slot(uint64_t ticket) {
    return reinterpret_cast<Slot<P>*>(this + 1)[ticket & mask.load(std::memory_order_relaxed)];
  }
  // How many tickets the queue has drawn when this ring stands at `ticket`.
  uint64_t position(uint64_t ticket) const {
    // Acquire: what is checked afterwards, to see that the ring has still the same life, is read
    // after.
    return base.load(std::memory_order_acquire) +
           ((ticket - start.load(std::memory_order_acquire)) & slot::kTicketMask);
  }

  // For memory that is ours: a new life, for a queue that has drawn `position` tickets.
  void begin(uint32_t log2, uint64_t ticket, uint64_t position, uint32_t life) {
    const uint32_t last = (1u << log2) - 1;
    start.store(ticket, std::memory_order_relaxed);
    base.store(position, std::memory_order_relaxed);
    next.store(uint64_t{life} << 32, std::memory_order_relaxed);
    limbo.store(0, std::memory_order_relaxed);
    // Release, and the ends before the slots: who reads one of these sees that the ring left the
    // queue that it was in before, and who reads a slot of the new life fails to move the old
    // life's head.
    head.store(end::make(ticket, 0), std::memory_order_release);
    tail.store(end::make(ticket, 0), std::memory_order_release);
    Slot<P>* all = reinterpret_cast<Slot<P>*>(this + 1);
    for (uint64_t i = 0; i <= last; i++) {
      all[(ticket + i) & last].word.store(slot::make(slot::plus(ticket, i), slot::kOpen),
                                          std::memory_order_release);
    }
    // Last: memory that was never a ring has no mask, and so no slots to read, until here
    // (processes/recover_rings.h). Release: pairs with `has_begun`.
    mask.store(last, std::memory_order_release);
  }

  bool has_begun() const { return mask.load(std::memory_order_acquire) != 0; }

  // Drained and closed: whether all who drew a ticket of it are done with their slot.
  bool abandoned() {
    uint64_t past = end::ticket(tail.load(std::memory_order_acquire));
    for (uint64_t i = 0; i < slots(); i++) {
      uint64_t t = past + i;
      // Acquire: what the last holder of the slot did comes before the slot's next life.
      if (slot(t).word.load(std::memory_order_acquire) != slot::make(t, slot::kOpen)) return false;
    }
    return true;
  }
};

}  // namespace nogil
