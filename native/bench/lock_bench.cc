// What locks and wake-ups cost, beside the bare futex and the pthread ones: pairs of lock and
// unlock under contention, hand-overs between two threads, and the longest wait.
//
//   bench_lock [milliseconds for each line]
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "platform/policy.h"
#include "test/fast_path.h"

namespace {

using namespace nogil;
using P = platform::SystemPolicy;
using Fast = test::FastPath<P>;

int64_t duration_ns = 300000000;

struct Memory {
  Arena<P> arena;
  Memory() { arena.create_private(size_t{1} << 28); }
  Cell<P>& cell() { return *arena.at(arena.allocate(ChunkKind::kCells)); }
};
Memory& memory() {
  static Memory memory;
  return memory;
}

thread_local Parker<P>* self = nullptr;

struct OurLock {
  static constexpr const char* name = "nogil";
  Cell<P>& cell = memory().cell();
  void lock() {
    Wait<P> wait(memory().arena, *self, kForever);
    Fast::lock(wait, cell);
  }
  void unlock() { Fast::unlock(memory().arena, cell, self->number); }
};

struct PthreadLock {
  static constexpr const char* name = "pthread";
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  void lock() { pthread_mutex_lock(&mutex); }
  void unlock() { pthread_mutex_unlock(&mutex); }
};

// 0 free, 1 held, 2 held and somebody may sleep: what JavaScript can do with Atomics.wait.
struct FutexLock {
  static constexpr const char* name = "3-state futex";
  std::atomic<uint32_t> state{0};
  void lock() {
    uint32_t seen = 0;
    if (state.compare_exchange_strong(seen, 1)) return;
    while (state.exchange(2) != 0) P::wait(state, 2, kForever, false);
  }
  void unlock() {
    if (state.exchange(0) == 2) P::wake(state, 1, false);
  }
};

struct OurSemaphore {
  static constexpr const char* name = "nogil Semaphore";
  Cell<P>& cell = memory().cell();
  void acquire() {
    Wait<P> wait(memory().arena, *self, kForever);
    Fast::acquire(wait, cell);
  }
  void release() { Fast::release(memory().arena, cell, 1, self->number); }
};

struct OurEvent {
  static constexpr const char* name = "nogil Event";
  Cell<P>& cell = memory().cell();
  void acquire() {
    Wait<P> wait(memory().arena, *self, kForever);
    Fast::wait_set(wait, cell);
    Fast::clear(cell);
  }
  void release() { Fast::set(memory().arena, cell, self->number); }
};

struct OurCondition {
  static constexpr const char* name = "nogil Condition";
  Cell<P>& mutex = memory().cell();
  Cell<P>& cell = memory().cell();
  bool ready = false;
  void acquire() {
    Wait<P> outer(memory().arena, *self, kForever);
    Fast::lock(outer, mutex);
    while (!ready) {
      Wait<P> wait(memory().arena, *self, kForever);
      Condition<P>::wait(wait, cell, mutex);
    }
    ready = false;
    Fast::unlock(memory().arena, mutex, self->number);
  }
  void release() {
    Wait<P> wait(memory().arena, *self, kForever);
    Fast::lock(wait, mutex);
    ready = true;
    Condition<P>::notify(memory().arena, cell, mutex, 1, self->number);
    Fast::unlock(memory().arena, mutex, self->number);
  }
};

struct PthreadCondition {
  static constexpr const char* name = "pthread condition";
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  bool ready = false;
  void acquire() {
    pthread_mutex_lock(&mutex);
    while (!ready) pthread_cond_wait(&condition, &mutex);
    ready = false;
    pthread_mutex_unlock(&mutex);
  }
  void release() {
    pthread_mutex_lock(&mutex);
    ready = true;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
  }
};

template <int kSpins>
struct BareFutex {
  static constexpr const char* name = kSpins == 0 ? "bare futex" : "bare futex, spinning as long";
  std::atomic<uint32_t> word{0};
  void acquire() {
    for (;;) {
      for (int i = 0; i < kSpins && word.load(std::memory_order_relaxed) == 0; i++) P::relax();
      uint32_t one = 1;
      if (word.compare_exchange_strong(one, 0)) return;
      P::wait(word, 0, kForever, false);
    }
  }
  void release() {
    word.store(1);
    P::wake(word, 1, false);
  }
};

void work(int length) {
  for (int i = 0; i < length; i++) __asm__ __volatile__("" ::: "memory");
}

// Runs `body(i, stop)` on so many threads; the sum of what they return, per second.
template <class F>
double per_second(int threads, F body) {
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> sum{0};
  std::vector<std::thread> all;
  const int64_t begin = P::now();
  for (int i = 0; i < threads; i++) {
    all.emplace_back([&, i] {
      Parker<P> parker;
      parker.number = static_cast<ThreadNumber>(i + 1);
      self = &parker;
      sum += body(i, stop);
    });
  }
  std::atomic<uint32_t> never{0};
  while (P::wait(never, 0, begin + duration_ns, false)) {
  }
  stop = true;
  for (auto& thread : all) thread.join();
  return static_cast<double>(sum.load()) * 1e9 / static_cast<double>(P::now() - begin);
}

template <class Lock>
void pairs(int threads, int inside, int outside) {
  Lock lock;
  std::atomic<int64_t> longest{0};
  const double rate = per_second(threads, [&](int, std::atomic<bool>& stop) {
    uint64_t count = 0;
    int64_t worst = 0;
    while (!stop.load(std::memory_order_relaxed)) {
      // One in 64 is timed: reading the clock costs as much as a pair.
      const int64_t asked = count % 64 == 0 ? P::now() : 0;
      lock.lock();
      if (asked != 0) worst = std::max(worst, P::now() - asked);
      work(inside);
      lock.unlock();
      work(outside);
      count++;
    }
    for (int64_t seen = longest; worst > seen && !longest.compare_exchange_weak(seen, worst);) {
    }
    return count;
  });
  printf("  %-30s %8.2f M pairs/s   longest wait %8.0f us\n", Lock::name, rate / 1e6,
         static_cast<double>(longest) / 1e3);
}

template <class Signal>
void ping_pong() {
  Signal ping, pong;
  const double rate = per_second(2, [&](int i, std::atomic<bool>& stop) {
    uint64_t count = 0;
    if (i == 0) {
      while (!stop.load(std::memory_order_relaxed)) {
        ping.release();
        pong.acquire();
        count += 2;
      }
      // Ends the other.
      ping.release();
      return count;
    }
    for (;;) {
      ping.acquire();
      if (stop.load(std::memory_order_relaxed)) {
        pong.release();
        return uint64_t{0};
      }
      pong.release();
    }
  });
  printf("  %-30s %8.2f us a hand-over\n", Signal::name, 1e6 / rate);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) duration_ns = atoll(argv[1]) * 1000000;
  printf("%d CPUs\n", P::cpus());
  for (const auto& [threads, inside, outside] :
       {std::array<int, 3>{1, 0, 0}, std::array<int, 3>{2, 0, 0}, std::array<int, 3>{4, 0, 0},
        std::array<int, 3>{2, 500, 500}, std::array<int, 3>{4, 500, 500},
        std::array<int, 3>{4, 50, 2000}, std::array<int, 3>{4, 5000, 500}}) {
    printf("%d threads, %d turns inside, %d outside\n", threads, inside, outside);
    pairs<OurLock>(threads, inside, outside);
    pairs<FutexLock>(threads, inside, outside);
    pairs<PthreadLock>(threads, inside, outside);
  }
  printf("hand-over between two threads\n");
  ping_pong<OurSemaphore>();
  ping_pong<OurEvent>();
  ping_pong<OurCondition>();
  ping_pong<BareFutex<0>>();
  ping_pong<BareFutex<400>>();
  ping_pong<PthreadCondition>();
  return 0;
}
