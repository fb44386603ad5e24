// Runs of adjacent units (64 KiB each) of the arena: what slabs and large blocks are made of.
//
// One lock guards it all; a run is taken or given back once in many blocks. Free runs are merged
// with their free neighbours and kept by size, so whatever sizes come and go, a run as long as the
// free stretch can be had. Their pages are given to the system, but for a few that are kept warm.
//
//   Unit::use        meaning                                   written
//   kUnused          not the heap's                            never
//   kFreeRun         first or last unit of a free run          under the lock
//   kSlab | class    first unit of a slab                      by who has just taken the run
//   kLarge           first unit of a large block               by who has just taken the run
//   kInside          any other unit of the heap                under the lock
//
// The lock carries its holder's number, and the units alone tell which runs are free: lists that a
// killed process left torn can be built anew from them.
#pragma once

#include "park/waiter_list.h"
#include "platform/mapping.h"
#include "queue/size_classes.h"

namespace nogil {

enum UnitUse : uint32_t { kUnused = 0, kFreeRun = 1, kInside = 2, kLarge = 3, kSlab = 4 };

template <class P>
struct Unit {
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  Atomic<uint64_t> anchor;  // of a slab: queue/slabs.h
  Atomic<uint32_t> use;     // UnitUse, and from bit 8 on a slab's class
  Atomic<uint32_t> next;    // in the list that the run or slab is in
  uint32_t prev;            // free runs only
  uint32_t length;          // of the run, in its first and, while it is free, its last unit
  uint32_t warm;            // of a free run: how many units may have memory behind them
  uint32_t spare;
};

template <class P>
struct HeapHeader {
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  static constexpr int kBins = 21;  // by the logarithm of the length

  Atomic<uint32_t> lock;
  Atomic<uint32_t> warm;     // units of free runs that may have memory behind them
  uint32_t bins[kBins];      // first free run
  Atomic<uint32_t> idle;     // units of empty slabs that have memory behind them
  Atomic<uint32_t> lives;    // of rings, ever
  Atomic<uint64_t> tickets;  // more than any ring has used
  struct alignas(64) Class {
    Atomic<uint64_t> current;  // tag:32 | first unit of the slab to allocate from
    Atomic<uint64_t> partial;  // tag:32 | first of a stack of slabs that have room
  };
  Class classes[SizeClasses<P>::kCount];
};

template <class P>
class Runs {
 public:
  static constexpr uint32_t kUnitsPerChunk = static_cast<uint32_t>(kChunkBytes / kUnitBytes);
  static constexpr size_t kTableOffset = 4096;
  static constexpr uint32_t kWarmUnits = 128;  // 8 MiB
  static_assert(sizeof(HeapHeader<P>) <= kTableOffset, "the table of units follows the header");
  static_assert(sizeof(Unit<P>) == 32, "many of them");

  explicit Runs(Arena<P>& arena) : arena_(arena) {
    uint32_t root = arena.header()->payload_root.load(std::memory_order_acquire);
    header_ = root ? reinterpret_cast<HeapHeader<P>*>(arena.chunk_address(root)) : nullptr;
  }

  // Makes the heap when there is none; false when memory is out.
  bool ready(ThreadNumber me) { return header_ || create(me); }

  HeapHeader<P>& header() const { return *header_; }
  Unit<P>& unit(uint32_t u) const {
    return reinterpret_cast<Unit<P>*>(reinterpret_cast<char*>(header_) + kTableOffset)[u];
  }
  char* address(uint32_t u) const { return arena_.chunk_address(0) + u * kUnitBytes; }

  // The first of `count` adjacent units, or 0.
  uint32_t take(uint32_t count, ThreadNumber me) {
    ListLock<P> lock(header_->lock, me, arena_.shared());
    uint32_t u = find(count);
    if (!u && grow(count)) u = find(count);
    if (!u) return 0;
    unlink(u);
    uint32_t length = unit(u).length;
    uint32_t warm = unit(u).warm;
    uint32_t rest = length > count && warm > count ? warm - count : 0;
    if (length > count) insert(u + count, length - count, rest);
    if (warm) header_->warm.fetch_sub(warm - rest, std::memory_order_relaxed);
    mark(u, count, kInside);
    return u;
  }

  // Gives back a run that was taken.
  void give(uint32_t u, uint32_t count, ThreadNumber me) {
    bool keep = count <= kWarmUnits / 4 &&
                header_->warm.load(std::memory_order_relaxed) + count <= kWarmUnits;
    if (!keep) release(u, count);
    ListLock<P> lock(header_->lock, me, arena_.shared());
    if (keep) header_->warm.fetch_add(count, std::memory_order_relaxed);
    mark(u, count, kInside);
    merge(u, count, keep ? count : 0);
  }

  // The memory, but not the addresses: they can still be read.
  void release(uint32_t u, uint32_t count) {
    if (arena_.shared()) {
      platform::shared_release_pages(address(u), count * kUnitBytes);
    } else {
      platform::release_pages(address(u), count * kUnitBytes);
    }
  }

 private:
  bool create(ThreadNumber me) {
    size_t bytes = kTableOffset + arena_.header()->chunks * kUnitsPerChunk * sizeof(Unit<P>);
    uint32_t chunks = static_cast<uint32_t>((bytes + kChunkBytes - 1) / kChunkBytes);
    uint32_t first = arena_.take_chunks(chunks, ChunkKind::kPayload);
    if (!first) return false;
    uint32_t root = 0;
    bool made = arena_.header()->payload_root.compare_exchange_strong(root, first,
                                                                      std::memory_order_acq_rel);
    if (made) root = first;
    header_ = reinterpret_cast<HeapHeader<P>*>(arena_.chunk_address(root));
    if (made) {
      header_->tickets.fetch_add(1, std::memory_order_relaxed);
      return true;
    }
    // Another thread was first: what was to be the heap's beginning is a free run of it.
    ListLock<P> lock(header_->lock, me, arena_.shared());
    merge(first * kUnitsPerChunk, chunks * kUnitsPerChunk, 0);
    return true;
  }

  bool grow(uint32_t count) {
    uint32_t chunks = (count + kUnitsPerChunk - 1) / kUnitsPerChunk;
    uint32_t first = arena_.take_chunks(chunks, ChunkKind::kPayload);
    if (!first) return false;
    merge(first * kUnitsPerChunk, chunks * kUnitsPerChunk, 0);
    return true;
  }

  static int bin_of(uint32_t length) {
    int bin = 0;
    while (length >>= 1) bin++;
    return bin < HeapHeader<P>::kBins ? bin : HeapHeader<P>::kBins - 1;
  }

  // The best of the first few in the run's own bin, else the first of the next bin that has any.
  uint32_t find(uint32_t count) {
    int bin = bin_of(count);
    uint32_t best = 0;
    int looked = 0;
    bool last = bin == HeapHeader<P>::kBins - 1;
    for (uint32_t u = header_->bins[bin]; u && (looked < 64 || last); looked++) {
      uint32_t length = unit(u).length;
      if (length >= count && (!best || length < unit(best).length)) best = u;
      if (length == count) break;
      u = unit(u).next.load(std::memory_order_relaxed);
    }
    while (!best && ++bin < HeapHeader<P>::kBins) best = header_->bins[bin];
    return best;
  }

  void merge(uint32_t u, uint32_t count, uint32_t warm) {
    if (is_free(u - 1)) {
      uint32_t before = u - unit(u - 1).length;
      unlink(before);
      warm += unit(before).warm;
      count += u - before;
      u = before;
    }
    if (u + count < arena_.header()->chunks * kUnitsPerChunk && is_free(u + count)) {
      uint32_t after = u + count;
      unlink(after);
      warm += unit(after).warm;
      count += unit(after).length;
    }
    insert(u, count, warm);
  }

  bool is_free(uint32_t u) const { return unit(u).use.load(std::memory_order_relaxed) == kFreeRun; }

  void mark(uint32_t u, uint32_t count, UnitUse use) {
    unit(u).length = unit(u + count - 1).length = count;
    unit(u).use.store(use, std::memory_order_relaxed);
    unit(u + count - 1).use.store(use, std::memory_order_relaxed);
  }

  void insert(uint32_t u, uint32_t count, uint32_t warm) {
    mark(u, count, kFreeRun);
    uint32_t& first = header_->bins[bin_of(count)];
    unit(u).warm = warm;
    unit(u).prev = 0;
    unit(u).next.store(first, std::memory_order_relaxed);
    if (first) unit(first).prev = u;
    first = u;
  }

  void unlink(uint32_t u) {
    uint32_t next = unit(u).next.load(std::memory_order_relaxed);
    uint32_t prev = unit(u).prev;
    if (next) unit(next).prev = prev;
    if (prev) {
      unit(prev).next.store(next, std::memory_order_relaxed);
    } else {
      header_->bins[bin_of(unit(u).length)] = next;
    }
    // After a merge its marks lie inside a longer run.
    mark(u, unit(u).length, kInside);
  }

  Arena<P>& arena_;
  HeapHeader<P>* header_;
};

}  // namespace nogil
