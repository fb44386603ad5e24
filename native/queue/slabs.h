// Slabs: runs of units cut into blocks of one size, allocated from and freed to without a lock.
//
// A slab's anchor says all about its blocks, in one word:
//   tag:29 | resting:1 | listed:1 | fresh:11 | count:11 | head:11
//     fresh    blocks at its end that were never handed out (since it was last emptied)
//     count    freed blocks, in a stack from `head` on, linked through the blocks themselves
//     listed   the slab is its class's current one, in its class's stack, or in the hands of a
//     thread
//              that moves it. Only such a thread clears it, and only from a slab without room.
//     resting  empty, and its pages are being given back: nobody allocates from it
//     tag      changes with every change, so a compare-and-swap cannot mistake an old state for now
//
//   from                   by                                   to
//   listed, room           allocate                             listed, less room
//   listed, no room        who took it off the list             not listed
//   not listed             free                                 listed; that thread puts it in the
//   stack any                    free of the last block, too many     resting, all fresh; when the
//   pages are
//                          empty slabs about                    gone, not resting
//   listed, all free       harvest (of the hands it is in)      the slab is a run again
//
// Stale knowledge is harmless: who allocates reads the class's current slab, then the anchor, then
// the current slab again. If that is the same, tag and all, the anchor was read while the slab was
// of this class, and as anchors never return to an earlier value, the swap succeeds only if it
// still is.
//
// Kills, in shared memory. A thread names in its Hands (memory/thread_table.h) the block or the
// slab that it is about to take out of a list, and lets go of the name when the block has its
// number as owner, or the slab is in a list again. A free block is told from a used one by
// kFreeLink. So a slab that is listed but in no list, and a block that is marked free but on no
// slab's stack, belong to those who name them (processes/recover_heap.h).
#pragma once

#include <cstring>

#include "queue/runs.h"

namespace nogil {

namespace anchor {
inline constexpr uint64_t kField = 0x7ff;
inline constexpr uint64_t kListed = uint64_t{1} << 33;
inline constexpr uint64_t kResting = uint64_t{1} << 34;
inline constexpr uint64_t kTagOne = uint64_t{1} << 35;
inline constexpr uint32_t head(uint64_t a) { return static_cast<uint32_t>(a & kField); }
inline constexpr uint32_t count(uint64_t a) { return static_cast<uint32_t>((a >> 11) & kField); }
inline constexpr uint32_t fresh(uint64_t a) { return static_cast<uint32_t>((a >> 22) & kField); }
inline constexpr bool has_room(uint64_t a) {
  return ((a >> 11) & 0x3fffff) != 0 && !(a & kResting);
}
// The same flags and the next tag, with these blocks.
inline constexpr uint64_t with(uint64_t a, uint32_t fresh, uint32_t count, uint32_t head) {
  return ((a & ~(kTagOne - 1)) + kTagOne) | (a & (kListed | kResting)) | uint64_t{fresh} << 22 |
         uint64_t{count} << 11 | head;
}
}  // namespace anchor

template <class P>
class Slabs {
 public:
  template <class T>
  using Atomic = typename P::template Atomic<T>;
  using Sizes = SizeClasses<P>;

  // In a free block's link: no owner has this bit.
  static constexpr uint32_t kFreeLink = 0x80000000u;

  explicit Slabs(Runs<P>& runs) : runs_(runs) {}

  // The address of a block, with whatever content; null when memory is out.
  char* allocate(uint32_t size_class, ThreadNumber me) {
    Hands<P>* hand = runs_.hands(me);
    char* block = allocate(size_class, me, hand);
    if (!hand) return block;
    if (block) {
      // Nothing to give back (BlockReferences); of a ring it is the mask.
      if (!Sizes::is_ring(size_class)) *reinterpret_cast<uint32_t*>(block + 12) = 0;
      link(block).store(me, std::memory_order_release);
      hand->slab.store(0, std::memory_order_release);
    }
    hand->block.store(0, std::memory_order_release);
    return block;
  }

  char* allocate(uint32_t size_class, ThreadNumber me, Hands<P>* hand) {
    Atomic<uint64_t>& current = runs_.header().classes[size_class].current;
    for (;;) {
      uint64_t at = current.load(std::memory_order_acquire);
      uint32_t slab = static_cast<uint32_t>(at);
      if (slab) {
        Unit<P>& unit = runs_.unit(slab);
        uint64_t a = unit.anchor.load(std::memory_order_acquire);
        if (current.load(std::memory_order_acquire) != at) continue;
        if (anchor::has_room(a)) {
          char* block = pop(unit, slab, size_class, a, hand);
          if (block) return block;
          continue;
        }
        hold(hand, slab);
        if (!current.compare_exchange_strong(at, next_tag(at), std::memory_order_acq_rel)) continue;
        NOGIL_CRASH_POINT("slab.taken");
        put_aside(slab, size_class);
        hold(hand, 0);
      }
      slab = find_slab(size_class, me, hand);
      if (!slab) return nullptr;
      uint64_t none = current.load(std::memory_order_relaxed);
      if (static_cast<uint32_t>(none) != 0 ||
          !current.compare_exchange_strong(none, next_tag(none) | slab,
                                           std::memory_order_acq_rel)) {
        push_partial(slab, size_class);
      }
      hold(hand, 0);
    }
  }

  void free(char* block, uint32_t slab, uint32_t size_class, ThreadNumber me) {
    Hands<P>* hand = runs_.hands(me);
    if (hand) {
      hand->block.store(runs_.index_of(block), std::memory_order_relaxed);
      // Whoever finds the block marked free finds it named.
      std::atomic_thread_fence(std::memory_order_release);
    }
    free(block, slab, size_class, hand);
    if (!hand) return;
    hand->slab.store(0, std::memory_order_release);
    hand->block.store(0, std::memory_order_release);
  }

  void free(char* block, uint32_t slab, uint32_t size_class, Hands<P>* hand) {
    Unit<P>& unit = runs_.unit(slab);
    uint32_t number =
        static_cast<uint32_t>((block - runs_.address(slab)) / Sizes::at(size_class).bytes);
    const uint32_t blocks = Sizes::blocks(size_class);
    const uint32_t units = Sizes::at(size_class).units;
    uint64_t a = unit.anchor.load(std::memory_order_relaxed);
    for (;;) {
      bool empty = anchor::count(a) + anchor::fresh(a) + 1 == blocks;
      bool rest =
          empty && !is_current(slab, size_class) &&
          runs_.header().idle.load(std::memory_order_relaxed) + units > QueueTuning<P>::kIdleUnits;
      uint64_t next = anchor::with(a, anchor::fresh(a), anchor::count(a) + 1, number);
      if (rest) next = anchor::with(a, blocks, 0, 0) | anchor::kResting;
      link(block).store(free_link(a), std::memory_order_relaxed);
      NOGIL_CRASH_POINT("slab.freeing");
      if (rest || !(a & anchor::kListed)) hold(hand, slab);
      // Release: the next owner of the block sees it as it was left. Acquire: so does who empties
      // it.
      if (!unit.anchor.compare_exchange_weak(a, next | anchor::kListed, std::memory_order_acq_rel))
        continue;
      NOGIL_CRASH_POINT("slab.freed");
      if (rest) {
        unit.rests.fetch_add(1, std::memory_order_release);
        runs_.release(slab, units);
        unit.anchor.fetch_and(~anchor::kResting, std::memory_order_acq_rel);
      } else if (empty) {
        runs_.header().idle.fetch_add(units, std::memory_order_relaxed);
      }
      if (!(a & anchor::kListed)) push_partial(slab, size_class);
      return;
    }
  }

  // Memory is out: makes runs of the empty slabs of all classes but the rings'. False when there
  // was none.
  bool harvest(ThreadNumber me) {
    Hands<P>* hand = runs_.hands(me);
    bool any = false;
    for (uint32_t c = 0; c < Sizes::kPlainCount; c++) {
      uint32_t kept = 0;
      while (uint32_t slab = pop_partial(c, hand)) {
        Unit<P>& unit = runs_.unit(slab);
        uint64_t a = unit.anchor.load(std::memory_order_acquire);
        bool empty =
            !(a & anchor::kResting) && anchor::count(a) + anchor::fresh(a) == Sizes::blocks(c);
        if (empty && hand) hand->run.store(slab, std::memory_order_release);
        // The tag stays for the unit's next life.
        if (empty &&
            unit.anchor.compare_exchange_strong(a, anchor::with(a, 0, 0, 0) & ~anchor::kListed)) {
          if (anchor::count(a) > 0)
            runs_.header().idle.fetch_sub(Sizes::at(c).units, std::memory_order_relaxed);
          runs_.give(slab, Sizes::at(c).units, me);
          any = true;
        } else {
          unit.spare = kept;
          kept = slab;
          if (hand) {
            hand->run.store(0, std::memory_order_release);
            hand->chain.store(kept, std::memory_order_release);
          }
        }
        hold(hand, 0);
      }
      while (kept) {
        uint32_t slab = kept;
        kept = runs_.unit(slab).spare;
        hold(hand, slab);
        if (hand) hand->chain.store(kept, std::memory_order_release);
        push_partial(slab, c);
      }
      hold(hand, 0);
    }
    return any;
  }

 private:
  // A free block's link takes the place of a used one's owner (queue/payload_heap.h).
  static Atomic<uint32_t>& link(char* block) {
    return *reinterpret_cast<Atomic<uint32_t>*>(block + 8);
  }

  // What is linked to by a block that goes on the stack of an anchor like this one. With as much of
  // the anchor's tag as there is room for, so that a link that has not changed means a block that
  // has not been handed out meanwhile (processes/recover_heap.h).
  static uint32_t free_link(uint64_t a) {
    uint32_t tag = static_cast<uint32_t>(a / anchor::kTagOne) & 0xfffff;
    return kFreeLink | tag << 11 | anchor::head(a);
  }

  static void hold(Hands<P>* hand, uint32_t slab) {
    if (hand) hand->slab.store(slab, std::memory_order_release);
  }

  // The next block will come from it: a queue that goes between none and a few items must not pay
  // for new pages with each.
  bool is_current(uint32_t slab, uint32_t size_class) const {
    return static_cast<uint32_t>(
               runs_.header().classes[size_class].current.load(std::memory_order_relaxed)) == slab;
  }

  static uint64_t next_tag(uint64_t word) { return ((word >> 32) + 1) << 32; }

  // Null: the anchor has changed.
  char* pop(Unit<P>& unit, uint32_t slab, uint32_t size_class, uint64_t a, Hands<P>* hand) {
    const SizeClass size = Sizes::at(size_class);
    const uint32_t blocks = Sizes::blocks(size_class);
    uint32_t number, next_fresh = anchor::fresh(a), next_count = anchor::count(a), next_head = 0;
    if (next_count > 0) {
      number = anchor::head(a);
      // May be a block that somebody uses by now; then the exchange fails.
      next_head =
          link(runs_.address(slab) + size_t{number} * size.bytes).load(std::memory_order_relaxed) &
          anchor::kField;
      next_count--;
    } else {
      number = blocks - next_fresh;
      next_fresh--;
    }
    bool was_idle = anchor::count(a) > 0 && anchor::count(a) + anchor::fresh(a) == blocks;
    uint64_t next = anchor::with(a, next_fresh, next_count, next_head);
    char* block = runs_.address(slab) + size_t{number} * size.bytes;
    if (hand) hand->block.store(runs_.index_of(block), std::memory_order_relaxed);
    if (!unit.anchor.compare_exchange_strong(a, next, std::memory_order_acq_rel)) return nullptr;
    NOGIL_CRASH_POINT("slab.popped");
    if (was_idle) runs_.header().idle.fetch_sub(size.units, std::memory_order_relaxed);
    return block;
  }

  // A slab in our hands: out of the lists until a block is freed, unless one has been meanwhile.
  void put_aside(uint32_t slab, uint32_t size_class) {
    Atomic<uint64_t>& word = runs_.unit(slab).anchor;
    uint64_t a = word.load(std::memory_order_relaxed);
    while (!anchor::has_room(a) && !(a & anchor::kResting)) {
      uint64_t next = anchor::with(a, 0, 0, 0) & ~anchor::kListed;
      if (word.compare_exchange_weak(a, next, std::memory_order_acq_rel)) return;
    }
    NOGIL_CRASH_POINT("slab.aside");
    push_partial(slab, size_class);
  }

 public:
  void push_partial(uint32_t slab, uint32_t size_class) {
    Atomic<uint64_t>& top = runs_.header().classes[size_class].partial;
    uint64_t was = top.load(std::memory_order_relaxed);
    uint64_t next;
    do {
      runs_.unit(slab).next.store(static_cast<uint32_t>(was), std::memory_order_relaxed);
      next = (was >> 32) << 32 | slab;
    } while (!top.compare_exchange_weak(was, next, std::memory_order_release));
  }

  uint32_t pop_partial(uint32_t size_class, Hands<P>* hand) {
    Atomic<uint64_t>& top = runs_.header().classes[size_class].partial;
    uint64_t was = top.load(std::memory_order_acquire);
    while (static_cast<uint32_t>(was)) {
      uint32_t slab = static_cast<uint32_t>(was);
      uint64_t next = next_tag(was) | runs_.unit(slab).next.load(std::memory_order_relaxed);
      hold(hand, slab);
      if (top.compare_exchange_weak(was, next, std::memory_order_acquire)) return slab;
    }
    return 0;
  }

 private:
  // A slab with room, in our hands. 0 when memory is out.
  uint32_t find_slab(uint32_t size_class, ThreadNumber me, Hands<P>* hand) {
    uint32_t resting = 0;
    uint32_t slab;
    while ((slab = pop_partial(size_class, hand)) != 0) {
      uint64_t a = runs_.unit(slab).anchor.load(std::memory_order_acquire);
      if (anchor::has_room(a)) break;
      if (a & anchor::kResting) {
        // Good in a moment. One at a time is kept from sight.
        if (resting) push_partial(resting, size_class);
        resting = slab;
        runs_.unit(resting).spare = 0;
        if (hand) hand->chain.store(resting, std::memory_order_release);
        slab = 0;
        break;
      }
      put_aside(slab, size_class);
    }
    if (!slab) slab = new_slab(size_class, me, hand);
    if (resting) push_partial(resting, size_class);
    if (hand) hand->chain.store(0, std::memory_order_release);
    return slab;
  }

  uint32_t new_slab(uint32_t size_class, ThreadNumber me, Hands<P>* hand) {
    uint32_t units = Sizes::at(size_class).units;
    uint32_t slab = runs_.take(units, me);
    if (!slab && harvest(me)) slab = runs_.take(units, me);
    if (!slab) return 0;
    if (hand) clear_links(slab, size_class);
    Unit<P>& unit = runs_.unit(slab);
    uint64_t a = unit.anchor.load(std::memory_order_relaxed);
    unit.anchor.store(
        (anchor::with(a, Sizes::blocks(size_class), 0, 0) | anchor::kListed) & ~anchor::kResting,
        std::memory_order_relaxed);
    // Release: who sees a slab sees its anchor, and links that say nothing.
    unit.use.store(kSlab | size_class << 8, std::memory_order_release);
    hold(hand, slab);
    if (hand) hand->run.store(0, std::memory_order_release);
    NOGIL_CRASH_POINT("slab.new");
    return slab;
  }

  // What the memory held before must not read as somebody's block, nor as a ring.
  void clear_links(uint32_t slab, uint32_t size_class) {
    char* block = runs_.address(slab);
    for (uint32_t i = 0; i < Sizes::blocks(size_class); i++, block += Sizes::at(size_class).bytes)
      memset(block + 8, 0, 8);
  }

  Runs<P>& runs_;
};

}  // namespace nogil
