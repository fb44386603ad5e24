// What dead threads had between two places of the payload heap: runs, slabs and blocks.
//
// Why it is right. Each is named in the Hands of its thread while it is on its way (slabs.h,
// runs.h), and may be named a little longer, or for an attempt that failed. So a name is a
// question, and the heap has the answer: a run that is named is the dead one's unless it is a slab
// in its hands; a slab is if it counts as listed and is in no list; a block is if it is marked free
// and on no slab's stack. Living threads that name the same are waited for a moment. What it is, it
// is until somebody recovers it, and that is us alone: so there is no hurry, and where the moment
// does not suffice it is left, lost to the tree until its end but in nobody's way.
//
// Before a thing is put where it belongs it is named in our own hands and struck out of all dead
// ones: if we are killed, there is one name for it again.
#pragma once

#include "processes/casualties.h"

namespace nogil {

template <class P>
class DeadHands {
 public:
  DeadHands(const Casualties<P>& dead, ProcessNumber process, ThreadNumber me)
      : dead_(dead),
        arena_(dead.arena()),
        heap_(arena_),
        process_(process),
        me_(me),
        mine_(arena_.threads().hands(me)) {}

  void empty_all() {
    if (!heap_.exists()) return;
    arena_.threads().for_each_of(process_, [&](ThreadNumber number) {
      Hands<P>& hand = arena_.threads().hands(number);
      NOGIL_CRASH_POINT("recovery.hands");
      give_run(hand);
      give_slabs(hand);
      give_block(hand);
    });
    count_idle();
  }

 private:
  using Field = typename P::template Atomic<uint32_t> Hands<P>::*;
  static constexpr int kTries = 200;

  // From the dead ones' hands to ours.
  void take(Field field, uint32_t what) {
    (mine_.*field).store(what, std::memory_order_release);
    dead_.for_each_gone([&](ThreadNumber number) {
      Hands<P>& hand = arena_.threads().hands(number);
      if ((hand.*field).load(std::memory_order_relaxed) == what)
        (hand.*field).store(0, std::memory_order_release);
    });
  }

  bool is_listed_slab(uint32_t u) {
    return (heap_.runs().unit(u).use.load(std::memory_order_acquire) & kSlab) &&
           (heap_.runs().unit(u).anchor.load(std::memory_order_acquire) & anchor::kListed);
  }

  void give_run(Hands<P>& hand) {
    uint32_t u = hand.run.load(std::memory_order_acquire);
    if (!u) return;
    bool slab = hand.slab.load(std::memory_order_acquire) == u && is_listed_slab(u);
    if (!slab && heap_.runs().in_use(u)) {
      take(&Hands<P>::run, u);
      heap_.runs().give(u, heap_.runs().unit(u).length, me_);
    }
    hand.run.store(0, std::memory_order_release);
  }

  void give_slabs(Hands<P>& hand) {
    if (uint32_t slab = hand.slab.load(std::memory_order_acquire)) give_slab(slab);
    hand.slab.store(0, std::memory_order_release);
    while (uint32_t slab = hand.chain.load(std::memory_order_acquire)) {
      uint32_t next = heap_.runs().unit(slab).spare;
      give_slab(slab);
      hand.chain.store(next, std::memory_order_release);
    }
  }

  void give_slab(uint32_t slab) {
    auto held = [](Hands<P>& hand, uint32_t what) {
      return hand.slab.load(std::memory_order_acquire) == what ||
             hand.chain.load(std::memory_order_acquire) == what;
    };
    Unit<P>& unit = heap_.runs().unit(slab);
    for (int tries = 0; tries < kTries; tries++, P::yield()) {
      if (!is_listed_slab(slab)) return;
      if (dead_.in_living_hands(slab, held)) continue;
      uint32_t size_class = unit.use.load(std::memory_order_relaxed) >> 8;
      if (unit.anchor.load(std::memory_order_acquire) & anchor::kResting) {
        heap_.runs().release(slab, SizeClasses<P>::at(size_class).units);
        unit.anchor.fetch_and(~anchor::kResting, std::memory_order_acq_rel);
      }
      auto& c = heap_.heap().classes[size_class];
      uint64_t current = c.current.load(std::memory_order_acquire);
      uint64_t top = c.partial.load(std::memory_order_acquire);
      bool found = static_cast<uint32_t>(current) == slab;
      uint32_t most = arena_.header()->chunks * Runs<P>::kUnitsPerChunk;
      for (uint32_t s = static_cast<uint32_t>(top); s && !found && most--;
           s = heap_.runs().unit(s).next.load(std::memory_order_relaxed)) {
        found = s == slab;
      }
      if (found) return;
      if (c.partial.load(std::memory_order_acquire) != top ||
          c.current.load(std::memory_order_acquire) != current ||
          dead_.in_living_hands(slab, held)) {
        continue;
      }
      take(&Hands<P>::slab, slab);
      heap_.slabs().push_partial(slab, size_class);
      mine_.slab.store(0, std::memory_order_release);
      return;
    }
  }

  void give_block(Hands<P>& hand) {
    uint32_t block = hand.block.load(std::memory_order_acquire);
    if (block && is_loose(block)) {
      take(&Hands<P>::block, block);
      heap_.free_raw(block, me_);
    }
    hand.block.store(0, std::memory_order_release);
  }

  bool is_loose(uint32_t block) {
    auto held = [](Hands<P>& hand, uint32_t what) {
      return hand.block.load(std::memory_order_acquire) == what;
    };
    for (int tries = 0; tries < kTries; tries++, P::yield()) {
      uint32_t slab = heap_.find_slab_of(block);
      if (!slab) return false;
      Unit<P>& unit = heap_.runs().unit(slab);
      uint32_t size_class = unit.use.load(std::memory_order_acquire) >> 8;
      uint64_t a = unit.anchor.load(std::memory_order_acquire);
      const uint32_t blocks = SizeClasses<P>::blocks(size_class);
      size_t offset = static_cast<size_t>(heap_.address(block) - heap_.runs().address(slab));
      uint32_t number = static_cast<uint32_t>(offset / SizeClasses<P>::at(size_class).bytes);
      if (number >= blocks - anchor::fresh(a)) return false;
      // Marked free, or never used: what it says as long as nobody has it.
      uint32_t owner = heap_.owner(block);
      if (owner != 0 && !(owner & Slabs<P>::kFreeLink)) return false;
      if (on_stack(slab, size_class, a, number)) return false;
      if (!dead_.in_living_hands(block, held) && heap_.owner(block) == owner &&
          unit.anchor.load(std::memory_order_acquire) == a) {
        return true;
      }
    }
    return false;
  }

  bool on_stack(uint32_t slab, uint32_t size_class, uint64_t a, uint32_t number) {
    const uint32_t bytes = SizeClasses<P>::at(size_class).bytes;
    const uint32_t index =
        static_cast<uint32_t>((heap_.runs().address(slab) - arena_.chunk_address(0)) / 64);
    uint32_t at = anchor::head(a);
    for (uint32_t i = 0; i < anchor::count(a); i++) {
      if (at == number) return true;
      if (at >= SizeClasses<P>::blocks(size_class)) return false;
      at = heap_.owner(index + at * (bytes / 64)) & anchor::kField;
    }
    return false;
  }

  // How much memory empty slabs have: a killed thread may not have counted its own.
  void count_idle() {
    uint32_t idle = 0;
    heap_.for_each_slab([&](uint32_t slab, uint32_t size_class) {
      uint64_t a = heap_.runs().unit(slab).anchor.load(std::memory_order_relaxed);
      bool empty = anchor::count(a) > 0 &&
                   anchor::count(a) + anchor::fresh(a) == SizeClasses<P>::blocks(size_class);
      if (empty) idle += SizeClasses<P>::at(size_class).units;
    });
    heap_.heap().idle.store(idle, std::memory_order_relaxed);
  }

  const Casualties<P>& dead_;
  Arena<P>& arena_;
  PayloadHeap<P> heap_;
  ProcessNumber process_;
  ThreadNumber me_;
  Hands<P>& mine_;
};

}  // namespace nogil
