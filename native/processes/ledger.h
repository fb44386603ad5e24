// What a process is answerable for: how many references of which cells of the shared arena it
// holds, in its objects and in messages that lie in its own memory. When it has been killed they
// are given back from here. References in a message that is in a queue are the queue's.
//
// A table with open addressing in a payload block, written by the process's own threads under a
// lock of the process's; others read it only when the process is dead. An entry is one word, so a
// kill leaves it as it was or as it is to be.
//
// A reference is entered after the cell's count went up and struck out before it goes down. So a
// process that is killed between the two leaves one cell alive until the tree ends, and never takes
// one from under somebody else.
//
// The table in the slot may still name its thread as owner when that was killed: recovery gives it
// back before it frees the blocks of dead threads.
#pragma once

#include <cstring>

#include "memory/process_table.h"
#include "queue/payload_heap.h"

namespace nogil {

template <class P>
class Ledger {
 public:
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  Ledger(Arena<P>& arena, ProcessSlot<P>& slot) : arena_(arena), slot_(slot), heap_(arena) {}

  // False when memory is out.
  bool add(CellId cell, ThreadNumber me) {
    Table* t = table();
    if ((!t || (t->used + 1) * 4 > t->capacity * 3) && !grow(me)) return false;
    t = table();
    Atomic<uint64_t>* entry = find(t, cell);
    uint64_t was = entry->load(std::memory_order_relaxed);
    if (was == 0) t->used++;
    uint64_t count = was >> 32;
    entry->store((count + 1) << 32 | cell, std::memory_order_release);
    NOGIL_CRASH_POINT("ledger.entered");
    return true;
  }

  // False when the process holds none.
  bool remove(CellId cell) {
    Table* t = table();
    if (!t) return false;
    Atomic<uint64_t>* entry = find(t, cell);
    uint64_t was = entry->load(std::memory_order_relaxed);
    if (was >> 32 == 0) return false;
    // The name stays: an entry in the midst must not end a search.
    entry->store(was - (uint64_t{1} << 32), std::memory_order_release);
    return true;
  }

  // How many the process holds of one cell.
  uint32_t count(CellId cell) {
    Table* t = table();
    return t ? static_cast<uint32_t>(find(t, cell)->load(std::memory_order_relaxed) >> 32) : 0;
  }

  // Calls fn(cell) for each reference, while nobody writes.
  template <class F>
  void for_each(F fn) {
    Table* t = table();
    for (uint32_t i = 0; t && i < t->capacity; i++) {
      uint64_t at = t->entries()[i].load(std::memory_order_relaxed);
      for (uint64_t n = at >> 32; n > 0; n--) fn(static_cast<CellId>(at));
    }
  }

  // Of a dead process: takes the table apart, calling fn(cell) for each reference. May be repeated
  // after a kill in its midst.
  template <class F>
  void give_back(F fn, ThreadNumber me) {
    Table* t = table();
    if (!t) return;
    for (uint32_t i = 0; i < t->capacity; i++) {
      Atomic<uint64_t>& entry = t->entries()[i];
      for (;;) {
        uint64_t was = entry.load(std::memory_order_relaxed);
        if (was >> 32 == 0) break;
        entry.store(was - (uint64_t{1} << 32), std::memory_order_release);
        fn(static_cast<CellId>(was));
      }
    }
    // Ours, should we be killed between the two.
    uint32_t block = slot_.ledger.load(std::memory_order_relaxed);
    heap_.set_owner(block, me);
    slot_.ledger.store(0, std::memory_order_release);
    heap_.free(block, me);
  }

 private:
  static constexpr uint32_t kLeast = 126;  // 1 KiB with both headers

  struct Table {
    uint32_t capacity;
    uint32_t used;  // entries with a name
    Atomic<uint64_t>* entries() { return reinterpret_cast<Atomic<uint64_t>*>(this + 1); }
  };
  static_assert(sizeof(Table) == 8, "entries follow at once");

  Table* table() {
    uint32_t block = slot_.ledger.load(std::memory_order_acquire);
    return block ? reinterpret_cast<Table*>(heap_.data(block)) : nullptr;
  }

  static Atomic<uint64_t>* find(Table* t, CellId cell) {
    uint32_t i = (cell * 2654435769u) % t->capacity;
    for (;; i = (i + 1) % t->capacity) {
      uint64_t at = t->entries()[i].load(std::memory_order_relaxed);
      if (at == 0 || static_cast<CellId>(at) == cell) return &t->entries()[i];
    }
  }

  bool grow(ThreadNumber me) {
    Table* old = table();
    uint32_t live = 0;
    for (uint32_t i = 0; old && i < old->capacity; i++)
      live += old->entries()[i].load(std::memory_order_relaxed) >> 32 != 0;
    uint32_t capacity = live * 3 < kLeast ? kLeast : live * 3;
    uint32_t block = heap_.allocate(sizeof(Table) + capacity * sizeof(uint64_t), me);
    if (!block) return false;
    Table* t = reinterpret_cast<Table*>(heap_.data(block));
    memset(static_cast<void*>(t), 0, sizeof(Table) + capacity * sizeof(uint64_t));
    t->capacity = capacity;
    for (uint32_t i = 0; old && i < old->capacity; i++) {
      uint64_t at = old->entries()[i].load(std::memory_order_relaxed);
      if (at >> 32 == 0) continue;
      find(t, static_cast<CellId>(at))->store(at, std::memory_order_relaxed);
      t->used++;
    }
    // The one of the two that the slot does not name is a block of ours.
    uint32_t was = slot_.ledger.load(std::memory_order_relaxed);
    if (was) heap_.set_owner(was, me);
    NOGIL_CRASH_POINT("ledger.growing");
    // Release: whoever recovers reads a whole table.
    slot_.ledger.store(block, std::memory_order_release);
    heap_.set_owner(block, kTheQueues);
    NOGIL_CRASH_POINT("ledger.grown");
    if (was) heap_.free(was, me);
    return true;
  }

  Arena<P>& arena_;
  ProcessSlot<P>& slot_;
  PayloadHeap<P> heap_;
};

}  // namespace nogil
