// Memory for what does not fit a queue's cell: blocks in slabs up to 32 KiB, runs of their own
// beyond.
//
// A block begins with 16 bytes:
//   u64 size     what was asked for
//   u32 owner    the thread that has it in hand, kNobody while it is part of an item in a queue; a
//                freed block's link is here. A block that still names a thread when that has died
//                is one that it was putting or getting: to be freed.
//   u32 spare
#pragma once

#include "queue/slabs.h"

namespace nogil {

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
      header(block)->owner.store(me, std::memory_order_relaxed);
    }
    return block;
  }

  // What was asked for, and where it is: 16-byte aligned, not cleared.
  uint64_t size(uint32_t block) const { return header(block)->size; }
  uint8_t* data(uint32_t block) const {
    return reinterpret_cast<uint8_t*>(header(block)) + kHeaderBytes;
  }

  // From kNobody on the block is the item's that names it.
  void set_owner(uint32_t block, ThreadNumber who) {
    header(block)->owner.store(who, std::memory_order_relaxed);
  }
  ThreadNumber owner(uint32_t block) const {
    return header(block)->owner.load(std::memory_order_relaxed);
  }

  void free(uint32_t block, ThreadNumber me) {
    uint32_t u = block / kIndexesPerUnit;
    uint32_t use = runs_.unit(u).use.load(std::memory_order_relaxed);
    if (use == kLarge) {
      runs_.give(u, runs_.unit(u).length, me);
    } else {
      free_raw(block);
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

  void free_raw(uint32_t block) {
    uint32_t u = slab_of(block / kIndexesPerUnit);
    slabs_.free(address(block), u, runs_.unit(u).use.load(std::memory_order_relaxed) >> 8);
  }

  char* address(uint32_t block) const { return arena_.chunk_address(0) + size_t{block} * 64; }
  HeapHeader<P>& heap() const { return runs_.header(); }

 private:
  static constexpr uint32_t kHeaderBytes = 16;
  static constexpr uint32_t kIndexesPerUnit = static_cast<uint32_t>(kUnitBytes / 64);

  struct Header {
    uint64_t size;
    typename P::template Atomic<uint32_t> owner;
    uint32_t spare;
  };
  static_assert(sizeof(Header) == kHeaderBytes, "as the file's head says");

  Header* header(uint32_t block) const { return reinterpret_cast<Header*>(address(block)); }

  uint32_t allocate_large(uint64_t bytes, ThreadNumber me) {
    uint64_t units = (bytes + kHeaderBytes + kUnitBytes - 1) / kUnitBytes;
    if (bytes > UINT64_MAX / 2 || units >= arena_.header()->chunks * Runs<P>::kUnitsPerChunk)
      return 0;
    if (!runs_.ready(me)) return 0;
    uint32_t u = runs_.take(static_cast<uint32_t>(units), me);
    if (!u && slabs_.harvest(me)) u = runs_.take(static_cast<uint32_t>(units), me);
    if (!u) return 0;
    runs_.unit(u).use.store(kLarge, std::memory_order_relaxed);
    return u * kIndexesPerUnit;
  }

  // The first unit of the slab that `u` is part of.
  uint32_t slab_of(uint32_t u) const {
    while (!(runs_.unit(u).use.load(std::memory_order_relaxed) & kSlab)) u--;
    return u;
  }

  Arena<P>& arena_;
  Runs<P> runs_;
  Slabs<P> slabs_;
};

}  // namespace nogil
