// Queue: what waits, in threads and in promises.
#pragma once

#include "queue/queue.h"

namespace nogil {

// Waits in `list` until attempt() answers something else than `unready`, or somebody has `served`
// this thread. `parcel`: what a putter's record carries.
template <class P>
template <class Attempt>
QueueResult Queue<P>::wait_in(Wait<P>& wait, Cell<P>& list, Item* parcel, QueueResult unready,
                              Attempt attempt, bool* served) {
  *served = false;
  QueueResult result = unready;
  if (wait.spin(list, [&] { return (result = attempt()) != unready; })) return result;
  for (bool woken = false;; woken = true) {
    Waiter<P>* w = wait.arm();
    if (!w) return QueueResult::kNoMemory;
    w->spare = 0;
    if (parcel) Parcel<P>::store(w, *parcel);
    {
      ListLock<P> lock(list.list_lock, wait.me(), arena_.shared());
      if (woken) {
        WaiterList<P>::push_front(arena_, list, w);
      } else {
        WaiterList<P>::push_back(arena_, list, w);
      }
      // Counted as a waiter now, so what comes after this look comes with a wake-up.
      result = attempt();
      if (result != unready || wait.expired()) {
        WaiterList<P>::remove(arena_, list, w);
        return result == unready && wait.interrupted() ? QueueResult::kInterrupted : result;
      }
    }
    Woken how = wait.park(list);
    if (how != Woken::kNotified && wait.withdraw(list)) {
      return how == Woken::kInterrupted ? QueueResult::kInterrupted : unready;
    }
    if (wait.outcome() == kGranted) {
      *served = true;
      return QueueResult::kOk;
    }
    if (wait.interrupted()) return QueueResult::kInterrupted;
    result = attempt();
    if (result != unready) return result;
  }
}

template <class P>
QueueResult Queue<P>::put_waiting(Wait<P>& wait, const Item& item, Key key) {
  Item parcel = item;
  bool served;
  auto attempt = [&] {
    uint32_t placed;
    return exchange_.place(&item, &key, 1, &placed, wait.me());
  };
  QueueResult result = wait_in(wait, core_.space, &parcel, QueueResult::kFull, attempt, &served);
  if (served) return result;  // the item's own wake-ups were the server's to send
  exchange_.placed(result == QueueResult::kOk ? 1 : 0, wait.me());
  // It may have been chosen for the room that it does not use.
  if (result == QueueResult::kInterrupted || result == QueueResult::kNoMemory)
    exchange_.wake(0, 1, wait.me());
  return result;
}

template <class P>
QueueResult Queue<P>::get_waiting(Wait<P>& wait, Item* item) {
  bool served;
  uint32_t taken = 0;
  auto attempt = [&] { return exchange_.take(item, 1, &taken, wait.me()); };
  QueueResult result = wait_in(wait, core_.items, nullptr, QueueResult::kEmpty, attempt, &served);
  if (served) {
    *item = granted_item(wait.waiter());
    accept(wait.waiter());
    if (!wait.interrupted() || !give_back(*item, wait.me())) return QueueResult::kOk;
    return QueueResult::kInterrupted;
  }
  exchange_.taken(taken, wait.me());
  if (result == QueueResult::kInterrupted || result == QueueResult::kNoMemory)
    exchange_.wake(1, 0, wait.me());
  return result;
}

// From here on the item is the thread's, and no more the record's.
template <class P>
void Queue<P>::accept(Waiter<P>* w) {
  if (!arena_.shared()) return;
  Item item = Parcel<P>::load(w);
  if (item.kind == ItemKind::kPayload)
    PayloadHeap<P>(arena_).set_owner(static_cast<uint32_t>(item.value), w->thread);
  w->outcome.store(kTry, std::memory_order_release);
}

template <class P>
QueueResult Queue<P>::put_many(Wait<P>& wait, const Item* items, uint32_t count, uint32_t* done,
                               const Key* keys) {
  *done = 0;
  while (*done < count) {
    uint32_t placed;
    const Key* rest = keys ? keys + *done : nullptr;
    QueueResult result = exchange_.place(items + *done, rest, count - *done, &placed, wait.me());
    *done += placed;
    exchange_.placed(placed, wait.me());
    if (result == QueueResult::kOk) break;
    if (result == QueueResult::kFull && wait.blocking())
      result = put_waiting(wait, items[*done], rest ? keys[*done] : Key{});
    if (result != QueueResult::kOk) return result;
    ++*done;
  }
  return QueueResult::kOk;
}

template <class P>
QueueResult Queue<P>::get_many(Wait<P>& wait, Item* items, uint32_t max, uint32_t* got) {
  *got = 0;
  if (max == 0) return QueueResult::kOk;
  QueueResult result = take_all(items, max, got, wait.me());
  if (*got > 0) return QueueResult::kOk;
  if (result != QueueResult::kEmpty || !wait.blocking()) return result;
  result = get_waiting(wait, items);
  if (result != QueueResult::kOk) return result;
  uint32_t more = 0;
  take_all(items + 1, max - 1, &more, wait.me());
  *got = 1 + more;
  return QueueResult::kOk;
}

// Up to `max` of what is there. One take ends with a ring, or with what was given back.
template <class P>
QueueResult Queue<P>::take_all(Item* items, uint32_t max, uint32_t* got, ThreadNumber me) {
  QueueResult result = QueueResult::kOk;
  while (result == QueueResult::kOk && *got < max) {
    uint32_t more = 0;
    result = exchange_.take(items + *got, max - *got, &more, me);
    exchange_.taken(more, me);
    *got += more;
  }
  return result;
}

template <class P>
QueueResult Queue<P>::join(Wait<P>& wait) {
  Cell<P>& list = core_.done;
  auto finished = [&] { return unfinished() == 0; };
  if (finished()) return QueueResult::kOk;
  if (!wait.blocking()) return QueueResult::kEmpty;
  Waiter<P>* w = wait.arm();
  if (!w) return QueueResult::kNoMemory;
  if (join_or_enqueue(w, wait.me()) == QueueResult::kOk) return QueueResult::kOk;
  Woken how = wait.park(list);
  if (how == Woken::kNotified || !wait.withdraw(list)) return QueueResult::kOk;
  return how == Woken::kInterrupted ? QueueResult::kInterrupted : QueueResult::kEmpty;
}

template <class P>
QueueResult Queue<P>::join_or_enqueue(Waiter<P>* w, ThreadNumber me) {
  ListLock<P> lock(core_.done.list_lock, me, arena_.shared());
  WaiterList<P>::push_back(arena_, core_.done, w);
  if (unfinished() != 0) return QueueResult::kPending;
  WaiterList<P>::remove(arena_, core_.done, w);
  return QueueResult::kOk;
}

template <class P>
QueueResult Queue<P>::put_or_enqueue(Waiter<P>* w, const Item& item, ThreadNumber me, Key key) {
  QueueResult result = try_put(item, me, key);
  if (result != QueueResult::kFull) return result;
  PayloadHeap<P> heap(arena_);
  w->spare = 0;
  if (key.length) {
    w->spare = heap.allocate(key.length, me);
    if (!w->spare) return QueueResult::kNoMemory;
    memcpy(heap.data(w->spare), key.bytes, key.length);
  }
  Parcel<P>::store(w, item);
  uint32_t placed;
  {
    ListLock<P> lock(core_.space.list_lock, me, arena_.shared());
    WaiterList<P>::push_back(arena_, core_.space, w);
    result = exchange_.place(&item, &key, 1, &placed, me);
    if (result != QueueResult::kFull) WaiterList<P>::remove(arena_, core_.space, w);
  }
  exchange_.placed(placed, me);
  if (result == QueueResult::kFull) return QueueResult::kPending;
  if (w->spare) heap.free(w->spare, me);
  return result;
}

template <class P>
QueueResult Queue<P>::get_or_enqueue(Waiter<P>* w, Item* item, ThreadNumber me) {
  QueueResult result = try_get(item, me);
  if (result != QueueResult::kEmpty) return result;
  uint32_t taken;
  {
    ListLock<P> lock(core_.items.list_lock, me, arena_.shared());
    w->spare = 0;
    WaiterList<P>::push_back(arena_, core_.items, w);
    result = exchange_.take(item, 1, &taken, me);
    if (result != QueueResult::kEmpty) WaiterList<P>::remove(arena_, core_.items, w);
  }
  exchange_.taken(taken, me);
  return result == QueueResult::kEmpty ? QueueResult::kPending : result;
}

template <class P>
QueueResult Queue<P>::watch_or_enqueue(Waiter<P>* w, ThreadNumber me) {
  auto ready = [&] { return size() != 0 || is_shut_down(); };
  if (ready()) return QueueResult::kOk;
  ListLock<P> lock(core_.items.list_lock, me, arena_.shared());
  w->flags.fetch_or(kWatch, std::memory_order_relaxed);
  w->spare = 0;
  WaiterList<P>::push_back(arena_, core_.items, w);
  // Counted as a waiter now, so what comes after this look comes with a wake-up.
  if (!ready()) return QueueResult::kPending;
  WaiterList<P>::remove(arena_, core_.items, w);
  return QueueResult::kOk;
}

template <class P>
QueueResult Queue<P>::put_result(Waiter<P>* w) {
  switch (w->outcome.load(std::memory_order_relaxed)) {
    case kGranted: return QueueResult::kOk;
    case kBroken: return QueueResult::kShutDown;
    case kInherited: return QueueResult::kIncomparable;
    default: return QueueResult::kNoMemory;
  }
}

template <class P>
QueueResult Queue<P>::get_result(Waiter<P>* w) {
  return w->outcome.load(std::memory_order_relaxed) == kGranted ? QueueResult::kOk
                                                                : QueueResult::kShutDown;
}

template <class P>
bool Queue<P>::withdraw(Waiter<P>* w, ThreadNumber me) {
  CellId in = w->cell.load(std::memory_order_acquire);
  if (in == kNoCell) return false;
  Cell<P>& list = *arena_.at(in);
  {
    ListLock<P> lock(list.list_lock, me, arena_.shared());
    if (w->cell.load(std::memory_order_relaxed) != in) return false;
    WaiterList<P>::remove(arena_, list, w);
  }
  forget_key(w, me);
  return true;
}

template <class P>
void Queue<P>::forget_key(Waiter<P>* w, ThreadNumber me) {
  const uint32_t key_block = w->spare;
  w->spare = 0;
  in_order();
  if (key_block) PayloadHeap<P>(arena_).free(key_block, me);
}

}  // namespace nogil
