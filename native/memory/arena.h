// The arena: one range of memory that everything shared lives in, private to a process or mapped by
// all processes of a tree, at whatever address. Everything inside refers by index, never by
// pointer.
//
// The range is reserved at once and committed a chunk at a time, so it grows without ever moving
// and without telling anyone. A chunk serves one kind (primitives or waiter records), which lets
// recovery walk all records of a kind without a list that a dying process could leave torn.
//
// Allocation is lock-free: a tagged Treiber stack of freed cells, else the bump word of the kind.
//   free_list[kind] = tag:32 | index:32    the tag changes at every pop, which rules out ABA
//   bump[kind]      = chunk:32 | used:32   only ever advanced by compare-and-swap
// A process killed between pop and first use loses that one cell until the tree ends; nothing else.
#pragma once

#include "memory/cell.h"
#include "memory/process_table.h"
#include "memory/thread_table.h"
#include "platform/crash.h"
#include "platform/mapping.h"

namespace nogil {

inline constexpr uint32_t kCellsPerChunk = 1u << 14;
inline constexpr size_t kChunkBytes = kCellsPerChunk * size_t{64};

enum class ChunkKind : uint8_t { kNone = 0, kCells = 1, kWaiters = 2, kPayload = 3 };
inline constexpr int kBumpKinds = 2;

template <class P>
class Arena {
 public:
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  static constexpr uint32_t kMaxChunks = 1u << 16;

  // At the start of chunk 0, which holds no cells.
  struct Header {
    uint64_t magic;
    uint64_t chunks;  // how many the reservation has room for
    Atomic<uint64_t> free_list[kBumpKinds];
    Atomic<uint64_t> bump[kBumpKinds];
    Atomic<uint32_t> next_chunk;
    Atomic<uint32_t>
        payload_root;  // first chunk of the payload heap (queue/runs.h), 0 while there is none
    Atomic<uint32_t> tracker;   // pid of the process that removes names of shared memory
    Atomic<uint32_t> recovery;  // lock of whoever recovers from the death of a process
    ThreadTable<P> threads;
    ProcessTable<P> processes;
    Atomic<uint8_t> kind[kMaxChunks];
  };
  static_assert(sizeof(Header) <= kChunkBytes, "the header fits its chunk");

  static constexpr uint64_t kMagic = 0x31304c49474f4eull;  // "NOGIL01"

  // Takes over zeroed memory of `bytes` bytes. `shared`: futexes must be seen by other processes.
  void adopt(void* base, size_t bytes, bool shared) {
    base_ = static_cast<char*>(base);
    shared_ = shared;
    Header* h = header();
    if (h->magic == kMagic) return;
    uint64_t chunks = bytes / kChunkBytes;
    h->chunks = chunks < kMaxChunks ? chunks : kMaxChunks;
    for (auto& b : h->bump) b.store(kCellsPerChunk, std::memory_order_relaxed);
    h->next_chunk.store(1, std::memory_order_relaxed);
    h->magic = kMagic;
  }

  // A private arena of its own; false when the system refuses even a small one.
  bool create_private(size_t bytes = size_t{1} << 36) {
    for (; bytes >= kChunkBytes * 16; bytes /= 2) {
      void* base = platform::reserve(bytes);
      if (!base) continue;
      if (!platform::commit(base, kChunkBytes)) return false;
      adopt(base, bytes, false);
      return true;
    }
    return false;
  }

  bool ready() const { return base_ != nullptr; }
  bool shared() const { return shared_; }
  Header* header() const { return reinterpret_cast<Header*>(base_); }
  ThreadTable<P>& threads() const { return header()->threads; }
  ProcessTable<P>& processes() const { return header()->processes; }
  char* chunk_address(uint32_t chunk) const { return base_ + chunk * kChunkBytes; }

  template <class T = Cell<P>>
  T* at(uint32_t index) const {
    static_assert(sizeof(T) == 64, "the arena hands out cells of 64 bytes");
    return reinterpret_cast<T*>(base_ + static_cast<size_t>(index) * 64);
  }
  template <class T>
  uint32_t index_of(const T* cell) const {
    return static_cast<uint32_t>((reinterpret_cast<const char*>(cell) - base_) / 64);
  }

  // Whether `index` can name a cell of `kind` at all; what forged handles are held against.
  bool contains(uint32_t index, ChunkKind kind) const {
    uint32_t chunk = index / kCellsPerChunk;
    return chunk > 0 && chunk < header()->chunks &&
           header()->kind[chunk].load(std::memory_order_acquire) == static_cast<uint8_t>(kind);
  }

  // Index of an unused cell with stale content, or 0 when memory is out.
  uint32_t allocate(ChunkKind kind) {
    int k = slot(kind);
    Header* h = header();
    uint64_t top = h->free_list[k].load(std::memory_order_acquire);
    while (static_cast<uint32_t>(top) != 0) {
      uint32_t index = static_cast<uint32_t>(top);
      // May read the link of a cell that somebody has popped already; the tag makes the exchange
      // fail then. Acquire: pairs with the release in free().
      uint32_t next = at(index)->link.load(std::memory_order_relaxed);
      uint64_t tagged = ((top >> 32) + 1) << 32 | next;
      if (h->free_list[k].compare_exchange_weak(top, tagged, std::memory_order_acquire)) {
        NOGIL_CRASH_POINT("arena.popped");
        return index;
      }
    }
    uint64_t bump = h->bump[k].load(std::memory_order_acquire);
    for (;;) {
      uint32_t used = static_cast<uint32_t>(bump);
      if (used < kCellsPerChunk) {
        if (h->bump[k].compare_exchange_weak(bump, bump + 1, std::memory_order_acquire)) {
          return static_cast<uint32_t>(bump >> 32) * kCellsPerChunk + used;
        }
        continue;
      }
      uint32_t chunk = take_chunks(1, kind);
      if (chunk == 0) return 0;
      if (h->bump[k].compare_exchange_strong(bump, static_cast<uint64_t>(chunk) << 32,
                                             std::memory_order_acq_rel)) {
        bump = static_cast<uint64_t>(chunk) << 32;
      } else {
        // A loser's chunk stays reserved and untouched: address space, not memory. It is of no
        // kind, so for_each() does not walk it, which would make pages of it.
        h->kind[chunk].store(static_cast<uint8_t>(ChunkKind::kNone), std::memory_order_release);
      }
    }
  }

  void free(uint32_t index, ChunkKind kind) {
    int k = slot(kind);
    Header* h = header();
    uint64_t top = h->free_list[k].load(std::memory_order_relaxed);
    uint64_t tagged;
    do {
      at(index)->link.store(static_cast<uint32_t>(top), std::memory_order_relaxed);
      tagged = (top >> 32) << 32 | index;
      // Release: the next owner sees the link and all that was written before.
    } while (!h->free_list[k].compare_exchange_weak(top, tagged, std::memory_order_release));
  }

  // `count` adjacent fresh chunks of `kind`, committed; 0 when the reservation or memory is used
  // up.
  uint32_t take_chunks(uint32_t count, ChunkKind kind) {
    Header* h = header();
    uint32_t first = h->next_chunk.load(std::memory_order_relaxed);
    do {
      if (count > h->chunks || first > h->chunks - count) return 0;
    } while (!h->next_chunk.compare_exchange_weak(first, first + count, std::memory_order_relaxed));
    if (!shared_ && !platform::commit(chunk_address(first), count * kChunkBytes)) return 0;
    for (uint32_t i = 0; i < count; i++) {
      h->kind[first + i].store(static_cast<uint8_t>(kind), std::memory_order_release);
    }
    return first;
  }

  // Calls fn(index, T*) for every cell of `kind` that was ever handed out. Cells may change while
  // it runs; the caller checks what it reads.
  template <class T, class F>
  void for_each(ChunkKind kind, F fn) const {
    Header* h = header();
    uint64_t bump = h->bump[slot(kind)].load(std::memory_order_acquire);
    uint32_t chunks = h->next_chunk.load(std::memory_order_acquire);
    for (uint32_t c = 1; c < chunks; c++) {
      if (h->kind[c].load(std::memory_order_acquire) != static_cast<uint8_t>(kind)) continue;
      uint32_t used =
          c == static_cast<uint32_t>(bump >> 32) ? static_cast<uint32_t>(bump) : kCellsPerChunk;
      for (uint32_t i = 0; i < used && i < kCellsPerChunk; i++) {
        uint32_t index = c * kCellsPerChunk + i;
        fn(index, at<T>(index));
      }
    }
  }

 private:
  static constexpr int slot(ChunkKind kind) { return static_cast<int>(kind) - 1; }

  char* base_ = nullptr;
  bool shared_ = false;
};

}  // namespace nogil
