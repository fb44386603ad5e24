// Before anything else: a kill may come at any step.
#define NOGIL_CRASH_POINTS
#define NOGIL_TEST_POLICY ::nogil::test::FaultPolicy

#include "queue/size_classes.h"
#include "test/fault_policy.h"
#include "test/recovery_world.h"

// One thing that a process does, killed at its first step, at its second, and so on until it gets
// through. What comes at random moments: fault_test.cc.

namespace nogil {
namespace test {
namespace {

// `scene(kill_in)` makes a tree of its own, and says whether its member was killed.
template <class Scene>
void at_every_step(Scene scene) {
  const uint64_t failed = failures.load();
  uint32_t steps = 0;
  while (scene(steps + 1) && failures.load() == failed) steps++;
  if (failures.load() != failed) fprintf(stderr, "  killed at step %u\n", steps + 1);
  CHECK(steps > 0);
}

// A member that does `body`, to be killed at a step; its end is known, and it is recovered from.
template <class F>
bool killed_in(Tree& tree, Common<Words>& words, uint32_t step, F body) {
  Member member(tree, [&] {
    Actor actor(tree.arena, tree.me);
    between_stores = Chaos::change;
    Chaos::kill_in = step;
    body(actor);
    Chaos::kill_in = 0;
  });
  member.child->wait();
  tree.mark_dead(member.number);
  CHECK(tree.recover(member.number, &words->told));
  return member.child->was_killed();
}

Item number(uint64_t value) { return {ItemKind::kNumber, value}; }

// A promise's item that does not compare with those in the queue is refused by whoever makes room,
// and dies of it: the item is put again, or not any more. Without its key it would compare.
TEST(a_refused_put_keeps_its_key) {
  deliver_nothing();
  at_every_step([](uint32_t step) {
    Tree tree;
    Common<Words> words;
    Queue<P> q(tree.arena, tree.at(tree.queue(CellClass::kPriorityQueue, 2)));
    const uint8_t one[] = {kLeastTag, 1}, two[] = {kLeastTag, 2};
    const uint8_t other[20] = {kLeastTag + 1};
    CHECK(q.try_put(number(1), tree.me, {one, 2}) == QueueResult::kOk);
    CHECK(q.try_put(number(2), tree.me, {two, 2}) == QueueResult::kOk);
    Actor parent(tree.arena, tree.me);
    Waiter<P>* w = promise(parent);
    CHECK(q.put_or_enqueue(w, number(3), tree.me, {other, 20}) == QueueResult::kPending);
    const bool killed = killed_in(tree, words, step, [&](Actor& actor) {
      Item item;
      q.try_get(&item, actor.me());
    });
    Item item;
    // Where the kill came before there was room, there is some now.
    if (w->word.load() != kNotified) CHECK(q.try_get(&item, tree.me) == QueueResult::kOk);
    CHECK_EQ(w->word.load(), uint32_t{kNotified});
    CHECK(Queue<P>::put_result(w) == QueueResult::kIncomparable);
    q.forget_key(w, tree.me);
    Wait<P>::release_record(tree.arena, w);
    while (q.try_get(&item, tree.me) == QueueResult::kOk) CHECK(item.value != 3);
    check_all_back(tree);
    return killed;
  });
}

// A queue's first ring, and its cell's block, up to where a cell names them.
TEST(a_queue_that_was_being_made_leaves_nothing) {
  at_every_step([](uint32_t step) {
    Tree tree;
    Common<Words> words;
    const uint32_t cell = tree.cell(CellClass::kQueue);
    const bool killed = killed_in(tree, words, step, [&](Actor& actor) {
      CHECK(Queue<P>(tree.arena, tree.at(cell)).create(0, actor.me()));
    });
    const bool named = tree.at(cell).data[0].load() != 0;
    const HeapCount heap = check_heap(tree.arena);
    CHECK_EQ(heap.owned, 0u);
    CHECK_EQ(heap.rings, named ? 1u : 0u);
    CHECK_EQ(heap.structures, named ? 1u : 0u);
    if (named) {
      Queue<P> q(tree.arena, tree.at(cell));
      CHECK(q.try_put(number(1), tree.me) == QueueResult::kOk);
      q.destroy(tree.me, [](const Item&) {});
      CHECK_EQ(check_heap(tree.arena).rings, 0u);
    }
    check_quiet(tree);
    return killed;
  });
}

}  // namespace
}  // namespace test
}  // namespace nogil
