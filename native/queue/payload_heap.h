// Memory for what does not fit a queue's cell.
#pragma once

#include "memory/arena.h"

namespace nogil {

// A view of the arena's payload heap. Blocks are named by the index of their first 64 bytes in the
// arena, 0 names none.
template <class P>
class PayloadHeap {
 public:
  explicit PayloadHeap(Arena<P>& arena) : arena_(arena) {}

  // A block for `bytes` bytes, owned by `me` until it is part of an item. 0 when memory is out.
  uint32_t allocate(uint64_t bytes, ThreadNumber me);
  void free(uint32_t block, ThreadNumber me);
  // What was asked for, and where it is: 16-byte aligned, not cleared.
  uint64_t size(uint32_t block) const;
  uint8_t* data(uint32_t block) const;

 private:
  Arena<P>& arena_;
};

}  // namespace nogil
