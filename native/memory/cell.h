// A cell: the 64 bytes that hold one primitive. JavaScript reads and writes the first words of a
// cell itself (lib/internal/cell.ts mirrors the layout; a test compares the two), so the
// uncontended path never enters native code.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace nogil {

// What a cell holds. The numbers are part of handles: never reuse one.
enum class CellClass : uint32_t {
  kFree = 0,
  kLock = 1,
  kRLock = 2,
  kCondition = 3,
  kEvent = 4,
  kSemaphore = 5,
  kBoundedSemaphore = 6,
  kBarrier = 7,
  kRWLock = 8,
  kThread = 9,
  kLocal = 10,
  kQueue = 11,
  kLifoQueue = 12,
  kPriorityQueue = 13,
  kSimpleQueue = 14,
  kFuture = 15,
  kThreadPool = 16,
  kProcess = 17,
  kConnection = 18,  // an end of a pipe
  kMemory = 19,      // a block of the payload heap
  kManaged = 20,     // an object of a manager's
  kCrew = 21,        // worker processes and their tasks
  // Semaphores and events of the library's own: no handle names one, however it was come by.
  kInternal = 255,
};

inline constexpr bool is_queue(CellClass c) {
  return c >= CellClass::kQueue && c <= CellClass::kSimpleQueue;
}

// Names a cell: bit 31 tells the arena (0 the process's own, 1 the one shared by the process tree),
// the rest is the cell's index there. 0 names nothing.
using CellId = uint32_t;
inline constexpr CellId kNoCell = 0;
inline constexpr CellId kSharedArenaBit = 0x80000000u;

// Reference count, class and generation change together, so that a stale handle can never revive a
// cell that is free or holds something else:
//   bits 0..31 references, 32..39 class, 40..63 generation
namespace tag {
inline constexpr uint64_t make(uint32_t generation, CellClass c, uint32_t refs) {
  return (static_cast<uint64_t>(generation & 0xffffffu) << 40) | (static_cast<uint64_t>(c) << 32) |
         refs;
}
inline constexpr uint32_t refs(uint64_t t) { return static_cast<uint32_t>(t); }
inline constexpr CellClass cell_class(uint64_t t) {
  return static_cast<CellClass>((t >> 32) & 0xff);
}
inline constexpr uint32_t generation(uint64_t t) { return static_cast<uint32_t>(t >> 40); }
}  // namespace tag

template <class P>
struct alignas(64) Cell {
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  Atomic<uint32_t> state;      // 0  class-specific; a lock's holder, a semaphore's count
  Atomic<uint32_t> aux;        // 1  class-specific; an RLock's depth
  Atomic<uint32_t> list_lock;  // 2  guards head, tail and every link of the waiter list
  uint32_t head;               // 3  first waiter, 0 when there is none
  uint32_t tail;               // 4
  Atomic<uint32_t> waiters;    // 5  length of the list; read without list_lock by wakers
  Atomic<uint32_t> spin;       // 6  what spinning before sleep is worth, learnt (park/spin.h)
  Atomic<uint32_t> data[5];    // 7..11 class-specific
  Atomic<uint64_t> tag;        // 12, 13
  Atomic<uint32_t> link;       // 14 next free cell while free; afterwards the name's number
  Atomic<uint32_t> died;       // 15 a lock's last holder, when that one died holding it
};

}  // namespace nogil
