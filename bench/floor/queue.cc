// Numbers through a queue without any JavaScript: the library's own lock-free one, or a deque under
// a mutex with two condition variables.
//   queue rate native|mutex <pairs of threads> <maxsize, 0: none> <items>
//   queue turns native|mutex <turns>
// prints {"ms": milliseconds, "sum": of the numbers received}
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "bench/queues.h"
#include "futex.h"

using namespace nogil::bench;

template <class Q>
static uint64_t rate(uint32_t pairs, uint64_t maxsize, uint64_t items, double* ms) {
  Q queue(maxsize);
  std::atomic<uint64_t> sum{0};
  std::atomic<uint32_t> ready{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> crew;
  auto gate = [&] {
    ready++;
    while (!go.load()) std::this_thread::yield();
  };
  for (uint32_t t = 0; t < pairs; t++) {
    crew.emplace_back([&, t] {
      typename Q::End end(queue, t);
      gate();
      for (uint64_t n = t; n < items; n += pairs) end.put(n);
    });
    crew.emplace_back([&, t] {
      typename Q::End end(queue, pairs + t);
      uint64_t mine = 0;
      gate();
      for (uint64_t n = 0; n < items / pairs; n++) mine += end.get();
      sum += mine;
    });
  }
  while (ready.load() < 2 * pairs) std::this_thread::yield();
  const int64_t begin = now_ns();
  go = true;
  for (auto& thread : crew) thread.join();
  *ms = static_cast<double>(now_ns() - begin) / 1e6;
  return sum;
}

template <class Q>
static uint64_t take_turns(uint64_t turns, double* ms) {
  Q there(0), back(0);
  std::thread other([&] {
    typename Q::End in(there, 0), out(back, 0);
    for (uint64_t n = 0; n < turns / 2; n++) out.put(in.get());
  });
  typename Q::End out(there, 1), in(back, 1);
  uint64_t sum = 0;
  const int64_t begin = now_ns();
  for (uint64_t n = 0; n < turns / 2; n++) {
    out.put(n);
    sum += in.get();
  }
  *ms = static_cast<double>(now_ns() - begin) / 1e6;
  other.join();
  return sum;
}

int main(int argc, char** argv) {
  const bool native = argc > 2 && strcmp(argv[2], "native") == 0;
  double ms = 0;
  uint64_t sum = 0;
  if (argc == 6 && strcmp(argv[1], "rate") == 0) {
    const uint32_t pairs = static_cast<uint32_t>(atoi(argv[3]));
    const uint64_t maxsize = strtoull(argv[4], nullptr, 10), items = strtoull(argv[5], nullptr, 10);
    sum =
        native ? rate<Ours>(pairs, maxsize, items, &ms) : rate<Condvars>(pairs, maxsize, items, &ms);
  } else if (argc == 4) {
    const uint64_t turns = strtoull(argv[3], nullptr, 10);
    sum = native ? take_turns<Ours>(turns, &ms) : take_turns<Condvars>(turns, &ms);
  } else {
    return 2;
  }
  printf("{\"ms\": %.4f, \"sum\": %llu}\n", ms, static_cast<unsigned long long>(sum));
}
