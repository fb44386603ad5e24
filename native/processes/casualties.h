// Who is dead, and the queues that there are: what all parts of recovery ask for.
#pragma once

#include "memory/process_table.h"
#include "platform/processes.h"
#include "queue/queue.h"

namespace nogil {

// What recovery can't know: how to give references back, and whom to tell. Any but the first two
// may be null.
template <class P>
struct RecoveryHooks {
  void* data;
  // Gives back the references in a message (binding/messages.cc).
  void (*drop_message)(void* data, const uint8_t* bytes, size_t length);
  // One reference that the dead process held.
  void (*release_cell)(void* data, CellId cell);
  // `cell`, a lock that thread `dead` held, is free for the next.
  void (*lock_passed_on)(void* data, CellId cell, ThreadNumber dead);
  // The cell of a dead process, with the slot's reference of it.
  void (*process_ended)(void* data, CellId cell);
  // An async record of a living process was notified, and its process may not have been told.
  void (*redeliver)(void* data, Waiter<P>* record);
};

template <class P>
class Casualties {
 public:
  explicit Casualties(Arena<P>& arena) : arena_(arena) {}

  // From now on it is about those that are dead by now. Each step of recovery is done for all of
  // them before the next, as one may have died while it recovered from another and have what was
  // that one's in its name as well.
  void gather() {
    for (uint64_t& word : those_) word = 0;
    arena_.processes().for_each([&](ProcessNumber number, ProcessSlot<P>&) {
      if (is_dead(number)) those_[number / 64] |= uint64_t{1} << number % 64;
    });
  }
  // Calls fn(number, slot) for each of them.
  template <class F>
  void for_each_process(F fn) const {
    arena_.processes().for_each([&](ProcessNumber number, ProcessSlot<P>& slot) {
      if (includes(number)) fn(number, slot);
    });
  }

  // One of their threads, not recovered yet. Numbers of 0 and of threads that left are nobody's.
  bool has(ThreadNumber number) const {
    return arena_.threads().alive(number) && includes(arena_.threads().process_of(number));
  }
  // One of their threads that came to its normal end before.
  bool has_finished(ThreadNumber number) const {
    return has(number) && arena_.processes()
                                  .at(arena_.threads().process_of(number))
                                  .finished.load(std::memory_order_acquire) == number;
  }
  // The same by the slot in the table of threads, as rings have it.
  bool has_slot(uint32_t slot) const { return has(arena_.threads().in_slot(slot)); }
  // Calls fn(number) for each of their threads.
  template <class F>
  void for_each_thread(F fn) const {
    for (uint32_t slot = 0; slot < ThreadTable<P>::kSlots; slot++) {
      ThreadNumber number = arena_.threads().in_slot(slot);
      if (number != kNobody && has(number)) fn(number);
    }
  }

  bool gone(ThreadNumber number) const {
    return arena_.threads().alive(number) && is_dead(arena_.threads().process_of(number));
  }
  bool is_dead(ProcessNumber process) const {
    return process != kNoProcess && process <= ProcessTable<P>::kSlots &&
           arena_.processes().at(process).state() == ProcessState::kDead;
  }
  // Asks the system, too: nobody may have noticed yet.
  bool has_ended(ThreadNumber number) const {
    if (gone(number)) return true;
    if (!arena_.threads().alive(number)) return false;
    ProcessNumber process = arena_.threads().process_of(number);
    if (process == kNoProcess || process > ProcessTable<P>::kSlots) return false;
    ProcessSlot<P>& slot = arena_.processes().at(process);
    uint32_t pid = slot.pid();
    uint64_t started = slot.started.load(std::memory_order_acquire);
    return pid != 0 && started != 0 && slot.state() == ProcessState::kRunning &&
           !platform::process_alive(pid, started);
  }

  // Calls fn(number) for all threads that are gone.
  template <class F>
  void for_each_gone(F fn) const {
    for (uint32_t slot = 0; slot < ThreadTable<P>::kSlots; slot++) {
      ThreadNumber number = arena_.threads().in_slot(slot);
      if (number != kNobody && gone(number)) fn(number);
    }
  }
  CellClass class_of(const Cell<P>& cell) const {
    return tag::cell_class(cell.tag.load(std::memory_order_acquire));
  }
  // The block of a queue's cell; null while it is none, or not ready.
  QueueCore<P>* core_of(Cell<P>& cell) const {
    CellClass c = class_of(cell);
    uint32_t block = cell.data[0].load(std::memory_order_acquire);
    if (!is_queue(c) || block == 0 || !arena_.contains(block, ChunkKind::kPayload)) return nullptr;
    QueueCore<P>* core =
        reinterpret_cast<QueueCore<P>*>(arena_.chunk_address(0) + size_t{block} * 64);
    return core->cell_class.load(std::memory_order_acquire) == static_cast<uint32_t>(c) ? core
                                                                                        : nullptr;
  }

  // Calls fn(cell, index) for every cell that was ever handed out.
  template <class F>
  void for_each_cell(F fn) const {
    arena_.template for_each<Cell<P>>(ChunkKind::kCells,
                                      [&](uint32_t index, Cell<P>* cell) { fn(*cell, index); });
  }
  // Calls fn(core, cell) for every queue.
  template <class F>
  void for_each_queue(F fn) const {
    for_each_cell([&](Cell<P>& cell, uint32_t) {
      if (QueueCore<P>* core = core_of(cell)) fn(*core, cell);
    });
  }
  // Calls fn(w) for every record that is in use.
  template <class F>
  void for_each_record(F fn) const {
    arena_.template for_each<Waiter<P>>(ChunkKind::kWaiters, [&](uint32_t, Waiter<P>* w) {
      if (w->in_use.load(std::memory_order_acquire)) fn(w);
    });
  }

  // Calls fn with the view of the queue that fits its class.
  template <class F>
  void with_pile(QueueCore<P>& core, F fn) const {
    CellClass c = static_cast<CellClass>(core.cell_class.load(std::memory_order_relaxed));
    if (c == CellClass::kLifoQueue) fn(LifoPile<P>(arena_, core));
    if (c == CellClass::kPriorityQueue) fn(PriorityPile<P>(arena_, core));
  }

  Arena<P>& arena() const { return arena_; }

 private:
  bool includes(ProcessNumber number) const {
    return number <= ProcessTable<P>::kSlots && (those_[number / 64] >> number % 64 & 1);
  }

  Arena<P>& arena_;
  uint64_t those_[ProcessTable<P>::kSlots / 64 + 1] = {};
};

}  // namespace nogil
