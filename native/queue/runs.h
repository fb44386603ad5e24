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
//   kTaken           first unit of a run that is none of these yet   under the lock
//   kInside          any other unit of the heap                under the lock
//
// Kills, in shared memory. The lock carries its holder's number, and the units alone tell which
// runs are in use, those of kSlab, kLarge and kTaken: all else is free, so lists that were left
// torn are built anew from them (`rebuild`). A thread that takes a run, or gives one back, names it
// in its Hands from a moment when it holds the lock (takes) or before that (gives) to one when the
// run is a slab in its hands or a block of its own (takes), or when it still holds the lock
// (gives). So a run that a dead thread names is free if the lock was torn by that thread, and else
// as it was.
#pragma once

#include "park/waiter_list.h"
#include "platform/mapping.h"
#include "queue/size_classes.h"

namespace nogil {

enum UnitUse : uint32_t {
  kUnused = 0,
  kFreeRun = 1,
  kInside = 2,
  kLarge = 3,
  kSlab = 4,  // a bit: no other use has it
  kTaken = 8,
};

template <class P>
struct Unit {
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  Atomic<uint64_t> anchor;  // of a slab: queue/slabs.h
  Atomic<uint32_t> use;     // UnitUse, and from bit 8 on a slab's class
  Atomic<uint32_t> next;    // in the list that the run or slab is in
  union {
    uint32_t prev;           // of a free run
    Atomic<uint32_t> rests;  // of a slab: how often its memory was given back
  };
  uint32_t length;  // of the run, in its first and, while it is free, its last unit
  uint32_t warm;    // of a free run: how many units may have memory behind them
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
  // How much of what is free keeps its memory: 8 MiB. In shared memory, where giving pages back
  // takes them from the file and from every process, and having them again faults in each, 64 MiB:
  // a queue of large items that fills and drains goes through about that much.
  static constexpr uint32_t kWarmUnits = 128;
  static constexpr uint32_t kSharedWarmUnits = 1024;
  static_assert(sizeof(HeapHeader<P>) <= kTableOffset, "the table of units follows the header");
  static_assert(sizeof(Unit<P>) == 32, "many of them");

  explicit Runs(Arena<P>& arena) : arena_(arena) {
    uint32_t root = arena.header()->payload_root.load(std::memory_order_acquire);
    header_ = root ? reinterpret_cast<HeapHeader<P>*>(arena.chunk_address(root)) : nullptr;
  }

  // Makes the heap when there is none; false when memory is out.
  bool ready(ThreadNumber me) { return header_ || create(me); }

  bool exists() const { return header_ != nullptr; }
  HeapHeader<P>& header() const { return *header_; }
  Unit<P>& unit(uint32_t u) const {
    return reinterpret_cast<Unit<P>*>(reinterpret_cast<char*>(header_) + kTableOffset)[u];
  }
  char* address(uint32_t u) const { return arena_.chunk_address(0) + u * kUnitBytes; }
  uint32_t index_of(const char* at) const {
    return static_cast<uint32_t>((at - arena_.chunk_address(0)) / 64);
  }
  // Null in private memory, where nobody asks.
  Hands<P>* hands(ThreadNumber me) const {
    return arena_.shared() && me != kNobody ? &arena_.threads().hands(me) : nullptr;
  }

  // The first of `count` adjacent units, or 0.
  uint32_t take(uint32_t count, ThreadNumber me) {
    ListLock<P> lock(header_->lock, me, arena_.shared());
    uint32_t u = find(count);
    if (!u && grow(count)) u = find(count);
    if (!u) return 0;
    if (Hands<P>* hand = hands(me)) hand->run.store(u, std::memory_order_release);
    NOGIL_CRASH_POINT("runs.taking");
    unlink(u);
    uint32_t length = unit(u).length;
    uint32_t warm = unit(u).warm;
    uint32_t rest = length > count && warm > count ? warm - count : 0;
    if (length > count) insert(u + count, length - count, rest);
    if (warm) header_->warm.fetch_sub(warm - rest, std::memory_order_relaxed);
    mark(u, count, kInside);
    unit(u).use.store(kTaken, std::memory_order_release);
    lock.unlock();
    NOGIL_CRASH_POINT("runs.taken");
    return u;
  }

  // Gives back a run that was taken.
  void give(uint32_t u, uint32_t count, ThreadNumber me) {
    Hands<P>* hand = hands(me);
    if (hand) hand->run.store(u, std::memory_order_release);
    const uint32_t most = arena_.shared() ? kSharedWarmUnits : kWarmUnits;
    bool keep = count <= most / 4 && header_->warm.load(std::memory_order_relaxed) + count <= most;
    if (!keep) release(u, count);
    NOGIL_CRASH_POINT("runs.giving");
    ListLock<P> lock(header_->lock, me, arena_.shared());
    if (keep) header_->warm.fetch_add(count, std::memory_order_relaxed);
    mark(u, count, kInside);
    merge(u, count, keep ? count : 0);
    if (hand) hand->run.store(0, std::memory_order_release);
  }

  // Whether a run begins at `u` that somebody has.
  bool in_use(uint32_t u) const {
    uint32_t use = unit(u).use.load(std::memory_order_acquire);
    return use == kLarge || use == kTaken || (use & kSlab);
  }

  // The memory, but not the addresses: they can still be read.
  void release(uint32_t u, uint32_t count) {
    if (arena_.shared()) {
      platform::shared_release_pages(address(u), count * kUnitBytes);
    } else {
      platform::release_pages(address(u), count * kUnitBytes);
    }
  }

  // With the lock, which `dead` held: all lists anew, from what is in use. Pages of what is free go
  // back to the system, as nobody can tell which of them are warm.
  void rebuild(ThreadNumber dead) {
    Hands<P>& hand = arena_.threads().hands(dead);
    if (uint32_t u = hand.run.load(std::memory_order_acquire)) {
      unit(u).use.store(kInside, std::memory_order_release);
      hand.run.store(0, std::memory_order_release);
    }
    for (uint32_t& first : header_->bins) first = 0;
    header_->warm.store(0, std::memory_order_relaxed);
    const uint32_t end =
        arena_.header()->next_chunk.load(std::memory_order_acquire) * kUnitsPerChunk;
    uint32_t free = 0;
    for (uint32_t u = kUnitsPerChunk; u < end;) {
      uint32_t length = used(u);
      if (length == 0) {
        free++;
        u++;
        continue;
      }
      make_free(u - free, free);
      free = 0;
      u += length;
    }
    make_free(end - free, free);
  }

 private:
  // How many units from `u` on are not free; 0 when that one is.
  uint32_t used(uint32_t u) const {
    uint32_t chunk = u / kUnitsPerChunk;
    uint32_t root = arena_.header()->payload_root.load(std::memory_order_relaxed);
    if (chunk == root) return table_chunks() * kUnitsPerChunk;
    if (arena_.header()->kind[chunk].load(std::memory_order_acquire) !=
        static_cast<uint8_t>(ChunkKind::kPayload)) {
      return kUnitsPerChunk;
    }
    return in_use(u) ? unit(u).length : 0;
  }

  void make_free(uint32_t u, uint32_t count) {
    if (count == 0) return;
    for (uint32_t i = 0; i < count; i++) unit(u + i).use.store(kInside, std::memory_order_relaxed);
    release(u, count);
    insert(u, count, 0);
  }

  uint32_t table_chunks() const {
    size_t bytes = kTableOffset + arena_.header()->chunks * kUnitsPerChunk * sizeof(Unit<P>);
    return static_cast<uint32_t>((bytes + kChunkBytes - 1) / kChunkBytes);
  }

  bool create(ThreadNumber me) {
    uint32_t chunks = table_chunks();
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
    NOGIL_CRASH_POINT("runs.merging");
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
