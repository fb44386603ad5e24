// One item of a queue, and what a queue's operations answer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "memory/cell.h"

namespace nogil {

// What an item's value is. A queue looks at no kind but kPayload and kCell, and at those only to
// have them dropped.
enum class ItemKind : uint32_t {
  kNone = 0,
  kNumber = 1,   // the bits of a double
  kInt32 = 2,    // in the low half
  kBoolean = 3,  // 0 or 1
  kNull = 4,
  kUndefined = 5,
  kText = 6,     // Latin-1: up to 7 characters in bytes 0..6, their number in byte 7
  kCell = 7,     // the id of a cell; the item holds a reference of it
  kPayload = 8,  // a block of the payload heap, which the item owns
};

struct Item {
  ItemKind kind;
  uint64_t value;
};

enum class QueueResult : uint32_t {
  kOk = 0,
  kEmpty = 1,  // nothing there, or none came in time
  kFull = 2,   // no room, or none came in time
  kShutDown = 3,
  kInterrupted = 4,  // the thread is being stopped
  kNoMemory = 5,     // nothing has changed
  kPending = 6,      // async: the record is in a list
  kIncomparable =
      7,  // put: the key does not compare with one that is there (key_order.h); nothing has changed
};

// The order of an item of a priority queue: bytes that compare (key_order.h; memcmp, the shorter
// first when one is the beginning of the other) as the items do. Not kept: the queue copies what it
// needs.
struct Key {
  const uint8_t* bytes = nullptr;
  uint32_t length = 0;
};

}  // namespace nogil
