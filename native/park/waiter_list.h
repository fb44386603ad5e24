// The FIFO list of a cell's waiters and the small lock that guards it.
#pragma once

#include "park/waiter.h"
#include "platform/crash.h"

namespace nogil {

// The list lock: a word that carries its holder's thread number, so that one left by a dead process
// can be recognised.
//   0              free
//   number << 1    held
//   ... | 1        held, and somebody sleeps on the word
// Sections under it are a few instructions long and never block.
//
// In shared memory a holder may be killed in its section, and a releaser between its exchange and
// its wake-up: nobody sleeps there for longer than a nap, so the second needs no help, and the
// first is helped by processes/recovery.h, whose own thread looks (`look`) at what it naps on.
template <class P>
class ListLock {
 public:
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  static constexpr int64_t kNapNs = 20000000;

  // A thread that recovers from deaths may meet the lock of one more dead process.
  struct Rescuer {
    Atomic<uint32_t> who{kNobody};
    void* data = nullptr;
    void (*look)(void* data, Atomic<uint32_t>& word) = nullptr;
  };
  inline static Rescuer rescuer;

  ListLock(Atomic<uint32_t>& word, ThreadNumber me, bool shared) : word_(word), shared_(shared) {
    take(me);
    NOGIL_CRASH_POINT("list.locked");
  }
  ~ListLock() { unlock(); }
  ListLock(const ListLock&) = delete;
  ListLock& operator=(const ListLock&) = delete;

  void unlock() {
    if (released_) return;
    released_ = true;
    // Release: pairs with the acquire of the next holder.
    bool contended = word_.exchange(0, std::memory_order_release) & 1;
    NOGIL_CRASH_POINT("list.unlocked");
    if (contended) P::wake(word_, 1, shared_);
  }

 private:
  void take(ThreadNumber me) {
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
      if (!shared_) {
        P::wait(word_, expected | 1, INT64_MAX, false);
      } else if (!P::wait(word_, expected | 1, P::now() + kNapNs, true) &&
                 rescuer.who.load(std::memory_order_relaxed) == me) {
        rescuer.look(rescuer.data, word_);
      }
    }
  }

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
    append(arena, cell, w);
    link(arena, cell, w);
  }

  // Back in before all that began to wait later: for one that was woken and found nothing.
  static void push_front(const Arena<P>& arena, Cell<P>& cell, Waiter<P>* w) {
    uint32_t index = arena.index_of(w);
    w->prev = 0;
    w->next = cell.head;
    in_order();
    if (cell.head) {
      arena.template at<Waiter<P>>(cell.head)->prev = index;
    } else {
      cell.tail = index;
    }
    cell.head = index;
    link(arena, cell, w);
  }

  static void remove(const Arena<P>& arena, Cell<P>& cell, Waiter<P>* w) {
    unlink(arena, cell, w);
    w->prev = arena.index_of(&cell);
    // Release: a notified waiter that reads 0 (acquire) may reuse the record's links.
    w->cell.store(kNoCell, std::memory_order_release);
  }

  // From one list to the end of another, with both locks. At no moment in between does the record
  // belong to neither: a kill would lose its waiter.
  static void move_back(const Arena<P>& arena, Cell<P>& from, Cell<P>& to, Waiter<P>* w) {
    unlink(arena, from, w);
    NOGIL_CRASH_POINT("list.moving");
    w->cell.store(arena.index_of(&to), std::memory_order_relaxed);
    in_order();
    NOGIL_CRASH_POINT("list.moved");
    append(arena, to, w);
    to.waiters.fetch_add(1, std::memory_order_seq_cst);
  }

 private:
  static void unlink(const Arena<P>& arena, Cell<P>& cell, Waiter<P>* w) {
    NOGIL_CRASH_POINT("list.removing");
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
    NOGIL_CRASH_POINT("list.unlinked");
  }

  static void append(const Arena<P>& arena, Cell<P>& cell, Waiter<P>* w) {
    uint32_t index = arena.index_of(w);
    w->next = 0;
    w->prev = cell.tail;
    in_order();
    if (cell.tail) {
      arena.template at<Waiter<P>>(cell.tail)->next = index;
    } else {
      cell.head = index;
    }
    cell.tail = index;
  }

  static void link(const Arena<P>& arena, Cell<P>& cell, Waiter<P>* w) {
    NOGIL_CRASH_POINT("list.pushing");
    w->cell.store(arena.index_of(&cell), std::memory_order_relaxed);
    NOGIL_CRASH_POINT("list.pushed");
    cell.waiters.fetch_add(1, std::memory_order_seq_cst);
  }
};

}  // namespace nogil
