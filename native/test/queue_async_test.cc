#include "test/queue_world.h"

// Promises that wait: each is served, never just invited.

namespace nogil {
namespace test {
namespace {

using R = QueueResult;

TEST(getters_are_served_in_order) {
  for (CellClass c : kClasses) {
    QueueGround ground(c);
    Actor actor(ground.arena, 1);
    User user(ground, actor);
    Promise first(ground, 1), second(ground, 2);
    Item item;
    CHECK(user.queue.get_or_enqueue(first.record, &item, 1) == R::kPending);
    CHECK(user.queue.get_or_enqueue(second.record, &item, 1) == R::kPending);
    Promise::delivered = 0;
    CHECK(user.put(7) == R::kOk);
    CHECK(first.notified() && !second.notified());
    CHECK_EQ(Promise::delivered.load(), 1);
    CHECK(Queue<P>::get_result(first.record) == R::kOk);
    CHECK_EQ(Queue<P>::granted_item(first.record).value, 7u);
    uint64_t value;
    CHECK(user.get(&value, 0) == R::kEmpty);
    user.shutdown();
    CHECK(second.notified());
    CHECK(Queue<P>::get_result(second.record) == R::kShutDown);
  }
}

TEST(getters_at_once) {
  for (CellClass c : kClasses) {
    QueueGround ground(c);
    Promise promise(ground, 1);
    Item item;
    CHECK(ground.queue().try_put(number(7), 1) == R::kOk);
    CHECK(ground.queue().get_or_enqueue(promise.record, &item, 1) == R::kOk);
    CHECK_EQ(item.value, 7u);
    ground.queue().shutdown(false, 1, [](const Item&) {});
    CHECK(ground.queue().get_or_enqueue(promise.record, &item, 1) == R::kShutDown);
  }
}

TEST(putters_are_served) {
  for (CellClass c : kClasses) {
    QueueGround ground(c, 1);
    Actor actor(ground.arena, 1);
    User user(ground, actor);
    const uint8_t long_key[] = "a key that does not fit an entry";
    const Key key = c == CellClass::kPriorityQueue ? Key{long_key, sizeof long_key} : Key{};
    Promise first(ground, 1), second(ground, 2);
    CHECK(user.put(1) == R::kOk);
    CHECK(user.queue.put_or_enqueue(first.record, number(2), 1, key) == R::kPending);
    CHECK(user.queue.put_or_enqueue(second.record, number(3), 1, key) == R::kPending);
    uint64_t value;
    CHECK(user.get(&value, 0) == R::kOk);
    CHECK_EQ(value, 1u);
    CHECK(first.notified() && !second.notified());
    CHECK(Queue<P>::put_result(first.record) == R::kOk);
    CHECK_EQ(user.queue.size(), 1u);
    user.shutdown();
    CHECK(second.notified());
    CHECK(Queue<P>::put_result(second.record) == R::kShutDown);
    CHECK_EQ(Queue<P>::waiting_item(second.record).value, 3u);
    CHECK_EQ(second.record->spare != 0, c == CellClass::kPriorityQueue);
    user.queue.forget_key(second.record, 1);
    CHECK_EQ(second.record->spare, 0u);
    CHECK(user.get(&value, 0) == R::kOk);
    CHECK_EQ(value, 2u);
  }
}

TEST(keys_that_do_not_compare_come_back) {
  QueueGround ground(CellClass::kPriorityQueue, 2);
  const uint8_t number_key[] = {0xf9, 1}, text_key[] = {0xfa, 1};
  Promise promise(ground, 1);
  CHECK(ground.queue().try_put(number(1), 1, {number_key, 2}) == R::kOk);
  CHECK(ground.queue().try_put(number(2), 1, {number_key, 2}) == R::kOk);
  CHECK(ground.queue().put_or_enqueue(promise.record, number(3), 1, {text_key, 2}) == R::kPending);
  Item item;
  CHECK(ground.queue().try_get(&item, 1) == R::kOk);
  CHECK(promise.notified());
  CHECK(Queue<P>::put_result(promise.record) == R::kIncomparable);
  ground.queue().forget_key(promise.record, 1);
  CHECK_EQ(ground.queue().size(), 1u);
}

TEST(withdrawn) {
  QueueGround ground(CellClass::kPriorityQueue, 1);
  Promise put(ground, 1), get(ground, 2), join(ground, 3);
  Item item;
  const uint8_t key[] = "key";
  CHECK(ground.queue().get_or_enqueue(get.record, &item, 1) == R::kPending);
  CHECK(ground.queue().withdraw(get.record, 1));
  CHECK(ground.queue().try_put(number(1), 1) == R::kOk);
  CHECK(ground.queue().put_or_enqueue(put.record, number(2), 1, {key, 3}) == R::kPending);
  CHECK(ground.queue().join_or_enqueue(join.record, 1) == R::kPending);
  CHECK(ground.queue().withdraw(put.record, 1));
  CHECK_EQ(Queue<P>::waiting_item(put.record).value, 2u);
  CHECK(!ground.queue().withdraw(put.record, 1));
  CHECK(ground.queue().task_done(1, 1));
  CHECK(!ground.queue().withdraw(join.record, 1));
  CHECK(join.notified());
}

TEST(given_back_items_leave_next) {
  for (CellClass c : kClasses) {
    QueueGround ground(c);
    Item item;
    for (uint64_t i = 1; i <= 3; i++) CHECK(ground.queue().try_put(number(i), 1) == R::kOk);
    CHECK(ground.queue().try_get(&item, 1) == R::kOk);
    const uint64_t taken = item.value;
    CHECK(ground.queue().give_back(item, 1));
    CHECK_EQ(ground.queue().size(), 3u);
    CHECK(ground.queue().try_get(&item, 1) == R::kOk);
    CHECK_EQ(item.value, taken);
    Promise promise(ground, 1);
    while (ground.queue().try_get(&item, 1) == R::kOk) {
    }
    CHECK(ground.queue().get_or_enqueue(promise.record, &item, 1) == R::kPending);
    CHECK(ground.queue().give_back(number(9), 1));
    CHECK(promise.notified());
    CHECK_EQ(Queue<P>::granted_item(promise.record).value, 9u);
  }
}

// Each item makes room for the next putter, whose item serves the next getter: a long chain is one
// loop, not one recursion.
TEST(chain_of_promises) {
  constexpr uint32_t kPromises = 3000;
  QueueGround ground(CellClass::kQueue, 1);
  std::vector<std::unique_ptr<Promise>> putters, getters;
  CHECK(ground.queue().try_put(number(0), 1) == R::kOk);
  for (uint32_t i = 0; i < kPromises; i++) {
    putters.push_back(std::make_unique<Promise>(ground, i + 1));
    CHECK(ground.queue().put_or_enqueue(putters[i]->record, number(i + 1), 1) == R::kPending);
  }
  Item item;
  for (uint32_t i = 0; i <= kPromises; i++) {
    getters.push_back(std::make_unique<Promise>(ground, i + 1));
    CHECK(ground.queue().get_or_enqueue(getters[i]->record, &item, 1) == R::kOk);
    CHECK_EQ(item.value, i);
  }
  for (auto& p : putters) CHECK(p->notified());
  // The other way round: getters first.
  getters.clear();
  putters.clear();
  for (uint32_t i = 0; i < kPromises; i++) {
    getters.push_back(std::make_unique<Promise>(ground, i + 1));
    CHECK(ground.queue().get_or_enqueue(getters[i]->record, &item, 1) == R::kPending);
  }
  for (uint32_t i = 0; i < kPromises; i++) CHECK(ground.queue().try_put(number(i), 1) == R::kOk);
  for (uint32_t i = 0; i < kPromises; i++)
    CHECK_EQ(Queue<P>::granted_item(getters[i]->record).value, i);
  getters.clear();
  ground.check_quiet();
}

TEST(join) {
  QueueGround ground(CellClass::kQueue);
  Promise promise(ground, 1), late(ground, 2);
  CHECK(ground.queue().join_or_enqueue(late.record, 1) == R::kOk);
  CHECK(ground.queue().try_put(number(1), 1) == R::kOk);
  CHECK(ground.queue().join_or_enqueue(promise.record, 1) == R::kPending);
  CHECK(ground.queue().task_done(1, 1));
  CHECK(promise.notified());
}

}  // namespace
}  // namespace test
}  // namespace nogil
