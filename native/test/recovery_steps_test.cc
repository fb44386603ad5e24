#include "test/recovery_world.h"

// What a kill between two steps leaves, made by hand: each of these once went wrong.

namespace nogil {
namespace test {
namespace {

void lost(void* count, const Item&) { ++*static_cast<uint32_t*>(count); }

QueueCore<P>& core_of(Tree& tree, uint32_t queue) {
  return *Casualties<P>(tree.arena).core_of(tree.at(queue));
}

// Locks a list for ever.
void lock_for_good(Cell<P>& list, Actor& actor) {
  new ListLock<P>(list.list_lock, actor.me(), true);
}

// It had put its item, and was killed before its record had left the list: whoever makes room while
// others recover must not put it once more.
TEST(a_dead_putter_is_not_served) {
  Tree tree;
  Common<Words> words;
  const uint32_t queue = tree.queue(CellClass::kQueue, 1);
  Cell<P>& space = core_of(tree, queue).space;
  auto dead = after(tree, words, [&](Actor& actor) {
    Wait<P>* wait = new Wait<P>(tree.arena, actor.parker, kForever);
    Waiter<P>* w = wait->arm();
    w->since -= 1000 * kMs;
    w->spare = 0;
    Parcel<P>::store(w, {ItemKind::kNumber, 7});
    lock_for_good(space, actor);
    WaiterList<P>::push_back(tree.arena, space, w);
    uint32_t placed;
    const Item item{ItemKind::kNumber, 7};
    Key key;
    CHECK(
        Exchange<P>(tree.arena, core_of(tree, queue)).place(&item, &key, 1, &placed, actor.me()) ==
        QueueResult::kOk);
  });
  dead->kill(tree);
  uint32_t count = 0;
  Casualties<P> casualties(tree.arena);
  TornLocks<P>(casualties, tree.me, &count, lost).repair();
  Queue<P> q(tree.arena, tree.at(queue));
  Item item;
  CHECK(q.try_get(&item, tree.me) == QueueResult::kOk);
  CHECK_EQ(item.value, 7u);
  CHECK(q.try_get(&item, tree.me) == QueueResult::kEmpty);
  CHECK_EQ(count, 0u);
  CHECK(tree.recover(dead->number, &words->told));
  check_all_back(tree);
}

// A writer that died stands in the state as kAbandoned, which has all bits of a number.
TEST(an_abandoned_rw_lock_has_no_reader_on_the_way_in) {
  Tree tree;
  Common<Words> words;
  const uint32_t rw = tree.cell(CellClass::kRWLock);
  auto writer = after(tree, words, [&](Actor& actor) { actor.lock_rw(tree.at(rw), true); });
  die(tree, words, *writer);
  CHECK_EQ(tree.at(rw).state.load(), kWriter | kAbandoned);
  auto server = after(tree, words, [&](Actor& actor) { lock_for_good(tree.at(rw), actor); });
  die(tree, words, *server);
  CHECK_EQ(tree.at(rw).state.load(), kWriter | kAbandoned);
  Actor parent(tree.arena, tree.me);
  CHECK(parent.lock_rw(tree.at(rw), true, 0) == Acquired::kInherited);
  CHECK(parent.unlock_rw(tree.at(rw), true));
  check_all_back(tree);
}

// Of a dead consumer's item: it was the one's who recovered, and died as well. Whichever of the two
// is recovered from first, the block comes back once, and the item to the queue.
TEST(two_dead_have_the_same_item) {
  Tree tree;
  Common<Words> words;
  const uint32_t queue = tree.queue(CellClass::kQueue, 0);
  PayloadHeap<P> heap(tree.arena);
  const uint32_t block = heap.allocate(50, tree.me);
  Queue<P> q(tree.arena, tree.at(queue));
  CHECK(q.try_put({ItemKind::kPayload, block}, tree.me) == QueueResult::kOk);
  auto consumer = after(tree, words, [&](Actor& actor) {
    const uint32_t index = ring_ref::index(core_of(tree, queue).head_ring.load());
    Ring<P>& r = *reinterpret_cast<Ring<P>*>(heap.address(index));
    const uint64_t ticket = end::ticket(r.head.load());
    r.head.store(end::make(slot::plus(ticket, 1), Claims<P>::who(actor.me())));
  });
  auto recoverer = after(tree, words, [&](Actor& actor) { heap.set_owner(block, actor.me()); });
  consumer->kill(tree);
  recoverer->kill(tree);
  CHECK(tree.recover(recoverer->number, &words->told));
  CHECK_EQ(check_heap(tree.arena).owned, 1u);
  Item item{ItemKind::kNone, 0};
  CHECK(q.try_get(&item, tree.me) == QueueResult::kOk);
  CHECK(item.kind == ItemKind::kPayload && item.value == block);
  heap.free(block, tree.me);
  check_all_back(tree);
}

// What a run's memory held before must not read as a block's owner, or as a ring, once it is a
// slab.
TEST(a_new_slab_says_nothing_of_its_past) {
  Tree tree;
  PayloadHeap<P> heap(tree.arena);
  const uint32_t large = heap.allocate(900000, tree.me);
  uint32_t* words = reinterpret_cast<uint32_t*>(heap.data(large));
  for (uint32_t i = 0; i < 900000 / 4; i++) words[i] = tree.me;
  heap.free(large, tree.me);
  using Sizes = SizeClasses<P>;
  for (uint32_t c = 0; c < Sizes::kCount; c++) {
    const uint32_t block = heap.allocate_class(c, tree.me);
    const uint32_t slab = heap.find_slab_of(block);
    for (uint32_t i = 0; i < Sizes::blocks(c); i++) {
      const uint32_t other =
          slab * static_cast<uint32_t>(kUnitBytes / 64) + i * (Sizes::at(c).bytes / 64);
      if (other != block) CHECK_EQ(heap.owner(other), 0u);
    }
    if (Sizes::is_ring(c)) CHECK(!reinterpret_cast<Ring<P>*>(heap.address(block))->has_begun());
  }
}

// A waiter's item is put by one that is killed: before, it is still to be put, and after, it is
// not.
TEST(a_served_putter_keeps_its_item_or_has_put_it) {
  deliver_nothing();
  for (CellClass c : {CellClass::kQueue, CellClass::kLifoQueue}) {
    for (bool in : {false, true}) {
      Tree tree;
      Common<Words> words;
      const uint32_t queue = tree.queue(c, 1);
      Actor parent(tree.arena, tree.me);
      Queue<P> q(tree.arena, tree.at(queue));
      CHECK(q.try_put({ItemKind::kNumber, 1}, tree.me) == QueueResult::kOk);
      Waiter<P>* w = promise(parent);
      CHECK(q.put_or_enqueue(w, {ItemKind::kNumber, 2}, tree.me) == QueueResult::kPending);
      auto server = after(tree, words, [&](Actor& actor) {
        QueueCore<P>& core = core_of(tree, queue);
        Exchange<P> exchange(tree.arena, core);
        lock_for_good(core.space, actor);
        Item item{ItemKind::kNumber, 2};
        uint32_t n;
        CHECK(exchange.take(&item, 1, &n, actor.me()) == QueueResult::kOk);
        core.serving.put_ring.store(0);
        core.serving.pile_put.store(0);
        w->outcome.store(kGranted);
        Key key;
        item.value = 2;
        if (in)
          CHECK(exchange.place(&item, &key, 1, &n, actor.me(), &core.serving) == QueueResult::kOk);
      });
      die(tree, words, *server);
      // Either way it has been put now, and that once.
      CHECK_EQ(w->word.load(), uint32_t{kNotified});
      CHECK(Queue<P>::put_result(w) == QueueResult::kOk);
      Wait<P>::release_record(tree.arena, w);
      Item item;
      CHECK(q.try_get(&item, tree.me) == QueueResult::kOk);
      CHECK_EQ(item.value, 2u);
      CHECK(q.try_get(&item, tree.me) == QueueResult::kEmpty);
      check_all_back(tree);
    }
  }
}

// An item is taken for a waiter by one that is killed as soon as the ticket is drawn.
TEST(a_getter_has_what_was_drawn_for_it) {
  deliver_nothing();
  Tree tree;
  Common<Words> words;
  const uint32_t queue = tree.queue(CellClass::kQueue, 0);
  Actor parent(tree.arena, tree.me);
  Queue<P> q(tree.arena, tree.at(queue));
  Waiter<P>* w = promise(parent);
  Item item;
  CHECK(q.get_or_enqueue(w, &item, tree.me) == QueueResult::kPending);
  auto server = after(tree, words, [&](Actor& actor) {
    QueueCore<P>& core = core_of(tree, queue);
    lock_for_good(core.items, actor);
    const Item number{ItemKind::kNumber, 5};
    Key key;
    uint32_t placed;
    CHECK(Exchange<P>(tree.arena, core).place(&number, &key, 1, &placed, actor.me()) ==
          QueueResult::kOk);
    const uint64_t at = core.head_ring.load();
    Ring<P>& r =
        *reinterpret_cast<Ring<P>*>(PayloadHeap<P>(tree.arena).address(ring_ref::index(at)));
    const uint64_t ticket = end::ticket(r.head.load());
    MpmcQueue<P>(tree.arena, core).intend(at, ticket, ItemKind::kNumber, w, actor.me());
    r.head.store(end::make(slot::plus(ticket, 1), Claims<P>::who(actor.me())));
  });
  die(tree, words, *server);
  CHECK_EQ(w->word.load(), uint32_t{kNotified});
  CHECK(Queue<P>::get_result(w) == QueueResult::kOk);
  CHECK_EQ(Queue<P>::granted_item(w).value, 5u);
  Wait<P>::release_record(tree.arena, w);
  CHECK(q.try_get(&item, tree.me) == QueueResult::kEmpty);
  check_all_back(tree);
}

// Killed between the memory for a ring and the ring, or in the midst of beginning it.
TEST(a_ring_that_was_not_begun_comes_back) {
  Tree tree;
  Common<Words> words;
  const uint32_t units = check_heap(tree.arena).units;
  for (int how = 0; how < 3; how++) {
    for (uint32_t c = 0; c < kRingClasses; c++) {
      auto maker = after(tree, words, [&](Actor& actor) {
        PayloadHeap<P> heap(tree.arena);
        const uint32_t block = heap.allocate_class(SizeClasses<P>::ring_class(c), actor.me());
        words->result[0].store(actor.me());
        Ring<P>& r = *reinterpret_cast<Ring<P>*>(heap.address(block));
        // Memory that was a ring before has its mask still.
        if (how == 0) CHECK(!r.has_begun());
        if (how == 1) r.begin(QueueTuning<P>::kRingLog2[c], 1, 0, 1);
        if (how == 2) CHECK(r.has_begun());
      });
      CHECK_EQ(check_heap(tree.arena).owned, 1u);
      maker->kill(tree);
      // One that recovers, and is killed when it has it in its own name.
      auto recoverer = after(tree, words, [&](Actor& actor) {
        PayloadHeap<P> heap(tree.arena);
        heap.for_each_slab([&](uint32_t slab, uint32_t size_class) {
          heap.for_each_block(slab, size_class, [&](uint32_t block) {
            if (SizeClasses<P>::is_ring(size_class) && heap.owner(block) == words->result[0].load())
              heap.set_owner(block, actor.me());
          });
        });
      });
      recoverer->kill(tree);
      CHECK(tree.recover(recoverer->number, &words->told));
      check_all_back(tree);
    }
  }
  CHECK(check_heap(tree.arena).units <= units + 3 * 8);
}

// A child whose place was given up, as its parent was killed and it was long in coming, and that
// comes up after all: the place is another's.
TEST(a_late_child_takes_nobodys_place) {
  Tree tree;
  Common<Words> words;
  ProcessTable<P>& table = tree.arena.processes();
  const ProcessNumber number = table.take(tree.process);
  ProcessSlot<P>& slot = table.at(number);
  const uint32_t late = slot.generation();
  CHECK(slot.end(late));
  CHECK(!slot.come_up(late, 11, 1));
  CHECK(slot.state() == ProcessState::kDead);
  CHECK(tree.recover(number, &words->told));
  CHECK(!slot.come_up(late, 11, 1));
  CHECK(slot.state() == ProcessState::kFree);
  CHECK_EQ(table.take(tree.process), number);
  CHECK(!slot.know_pid(late, 11));
  CHECK(!slot.come_up(late, 11, 1));
  CHECK(slot.state() == ProcessState::kStarting);
  CHECK_EQ(slot.pid(), 0u);
  CHECK_EQ(slot.started.load(), uint64_t{0});
  CHECK(slot.come_up(slot.generation(), 12, 2));
  CHECK(!slot.know_pid(late, 11));
  CHECK_EQ(slot.pid(), 12u);
  CHECK_EQ(slot.started.load(), uint64_t{2});
  tree.mark_dead(number);
  CHECK(tree.recover(number, &words->told));
  check_all_back(tree);
}

// Whoever saw the end of a process late must not end the one that has its place by now.
TEST(a_late_watcher_ends_nobody) {
  Tree tree;
  Common<Words> words;
  auto idle = [](Actor&) {};
  auto first = after(tree, words, idle);
  ProcessSlot<P>& slot = tree.arena.processes().at(first->number);
  const uint32_t generation = slot.generation();
  first->kill(tree);
  CHECK(slot.end(generation));  // for the next that sees it, too
  CHECK(tree.recover(first->number, &words->told));
  CHECK(!slot.end(generation));
  auto second = after(tree, words, idle);
  CHECK_EQ(second->number, first->number);
  CHECK(!slot.end(generation));
  CHECK(slot.state() == ProcessState::kRunning);
  die(tree, words, *second);
  check_all_back(tree);
}

}  // namespace
}  // namespace test
}  // namespace nogil
