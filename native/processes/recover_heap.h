// What dead threads had between two places of the payload heap: runs, slabs and blocks.
//
// Why it is right. Each is named in the Hands of its thread while it is on its way (slabs.h,
// runs.h), and may be named a little longer, or for an attempt that failed. So a name is a
// question, and the heap has the answer: a run that is named is the dead one's unless it is a slab
// in its hands; a slab is if it counts as listed and is in no list; a block is if it is marked free
// and on no slab's stack; unless it is on its way in living hands. What is a dead one's stays as it
// is until somebody recovers it, and that is us alone. So look until there is a moment in which
// nothing moves (living_hands.h).
//
// A block's way has one direction as long as its link does not change (Slabs::free_link):
//   being freed, in somebody's hands  ->  on the stack  ->  being allocated, in somebody's hands
// Who frees it names it from before the link is written until it is on the stack; who allocates it
// names it from before it leaves the stack until its owner's number is in the link's place. So if
// it is not on the stack at two moments, whoever had it at the second one either had it at the
// first one already, or took it off the stack in between and has it still; and a look at all hands
// after each of them finds that one if it lives.
//
// Before a thing is put where it belongs it is named in our own hands and struck out of all dead
// ones: if we are killed, there is one name for it again.
#pragma once

#include "processes/living_hands.h"

namespace nogil {

template <class P>
class DeadHands {
 public:
  DeadHands(const Casualties<P>& dead, ThreadNumber me)
      : dead_(dead),
        arena_(dead.arena()),
        heap_(arena_),
        living_(dead, me),
        me_(me),
        mine_(arena_.threads().hands(me)) {}

  void empty_all() {
    if (!heap_.exists()) return;
    for_each_hand([&](Hands<P>& hand) { give_run(hand); });
    for_each_hand([&](Hands<P>& hand) { give_slabs(hand); });
    for_each_hand([&](Hands<P>& hand) { give_block(hand); });
    count_idle();
  }

 private:
  using Field = typename P::template Atomic<uint32_t> Hands<P>::*;

  template <class F>
  void for_each_hand(F fn) {
    dead_.for_each_thread([&](ThreadNumber number) {
      NOGIL_CRASH_POINT("recovery.hands");
      fn(arena_.threads().hands(number));
    });
  }

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
    mine_.slab.store(0, std::memory_order_release);
    hand.slab.store(0, std::memory_order_release);
    while (uint32_t slab = hand.chain.load(std::memory_order_acquire)) {
      // In our own hands before the rest of the chain is all that the dead one has.
      mine_.slab.store(slab, std::memory_order_release);
      hand.chain.store(heap_.runs().unit(slab).spare, std::memory_order_release);
      give_slab(slab);
      mine_.slab.store(0, std::memory_order_release);
    }
  }

  void give_slab(uint32_t slab) {
    wake_resting(slab);
    if (decide<P>([&] { return look_for_slab(slab); }) != Verdict::kYes) return;
    take(&Hands<P>::slab, slab);
    heap_.slabs().push_partial(slab,
                               heap_.runs().unit(slab).use.load(std::memory_order_relaxed) >> 8);
  }

  // Whoever gives its memory back names it from before it rests until it does not any more.
  void wake_resting(uint32_t slab) {
    Unit<P>& unit = heap_.runs().unit(slab);
    auto look = [&] {
      uint64_t a = unit.anchor.load(std::memory_order_acquire);
      if (!is_listed_slab(slab) || !(a & anchor::kResting)) return Verdict::kNo;
      bool theirs = living_.any([&](Hands<P>& hand) { return has_slab(hand, slab); }) ||
                    unit.anchor.load(std::memory_order_acquire) != a;
      return theirs ? Verdict::kUnknown : Verdict::kYes;
    };
    if (decide<P>(look) != Verdict::kYes) return;
    take(&Hands<P>::slab, slab);
    uint32_t size_class = unit.use.load(std::memory_order_relaxed) >> 8;
    heap_.runs().release(slab, SizeClasses<P>::at(size_class).units);
    unit.anchor.fetch_and(~anchor::kResting, std::memory_order_acq_rel);
  }

  // Whether it counts as listed and neither a list nor a living thread has it. Between the reads of
  // the anchor, the current slab and the stack and the same ones afterwards nobody put it where it
  // belongs, nor took it from there, nor out of the lists.
  Verdict look_for_slab(uint32_t slab) {
    Unit<P>& unit = heap_.runs().unit(slab);
    const uint64_t a = unit.anchor.load(std::memory_order_acquire);
    if (!is_listed_slab(slab)) return Verdict::kNo;
    auto& c = heap_.heap().classes[unit.use.load(std::memory_order_relaxed) >> 8];
    const uint64_t current = c.current.load(std::memory_order_acquire);
    const uint64_t top = c.partial.load(std::memory_order_acquire);
    if (living_.any([&](Hands<P>& hand) { return has_slab(hand, slab); })) return Verdict::kUnknown;
    bool found = static_cast<uint32_t>(current) == slab;
    uint32_t most = arena_.header()->chunks * Runs<P>::kUnitsPerChunk;
    for (uint32_t s = static_cast<uint32_t>(top); s && !found && most--;
         s = heap_.runs().unit(s).next.load(std::memory_order_relaxed)) {
      found = s == slab;
    }
    // Acquire fence: the links were read before the words are read again.
    std::atomic_thread_fence(std::memory_order_acquire);
    if (c.partial.load(std::memory_order_acquire) != top ||
        c.current.load(std::memory_order_acquire) != current ||
        unit.anchor.load(std::memory_order_acquire) != a)
      return Verdict::kUnknown;
    return found ? Verdict::kNo : Verdict::kYes;
  }

  // A chain may be of many: it stands for all. A run may be about to become a slab.
  static bool has_slab(Hands<P>& hand, uint32_t slab) {
    return hand.slab.load(std::memory_order_acquire) == slab ||
           hand.chain.load(std::memory_order_acquire) != 0 ||
           hand.run.load(std::memory_order_acquire) == slab;
  }

  void give_block(Hands<P>& hand) {
    uint32_t block = hand.block.load(std::memory_order_acquire);
    if (block && decide<P>([&] { return look_for_block(block); }) == Verdict::kYes) {
      take(&Hands<P>::block, block);
      heap_.free_raw(block, me_);
    }
    hand.block.store(0, std::memory_order_release);
  }

  Verdict look_for_block(uint32_t block) {
    const uint32_t slab = heap_.find_slab_of(block);
    if (!slab) return Verdict::kNo;
    Unit<P>& unit = heap_.runs().unit(slab);
    // Marked free, or never used: what it says as long as nobody has it.
    const uint32_t link = heap_.owner(block);
    // Pairs with the fence in Slabs::free: who finds it marked free finds it named.
    std::atomic_thread_fence(std::memory_order_acquire);
    const uint32_t rests = unit.rests.load(std::memory_order_acquire);
    if (link != 0 && !(link & Slabs<P>::kFreeLink)) return Verdict::kNo;
    auto held = [&] {
      return living_.any(
          [&](Hands<P>& hand) { return hand.block.load(std::memory_order_acquire) == block; });
    };
    for (int moments = 0; moments < 2; moments++) {
      Verdict out = look_off_stack(slab, block);
      if (out != Verdict::kYes) return out;
      if (held()) return Verdict::kUnknown;
    }
    // A link of 0 comes back when a slab rests.
    bool same = heap_.owner(block) == link && unit.rests.load(std::memory_order_acquire) == rests &&
                heap_.find_slab_of(block) == slab;
    return same ? Verdict::kYes : Verdict::kUnknown;
  }

  // Whether there is a moment in which the block is neither on the slab's stack nor fresh.
  Verdict look_off_stack(uint32_t slab, uint32_t block) {
    Unit<P>& unit = heap_.runs().unit(slab);
    const uint32_t size_class = unit.use.load(std::memory_order_acquire) >> 8;
    const uint64_t a = unit.anchor.load(std::memory_order_acquire);
    size_t offset = static_cast<size_t>(heap_.address(block) - heap_.runs().address(slab));
    uint32_t number = static_cast<uint32_t>(offset / SizeClasses<P>::at(size_class).bytes);
    if (number >= SizeClasses<P>::blocks(size_class) - anchor::fresh(a)) return Verdict::kNo;
    bool there = on_stack(slab, size_class, a, number);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (unit.anchor.load(std::memory_order_acquire) != a) return Verdict::kUnknown;
    return there ? Verdict::kNo : Verdict::kYes;
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
  LivingHands<P> living_;
  ThreadNumber me_;
  Hands<P>& mine_;
};

}  // namespace nogil
