// A 3-state futex mutex with exponential backoff, taken by several threads without any JavaScript.
//   mutex <threads> <milliseconds> <section steps> <outside steps>
// prints {"value": pairs a second, "fairness": Jain's index}
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "futex.h"

struct Mutex {
  alignas(64) Word state{0};

  void lock() {
    uint32_t free = 0;
    if (state.compare_exchange_strong(free, 1, std::memory_order_acquire)) return;
    for (int backoff = 1; backoff <= 64; backoff *= 2) {
      for (int i = 0; i < backoff; i++) relax();
      free = 0;
      uint32_t seen = state.load(std::memory_order_relaxed);
      if (seen == 2) break;
      if (seen == 0 && state.compare_exchange_strong(free, 1, std::memory_order_acquire)) return;
    }
    while (state.exchange(2, std::memory_order_acquire) != 0) sleep_on(state, 2);
  }
  void unlock() {
    if (state.exchange(0, std::memory_order_release) == 2) wake(state, 1);
  }
};

static uint32_t work(uint64_t steps, uint32_t x) {
  for (uint64_t i = 0; i < steps; i++) {
    x = x * 1664525 + 1013904223;
    // Keeps the chain from being folded into a closed form.
    __asm__ __volatile__("" : "+r"(x));
  }
  return x;
}

int main(int, char** argv) {
  const int threads = atoi(argv[1]);
  const int64_t ms = atoll(argv[2]);
  const uint64_t section = strtoull(argv[3], nullptr, 10);
  const uint64_t outside = strtoull(argv[4], nullptr, 10);
  static Mutex mutex;
  alignas(64) static struct { uint64_t count; uint32_t x; } data;
  alignas(64) static std::atomic<bool> stop{false};
  struct alignas(64) Share { uint64_t ops = 0; };
  std::vector<Share> shares(threads);
  std::vector<std::thread> crew;
  const int64_t begin = now_ns();
  for (int t = 0; t < threads; t++) {
    crew.emplace_back([&, t] {
      uint64_t ops = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        mutex.lock();
        data.count++;
        if (section) data.x = work(section, data.x);
        mutex.unlock();
        ops++;
        if (outside) work(outside, static_cast<uint32_t>(ops));
      }
      shares[t].ops = ops;
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  stop = true;
  for (auto& thread : crew) thread.join();
  const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
  double sum = 0, squares = 0;
  for (auto& share : shares) {
    sum += static_cast<double>(share.ops);
    squares += static_cast<double>(share.ops) * static_cast<double>(share.ops);
  }
  if (data.count != static_cast<uint64_t>(sum)) return 1;
  printf("{\"value\": %.1f, \"fairness\": %.4f}\n", sum / seconds, sum * sum / (threads * squares));
}
