// Numbers through a queue without any JavaScript: the library's own lock-free one, or a deque under
// a mutex with two condition variables.
//   queue rate native|mutex <pairs of threads> <maxsize, 0: none> <items>
//   queue turns native|mutex <turns>
// prints {"ms": milliseconds, "sum": of the numbers received}
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "futex.h"
#include "platform/policy.h"
#include "queue/queue.h"

using namespace nogil;
using P = platform::SystemPolicy;

class Native {
 public:
  explicit Native(int64_t maxsize) {
    arena_.create_private(size_t{1} << 34);
    cell_ = arena_.at(arena_.allocate(ChunkKind::kCells));
    cell_->tag.store(tag::make(1, CellClass::kQueue, 1));
    Queue<P>(arena_, *cell_).create(maxsize, 1);
  }

  // One for each thread and queue; `number` tells the threads apart.
  struct End {
    Native& q;
    Parker<P> parker;
    End(Native& queue, uint32_t number) : q(queue) { parker.number = number + 1; }
    void put(uint64_t value) {
      Wait<P> wait(q.arena_, parker, kForever);
      Queue<P>(q.arena_, *q.cell_).put(wait, {ItemKind::kNumber, value});
    }
    uint64_t get() {
      Wait<P> wait(q.arena_, parker, kForever);
      Item item;
      Queue<P>(q.arena_, *q.cell_).get(wait, &item);
      return item.value;
    }
  };

 private:
  Arena<P> arena_;
  Cell<P>* cell_;
};

class Mutex {
 public:
  explicit Mutex(size_t maxsize) : maxsize_(maxsize) {}

  struct End {
    Mutex& q;
    End(Mutex& queue, uint32_t) : q(queue) {}
    void put(uint64_t value) {
      std::unique_lock<std::mutex> lock(q.mutex_);
      while (q.maxsize_ && q.items_.size() >= q.maxsize_) q.space_.wait(lock);
      q.items_.push_back(value);
      q.some_.notify_one();
    }
    uint64_t get() {
      std::unique_lock<std::mutex> lock(q.mutex_);
      while (q.items_.empty()) q.some_.wait(lock);
      const uint64_t value = q.items_.front();
      q.items_.pop_front();
      if (q.maxsize_) q.space_.notify_one();
      return value;
    }
  };

 private:
  const size_t maxsize_;
  std::mutex mutex_;
  std::condition_variable some_, space_;
  std::deque<uint64_t> items_;
};

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
        native ? rate<Native>(pairs, maxsize, items, &ms) : rate<Mutex>(pairs, maxsize, items, &ms);
  } else if (argc == 4) {
    const uint64_t turns = strtoull(argv[3], nullptr, 10);
    sum = native ? take_turns<Native>(turns, &ms) : take_turns<Mutex>(turns, &ms);
  } else {
    return 2;
  }
  printf("{\"ms\": %.4f, \"sum\": %llu}\n", ms, static_cast<unsigned long long>(sum));
}
