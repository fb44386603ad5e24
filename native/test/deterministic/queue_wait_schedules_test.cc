#include "test/deterministic/queue_world.h"

// Waiting for items, for room and for tasks, under every schedule: nobody sleeps on what is there.

namespace nogil {
namespace deterministic {
namespace {

using R = QueueResult;

const CellClass kClasses[] = {CellClass::kQueue, CellClass::kLifoQueue};

void ok(QueueWorld& world, R result) { SCHEDULE_CHECK(world.run, result == R::kOk); }

// For cases with many schedules: all with one preemption, and a sample of the others.
template <class F>
void check_sampled(const char* name, QueueCase c, F body) {
  check_queue(name, bounded(1), c, body);
  check_queue(name, random_schedules(6000), c, body);
}

// Blocking traffic that comes out even; a deadlock fails the run.
bool exchange(const char* name, const Options& options, QueueCase c, int putters, int each,
              int getters) {
  return check_queue(name, options, c, [=](QueueWorld& world) {
    for (int p = 0; p < putters; p++) {
      world.run.add_fiber([&world, p, each] {
        for (int i = 0; i < each; i++) ok(world, world.put(static_cast<uint64_t>(10 * p + i)));
      });
    }
    for (int g = 0; g < getters; g++) {
      world.run.add_fiber([&world, putters, each, getters] {
        for (int i = 0; i < putters * each / getters; i++) ok(world, world.get());
      });
    }
    world.run.at_end([&world, c] {
      if (c.cell_class == CellClass::kQueue) {
        world.check();
      } else {
        world.check_quiet();
      }
    });
  });
}

TEST(wait_for_items) {
  for (CellClass c : kClasses) {
    exchange("one", bounded(2), {c, 0, false}, 1, 1, 1);
    exchange("one to two", bounded(2), {c, 0, false}, 1, 2, 2);
    exchange("two to one", bounded(2), {c, 0, false}, 2, 1, 1);
  }
  exchange("one to two, shared", bounded(1), {CellClass::kQueue, 0, true}, 1, 2, 2);
}
TEST(wait_for_room) {
  for (CellClass c : kClasses) {
    exchange("room", bounded(2), {c, 1, false}, 1, 2, 1);
    exchange("room for two", bounded(1), {c, 1, false}, 2, 1, 1);
  }
}
TEST(wait_random) {
  for (CellClass c : kClasses) {
    exchange("random", random_schedules(5000), {c, 1, false}, 2, 2, 2);
    exchange("random, shared", random_schedules(3000), {c, 2, true}, 2, 3, 2);
  }
}

// Nobody is passed over for ever: one that has starved is served by the waker.
TEST(wait_starved) {
  for (int64_t maxsize : {0, 1}) {
    check_sampled("starved", {CellClass::kQueue, maxsize, false}, [](QueueWorld& world) {
      world.run.add_fiber([&world] { ok(world, world.get()); });
      world.run.add_fiber([&world] { ok(world, world.get()); });
      world.run.add_fiber([&world] {
        world.run.advance(2 * kQueueStarvingNs);
        ok(world, world.put(1));
        world.run.advance(2 * kQueueStarvingNs);
        ok(world, world.put(2));
      });
      world.run.at_end([&world] { world.check(); });
    });
  }
}

TEST(wait_timeout) {
  for (CellClass c : kClasses) {
    check_sampled("timeout", {c, 0, false}, [](QueueWorld& world) {
      world.run.add_fiber([&world] { world.get(kMs); });
      world.run.add_fiber([&world] { ok(world, world.get()); });
      world.run.add_fiber([&world] {
        ok(world, world.put(1));
        ok(world, world.put(2));
      });
      world.run.at_end([&world] { world.check_quiet(); });
    });
    check_sampled("timeout of a putter", {c, 1, false}, [](QueueWorld& world) {
      world.run.add_fiber([&world] { world.put(1, kMs); });
      world.run.add_fiber([&world] { ok(world, world.put(2)); });
      world.run.add_fiber([&world] {
        ok(world, world.get());
        world.get(kMs);
      });
      world.run.at_end([&world] { world.check_quiet(); });
    });
  }
}

// One that is stopped with a wake-up, or an item, in hand passes it on.
TEST(wait_interrupted) {
  for (int64_t delay : {int64_t{0}, 2 * kQueueStarvingNs}) {
    check_sampled(delay ? "interrupted, served" : "interrupted", {}, [=](QueueWorld& world) {
      world.run.add_fiber([&world] {
        const R got = world.get();
        if (got == R::kOk) ok(world, world.put(1));
        SCHEDULE_CHECK(world.run, got == R::kOk || got == R::kInterrupted);
      });
      world.run.add_fiber([&world] { ok(world, world.get()); });
      world.run.add_fiber([&world, delay] {
        world.run.advance(delay);
        world.interrupt(0);
        ok(world, world.put(2));
      });
      world.run.at_end([&world] { world.check_quiet(); });
    });
    check_sampled(delay ? "interrupted putter, served" : "interrupted putter",
                  {CellClass::kQueue, 1, false}, [=](QueueWorld& world) {
                    world.queue().try_put({ItemKind::kNumber, 9}, QueueWorld::kMaker);
                    world.run.add_fiber([&world] {
                      if (world.put(1) == R::kOk) ok(world, world.get());
                    });
                    world.run.add_fiber([&world] { ok(world, world.put(2)); });
                    world.run.add_fiber([&world, delay] {
                      world.run.advance(delay);
                      world.interrupt(0);
                      ok(world, world.get());
                    });
                    world.run.at_end([&world] { world.check_quiet(); });
                  });
  }
}

TEST(wait_shut_down) {
  for (CellClass c : kClasses) {
    check_sampled("getters learn", {c, 0, false}, [](QueueWorld& world) {
      for (int i = 0; i < 2; i++) {
        world.run.add_fiber([&world] {
          const R got = world.get();
          SCHEDULE_CHECK(world.run, got == R::kOk || got == R::kShutDown);
        });
      }
      world.run.add_fiber([&world] {
        ok(world, world.put(1));
        world.shutdown();
      });
      world.run.at_end([&world] {
        SCHEDULE_CHECK(world.run, world.count(Operation::kGet, R::kOk) == 1);
        world.check_quiet();
      });
    });
    check_sampled("putters learn", {c, 1, false}, [](QueueWorld& world) {
      for (int i = 0; i < 2; i++) {
        world.run.add_fiber([&world] {
          const R put = world.put(1);
          SCHEDULE_CHECK(world.run, put == R::kOk || put == R::kShutDown);
        });
      }
      world.run.add_fiber([&world] { world.shutdown(); });
      world.run.at_end([&world] {
        SCHEDULE_CHECK(world.run, world.queue().size() ==
                                      static_cast<uint64_t>(world.count(Operation::kPut, R::kOk)));
        world.check_quiet();
      });
    });
  }
}

TEST(wait_join) {
  for (CellClass c : kClasses) {
    check_queue("join", bounded(2), {c, 0, false}, [](QueueWorld& world) {
      for (uint64_t i = 0; i < 2; i++)
        world.queue().try_put({ItemKind::kNumber, i}, QueueWorld::kMaker);
      static int done;
      done = 0;
      world.run.add_fiber([&world] {
        ok(world, world.join());
        SCHEDULE_CHECK(world.run, done == 2);
      });
      for (int i = 0; i < 2; i++) {
        world.run.add_fiber([&world] {
          ok(world, world.get());
          done++;
          SCHEDULE_CHECK(world.run, world.queue().task_done(1, world.me()));
        });
      }
      world.run.at_end([&world] {
        SCHEDULE_CHECK(world.run, !world.queue().task_done(1, QueueWorld::kMaker));
        world.check_quiet();
      });
    });
  }
}

// A promise is served: an item that it does not get is one that somebody else got.
TEST(wait_async) {
  for (CellClass c : kClasses) {
    check_queue("async", bounded(2), {c, 0, false}, [](QueueWorld& world) {
      static Waiter<D>* w;
      static bool pending;
      static int got;
      got = 0;
      w = Wait<D>::take_record(world.arena);
      w->flags.store(kAsync);
      w->outcome.store(kTry);
      w->word.store(kAwake);
      pending = false;
      world.run.add_fiber([&world] {
        Item item;
        const R result = world.queue().get_or_enqueue(w, &item, world.me());
        pending = result == R::kPending;
        got += result == R::kOk;
        if (pending && world.queue().withdraw(w, world.me())) pending = false;
      });
      world.run.add_fiber([&world] { got += world.get(0) == R::kOk; });
      world.run.add_fiber([&world] { ok(world, world.put(1)); });
      world.run.at_end([&world] {
        if (pending) {
          SCHEDULE_CHECK(world.run,
                         w->word.peek() == kNotified && Queue<D>::get_result(w) == R::kOk);
          SCHEDULE_CHECK(world.run, Queue<D>::granted_item(w).value == 1);
          got++;
        }
        Item item;
        got += world.queue().try_get(&item, QueueWorld::kMaker) == R::kOk;
        SCHEDULE_CHECK(world.run, got == 1);
        Wait<D>::release_record(world.arena, w);
        world.check_quiet();
      });
    });
  }
}

}  // namespace
}  // namespace deterministic
}  // namespace nogil
