// What the queue costs beside its rivals: a deque under a mutex with two condition variables, and a
// bare ring of fixed size (Vyukov's) that nobody can sleep on.
//
//   queue_bench [items]
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "bench/queues.h"

namespace {

using namespace nogil;
using namespace nogil::bench;

class Vyukov {
 public:
  Vyukov() : slots_(kSlots) {
    for (uint64_t i = 0; i < kSlots; i++) slots_[i].word.store(i);
  }
  struct End {
    Vyukov& q;
    End(Vyukov& q, uint32_t) : q(q) {}
    void put(uint64_t value) {
      uint64_t at = q.tail_.load(std::memory_order_relaxed);
      for (;;) {
        Slot& slot = q.slots_[at % kSlots];
        int64_t ahead = static_cast<int64_t>(slot.word.load(std::memory_order_acquire) - at);
        if (ahead == 0 && q.tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
          slot.value = value;
          slot.word.store(at + 1, std::memory_order_release);
          return;
        }
        if (ahead != 0) {
          P::relax();
          at = q.tail_.load(std::memory_order_relaxed);
        }
      }
    }
    uint64_t get() {
      uint64_t at = q.head_.load(std::memory_order_relaxed);
      for (;;) {
        Slot& slot = q.slots_[at % kSlots];
        int64_t ahead = static_cast<int64_t>(slot.word.load(std::memory_order_acquire) - at - 1);
        if (ahead == 0 && q.head_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
          uint64_t value = slot.value;
          slot.word.store(at + kSlots, std::memory_order_release);
          return value;
        }
        if (ahead != 0) {
          P::relax();
          at = q.head_.load(std::memory_order_relaxed);
        }
      }
    }
  };

 private:
  static constexpr uint64_t kSlots = 1 << 14;
  struct Slot {
    std::atomic<uint64_t> word;
    uint64_t value;
  };
  std::vector<Slot> slots_;
  alignas(64) std::atomic<uint64_t> tail_{0};
  alignas(64) std::atomic<uint64_t> head_{0};
};

double seconds(int64_t since) { return static_cast<double>(P::now() - since) * 1e-9; }

// Million items a second through `q`, the best of a few runs.
template <class Q, class... A>
double pass(uint64_t items, uint32_t producers, uint32_t consumers, A... arguments) {
  double best = 0;
  for (int run = 0; run < 3; run++) {
    Q q(arguments...);
    std::atomic<uint64_t> sum{0};
    std::vector<std::thread> threads;
    const int64_t begin = P::now();
    for (uint32_t i = 0; i < producers; i++) {
      threads.emplace_back([&, i] {
        typename Q::End end(q, i);
        for (uint64_t n = 0; n < items / producers; n++) end.put(n);
      });
    }
    for (uint32_t i = 0; i < consumers; i++) {
      threads.emplace_back([&, i] {
        typename Q::End end(q, producers + i);
        uint64_t local = 0;
        for (uint64_t n = 0; n < items / consumers; n++) local += end.get();
        sum += local;
      });
    }
    for (auto& thread : threads) thread.join();
    best = std::max(best, static_cast<double>(items) / seconds(begin) * 1e-6);
    const uint64_t each = items / producers;
    if (sum != producers * (each * (each - 1) / 2)) printf("wrong sum\n");
  }
  return best;
}

// Nanoseconds for a put and a get in one thread.
template <class Q, class... A>
double alone(uint64_t items, A... arguments) {
  Q q(arguments...);
  typename Q::End end(q, 0);
  const int64_t begin = P::now();
  for (uint64_t n = 0; n < items; n++) {
    end.put(n);
    end.get();
  }
  return seconds(begin) / static_cast<double>(items) * 1e9;
}

// Nanoseconds for a message to the other thread and back.
template <class Q>
double ping_pong(uint64_t items) {
  Q there, back;
  std::thread other([&] {
    typename Q::End in(there, 0), out(back, 0);
    for (uint64_t n = 0; n < items; n++) out.put(in.get());
  });
  typename Q::End out(there, 1), in(back, 1);
  const int64_t begin = P::now();
  for (uint64_t n = 0; n < items; n++) {
    out.put(n);
    in.get();
  }
  const double result = seconds(begin) / static_cast<double>(items) * 1e9;
  other.join();
  return result;
}

double batches(uint64_t items) {
  double best = 0;
  for (int run = 0; run < 3; run++) {
    Ours q;
    const int64_t begin = P::now();
    std::thread producer([&] {
      Ours::End end(q, 0);
      for (uint64_t n = 0; n < items; n += 64) end.put_many<64>(n);
    });
    Ours::End end(q, 1);
    Item out[64];
    for (uint64_t n = 0; n < items;) n += end.get_many(out, 64);
    producer.join();
    best = std::max(best, static_cast<double>(items) / seconds(begin) * 1e-6);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t items = (argc > 1 ? strtoull(argv[1], nullptr, 10) : 8000000) / 256 * 256;
  printf("%-34s %10s %10s %10s\n", "million items/s", "nogil", "condvars", "ring");
  printf("%-34s %10.1f %10.1f %10.1f\n", "1 producer, 1 consumer", pass<Ours>(items, 1, 1),
         pass<Condvars>(items / 4, 1, 1), pass<Vyukov>(items, 1, 1));
  printf("%-34s %10.1f %10.1f %10.1f\n", "2 producers, 2 consumers", pass<Ours>(items, 2, 2),
         pass<Condvars>(items / 4, 2, 2), pass<Vyukov>(items, 2, 2));
  printf("%-34s %10.1f %10.1f\n", "1 and 1, maxsize 1000", pass<Ours>(items, 1, 1, 1000),
         pass<Condvars>(items / 4, 1, 1, 1000));
  printf("%-34s %10.1f %10.1f\n", "1 and 1, maxsize 1", pass<Ours>(items / 16, 1, 1, 1),
         pass<Condvars>(items / 64, 1, 1, 1));
  printf("%-34s %10.1f\n", "1 and 1, batches of 64", batches(items));
  printf("%-34s %10.1f\n", "1 and 1, lifo", pass<Ours>(items / 4, 1, 1, 0, CellClass::kLifoQueue));
  printf("%-34s %10.1f\n", "1 and 1, priority",
         pass<Ours>(items / 4, 1, 1, 0, CellClass::kPriorityQueue));
  printf("\n%-34s %10s %10s %10s\n", "nanoseconds", "nogil", "condvars", "ring");
  printf("%-34s %10.1f %10.1f %10.1f\n", "put and get, alone", alone<Ours>(items),
         alone<Condvars>(items), alone<Vyukov>(items));
  printf("%-34s %10.1f\n", "put and get, alone, maxsize 10", alone<Ours>(items, 10));
  printf("%-34s %10.0f %10.0f %10.0f\n", "there and back", ping_pong<Ours>(200000),
         ping_pong<Condvars>(20000), ping_pong<Vyukov>(200000));
  return 0;
}
