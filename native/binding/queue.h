// What the files of the queue binding share.
//
// Numbers, booleans, null, undefined and short Latin-1 text lie in the queue itself; everything
// else is a message of the value codec in a block of the payload heap. A call hands over one
// napi_value at most and leaves the rest in memory that these files share with lib/queue/items.ts,
// one piece for each environment:
//
//   0             status words (Status)
//   kNumbersAt    kBatch doubles: a batch's items by value
//   kKindsAt      kBatch bytes: their kinds
//   kMessageAt    kMessageRoom bytes: the message that came last
//
// What was taken from a queue and JavaScript has not got yet is in the environment's Hands, and
// goes back to its queue if the environment ends first.
#pragma once

#include <cstdlib>
#include <cstring>

#include "binding/environment.h"
#include "queue/queue.h"

namespace nogil {
namespace binding {

using Items = Queue<Policy>;

constexpr uint32_t kBatch = 1024;
constexpr size_t kNumbersAt = 64;
constexpr size_t kKindsAt = kNumbersAt + kBatch * sizeof(double);
constexpr size_t kMessageAt = kKindsAt + kBatch;
constexpr size_t kMessageRoom = 128 * 1024;
constexpr size_t kSharedBytes = kMessageAt + kMessageRoom;

// Words of the shared memory.
enum Status : uint32_t {
  kCameWord = 0,    // written here: what came, where a call answers undefined
  kLengthWord = 1,  // written here: of the message, the lower half
  kLengthWord2 = 2,
  kBusyWord = 3,  // written by JavaScript: the message room is in use
  kDoneWord = 4,  // written here: how many items of a batch
};

// What came.
enum Came : uint32_t {
  kCameUndefined = 0,
  kCameMessage = 1,  // in the message room
  kCameLarge = 2,    // still in its block: queueOpen or queueGiveBack must follow
  kCameNothing = 3,
  kCameShutDown = 4,
  kCameInterrupted = 5,
  // In the message room, but for its bodies: queueBodiesDone or queueBodiesBack must follow
  kCameBodies = 6,
};

// Why a put was refused; undefined is yes.
enum Refusal : int32_t {
  kRefusedFull = 1,
  kRefusedShutDown = 2,
  kRefusedInterrupted = 3,
  kRefusedIncomparable = 4,
  kRefusedNoMemory = 5,
};

// Items that an environment has taken and not delivered.
struct Hands {
  struct Held {
    Item item{ItemKind::kNone, 0};
    CellId queue = kNoCell;
  };
  uint8_t* shared;
  napi_ref buffer;
  Held large;    // waits for queueOpen
  Held bodies;   // waits for queueBodiesDone
  Held granted;  // by an async wait
  Item batch[kBatch];
  CellId batch_queue = kNoCell;
  uint32_t batch_count = 0;
  uint32_t batch_next = 0;  // messages from here on are still held
  uint32_t batch_end = 0;   // behind the last message

  uint32_t& word(Status at) { return reinterpret_cast<uint32_t*>(shared)[at]; }
  double* numbers() { return reinterpret_cast<double*>(shared + kNumbersAt); }
  uint8_t* kinds() { return shared + kKindsAt; }
};

// A flag of a message: it ends with the bytes of large buffers, and with where these begin, a u32
// (lib/internal/codec/format.ts).
constexpr uint8_t kBodies = 4;

inline PayloadHeap<Policy> heap_of(CellId id) { return PayloadHeap<Policy>(arena_of(id)); }

// Whether the queue is one is not looked at: the id comes from an object of the queue's class.
inline Items queue_of(CellId id) {
  Memory& arena = arena_of(id);
  return Items(arena, *arena.at<SyncCell>(index_of(id)));
}

// Each function of the binding has its environment at hand.
template <size_t N>
Environment* owner(const Arguments<N>& a) {
  return static_cast<Environment*>(a.data);
}

// Arguments `at` and `at + 1`: bytes, and how many of them count.
template <size_t N>
Key key_argument(const Arguments<N>& a, size_t at) {
  size_t room = 0;
  const uint8_t* bytes = a.bytes(at, &room);
  uint32_t length = a.u32(at + 1);
  return bytes && length <= room ? Key{bytes, length} : Key{};
}

// Arguments `at`: the queue, and `ms`: the time, which is read only where it matters.
template <size_t N>
QueueResult put_item(const Arguments<N>& a, size_t at, const Item& item, size_t ms, Key key = {}) {
  Environment* e = owner(a);
  CellId id = a.u32(at);
  Items queue = queue_of(id);
  QueueResult r = queue.try_put(item, e->parker.number, key);
  double time;
  if (r != QueueResult::kFull || (time = a.number(ms)) == 0) return r;
  // JavaScript that runs while the thread waits may make other keys in the same bytes.
  uint8_t* own = nullptr;
  if (key.length) {
    own = static_cast<uint8_t*>(malloc(key.length));
    if (!own) return QueueResult::kNoMemory;
    memcpy(own, key.bytes, key.length);
    key.bytes = own;
  }
  BlockingWait wait(arena_of(id), e->parker, deadline_of(time));
  r = queue.put(wait, item, key);
  free(own);
  return r;
}

// --- queue_items.cc ---
// Frees what an item owns; without `references` those in its message are somebody else's.
void drop(CellId queue, const Item& item, ThreadNumber me, bool references = true);
// In shared memory: the references in a message are its block's from now on, and no more this
// process's; and the other way round. A process that is killed in between loses them to nobody,
// which is better than to have them given back twice.
void entrust(CellId id, uint32_t block, BlockReferences how = kOwnReferences);
void take_over(CellId id, uint32_t block);
Item number_item(double v);
// A message in a block of its own; kNone when there is no memory.
Item message_item(CellId queue, const uint8_t* bytes, size_t length, ThreadNumber me);
napi_value answer_put(napi_env env, QueueResult r);
// The item as JavaScript gets it, or what came instead of one.
napi_value answer_get(napi_env env, Environment* e, CellId queue, QueueResult r, const Item& item);
napi_value came(Environment* e, Came what);
// Puts it back in front of its queue.
void give_back(Environment* e, Hands::Held& held);
void define_queue_items(Wanted& define);

// --- queue_bodies.cc ---
// How much of a message comes before its bodies, if that is for JavaScript to read first; or 0.
size_t before_bodies(const uint8_t* bytes, size_t length);
void define_queue_bodies(Wanted& define);

// --- queue_batch.cc ---
// What of a batch nobody has asked for goes back.
void return_batch(Environment* e, uint32_t from, uint32_t to, bool messages_only);
void define_queue_batch(Wanted& define);

// --- queue_async.cc ---
void define_queue_async(Wanted& define);

}  // namespace binding
}  // namespace nogil
