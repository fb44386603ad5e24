#pragma once

#include <initializer_list>
#include <memory>
#include <thread>
#include <vector>

#include "platform/policy.h"
#include "test/check.h"
#include "test/fast_path.h"

// Real threads on the real policy.

namespace nogil {
namespace test {

#ifdef NOGIL_TEST_POLICY
using P = NOGIL_TEST_POLICY;
#else
using P = platform::SystemPolicy;
#endif
using Fast = FastPath<P>;

constexpr int64_t kMs = 1000000;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kScale = 2;
#else
constexpr int kScale = 8;
#endif

// A private arena, and cells in it.
class Ground {
 public:
  Ground() { REQUIRE(arena.create_private(size_t{1} << 28)); }
  ~Ground() { platform::unmap(arena.header(), arena.header()->chunks * kChunkBytes); }

  Cell<P>& cell() {
    const uint32_t index = arena.allocate(ChunkKind::kCells);
    REQUIRE(index != 0);
    return *arena.at(index);
  }

  // Waits until so many threads sleep on their records.
  void until_asleep(int expected) { until_asleep(arena, expected); }
  static void until_asleep(const Arena<P>& arena, int expected) {
    for (;;) {
      int count = 0;
      arena.for_each<Waiter<P>>(ChunkKind::kWaiters, [&](uint32_t, Waiter<P>* w) {
        count += w->in_use.load() != 0 && w->word.load() == kAsleep;
      });
      if (count == expected) return;
      P::yield();
    }
  }

  // Records of threads that have come back are in no list and not in use.
  void check_idle(Cell<P>& cell) {
    CHECK_EQ(cell.waiters.load(), 0u);
    CHECK_EQ(cell.list_lock.load(), 0u);
    CHECK(cell.head == 0 && cell.tail == 0);
  }
  void check_no_records() {
    arena.for_each<Waiter<P>>(ChunkKind::kWaiters,
                              [&](uint32_t, Waiter<P>* w) { CHECK_EQ(w->in_use.load(), 0u); });
  }

  Arena<P> arena;
};

// A thread as the core sees it.
class Actor {
 public:
  Actor(Arena<P>& arena, ThreadNumber number) : arena(arena) { parker.number = number; }

  Acquired lock(Cell<P>& cell, int64_t timeout = kForever) {
    Wait<P> wait(arena, parker, deadline(timeout));
    return Fast::lock(wait, cell);
  }
  bool unlock(Cell<P>& cell) { return Fast::unlock(arena, cell, me()); }
  Acquired acquire(Cell<P>& cell, int64_t timeout = kForever) {
    Wait<P> wait(arena, parker, deadline(timeout));
    return Fast::acquire(wait, cell);
  }
  void release(Cell<P>& cell, uint32_t units = 1) { Fast::release(arena, cell, units, me()); }
  Acquired wait_set(Cell<P>& cell, int64_t timeout = kForever) {
    Wait<P> wait(arena, parker, deadline(timeout));
    return Fast::wait_set(wait, cell);
  }
  void set(Cell<P>& cell) { Fast::set(arena, cell, me()); }
  Condition<P>::Result wait(Cell<P>& cell, Cell<P>& mutex, int64_t timeout = kForever) {
    Wait<P> wait(arena, parker, deadline(timeout));
    return Condition<P>::wait(wait, cell, mutex);
  }
  uint32_t notify(Cell<P>& cell, Cell<P>& mutex, uint32_t n = 1) {
    return Condition<P>::notify(arena, cell, mutex, n, me());
  }
  Barrier<P>::Result pass(Cell<P>& cell, int64_t timeout = kForever) {
    Wait<P> wait(arena, parker, deadline(timeout));
    return Barrier<P>::wait(wait, cell);
  }
  Acquired lock_rw(Cell<P>& cell, bool write, int64_t timeout = kForever) {
    Wait<P> wait(arena, parker, deadline(timeout));
    return Fast::lock_rw(wait, cell, write);
  }
  bool unlock_rw(Cell<P>& cell, bool write) { return Fast::unlock_rw(arena, cell, write, me()); }

  // Stops what this actor waits for; callable from any thread.
  void stop() { parker.interrupt(1); }

  ThreadNumber me() const { return parker.number; }
  static int64_t deadline(int64_t timeout) {
    return timeout == kForever ? kForever : timeout == 0 ? 0 : P::now() + timeout;
  }

  Arena<P>& arena;
  Parker<P> parker;
};

// One actor a thread; numbers begin at 1.
class Crew {
 public:
  Crew(Arena<P>& arena, int count) {
    for (int i = 0; i < count; i++) {
      actors_.push_back(std::make_unique<Actor>(arena, static_cast<ThreadNumber>(i + 1)));
    }
  }
  ~Crew() { join(); }

  template <class F>
  void start(int i, F body) {
    Actor* actor = actors_[static_cast<size_t>(i)].get();
    threads_.emplace_back([actor, i, body] { body(*actor, i); });
  }
  template <class F>
  void start_all(F body) {
    for (size_t i = 0; i < actors_.size(); i++) start(static_cast<int>(i), body);
  }
  void join() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  Actor& operator[](int i) { return *actors_[static_cast<size_t>(i)]; }

 private:
  std::vector<std::unique_ptr<Actor>> actors_;
  std::vector<std::thread> threads_;
};

// Has `actors` served again and again while it lives: interruptions that only disturb. Every other
// time around as if code of the program's ran.
class Disturbance {
 public:
  Disturbance(Crew& crew, int count) {
    for (int i = 0; i < count; i++) {
      crew[i].parker.runs_code = 2;
      crew[i].parker.serve = [](Parker<P>* parker) {
        parker->requests.store(0);
        return true;
      };
    }
    thread_ = std::thread([this, &crew, count] {
      for (int i = 0; !over_.load(); i++) {
        crew[i % count].parker.interrupt(i / count % 2 ? 2 : 1);
        P::yield();
      }
    });
  }
  ~Disturbance() { end(); }
  void end() {
    over_.store(true);
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<bool> over_{false};
  std::thread thread_;
};

class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed * 2654435761u + 1) {}
  uint32_t below(uint32_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_ % n;
  }

 private:
  uint32_t state_;
};

}  // namespace test
}  // namespace nogil
