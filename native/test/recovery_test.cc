#include "test/recovery_world.h"

// What becomes of each thing that a killed process held, one by one. Random moments: fault_test.cc.

namespace nogil {
namespace test {
namespace {

TEST(locks_pass_on_to_who_waits) {
  Tree tree;
  Common<Words> words;
  const uint32_t lock = tree.cell(CellClass::kLock), rlock = tree.cell(CellClass::kRLock),
                 rw = tree.cell(CellClass::kRWLock);
  auto holder = after(tree, words, [&](Actor& actor) {
    actor.lock(tree.at(lock));
    Wait<P> wait(tree.arena, actor.parker, kForever);
    Fast::lock_again(wait, tree.at(rlock));
    Fast::lock_again(wait, tree.at(rlock));
    actor.lock_rw(tree.at(rw), true);
  });
  auto waiter = beside(tree, [&](Actor& actor) {
    CHECK(actor.lock(tree.at(lock)) == Acquired::kInherited);
    actor.unlock(tree.at(lock));
    Wait<P> wait(tree.arena, actor.parker, kForever);
    CHECK(Fast::lock_again(wait, tree.at(rlock)) == Acquired::kInherited);
    CHECK(Fast::unlock_once(tree.arena, tree.at(rlock), actor.me()));
    CHECK_EQ(tree.at(rlock).state.load(), 0u);
    CHECK(actor.lock_rw(tree.at(rw), false) == Acquired::kInherited);
    actor.unlock_rw(tree.at(rw), false);
  });
  CHECK(eventually([&] { return asleep(tree) == 1; }));
  die(tree, words, *holder);
  CHECK(waiter->child->succeeded());
  CHECK_EQ(words->told.passed_on.load(), 3u);
  check_all_back(tree);
}

TEST(locks_stay_with_who_ended_normally) {
  Tree tree;
  Common<Words> words;
  const uint32_t lock = tree.cell(CellClass::kLock), rlock = tree.cell(CellClass::kRLock),
                 rw = tree.cell(CellClass::kRWLock);
  auto holder = after(tree, words, [&](Actor& actor) {
    actor.lock(tree.at(lock));
    Wait<P> wait(tree.arena, actor.parker, kForever);
    Fast::lock_again(wait, tree.at(rlock));
    actor.lock_rw(tree.at(rw), true);
    tree.arena.processes().at(tree.me).finished.store(actor.me());
    words->result[0].store(actor.me());
  });
  auto waiter = beside(tree, [&](Actor& actor) {
    CHECK(actor.lock(tree.at(lock)) == Acquired::kYes);
    actor.unlock(tree.at(lock));
  });
  CHECK(eventually([&] { return asleep(tree) == 1; }));
  die(tree, words, *holder);
  const uint32_t was = words->result[0].load();
  CHECK_EQ(tree.at(lock).state.load(), was | kWaiting);
  CHECK_EQ(tree.at(rlock).state.load() & ~kWaiting, kAbandoned);
  CHECK_EQ(tree.at(rw).state.load() & ~(kWaiting | kWriter), was);
  CHECK_EQ(words->told.passed_on.load(), 1u);
  // Whoever likes gives them free.
  Actor parent(tree.arena, tree.me);
  CHECK(parent.unlock(tree.at(lock)));
  CHECK(parent.unlock_rw(tree.at(rw), true));
  CHECK(waiter->child->succeeded());
}

TEST(what_a_dead_waiter_was_given_goes_to_the_next) {
  deliver_nothing();
  Tree tree;
  Common<Words> words;
  const uint32_t semaphore = tree.cell(CellClass::kSemaphore), rw = tree.cell(CellClass::kRWLock);
  const uint32_t lock = tree.cell(CellClass::kLock);
  const uint32_t queue = tree.queue(CellClass::kQueue, 0);
  Actor parent(tree.arena, tree.me);
  CHECK(parent.lock(tree.at(lock)) == Acquired::kYes);
  CHECK(parent.lock_rw(tree.at(rw), true) == Acquired::kYes);
  auto chosen = after(tree, words, [&](Actor& actor) {
    CHECK(!Semaphore<P>::acquire_or_enqueue(tree.arena, tree.at(semaphore), promise(actor),
                                            actor.me()));
    CHECK(RWLock<P>::acquire_or_enqueue(tree.arena, tree.at(rw), promise(actor), false,
                                        actor.me()) == Acquired::kNo);
    CHECK(Mutex<P>::acquire_or_enqueue(tree.arena, tree.at(lock), promise(actor), actor.me()) ==
          Acquired::kNo);
    Item item;
    CHECK(Queue<P>(tree.arena, tree.at(queue)).get_or_enqueue(promise(actor), &item, actor.me()) ==
          QueueResult::kPending);
  });
  // Given to the promises, who will not take it.
  parent.release(tree.at(semaphore));
  CHECK(parent.unlock_rw(tree.at(rw), true));
  CHECK(parent.unlock(tree.at(lock)));
  PayloadHeap<P> heap(tree.arena);
  const uint32_t block = heap.allocate(50, tree.me);
  Queue<P> q(tree.arena, tree.at(queue));
  CHECK(q.try_put({ItemKind::kPayload, block}, tree.me) == QueueResult::kOk);
  CHECK_EQ(Semaphore<P>::count(tree.at(semaphore)), 0u);
  CHECK_EQ(tree.at(rw).state.load(), 1u);
  CHECK_EQ(q.size(), 0u);

  die(tree, words, *chosen);
  CHECK_EQ(Semaphore<P>::count(tree.at(semaphore)), 1u);
  CHECK_EQ(tree.at(rw).state.load(), 0u);
  CHECK_EQ(tree.at(lock).state.load() & ~kWaiting, kAbandoned);
  Item item{ItemKind::kNone, 0};
  CHECK(q.try_get(&item, tree.me) == QueueResult::kOk);
  CHECK(item.kind == ItemKind::kPayload && item.value == block);
  heap.free(block, tree.me);
  check_all_back(tree);
}

TEST(a_notification_of_a_dead_waiter_goes_to_the_next) {
  Tree tree;
  Common<Words> words;
  const uint32_t lock = tree.cell(CellClass::kLock), condition = tree.cell(CellClass::kCondition);
  Actor parent(tree.arena, tree.me);
  auto first = std::make_unique<Member>(tree, [&] {
    Actor actor(tree.arena, tree.me);
    actor.lock(tree.at(lock));
    actor.wait(tree.at(condition), tree.at(lock));
    CHECK(false);
  });
  CHECK(eventually([&] { return asleep(tree) == 1; }));
  auto second = beside(tree, [&](Actor& actor) {
    actor.lock(tree.at(lock));
    CHECK(actor.wait(tree.at(condition), tree.at(lock)).signalled == Signalled::kYes);
    actor.unlock(tree.at(lock));
  });
  CHECK(eventually([&] { return asleep(tree) == 2; }));
  // The first is on its way to the lock, which does not come free before it dies.
  CHECK(parent.lock(tree.at(lock)) == Acquired::kYes);
  CHECK_EQ(parent.notify(tree.at(condition), tree.at(lock)), 1u);
  CHECK_EQ(tree.at(condition).waiters.load(), 1u);
  die(tree, words, *first);
  CHECK_EQ(tree.at(condition).waiters.load(), 0u);
  parent.unlock(tree.at(lock));
  CHECK(second->child->succeeded());
  check_all_back(tree);
}

TEST(a_barrier_breaks_with_one_who_waits_there) {
  Tree tree;
  Common<Words> words;
  const uint32_t barrier = tree.cell(CellClass::kBarrier);
  tree.at(barrier).data[0].store(3);
  Member dead(tree, [&] {
    Actor actor(tree.arena, tree.me);
    actor.pass(tree.at(barrier));
    CHECK(false);
  });
  CHECK(eventually([&] { return asleep(tree) == 1; }));
  auto other = beside(tree, [&](Actor& actor) {
    CHECK(actor.pass(tree.at(barrier)).passed == Barrier<P>::Passed::kBroken);
  });
  CHECK(eventually([&] { return asleep(tree) == 2; }));
  die(tree, words, dead);
  CHECK(other->child->succeeded());
  CHECK_EQ(tree.at(barrier).data[1].load(), 1u);
  check_all_back(tree);
}

TEST(a_barrier_breaks_with_who_runs_its_action) {
  Tree tree;
  Common<Words> words;
  const uint32_t barrier = tree.cell(CellClass::kBarrier);
  tree.at(barrier).data[0].store(2);
  tree.at(barrier).data[3].store(1);
  auto other = beside(tree, [&](Actor& actor) {
    CHECK(actor.pass(tree.at(barrier)).passed == Barrier<P>::Passed::kBroken);
  });
  CHECK(eventually([&] { return asleep(tree) == 1; }));
  auto runner = after(tree, words, [&](Actor& actor) {
    CHECK(actor.pass(tree.at(barrier)).passed == Barrier<P>::Passed::kRunAction);
  });
  die(tree, words, *runner);
  CHECK(other->child->succeeded());
  check_all_back(tree);
}

TEST(futures_of_lost_tasks_fail) {
  Tree tree;
  Common<Words> words;
  const uint32_t running = tree.cell(CellClass::kFuture), setting = tree.cell(CellClass::kFuture),
                 pending = tree.cell(CellClass::kFuture), done = tree.cell(CellClass::kFuture),
                 others = tree.cell(CellClass::kFuture);
  auto worker = after(tree, words, [&](Actor& actor) {
    for (uint32_t f : {running, setting, done}) {
      tree.at(f).data[kFutureRunner].store(actor.me());
      tree.at(f).state.store(kRunning);
    }
    CHECK_EQ(Future<P>::claim(tree.at(setting)), uint32_t{kSetting});
    CHECK_EQ(Future<P>::claim(tree.at(done)), uint32_t{kSetting});
    Future<P>::publish(tree.arena, tree.at(done), kResult, actor.me());
    // A task that was taken, and not begun.
    PayloadHeap<P> heap(tree.arena);
    const uint32_t block = heap.allocate(40, actor.me());
    const uint32_t message[] = {1, 1, pending | kSharedArenaBit};
    memcpy(heap.data(block), message, sizeof message);
    heap.set_references(block, kTaskReferences);
  });
  auto waiter = beside(tree, [&](Actor& actor) {
    Wait<P> wait(tree.arena, actor.parker, kForever);
    CHECK(Future<P>::wait(wait, tree.at(running)) == Acquired::kYes);
  });
  CHECK(eventually([&] { return asleep(tree) == 1; }));
  die(tree, words, *worker);
  CHECK(waiter->child->succeeded());
  for (uint32_t f : {running, setting, pending}) {
    CHECK_EQ(tree.at(f).state.load(), uint32_t{kException});
    CHECK_EQ(tree.at(f).aux.load(), kLostOutcome);
  }
  CHECK_EQ(tree.at(done).state.load(), uint32_t{kResult});
  CHECK_EQ(tree.at(others).state.load(), uint32_t{kPending});
  CHECK_EQ(words->told.dropped.load(), 1u);
  check_all_back(tree);
}

TEST(references_and_blocks_come_back) {
  Tree tree;
  Common<Words> words;
  const uint32_t fifo = tree.queue(CellClass::kQueue, 0),
                 lifo = tree.queue(CellClass::kLifoQueue, 0),
                 sorted = tree.queue(CellClass::kPriorityQueue, 0);
  const HeapCount before = check_heap(tree.arena);
  auto owner = after(tree, words, [&](Actor& actor) {
    PayloadHeap<P> heap(tree.arena);
    Ledger<P> ledger(tree.arena, tree.arena.processes().at(tree.process));
    for (uint32_t i = 0; i < 500; i++) CHECK(ledger.add(i % 300 + 1, actor.me()));
    CHECK(ledger.remove(1));
    for (uint32_t bytes : {10u, 1000u, 30000u, 70000u, 3000000u}) {
      CHECK(heap.allocate(bytes, actor.me()) != 0);
      const uint32_t block = heap.allocate(bytes, actor.me());
      heap.set_references(block, kOwnReferences);
    }
    // These are the queues', whatever becomes of who put them.
    for (uint32_t index : {fifo, lifo, sorted}) {
      Queue<P> q(tree.arena, tree.at(index));
      for (uint32_t i = 0; i < 100; i++) {
        const uint32_t block = heap.allocate(100, actor.me());
        const uint8_t key[20] = {static_cast<uint8_t>(i)};
        CHECK(q.try_put({ItemKind::kPayload, block}, actor.me(), {key, sizeof key}) ==
              QueueResult::kOk);
      }
      Item item;
      CHECK(q.try_get(&item, actor.me()) == QueueResult::kOk);
      CHECK(q.give_back(item, actor.me()));
    }
  });
  die(tree, words, *owner);
  CHECK_EQ(words->told.released.load(), 499u);
  CHECK_EQ(words->told.dropped.load(), 5u);
  CHECK_EQ(check_heap(tree.arena).large, 0u);
  PayloadHeap<P> heap(tree.arena);
  for (uint32_t index : {fifo, lifo, sorted}) {
    Queue<P> q(tree.arena, tree.at(index));
    for (uint32_t i = 0; i < 100; i++) {
      Item item;
      CHECK(q.try_get(&item, tree.me) == QueueResult::kOk);
      CHECK_EQ(heap.size(static_cast<uint32_t>(item.value)), 100u);
      heap.free(static_cast<uint32_t>(item.value), tree.me);
    }
  }
  check_all_back(tree);
  CHECK(check_heap(tree.arena).structures <= before.structures + 2);
}

TEST(records_of_the_living_are_woken_again) {
  Tree tree;
  Common<Words> words;
  const uint32_t event = tree.cell(CellClass::kEvent);
  auto waiter =
      beside(tree, [&](Actor& actor) { CHECK(actor.wait_set(tree.at(event)) == Acquired::kYes); });
  CHECK(eventually([&] { return asleep(tree) == 1; }));
  // Notified and taken out of the list, and then the waker died.
  auto waker = after(tree, words, [&](Actor& actor) {
    ListLock<P> lock(tree.at(event).list_lock, actor.me(), true);
    Waiter<P>* w = WaiterList<P>::first(tree.arena, tree.at(event));
    REQUIRE(w != nullptr);
    tree.at(event).state.store(1);
    w->outcome.store(kGranted);
    w->word.store(kNotified);
    WaiterList<P>::remove(tree.arena, tree.at(event), w);
  });
  die(tree, words, *waker);
  CHECK(waiter->child->succeeded());
  check_all_back(tree);
}

TEST(one_recovers_at_a_time) {
  Tree tree;
  Common<Words> words;
  auto idle = [](Actor&) {};
  auto dead = after(tree, words, idle), at_it = after(tree, words, idle);
  CHECK(!tree.recover(dead->number, &words->told));  // it lives
  dead->kill(tree);
  tree.arena.header()->recovery.store(at_it->number);
  CHECK(!tree.recover(dead->number, &words->told));  // somebody is at it
  at_it->kill(tree);
  CHECK(tree.recover(dead->number, &words->told));  // and died of it
  for (auto* m : {dead.get(), at_it.get()}) {
    CHECK(tree.arena.processes().at(m->number).state() == ProcessState::kFree);
  }
  check_all_back(tree);
}

// Recovery from one death needs a lock that another dead process holds, whom nobody has missed yet.
TEST(recovery_gets_past_the_lock_of_another_dead) {
  Tree tree;
  Common<Words> words;
  const uint32_t semaphore = tree.cell(CellClass::kSemaphore);
  auto noticed = after(tree, words, [&](Actor& actor) {
    Waiter<P>* w = Wait<P>::take_record(tree.arena, actor.me());
    ListLock<P> lock(tree.at(semaphore).list_lock, actor.me(), true);
    WaiterList<P>::push_back(tree.arena, tree.at(semaphore), w);
  });
  auto unnoticed = after(tree, words, [&](Actor& actor) {
    new ListLock<P>(tree.at(semaphore).list_lock, actor.me(), true);
  });
  unnoticed->child->kill(SIGKILL);
  unnoticed->child->wait();
  noticed->kill(tree);
  CHECK(tree.recover(noticed->number, &words->told));
  unnoticed->kill(tree);
  CHECK(tree.recover(unnoticed->number, &words->told));
  check_all_back(tree);
}

}  // namespace
}  // namespace test
}  // namespace nogil
