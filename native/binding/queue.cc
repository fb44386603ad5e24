// Queues as JavaScript sees them. Numbers, booleans, null, undefined and short Latin-1 text lie in
// the queue itself; everything else is a message of the value codec in a block of the payload heap.
//
// A call hands over one napi_value at most and leaves the rest in memory that this file shares with
// lib/queue/items.ts, one piece for each environment:
//
//   0             status words (Status)
//   kNumbersAt    kBatch doubles: a batch's items by value
//   kKindsAt      kBatch bytes: their kinds
//   kMessageAt    kMessageRoom bytes: the message that came last
//
// What was taken from a queue and JavaScript has not got yet is in the environment's Hands, and
// goes back to its queue if the environment ends first.
#include <cstdlib>
#include <cstring>
#include <new>

#include "binding/environment.h"
#include "queue/queue.h"

namespace nogil {
namespace binding {

using Items = Queue<Policy>;

namespace {

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
};

// Why a put was refused; undefined is yes.
enum Refusal : int32_t {
  kRefusedFull = 1,
  kRefusedShutDown = 2,
  kRefusedInterrupted = 3,
  kRefusedIncomparable = 4,
  kRefusedNoMemory = 5,
};

}  // namespace

// Items that an environment has taken and not delivered.
struct Hands {
  struct Held {
    Item item{ItemKind::kNone, 0};
    CellId queue = kNoCell;
  };
  uint8_t* shared;
  napi_ref buffer;
  Held large;    // waits for queueOpen
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

namespace {

PayloadHeap<Policy> heap_of(CellId id) { return PayloadHeap<Policy>(arena_of(id)); }

void drop(CellId queue, const Item& item, ThreadNumber me, bool references = true) {
  if (item.kind != ItemKind::kPayload) return;
  PayloadHeap<Policy> heap = heap_of(queue);
  uint32_t block = static_cast<uint32_t>(item.value);
  if (references) drop_message(heap.data(block), heap.size(block));
  heap.free(block, me);
}

Item number_item(double v) {
  int32_t whole = v >= -2147483648.0 && v <= 2147483647.0 ? static_cast<int32_t>(v) : 0;
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  // Minus zero is not the integer 0.
  if (static_cast<double>(whole) == v && (whole != 0 || bits == 0)) {
    return {ItemKind::kInt32, static_cast<uint32_t>(whole)};
  }
  return {ItemKind::kNumber, bits};
}

// The first `length` bytes of a Uint8Array in a block of their own; kNone when there is no memory.
Item message_item(CellId queue, const uint8_t* bytes, size_t length, ThreadNumber me) {
  PayloadHeap<Policy> heap = heap_of(queue);
  uint32_t block = heap.allocate(length, me);
  if (!block) return {ItemKind::kNone, 0};
  memcpy(heap.data(block), bytes, length);
  return {ItemKind::kPayload, block};
}

napi_value answer_put(napi_env env, QueueResult r) {
  switch (r) {
    case QueueResult::kOk: return nullptr;
    case QueueResult::kFull: return integer(env, kRefusedFull);
    case QueueResult::kShutDown: return integer(env, kRefusedShutDown);
    case QueueResult::kInterrupted: return integer(env, kRefusedInterrupted);
    case QueueResult::kIncomparable: return integer(env, kRefusedIncomparable);
    default: return integer(env, kRefusedNoMemory);
  }
}

// Each function of this file has its environment at hand.
template <size_t N>
Environment* owner(const Arguments<N>& a) {
  return static_cast<Environment*>(a.data);
}

// Arguments `at`: the queue, and `ms`: the time, which is read only where it matters.
template <size_t N>
QueueResult put_item(const Arguments<N>& a, size_t at, const Item& item, size_t ms, Key key = {}) {
  Environment* e = owner(a);
  CellId id = a.u32(at);
  Memory& arena = arena_of(id);
  Items queue(arena, *arena.at<SyncCell>(index_of(id)));
  QueueResult r = queue.try_put(item, e->parker.number, key);
  double time;
  if (r != QueueResult::kFull || (time = a.number(ms)) == 0) return r;
  BlockingWait wait(arena, e->parker, deadline_of(time));
  return queue.put(wait, item, key);
}

// Arguments `at` and `at + 1`: bytes, and how many of them count.
template <size_t N>
Key key_argument(const Arguments<N>& a, size_t at) {
  size_t room = 0;
  const uint8_t* bytes = a.bytes(at, &room);
  uint32_t length = a.u32(at + 1);
  return bytes && length <= room ? Key{bytes, length} : Key{};
}

// (queue, number, ms)
napi_value put_number(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  return answer_put(env, put_item(a, 0, number_item(a.number(1)), 2));
}

// (queue, kind, ms): kBoolean + 16 for true
napi_value put_constant(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  uint32_t kind = a.u32(1);
  Item item{static_cast<ItemKind>(kind & 15), kind >> 4};
  return answer_put(env, put_item(a, 0, item, 2));
}

// (queue, text, ms): at most 7 Latin-1 characters
napi_value put_text(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  // napi writes an end of its own where the length goes.
  char text[8] = {0};
  size_t length = 0;
  napi_get_value_string_latin1(env, a.values[1], text, sizeof text, &length);
  text[7] = static_cast<char>(length);
  Item item{ItemKind::kText, 0};
  memcpy(&item.value, text, sizeof text);
  return answer_put(env, put_item(a, 0, item, 2));
}

template <size_t N>
napi_value put_message(napi_env env, const Arguments<N>& a, Key key) {
  ThreadNumber me = owner(a)->parker.number;
  CellId id = a.u32(0);
  size_t room = 0;
  const uint8_t* bytes = a.bytes(1, &room);
  size_t length = static_cast<size_t>(a.number(2));
  if (!bytes || length > room) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  Item item = message_item(id, bytes, length, me);
  if (item.kind == ItemKind::kNone) return integer(env, kRefusedNoMemory);
  QueueResult r = put_item(a, 0, item, 3, key);
  if (r != QueueResult::kOk) drop(id, item, me, false);
  return answer_put(env, r);
}

// (queue, bytes, length, ms): the references in the message are the queue's where the answer is yes
napi_value put_plain_message(napi_env env, napi_callback_info info) {
  return put_message(env, Arguments<4>(env, info), {});
}

// (queue, bytes, length, ms, key, key length)
napi_value put_keyed_message(napi_env env, napi_callback_info info) {
  Arguments<6> a(env, info);
  return put_message(env, a, key_argument(a, 4));
}

// (queue, number, ms, key, key length)
napi_value put_keyed_number(napi_env env, napi_callback_info info) {
  Arguments<5> a(env, info);
  return answer_put(env, put_item(a, 0, number_item(a.number(1)), 2, key_argument(a, 3)));
}

// (): the shared memory of this environment
napi_value shared_memory(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  napi_value buffer;
  if (e->hands) {
    napi_get_reference_value(e->env, e->hands->buffer, &buffer);
    return buffer;
  }
  void* room = malloc(sizeof(Hands));
  void* shared = nullptr;
  if (!room || napi_create_arraybuffer(env, kSharedBytes, &shared, &buffer) != napi_ok) {
    free(room);
    return out_of_memory(env);
  }
  Hands* hands = new (room) Hands();
  hands->shared = static_cast<uint8_t*>(shared);
  napi_create_reference(e->env, buffer, 1, &hands->buffer);
  e->hands = hands;
  return buffer;
}

napi_value came(Environment* e, Came what) {
  e->hands->word(kCameWord) = what;
  return nullptr;
}

// Hands the item to JavaScript.
napi_value deliver(napi_env env, Environment* e, CellId queue, const Item& item) {
  Hands& hands = *e->hands;
  switch (item.kind) {
    case ItemKind::kNumber: {
      double v;
      memcpy(&v, &item.value, sizeof v);
      return number(env, v);
    }
    case ItemKind::kInt32: return integer(env, static_cast<int32_t>(item.value));
    case ItemKind::kBoolean: return boolean(env, item.value != 0);
    case ItemKind::kNull: {
      napi_value null;
      napi_get_null(env, &null);
      return null;
    }
    case ItemKind::kText: {
      char text[8];
      memcpy(text, &item.value, sizeof text);
      napi_value out;
      napi_create_string_latin1(env, text, static_cast<uint8_t>(text[7]), &out);
      return out;
    }
    case ItemKind::kPayload: {
      PayloadHeap<Policy> heap = heap_of(queue);
      uint32_t block = static_cast<uint32_t>(item.value);
      uint64_t length = heap.size(block);
      hands.word(kLengthWord) = static_cast<uint32_t>(length);
      hands.word(kLengthWord2) = static_cast<uint32_t>(length >> 32);
      if (length > kMessageRoom || hands.word(kBusyWord)) {
        hands.large = {item, queue};
        return came(e, kCameLarge);
      }
      memcpy(hands.shared + kMessageAt, heap.data(block), length);
      heap.free(block, e->parker.number);
      return came(e, kCameMessage);
    }
    default: return came(e, kCameUndefined);
  }
}

napi_value answer_get(napi_env env, Environment* e, CellId queue, QueueResult r, const Item& item) {
  switch (r) {
    case QueueResult::kOk: return deliver(env, e, queue, item);
    case QueueResult::kShutDown: return came(e, kCameShutDown);
    case QueueResult::kInterrupted: return came(e, kCameInterrupted);
    case QueueResult::kNoMemory: return out_of_memory(env);
    default: return came(e, kCameNothing);
  }
}

// (queue, ms): the item, or undefined and a word of what came
napi_value get(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Environment* e = owner(a);
  CellId id = a.u32(0);
  Memory& arena = arena_of(id);
  Items queue(arena, *arena.at<SyncCell>(index_of(id)));
  Item item;
  QueueResult r = queue.try_get(&item, e->parker.number);
  double ms;
  if (r == QueueResult::kEmpty && (ms = a.number(1)) != 0) {
    BlockingWait wait(arena, e->parker, deadline_of(ms));
    r = queue.get(wait, &item);
  }
  return answer_get(env, e, id, r, item);
}

// (bytes): where the large message that came is to be copied to
napi_value open(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = owner(a);
  Hands::Held held = e->hands->large;
  size_t room = 0;
  uint8_t* to = const_cast<uint8_t*>(a.bytes(0, &room));
  if (held.item.kind == ItemKind::kNone) return nullptr;
  PayloadHeap<Policy> heap = heap_of(held.queue);
  uint32_t block = static_cast<uint32_t>(held.item.value);
  uint64_t length = heap.size(block);
  if (!to || length > room) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  memcpy(to, heap.data(block), length);
  e->hands->large = {};
  heap.free(block, e->parker.number);
  return nullptr;
}

void give_back(Environment* e, Hands::Held& held) {
  Hands::Held had = held;
  held = {};
  if (had.item.kind == ItemKind::kNone) return;
  ThreadNumber me = e->parker.number;
  if (!Items(arena_of(had.queue), *cell_at(had.queue)).give_back(had.item, me))
    drop(had.queue, had.item, me);
}

// (): the large message that came goes back to where it was
napi_value give_back_large(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  give_back(e, e->hands->large);
  return nullptr;
}

// --- many ---

// What JavaScript writes for each item of a batch: this, the content, and padding up to 8 bytes.
struct Record {
  uint32_t kind;  // an ItemKind; kKeyRecord for the key of the item that follows
  uint32_t length;
};
constexpr uint32_t kKeyRecord = 16;

// Reads `count` items. kNoMemory: none was read.
QueueResult read_batch(CellId id, const uint8_t* at, const uint8_t* end, uint32_t count,
                       Item* items, Key* keys, ThreadNumber me) {
  uint32_t n = 0;
  Key key;
  while (n < count && static_cast<size_t>(end - at) >= sizeof(Record)) {
    Record record;
    memcpy(&record, at, sizeof record);
    at += sizeof record;
    size_t padded = (size_t{record.length} + 7) & ~size_t{7};
    if (padded > static_cast<size_t>(end - at)) break;
    if (record.kind == kKeyRecord) {
      key = {at, record.length};
    } else {
      Item& item = items[n];
      double v = 0;
      switch (static_cast<ItemKind>(record.kind)) {
        case ItemKind::kNumber:
          memcpy(&v, at, sizeof v);
          item = number_item(v);
          break;
        case ItemKind::kPayload: item = message_item(id, at, record.length, me); break;
        default:
          item = {static_cast<ItemKind>(record.kind), record.length ? uint64_t{*at} : 0};
          break;
      }
      if (item.kind == ItemKind::kNone) break;
      keys[n++] = key;
    }
    at += padded;
  }
  if (n == count) return QueueResult::kOk;
  while (n > 0) drop(id, items[--n], me, false);
  return QueueResult::kNoMemory;
}

// (queue, records, bytes of them, count, ms, keyed): as put. The word kDone tells how many, from
// the first on, are the queue's, whatever the answer.
napi_value put_many(napi_env env, napi_callback_info info) {
  Arguments<6> a(env, info);
  Environment* e = owner(a);
  ThreadNumber me = e->parker.number;
  CellId id = a.u32(0);
  size_t room = 0;
  const uint8_t* records = a.bytes(1, &room);
  size_t bytes = static_cast<size_t>(a.number(2));
  uint32_t count = a.u32(3);
  e->hands->word(kDoneWord) = 0;
  if (!records || bytes > room) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  Item* items = static_cast<Item*>(malloc(count * sizeof(Item)));
  Key* keys = static_cast<Key*>(malloc(count * sizeof(Key)));
  QueueResult r = QueueResult::kNoMemory;
  if (items && keys) r = read_batch(id, records, records + bytes, count, items, keys, me);
  if (r == QueueResult::kOk) {
    BlockingWait wait(arena_of(id), e->parker, deadline_of(a.number(4)));
    uint32_t done = 0;
    r = Items(arena_of(id), *cell_at(id))
            .put_many(wait, items, count, &done, a.boolean(5) ? keys : nullptr);
    e->hands->word(kDoneWord) = done;
    for (uint32_t i = done; i < count; i++) drop(id, items[i], me, false);
  }
  free(items);
  free(keys);
  return answer_put(env, r);
}

// (queue, max, ms): how many came, their values and kinds in the shared memory; 0 and a word of
// what came instead. Messages are then asked for one by one, in order.
napi_value get_many(napi_env env, napi_callback_info info) {
  Arguments<3> a(env, info);
  Environment* e = owner(a);
  Hands& hands = *e->hands;
  CellId id = a.u32(0);
  double wanted = a.number(1);
  uint32_t max = wanted < kBatch ? static_cast<uint32_t>(wanted) : kBatch;
  uint32_t got = 0;
  BlockingWait wait(arena_of(id), e->parker, deadline_of(a.number(2)));
  QueueResult r = Items(arena_of(id), *cell_at(id)).get_many(wait, hands.batch, max, &got);
  if (got == 0) {
    answer_get(env, e, id, r == QueueResult::kOk ? QueueResult::kEmpty : r, {ItemKind::kNone, 0});
    return integer(env, 0);
  }
  hands.batch_queue = id;
  hands.batch_count = got;
  hands.batch_next = 0;
  hands.batch_end = 0;
  for (uint32_t i = 0; i < got; i++) {
    const Item& item = hands.batch[i];
    ItemKind kind = item.kind;
    if (kind == ItemKind::kInt32) {
      hands.numbers()[i] = static_cast<int32_t>(item.value);
      kind = ItemKind::kNumber;
    } else if (kind == ItemKind::kPayload) {
      hands.batch_end = i + 1;
    } else {
      memcpy(&hands.numbers()[i], &item.value, sizeof item.value);
    }
    hands.kinds()[i] = static_cast<uint8_t>(kind);
  }
  return integer(env, static_cast<int32_t>(got));
}

// (index): the message at that place of the batch, as get
napi_value batch_message(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = owner(a);
  Hands& hands = *e->hands;
  uint32_t i = a.u32(0);
  if (i < hands.batch_next || i >= hands.batch_end) return came(e, kCameNothing);
  hands.batch_next = i + 1;
  return deliver(env, e, hands.batch_queue, hands.batch[i]);
}

// What of a batch nobody has asked for goes back, the last first: it was in front of the queue.
void return_batch(Environment* e, uint32_t from, uint32_t to, bool messages_only) {
  Hands& hands = *e->hands;
  for (uint32_t i = to; i > from; i--) {
    Hands::Held held{hands.batch[i - 1], hands.batch_queue};
    if (!messages_only || held.item.kind == ItemKind::kPayload) give_back(e, held);
  }
  hands.batch_next = hands.batch_end = hands.batch_count = 0;
}

// (from): the items from there on
napi_value give_back_batch(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = owner(a);
  return_batch(e, a.u32(0), e->hands->batch_count, false);
  return nullptr;
}

// --- waits that end in a promise ---

// (queue, bytes, length, key, key length): a token; undefined: it is in the queue; -(why not)
napi_value put_async(napi_env env, napi_callback_info info) {
  Arguments<5> a(env, info);
  Environment* e = owner(a);
  ThreadNumber me = e->parker.number;
  CellId id = a.u32(0);
  size_t room = 0;
  const uint8_t* bytes = a.bytes(1, &room);
  size_t length = static_cast<size_t>(a.number(2));
  if (!bytes || length > room) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  uint32_t token = begin_async(e, kAsyncQueuePut, id);
  Item item = token ? message_item(id, bytes, length, me) : Item{ItemKind::kNone, 0};
  QueueResult r = QueueResult::kNoMemory;
  if (item.kind != ItemKind::kNone) {
    r = Items(arena_of(id), *cell_at(id))
            .put_or_enqueue(async_record(e, token), item, me, key_argument(a, 3));
    if (r == QueueResult::kPending) return async_pending(env, e, token);
    if (r != QueueResult::kOk) drop(id, item, me, false);
  }
  if (token) end_async(e, token);
  napi_value refusal = answer_put(env, r);
  int32_t code = 0;
  if (refusal) napi_get_value_int32(env, refusal, &code);
  return refusal ? integer(env, -code) : nullptr;
}

// (queue): a token; undefined: queueGranted brings the item; -kRefusedShutDown
napi_value get_async(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = owner(a);
  CellId id = a.u32(0);
  uint32_t token = begin_async(e, kAsyncQueueGet, id);
  if (!token) return out_of_memory(env);
  Item item{ItemKind::kNone, 0};
  QueueResult r = Items(arena_of(id), *cell_at(id))
                      .get_or_enqueue(async_record(e, token), &item, e->parker.number);
  if (r == QueueResult::kPending) return async_pending(env, e, token);
  end_async(e, token);
  if (r == QueueResult::kNoMemory) return out_of_memory(env);
  if (r != QueueResult::kOk) return integer(env, -kRefusedShutDown);
  e->hands->granted = {item, id};
  return nullptr;
}

// (queue): a token; 0: there is nothing to wait for
napi_value join_async(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = owner(a);
  CellId id = a.u32(0);
  uint32_t token = begin_async(e, kAsyncQueueJoin, id);
  if (!token) return out_of_memory(env);
  QueueResult r =
      Items(arena_of(id), *cell_at(id)).join_or_enqueue(async_record(e, token), e->parker.number);
  if (r == QueueResult::kPending) return async_pending(env, e, token);
  end_async(e, token);
  if (r == QueueResult::kNoMemory) return out_of_memory(env);
  return integer(env, 0);
}

// (): the item that an async wait was granted, as get
napi_value granted(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  Hands::Held held = e->hands->granted;
  e->hands->granted = {};
  return deliver(env, e, held.queue, held.item);
}

// (): nobody wants it any more
napi_value give_back_granted(napi_env env, napi_callback_info) {
  Environment* e = environment(env);
  give_back(e, e->hands->granted);
  return nullptr;
}

// --- the rest ---

// As it was given: to the queue itself all that bound nothing are the same.
void remember_maxsize(CellId id, int64_t maxsize) {
  SyncCell* cell = cell_at(id);
  cell->data[3].store(static_cast<uint32_t>(maxsize), std::memory_order_relaxed);
  cell->data[4].store(static_cast<uint32_t>(static_cast<uint64_t>(maxsize) >> 32),
                      std::memory_order_relaxed);
}

// (class, maxsize): a new queue, with a reference of this environment
napi_value create(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  Environment* e = owner(a);
  CellId id = allocate_cell(static_cast<CellClass>(a.u32(0)));
  if (id == kNoCell) return out_of_memory(env);
  int64_t bound = static_cast<int64_t>(a.number(1));
  if (!Items(arena_of(id), *cell_at(id)).create(bound, e->parker.number) ||
      !e->references.add(id)) {
    release_cell(id);
    return out_of_memory(env);
  }
  remember_maxsize(id, bound);
  return number(env, id);
}

// What the callbacks below begin with.
struct Call {
  Arguments<2> args;
  Environment* e;
  CellId id;
  Items queue;
  Call(napi_env env, napi_callback_info info)
      : args(env, info), e(owner(args)), id(args.u32(0)), queue(arena_of(id), *cell_at(id)) {}
  ThreadNumber me() const { return e->parker.number; }
};

napi_value size(napi_env env, napi_callback_info info) {
  return number(env, static_cast<double>(Call(env, info).queue.size()));
}

// (queue): how many wait for an item, for room, and in join
napi_value waiting(napi_env env, napi_callback_info info) {
  Call c(env, info);
  napi_value out;
  napi_create_array_with_length(env, 3, &out);
  napi_set_element(env, out, 0, number(env, c.queue.getters()));
  napi_set_element(env, out, 1, number(env, c.queue.putters()));
  napi_set_element(env, out, 2, number(env, c.queue.joiners()));
  return out;
}

napi_value maxsize(napi_env env, napi_callback_info info) {
  SyncCell* cell = cell_at(Call(env, info).id);
  uint64_t low = cell->data[3].load(std::memory_order_relaxed);
  uint64_t high = cell->data[4].load(std::memory_order_relaxed);
  return number(env, static_cast<double>(static_cast<int64_t>(high << 32 | low)));
}

// (queue, maxsize)
napi_value set_maxsize(napi_env env, napi_callback_info info) {
  Call c(env, info);
  int64_t bound = static_cast<int64_t>(c.args.number(1));
  remember_maxsize(c.id, bound);
  c.queue.set_maxsize(bound, c.me());
  return nullptr;
}

// (queue, immediate)
napi_value shut_down(napi_env env, napi_callback_info info) {
  Call c(env, info);
  c.queue.shutdown(c.args.boolean(1), c.me(), [&](const Item& item) { drop(c.id, item, c.me()); });
  return nullptr;
}

napi_value is_shut_down(napi_env env, napi_callback_info info) {
  return boolean(env, Call(env, info).queue.is_shut_down());
}

// (queue, count): false when that is more than there are
napi_value task_done(napi_env env, napi_callback_info info) {
  Call c(env, info);
  return boolean(env, c.queue.task_done(c.args.u32(1), c.me()));
}

napi_value unfinished(napi_env env, napi_callback_info info) {
  return number(env, static_cast<double>(Call(env, info).queue.unfinished()));
}

// (queue, ms): an Answer of lib/internal/native.ts
napi_value join(napi_env env, napi_callback_info info) {
  Call c(env, info);
  BlockingWait wait(arena_of(c.id), c.e->parker, deadline_of(c.args.number(1)));
  switch (c.queue.join(wait)) {
    case QueueResult::kOk: return integer(env, 1);
    case QueueResult::kInterrupted: return integer(env, 2);
    case QueueResult::kNoMemory: return out_of_memory(env);
    default: return integer(env, 0);
  }
}

}  // namespace

bool withdraw_queue_wait(Environment* e, AsyncWait& a) {
  return Items(arena_of(a.cell), *cell_at(a.cell)).withdraw(a.record, e->parker.number);
}

void queue_wait_withdrawn(Environment* e, AsyncWait& a, bool ending) {
  // When the environment goes on, its JavaScript has a copy to give the references back by.
  if (a.kind == kAsyncQueuePut)
    drop(a.cell, Items::waiting_item(a.record), e->parker.number, ending);
}

void queue_wait_finished(Environment* e, AsyncWait& a, bool ending) {
  if (a.kind == kAsyncQueueGet && Items::get_result(a.record) == QueueResult::kOk) {
    e->hands->granted = {Items::granted_item(a.record), a.cell};
    if (ending) give_back(e, e->hands->granted);
  }
  if (a.kind == kAsyncQueuePut && Items::put_result(a.record) != QueueResult::kOk) {
    drop(a.cell, Items::waiting_item(a.record), e->parker.number, ending);
  }
}

void destroy_queue(CellId id, ThreadNumber me) {
  Items(arena_of(id), *cell_at(id)).destroy(me, [&](const Item& item) { drop(id, item, me); });
}

void leave_queues(Environment* e) {
  if (!e->hands) return;
  give_back(e, e->hands->large);
  give_back(e, e->hands->granted);
  // Of numbers and the like JavaScript may have had the use already.
  return_batch(e, e->hands->batch_next, e->hands->batch_end, true);
  free(e->hands);
  e->hands = nullptr;
}

void define_queue(napi_env env, napi_value exports) {
  auto method = [e = environment(env)](napi_env env, napi_value exports, const char* name,
                                       napi_callback f) {
    napi_value fn;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, f, e, &fn);
    napi_set_named_property(env, exports, name, fn);
  };
  method(env, exports, "queueMemory", shared_memory);
  method(env, exports, "queueCreate", create);
  method(env, exports, "queuePutNumber", put_number);
  method(env, exports, "queuePutConstant", put_constant);
  method(env, exports, "queuePutText", put_text);
  method(env, exports, "queuePutMessage", put_plain_message);
  method(env, exports, "queuePutKeyedMessage", put_keyed_message);
  method(env, exports, "queuePutKeyedNumber", put_keyed_number);
  method(env, exports, "queuePutMany", put_many);
  method(env, exports, "queuePutAsync", put_async);
  method(env, exports, "queueGet", get);
  method(env, exports, "queueOpen", open);
  method(env, exports, "queueGiveBack", give_back_large);
  method(env, exports, "queueGetMany", get_many);
  method(env, exports, "queueBatchMessage", batch_message);
  method(env, exports, "queueGiveBackBatch", give_back_batch);
  method(env, exports, "queueGetAsync", get_async);
  method(env, exports, "queueGranted", granted);
  method(env, exports, "queueUngrant", give_back_granted);
  method(env, exports, "queueJoin", join);
  method(env, exports, "queueJoinAsync", join_async);
  method(env, exports, "queueTaskDone", task_done);
  method(env, exports, "queueUnfinished", unfinished);
  method(env, exports, "queueSize", size);
  method(env, exports, "queueWaiting", waiting);
  method(env, exports, "queueMaxsize", maxsize);
  method(env, exports, "queueSetMaxsize", set_maxsize);
  method(env, exports, "queueShutDown", shut_down);
  method(env, exports, "queueIsShutDown", is_shut_down);
}

}  // namespace binding
}  // namespace nogil
