// Memory for what does not fit a queue's cell: blocks in slabs up to 32 KiB, runs of their own
// beyond.
//
// A block begins with 16 bytes:
//   u64 size     what was asked for
//   u32 owner    the thread that has it in hand; a freed block's link is here. A block that still
//   names a thread when that has died
//                is one that it was putting or getting: to be freed.
//   u32 references   what of cells the content holds (BlockReferences)
//
// In shared memory a block that is put into a queue keeps its putter's number, marked with kQueued,
// and is its getter's before it leaves the queue. So one that still says who put it is in a queue,
// unless that one was killed on the way there; a look through the queues tells. The blocks that
// hold a queue's own structures are kTheQueues; until something names them they are their maker's.
#pragma once

#include "queue/slabs.h"

namespace nogil {

// Owner of what holds a queue together. Not 0: that is what a block reads as which was never used.
inline constexpr ThreadNumber kTheQueues = kAbandoned;
// In the owner's word: part of an item, put or about to be put by that thread.
inline constexpr uint32_t kQueued = 0x40000000u;

// What a block that belongs to a dead thread has to be given back for.
enum BlockReferences : uint32_t {
  kNoReferences = 0,    // none, or they are on somebody else's account
  kOwnReferences = 1,   // its table of references (binding/messages.cc) counts
  kTaskReferences = 3,  // the same, and the first one is the task's future, which is lost with it
};

// A view of the arena's payload heap. Blocks are named by the index of their first 64 bytes in the
// arena, 0 names none.
template <class P>
class PayloadHeap {
 public:
  using Sizes = SizeClasses<P>;

  explicit PayloadHeap(Arena<P>& arena) : arena_(arena), runs_(arena), slabs_(runs_) {}
  PayloadHeap(const PayloadHeap&) = delete;
  PayloadHeap& operator=(const PayloadHeap&) = delete;

  // A block for `bytes` bytes, owned by `me` until it is part of an item. 0 when memory is out.
  uint32_t allocate(uint64_t bytes, ThreadNumber me) {
    uint32_t block = bytes <= Sizes::kLargest - kHeaderBytes
                         ? allocate_raw(static_cast<uint32_t>(bytes) + kHeaderBytes, me)
                         : allocate_large(bytes, me);
    if (block) {
      header(block)->size = bytes;
      header(block)->references = kNoReferences;
      header(block)->owner.store(me, std::memory_order_release);
      if (bytes > Sizes::kLargest - kHeaderBytes) let_go(me);
    }
    return block;
  }

  // What was asked for, and where it is: 16-byte aligned, not cleared.
  uint64_t size(uint32_t block) const { return header(block)->size; }
  uint8_t* data(uint32_t block) const {
    return reinterpret_cast<uint8_t*>(header(block)) + kHeaderBytes;
  }

  // kNobody: something that no thread's end may take along.
  void set_owner(uint32_t block, ThreadNumber who) {
    header(block)->owner.store(who == kNobody ? kTheQueues : who, std::memory_order_relaxed);
  }
  ThreadNumber owner(uint32_t block) const {
    return header(block)->owner.load(std::memory_order_relaxed);
  }

  // In shared memory: the item that is to be put with it is `me`'s until it is in a queue.
  void queue(uint32_t block, ThreadNumber me) { set_owner(block, me | kQueued); }

  BlockReferences references(uint32_t block) const {
    return static_cast<BlockReferences>(header(block)->references);
  }
  void set_references(uint32_t block, BlockReferences references) {
    header(block)->references = references;
    in_order();
  }

  void free(uint32_t block, ThreadNumber me) {
    uint32_t u = block / kIndexesPerUnit;
    uint32_t use = runs_.unit(u).use.load(std::memory_order_relaxed);
    if (use == kLarge) {
      runs_.give(u, runs_.unit(u).length, me);
    } else {
      free_raw(block, me);
    }
  }

  // --- for the queues' own structures: all of the block is theirs, and it begins at a multiple
  // of 64. Up to Sizes::kLargest bytes.
  uint32_t allocate_raw(uint32_t bytes, ThreadNumber me) {
    return allocate_class(Sizes::of(bytes), me);
  }

  uint32_t allocate_class(uint32_t size_class, ThreadNumber me) {
    if (!runs_.ready(me)) return 0;
    char* at = slabs_.allocate(size_class, me);
    return at ? static_cast<uint32_t>((at - arena_.chunk_address(0)) / 64) : 0;
  }

  void free_raw(uint32_t block, ThreadNumber me = kNobody) {
    uint32_t u = slab_of(block / kIndexesPerUnit);
    slabs_.free(address(block), u, runs_.unit(u).use.load(std::memory_order_relaxed) >> 8, me);
  }

  char* address(uint32_t block) const { return arena_.chunk_address(0) + size_t{block} * 64; }
  HeapHeader<P>& heap() const { return runs_.header(); }
  bool exists() const { return runs_.exists(); }
  Runs<P>& runs() { return runs_; }
  Slabs<P>& slabs() { return slabs_; }
  Hands<P>* hands(ThreadNumber me) const { return runs_.hands(me); }

 private:
  static constexpr uint32_t kHeaderBytes = 16;
  static constexpr uint32_t kIndexesPerUnit = static_cast<uint32_t>(kUnitBytes / 64);

  struct Header {
    uint64_t size;
    typename P::template Atomic<uint32_t> owner;
    uint32_t references;
  };
  static_assert(sizeof(Header) == kHeaderBytes, "as the file's head says");

  template <class F>
  void for_each_used(F fn) {
    const uint32_t end = arena_.header()->next_chunk.load(std::memory_order_acquire);
    for (uint32_t chunk = 1; chunk < end; chunk++) {
      if (arena_.header()->kind[chunk].load(std::memory_order_acquire) !=
          static_cast<uint8_t>(ChunkKind::kPayload)) {
        continue;
      }
      for (uint32_t i = 0; i < Runs<P>::kUnitsPerChunk; i++) {
        uint32_t u = chunk * Runs<P>::kUnitsPerChunk + i;
        uint32_t use = runs_.unit(u).use.load(std::memory_order_acquire);
        if (use == kLarge || (use & kSlab)) fn(u, use);
      }
    }
  }

  Header* header(uint32_t block) const { return reinterpret_cast<Header*>(address(block)); }

  uint32_t allocate_large(uint64_t bytes, ThreadNumber me) {
    uint64_t units = (bytes + kHeaderBytes + kUnitBytes - 1) / kUnitBytes;
    if (bytes > UINT64_MAX / 2 || units >= arena_.header()->chunks * Runs<P>::kUnitsPerChunk)
      return 0;
    if (!runs_.ready(me)) return 0;
    uint32_t u = runs_.take(static_cast<uint32_t>(units), me);
    if (!u && slabs_.harvest(me)) u = runs_.take(static_cast<uint32_t>(units), me);
    if (!u) return 0;
    NOGIL_CRASH_POINT("large.taken");
    // Before it is seen as a block: what the memory held before may read as a dead thread's number.
    header(u * kIndexesPerUnit)->owner.store(me, std::memory_order_relaxed);
    runs_.unit(u).use.store(kLarge, std::memory_order_release);
    return u * kIndexesPerUnit;
  }

  void let_go(ThreadNumber me) {
    if (Hands<P>* hand = hands(me)) hand->run.store(0, std::memory_order_release);
  }

 public:
  // --- for recovery: what is there. All may change while fn runs.
  // Calls fn(first unit, size class) for each slab.
  template <class F>
  void for_each_slab(F fn) {
    for_each_used([&](uint32_t u, uint32_t use) {
      if (use & kSlab) fn(u, use >> 8);
    });
  }
  // Calls fn(block) for each block of a slab that was ever handed out and may be in use.
  template <class F>
  void for_each_block(uint32_t slab, uint32_t size_class, F fn) {
    uint64_t a = runs_.unit(slab).anchor.load(std::memory_order_acquire);
    uint32_t count = Sizes::blocks(size_class);
    count = anchor::fresh(a) < count ? count - anchor::fresh(a) : 0;
    for (uint32_t i = 0; i < count; i++) {
      fn(static_cast<uint32_t>(slab * kIndexesPerUnit + i * (Sizes::at(size_class).bytes / 64)));
    }
  }
  template <class F>
  void for_each_large(F fn) {
    for_each_used([&](uint32_t u, uint32_t use) {
      if (use == kLarge) fn(u * kIndexesPerUnit);
    });
  }
  bool change_owner(uint32_t block, ThreadNumber from, ThreadNumber to) {
    return header(block)->owner.compare_exchange_strong(from, to, std::memory_order_acq_rel);
  }
  // The slab that a block lies in, if it is still one and the block begins where one of its does.
  uint32_t find_slab_of(uint32_t block) const {
    uint32_t u = block / kIndexesPerUnit;
    for (uint32_t back = 0; back < 8 && back < u; back++) {
      uint32_t use = runs_.unit(u - back).use.load(std::memory_order_acquire);
      if (use & kSlab) {
        size_t offset = static_cast<size_t>(address(block) - runs_.address(u - back));
        bool is = back < Sizes::at(use >> 8).units && offset % Sizes::at(use >> 8).bytes == 0;
        return is ? u - back : 0;
      }
      if (use != kInside && use != kUnused) return 0;
    }
    return 0;
  }

  // The first unit of the slab that `u` is part of.
  uint32_t slab_of(uint32_t u) const {
    while (!(runs_.unit(u).use.load(std::memory_order_relaxed) & kSlab)) u--;
    return u;
  }

 private:
  Arena<P>& arena_;
  Runs<P> runs_;
  Slabs<P> slabs_;
};

}  // namespace nogil
