// The one way to wait.
//
// Why no wake-up is lost. A waiter puts its record in the list and reads the state after; a waker
// changes the state and looks at the list after. All four are sequentially consistent (or the two
// sides meet in one word, as with a lock's waiter bit), so at least one sees the other:
//
//   waiter                                   waker
//     list: count + 1, record linked           state: becomes free          (seq_cst)
//     state: read again               (seq_cst)  count: read                (seq_cst)
//     free -> take it, do not sleep            not 0 -> list lock, choose the first
//
// Both sides of the last line hold the list lock, so the waker finds the record linked, or gone
// because its owner took what it came for.
//
// Asleep or not is settled on the record's word alone: the waiter exchanges kAwake for kAsleep and
// the kernel compares again before it sleeps; the waker's exchange to kNotified comes before or
// after, and only a waker that read kAsleep makes the system call.
//
// Interruption is the same argument once more: the interrupter sets `requests` and then reads
// `parked`; the waiter sets `parked` (and kAsleep) and then reads `requests`.
#pragma once

#include <atomic>

#include "park/hold_off.h"
#include "park/spin.h"
#include "park/waiter_list.h"

namespace nogil {

// kAsked: only where the caller serves itself.
enum class Woken { kNotified, kTimedOut, kInterrupted, kAsked };

// Who runs what others ask of a thread that waits. That may be code of the program's, which may
// take the very lock that its thread waits for: it must not find that the lock was given to this
// thread meanwhile, nor stand behind it in the list. So who waits for what only one can have takes
// its record out of the list for as long (kCaller).
enum class Serves { kHere, kCaller };

inline constexpr int64_t kForever = INT64_MAX;

// One for each OS thread that waits; lives in that thread's own process.
template <class P>
struct Parker {
  template <class T>
  using Atomic = typename P::template Atomic<T>;

  // Set by others to have `serve` called on this thread; cleared by it.
  Atomic<uint32_t> requests{0};
  // The record that this thread sleeps on, 0 when none; bit 0 tells that its arena is shared. One
  // word, because an interrupter may act on it long after the wait: by then the record can be
  // another thread's, and a wake of the wrong kind would cost that one its wake-up.
  Atomic<uintptr_t> parked{0};
  // Runs what was requested. False: give the wait up (the thread is being stopped).
  bool (*serve)(Parker*) = nullptr;
  // Those requests for which `serve` may run code of the program's.
  uint32_t runs_code = 0;
  // How long to sleep at most before `serve` is called unasked; kForever for never.
  int64_t check_every = kForever;
  // When to call `serve` unasked once; this thread's own.
  int64_t alarm = kForever;
  ThreadNumber number = kNobody;
  // This thread's own, set by `serve` when it has a wait given up: the whole process ends, and none
  // of its threads is to notice that this one went.
  bool unnoticed = false;
  SpinHistory spins;
  HoldOff<P> hold_off;

  // Any thread. Makes this one call `serve` soon, if it waits or before it waits next.
  void interrupt(uint32_t request) {
    requests.fetch_or(request, std::memory_order_seq_cst);
    uintptr_t at = parked.load(std::memory_order_seq_cst);
    if (!at) return;
    Waiter<P>* w = reinterpret_cast<Waiter<P>*>(at & ~uintptr_t{1});
    // The record may have moved on to another wait meanwhile: that one then looks once too often.
    uint32_t asleep = kAsleep;
    if (w->word.compare_exchange_strong(asleep, kAwake, std::memory_order_seq_cst)) {
      P::wake(w->word, 1, at & 1);
    }
  }
};

// What a waker collects under a list lock and carries out after it: system calls and event loops
// have no place inside.
template <class P>
class WakeList {
 public:
  using Deliver = void (*)(uint32_t environment, uint32_t token);
  using Ring = void (*)(uint32_t process);

  explicit WakeList(const Arena<P>& arena) : arena_(arena) {}
  ~WakeList() { flush(); }
  WakeList(const WakeList&) = delete;
  WakeList& operator=(const WakeList&) = delete;

  // Chooses `w`: with the list lock, while it is in `cell`'s list. `in_transit`: bits of the cell's
  // state that say, until the record does, that something is on its way to it.
  void notify(Cell<P>& cell, Waiter<P>* w, WaiterOutcome outcome, uint32_t in_transit = 0) {
    bool async = w->flags.load(std::memory_order_relaxed) & kAsync;
    // For what the waiter learns only, so it does not matter whether it falls asleep in between.
    if (P::cpus() > 1 && !async && w->word.load(std::memory_order_relaxed) == kAsleep) {
      w->link.store(static_cast<uint32_t>(P::now()) | 1, std::memory_order_relaxed);
    }
    uint32_t environment = w->environment;
    uint32_t token = w->token;
    w->outcome.store(outcome, std::memory_order_relaxed);
    // Release: the waiter that reads kNotified (acquire) sees the outcome and what led to it.
    uint32_t was = w->word.exchange(kNotified, std::memory_order_acq_rel);
    NOGIL_CRASH_POINT("wake.chosen");
    if (in_transit) cell.state.fetch_and(~in_transit, std::memory_order_acq_rel);
    WaiterList<P>::remove(arena_, cell, w);
    NOGIL_CRASH_POINT("wake.removed");
    if (!async && was != kAsleep) return;
    if (count_ == kRoom) flush();
    entries_[count_++] = async ? Entry{nullptr, environment, token} : Entry{&w->word, 0, 0};
  }

  void flush() {
    NOGIL_CRASH_POINT("wake.unsent");
    for (int i = 0; i < count_; i++) {
      Entry& e = entries_[i];
      if (e.word) {
        P::wake(*e.word, 1, arena_.shared());
      } else {
        if (arena_.shared()) {
          ring.load(std::memory_order_relaxed)(e.environment);
        } else {
          deliver.load(std::memory_order_relaxed)(e.environment, e.token);
        }
      }
    }
    count_ = 0;
  }

  // How async wake-ups reach their event loop. Set again by each thread that may have some, to the
  // same, before its first async wait. Relaxed: a waker has that wait's record, which the list's
  // lock gave it.
  inline static std::atomic<Deliver> deliver{nullptr};
  // The same in memory that processes share, where a record names its process instead of an event
  // loop: that process looks for its records that were notified.
  inline static std::atomic<Ring> ring{nullptr};

 private:
  struct Entry {
    typename P::template Atomic<uint32_t>* word;
    uint32_t environment;
    uint32_t token;
  };
  static constexpr int kRoom = 16;
  const Arena<P>& arena_;
  Entry entries_[kRoom];
  int count_ = 0;
};

// One blocking call of one thread, with the record that it uses.
template <class P>
class Wait {
 public:
  Wait(Arena<P>& arena, Parker<P>& parker, int64_t deadline)
      : arena_(arena), parker_(parker), deadline_(deadline) {}
  ~Wait() {
    if (waiter_) release_record(arena_, waiter_);
  }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  Arena<P>& arena() { return arena_; }
  ThreadNumber me() const { return parker_.number; }
  bool expired() const { return interrupted_ || (deadline_ != kForever && P::now() >= deadline_); }
  bool interrupted() const { return interrupted_; }
  // Interrupted, without any consequence for other threads. Other processes are to see it.
  bool unnoticed() const { return interrupted_ && parker_.unnoticed && !arena_.shared(); }
  bool blocking() const { return deadline_ != 0; }
  // What it waits for now is something else, or the next round: what it spun so far is forgotten.
  void begin_anew() { begin_ = 0; }
  void forget_deadline() { deadline_ = kForever; }

  // The record, ready to be put in a list. Null when memory is out.
  Waiter<P>* arm() {
    if (!waiter_) {
      waiter_ = take_record(arena_, parker_.number);
      if (!waiter_) return nullptr;
      waiter_->since = P::now();
    }
    if (P::cpus() > 1) waiter_->link.store(0, std::memory_order_relaxed);
    waiter_->outcome.store(kTry, std::memory_order_relaxed);
    waiter_->word.store(kAwake, std::memory_order_relaxed);
    return waiter_;
  }

  // Sleeps until the record, which is in a list, is notified, the deadline passes or the thread is
  // to stop. `cell` learns whether spinning was worth it.
  Woken park(Cell<P>& cell, int64_t most = Spin<P>::kMaxNs, Serves serves = Serves::kHere) {
    Waiter<P>* w = waiter_;
    auto chosen = [&] { return w->word.load(std::memory_order_acquire) == kNotified; };
    if (spin(
            cell, chosen, [] { return false; }, most))
      return notified();
    uintptr_t outer = parker_.parked.load(std::memory_order_relaxed);
    parker_.parked.store(reinterpret_cast<uintptr_t>(w) | (arena_.shared() ? 1 : 0),
                         std::memory_order_seq_cst);
    Woken woken = sleep(w, serves);
    parker_.parked.store(outer, std::memory_order_seq_cst);
    if (P::cpus() > 1 && begin_ != 0) {
      Spin<P>::learn(cell, waited(w));
    }
    begin_ = 0;
    return woken == Woken::kNotified ? notified() : woken;
  }

  // After kAsked. False: the wait is to be given up.
  bool serve() {
    if (P::now() >= parker_.alarm) parker_.alarm = kForever;
    if (parker_.serve && !parker_.serve(&parker_)) interrupted_ = true;
    return !interrupted_;
  }

  // Spins until `done`, unless that is not worth it or `stop`. All that a wait spins before it
  // sleeps counts as one.
  template <class Done, class Stop>
  bool spin(Cell<P>& cell, Done done, Stop stop, int64_t most = Spin<P>::kMaxNs) {
    if (done()) return true;
    if (P::cpus() < 2 || stop()) return false;
    if (begin_ == 0) begin_ = P::now();
    return Spin<P>::until(cell, parker_.spins, begin_, most, done, stop);
  }
  template <class Done>
  bool spin(Cell<P>& cell, Done done) {
    return spin(cell, done, [] { return false; });
  }

  // Before a thread competes for a lock that it found held. `free`: not any more. A short one
  // counts as spinning.
  void hold_off(Cell<P>& cell, bool free) {
    if (P::cpus() < 2 || !blocking()) return;
    begin_ = P::now();
    const int64_t length = parker_.hold_off.meet(cell, free, begin_);
    if (length == 0) return;
    if (length == HoldOff<P>::kNapNs) {
      nap(begin_ + length);
      begin_ = P::now();
      return;
    }
    do {
      for (int i = 0; i < 16; i++) P::relax();
    } while (P::now() - begin_ < length);
  }
  // Who waits for something under a lock does not do nothing but take it.
  void did_something_else() { parker_.hold_off.forget(); }
  void took(Cell<P>& cell) {
    if (P::cpus() > 1) parker_.hold_off.took(cell, P::now());
  }

  // Takes the record out of `cell`'s list after a wait that ended otherwise than by a notification.
  // False when a notification came first after all; the caller then acts on it.
  bool withdraw(Cell<P>& cell) {
    ListLock<P> lock(cell.list_lock, parker_.number, arena_.shared());
    if (waiter_->cell.load(std::memory_order_relaxed) != arena_.index_of(&cell)) {
      lock.unlock();
      return false;
    }
    WaiterList<P>::remove(arena_, cell, waiter_);
    return true;
  }

  // Whether the record is in `cell`'s list. It stays in no other then, as long as it is awake.
  bool listed(Cell<P>& cell) {
    ListLock<P> lock(cell.list_lock, parker_.number, arena_.shared());
    return waiter_->cell.load(std::memory_order_relaxed) == arena_.index_of(&cell);
  }

  Waiter<P>* waiter() { return waiter_; }
  WaiterOutcome outcome() const {
    return static_cast<WaiterOutcome>(waiter_->outcome.load(std::memory_order_relaxed));
  }

  // In use only when it says whose it is and no more of its last life.
  static Waiter<P>* take_record(Arena<P>& arena, ThreadNumber me = kNobody) {
    uint32_t index = arena.allocate(ChunkKind::kWaiters);
    if (!index) return nullptr;
    Waiter<P>* w = arena.template at<Waiter<P>>(index);
    w->cell.store(kNoCell, std::memory_order_relaxed);
    w->thread = me;
    w->flags.store(0, std::memory_order_relaxed);
    w->outcome.store(kTry, std::memory_order_relaxed);
    w->word.store(kAwake, std::memory_order_relaxed);
    w->in_use.store(1, std::memory_order_release);
    NOGIL_CRASH_POINT("record.taken");
    return w;
  }
  static void release_record(Arena<P>& arena, Waiter<P>* w) {
    w->in_use.store(0, std::memory_order_release);
    NOGIL_CRASH_POINT("record.released");
    arena.free(arena.index_of(w), ChunkKind::kWaiters);
  }

 private:
  void nap(int64_t until) {
    typename P::template Atomic<uint32_t> word{0};  // that nobody else knows
    P::wait(word, 0, deadline_ < until ? deadline_ : until, false);
  }

  // From the beginning of the wait to its notification, as well as is known.
  int64_t waited(Waiter<P>* w) const {
    int64_t all = P::now() - begin_;
    uint32_t at = w->link.load(std::memory_order_relaxed);
    if (at == 0 || all > INT32_MAX) return all;
    return static_cast<int32_t>(at - static_cast<uint32_t>(begin_));
  }

  Woken sleep(Waiter<P>* w, Serves serves) {
    int64_t check = next_check();
    for (;;) {
      uint32_t awake = kAwake;
      // Sequentially consistent: see `interrupt`.
      if (!w->word.compare_exchange_strong(awake, kAsleep, std::memory_order_seq_cst) &&
          awake == kNotified) {
        return Woken::kNotified;
      }
      uint32_t requests = parker_.requests.load(std::memory_order_seq_cst);
      bool asked = requests != 0;
      if (!asked) {
        P::wait(w->word, kAsleep, deadline_ < check ? deadline_ : check, arena_.shared());
      }
      uint32_t asleep = kAsleep;
      if (!w->word.compare_exchange_strong(asleep, kAwake, std::memory_order_seq_cst) &&
          asleep == kNotified) {
        return Woken::kNotified;
      }
      int64_t now = deadline_ == kForever && check == kForever ? 0 : P::now();
      if (asked || now >= check) {
        if (serves == Serves::kCaller && !(requests & ~parker_.runs_code)) return Woken::kAsked;
        if (!serve()) return Woken::kInterrupted;
        check = next_check();
      }
      if (deadline_ != kForever && now >= deadline_) return Woken::kTimedOut;
    }
  }

  int64_t next_check() const {
    int64_t at = parker_.check_every == kForever ? kForever : P::now() + parker_.check_every;
    return at < parker_.alarm ? at : parker_.alarm;
  }

  // The waker takes the record out of the list after its last word; see waiter.h.
  Woken notified() {
    begin_ = 0;
    while (waiter_->cell.load(std::memory_order_acquire) != kNoCell) P::relax();
    return Woken::kNotified;
  }

  Arena<P>& arena_;
  Parker<P>& parker_;
  int64_t deadline_;
  Waiter<P>* waiter_ = nullptr;
  int64_t begin_ = 0;  // when this thread began to spin for what it waits for
  bool interrupted_ = false;
};

}  // namespace nogil
