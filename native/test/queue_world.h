#pragma once

#include "queue/queue.h"
#include "test/threads.h"

// Queues with real threads on the real policy.

namespace nogil {
namespace test {

inline Item number(uint64_t value) { return {ItemKind::kNumber, value}; }

// An arena of its own with one queue.
class QueueGround : public Ground {
 public:
  explicit QueueGround(CellClass cell_class, int64_t maxsize = 0) : cell_(cell()) {
    cell_.tag.store(tag::make(1, cell_class, 1));
    REQUIRE(Queue<P>(arena, cell_).create(maxsize, kMaker));
  }
  ~QueueGround() { destroy(); }

  // Frees the queue; how many items were left.
  int destroy() {
    int left = 0;
    queue().destroy(kMaker, [&](const Item& item) {
      left++;
      drop(item);
    });
    return left;
  }

  Queue<P> queue() { return {arena, cell_}; }
  QueueCore<P>& core() {
    return *reinterpret_cast<QueueCore<P>*>(arena.chunk_address(0) +
                                            size_t{cell_.data[0].load()} * 64);
  }
  void drop(const Item& item) {
    if (item.kind == ItemKind::kPayload)
      PayloadHeap<P>(arena).free(static_cast<uint32_t>(item.value), kMaker);
  }
  // Nobody waits, nobody holds a lock, no record is in use.
  void check_quiet() {
    check_idle(core().items);
    check_idle(core().space);
    check_idle(core().done);
    CHECK_EQ(core().pile.guard.load(), 0u);
    check_no_records();
  }

  static constexpr ThreadNumber kMaker = 1000;

 private:
  Cell<P>& cell_;
};

// A thread's way to a queue.
class User {
 public:
  User(QueueGround& ground, Actor& actor) : queue(ground.queue()), actor(actor) {}

  QueueResult put(uint64_t value, int64_t timeout = kForever, Key key = {}) {
    Wait<P> wait(actor.arena, actor.parker, Actor::deadline(timeout));
    return queue.put(wait, number(value), key);
  }
  QueueResult get(uint64_t* value, int64_t timeout = kForever) {
    Wait<P> wait(actor.arena, actor.parker, Actor::deadline(timeout));
    Item item{ItemKind::kNone, 0};
    QueueResult result = queue.get(wait, &item);
    if (result == QueueResult::kOk) CHECK(item.kind == ItemKind::kNumber);
    *value = item.value;
    return result;
  }
  QueueResult join(int64_t timeout = kForever) {
    Wait<P> wait(actor.arena, actor.parker, Actor::deadline(timeout));
    return queue.join(wait);
  }
  bool task_done(uint32_t count = 1) { return queue.task_done(count, actor.me()); }
  void shutdown(bool immediate = false) {
    queue.shutdown(immediate, actor.me(), [](const Item&) {});
  }

  Queue<P> queue;
  Actor& actor;
};

// A promise that waits: the record, and what the event loop was told.
class Promise {
 public:
  Promise(QueueGround& ground, uint32_t token)
      : ground_(ground), record(Wait<P>::take_record(ground.arena)) {
    record->thread = QueueGround::kMaker;
    record->flags.store(kAsync);
    record->outcome.store(kTry);
    record->since = P::now();
    record->environment = 1;
    record->token = token;
    record->word.store(kAwake);
  }
  ~Promise() { Wait<P>::release_record(ground_.arena, record); }
  bool notified() const { return record->word.load() == kNotified; }

  inline static std::atomic<int> delivered{0};

 private:
  static void deliver(uint32_t, uint32_t) { delivered.fetch_add(1); }
  inline static const bool listening_ = (WakeList<P>::deliver = deliver, true);

  QueueGround& ground_;

 public:
  Waiter<P>* record;
};

constexpr CellClass kClasses[] = {CellClass::kQueue, CellClass::kLifoQueue,
                                  CellClass::kPriorityQueue, CellClass::kSimpleQueue};

}  // namespace test
}  // namespace nogil
