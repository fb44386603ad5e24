// Several items at a time.
#include <cstdlib>

#include "binding/queue.h"

namespace nogil {
namespace binding {

// The last first: it was in front of the queue.
void return_batch(Environment* e, uint32_t from, uint32_t to, bool messages_only) {
  Hands& hands = *e->hands;
  for (uint32_t i = to; i > from; i--) {
    Hands::Held held{hands.batch[i - 1], hands.batch_queue};
    if (!messages_only || held.item.kind == ItemKind::kPayload) give_back(e, held);
  }
  hands.batch_next = hands.batch_end = hands.batch_count = 0;
}

namespace {

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
    r = queue_of(id).put_many(wait, items, count, &done, a.boolean(5) ? keys : nullptr);
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
  QueueResult r = queue_of(id).get_many(wait, hands.batch, max, &got);
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
  return answer_get(env, e, hands.batch_queue, QueueResult::kOk, hands.batch[i]);
}

// (from): the items from there on
napi_value give_back_batch(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  Environment* e = owner(a);
  return_batch(e, a.u32(0), e->hands->batch_count, false);
  return nullptr;
}

}  // namespace

void define_queue_batch(Wanted& define) {
  define("queuePutMany", put_many);
  define("queueGetMany", get_many);
  define("queueBatchMessage", batch_message);
  define("queueGiveBackBatch", give_back_batch);
}

}  // namespace binding
}  // namespace nogil
