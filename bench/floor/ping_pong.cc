// Two threads hand a turn to each other through two futex words, spinning before they sleep.
//   ping_pong <hand-overs> <spin ns>
// A tenth as many go before, unmeasured.
// prints {"value": nanoseconds a hand-over}
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "futex.h"

//   0 nothing    1 a turn    2 nothing, and somebody sleeps
struct Turn {
  alignas(64) Word word{0};

  void give() {
    if (word.exchange(1, std::memory_order_acq_rel) == 2) wake(word, 1);
  }
  void take(int64_t spin) {
    int backoff = 1;
    const int64_t begin = now_ns();
    do {
      if (word.load(std::memory_order_acquire) == 1) return word.store(0, std::memory_order_relaxed);
      for (int i = 0; i < backoff; i++) relax();
      if (backoff < 64) backoff *= 2;
    } while (now_ns() - begin < spin);
    uint32_t nothing = 0;
    if (word.compare_exchange_strong(nothing, 2, std::memory_order_acq_rel)) {
      while (word.load(std::memory_order_acquire) == 2) sleep_on(word, 2);
    }
    word.store(0, std::memory_order_relaxed);
  }
};

int main(int, char** argv) {
  const int64_t turns = atoll(argv[1]) / 2;
  const int64_t warm = turns / 10;
  const int64_t spin = atoll(argv[2]);
  static Turn ping, pong;
  std::thread other([&] {
    for (int64_t i = -warm; i < turns; i++) {
      ping.take(spin);
      pong.give();
    }
  });
  int64_t begin = 0;
  for (int64_t i = -warm; i < turns; i++) {
    if (i == 0) begin = now_ns();
    ping.give();
    pong.take(spin);
  }
  const int64_t end = now_ns();
  other.join();
  printf("{\"value\": %.1f}\n", static_cast<double>(end - begin) / static_cast<double>(turns * 2));
}
