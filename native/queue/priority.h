// Smallest key first, and among equal keys first in, first out: a heap of four children a node,
// which is half as deep as a binary one and has the children side by side in memory.
//
// The first eight bytes of a key stand in the entry, so that most comparisons are of two integers;
// a longer key is in a payload block of its own.
#pragma once

#include "queue/key_order.h"
#include "queue/pile.h"

namespace nogil {

template <class P>
struct PriorityOrder {
  struct Entry {
    uint64_t prefix;  // big-endian, padded with zeros
    uint64_t order;
    uint64_t value;
    uint32_t long_key;  // block of a key longer than the prefix, or 0
    uint8_t kind;
    uint8_t key_length;  // of a key that is not
    uint16_t spare;
  };
  static_assert(sizeof(Entry) == 32, "two to a cache line");

  // The item is compared with those on its way up, and with the first; if it does not compare with
  // one of them, nothing has changed.
  static QueueResult push(PayloadHeap<P>& heap, Entry* entries, uint64_t count, const Item& item,
                          Key key, uint64_t order, ThreadNumber me, Hole<P> free) {
    Entry entry;
    if (!make(heap, item, key, order, me, &entry)) return QueueResult::kNoMemory;
    uint64_t at = count;
    bool compares = count == 0 || compare(heap, entry, entries[0]) != KeyOrder::kIncomparable;
    while (compares && at > 0) {
      KeyOrder with_parent = compare(heap, entry, entries[parent(at)]);
      compares = with_parent != KeyOrder::kIncomparable;
      if (with_parent != KeyOrder::kLess) break;  // an equal one came first
      at = parent(at);
    }
    if (!compares) {
      if (entry.long_key) heap.free(entry.long_key, me);
      return QueueResult::kIncomparable;
    }
    for (uint64_t hole = count; hole != at; hole = parent(hole)) {
      entries[hole] = entries[parent(hole)];
      free.is(parent(hole));
    }
    entries[at] = entry;
    return QueueResult::kOk;
  }

  static Item next(Entry* entries, uint64_t) {
    return {static_cast<ItemKind>(entries[0].kind), entries[0].value};
  }

  static uint64_t leaves_from(uint64_t) { return 0; }
  static uint32_t pop(PayloadHeap<P>& heap, Entry* entries, uint64_t count, ThreadNumber me,
                      Hole<P> free) {
    const uint32_t key = entries[0].long_key;
    if (key && free.word) heap.set_owner(key, me);
    sift_down(heap, entries, count - 1, 0, count - 1, free);
    return key;
  }

  static uint32_t block_of(const Entry& e) {
    return static_cast<ItemKind>(e.kind) == ItemKind::kPayload ? static_cast<uint32_t>(e.value) : 0;
  }
  static uint32_t key_block_of(const Entry& e) { return e.long_key; }

  // Of the `count` entries, which stand where they stand, a heap again. The place behind them is
  // free.
  static void put_in_order(PayloadHeap<P>& heap, Entry* entries, uint64_t count, Hole<P> free) {
    for (uint64_t i = (count + 2) / 4; i-- > 0;) {
      entries[count] = entries[i];
      free.is(i);
      sift_down(heap, entries, count, i, count, free);
      free.is(count);
    }
  }

 private:
  // The entry at `from` goes to where it belongs below `hole`.
  static void sift_down(PayloadHeap<P>& heap, Entry* entries, uint64_t count, uint64_t hole,
                        uint64_t from, Hole<P> free) {
    const Entry last = entries[from];
    for (;;) {
      uint64_t child = 4 * hole + 1;
      if (child >= count) break;
      uint64_t least = child;
      for (uint64_t c = child + 1; c < child + 4 && c < count; c++) {
        if (before(heap, entries[c], entries[least])) least = c;
      }
      if (!before(heap, entries[least], last)) break;
      entries[hole] = entries[least];
      free.is(least);
      hole = least;
    }
    entries[hole] = last;
    free.done();
  }

  static constexpr uint32_t kPrefix = 8;

  static uint64_t parent(uint64_t i) { return (i - 1) / 4; }

  static bool make(PayloadHeap<P>& heap, const Item& item, Key key, uint64_t order, ThreadNumber me,
                   Entry* entry) {
    entry->prefix = 0;
    for (uint32_t i = 0; i < kPrefix; i++)
      entry->prefix = entry->prefix << 8 | (i < key.length ? key.bytes[i] : 0);
    entry->order = order;
    entry->value = item.value;
    entry->kind = static_cast<uint8_t>(item.kind);
    entry->spare = 0;
    entry->long_key = 0;
    entry->key_length = static_cast<uint8_t>(key.length);
    if (key.length <= kPrefix) return true;
    entry->key_length = kPrefix;
    entry->long_key = heap.allocate(key.length, me);
    if (!entry->long_key) return false;
    memcpy(heap.data(entry->long_key), key.bytes, key.length);
    // Like a payload: `me`'s until it is in the queue.
    heap.queue(entry->long_key, me);
    return true;
  }

  // The bytes of an entry's key; `room` is for those of a short one.
  static Key key_of(PayloadHeap<P>& heap, const Entry& e, uint8_t* room) {
    if (e.long_key) return {heap.data(e.long_key), static_cast<uint32_t>(heap.size(e.long_key))};
    for (uint32_t i = 0; i < kPrefix; i++) room[i] = static_cast<uint8_t>(e.prefix >> (56 - 8 * i));
    return {room, e.key_length};
  }

  static KeyOrder compare(PayloadHeap<P>& heap, const Entry& a, const Entry& b) {
    uint8_t a_room[kPrefix], b_room[kPrefix];
    Key x = key_of(heap, a, a_room), y = key_of(heap, b, b_room);
    return compare_keys(x.bytes, x.length, y.bytes, y.length);
  }

  // A total order, also of keys that do not compare: there the bytes decide.
  static bool before(PayloadHeap<P>& heap, const Entry& a, const Entry& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    if (!a.long_key && !b.long_key)
      return a.key_length != b.key_length ? a.key_length < b.key_length : a.order < b.order;
    uint8_t a_room[kPrefix], b_room[kPrefix];
    Key x = key_of(heap, a, a_room), y = key_of(heap, b, b_room);
    int order = memcmp(x.bytes, y.bytes, x.length < y.length ? x.length : y.length);
    if (order) return order < 0;
    return x.length != y.length ? x.length < y.length : a.order < b.order;
  }
};

template <class P>
using PriorityPile = Pile<P, PriorityOrder>;

}  // namespace nogil
