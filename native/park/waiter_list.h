// The FIFO list of a cell's waiters and the small lock that guards it.
#pragma once

#include "park/waiter.h"

namespace nogil {

// The list lock: a word that carries its holder's thread number, so that one left by a dead process
// can be recognised.
//   0              free
//   number << 1    held
//   ... | 1        held, and somebody sleeps on the word
// Sections under it are a few instructions long and never block.
template <class P>
class ListLock {
 public:
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  ListLock(Atomic<uint32_t>& word, ThreadNumber me, bool shared) : word_(word), shared_(shared) {
    uint32_t mine = me << 1;
    uint32_t expected = 0;
    if (word_.compare_exchange_strong(expected, mine, std::memory_order_acquire)) return;
    for (int spins = 0; spins < 100; spins++) {
      P::relax();
      expected = 0;
      if (word_.load(std::memory_order_relaxed) == 0 &&
          word_.compare_exchange_strong(expected, mine, std::memory_order_acquire)) {
        return;
      }
    }
    for (;;) {
      expected = word_.load(std::memory_order_relaxed);
      if (expected == 0) {
        // Others may sleep still: take it as contended, at worst one wake too many.
        if (word_.compare_exchange_strong(expected, mine | 1, std::memory_order_acquire)) return;
        continue;
      }
      if (!(expected & 1) &&
          !word_.compare_exchange_strong(expected, expected | 1, std::memory_order_relaxed)) {
        continue;
      }
      P::wait(word_, expected | 1, INT64_MAX, shared_);
    }
  }
  ~ListLock() { unlock(); }
  ListLock(const ListLock&) = delete;
  ListLock& operator=(const ListLock&) = delete;

  void unlock() {
    if (released_) return;
    released_ = true;
    // Release: pairs with the acquire of the next holder.
    if (word_.exchange(0, std::memory_order_release) & 1) P::wake(word_, 1, shared_);
  }

 private:
  Atomic<uint32_t>& word_;
  bool shared_;
  bool released_ = false;
};

// Everything here needs the cell's list lock, except where it says otherwise.
template <class P>
struct WaiterList {
  static Waiter<P>* first(const Arena<P>& arena, Cell<P>& cell) {
    return cell.head ? arena.template at<Waiter<P>>(cell.head) : nullptr;
  }

  // `count` is published with sequential consistency: a waker that changed the state first and
  // reads a count of 0 afterwards is a waker that this waiter, which re-reads the state next, has
  // seen.
  static void push_back(const Arena<P>& arena, Cell<P>& cell, Waiter<P>* w) {
    uint32_t index = arena.index_of(w);
    w->next = 0;
    w->prev = cell.tail;
    if (cell.tail) {
      arena.template at<Waiter<P>>(cell.tail)->next = index;
    } else {
      cell.head = index;
    }
    cell.tail = index;
    link(arena, cell, w);
  }

  // Back in before all that began to wait later: for one that was woken and found nothing.
  static void push_front(const Arena<P>& arena, Cell<P>& cell, Waiter<P>* w) {
    uint32_t index = arena.index_of(w);
    w->prev = 0;
    w->next = cell.head;
    if (cell.head) {
      arena.template at<Waiter<P>>(cell.head)->prev = index;
    } else {
      cell.tail = index;
    }
    cell.head = index;
    link(arena, cell, w);
  }

  static void remove(const Arena<P>& arena, Cell<P>& cell, Waiter<P>* w) {
    if (w->prev) {
      arena.template at<Waiter<P>>(w->prev)->next = w->next;
    } else {
      cell.head = w->next;
    }
    if (w->next) {
      arena.template at<Waiter<P>>(w->next)->prev = w->prev;
    } else {
      cell.tail = w->prev;
    }
    cell.waiters.fetch_sub(1, std::memory_order_seq_cst);
    // Release: a notified waiter that reads 0 (acquire) may reuse the record's links.
    w->cell.store(kNoCell, std::memory_order_release);
  }

 private:
  static void link(const Arena<P>& arena, Cell<P>& cell, Waiter<P>* w) {
    w->cell.store(arena.index_of(&cell), std::memory_order_relaxed);
    cell.waiters.fetch_add(1, std::memory_order_seq_cst);
  }
};

}  // namespace nogil
