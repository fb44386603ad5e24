// The library's queue and what it is measured beside: a deque under a mutex with two condition
// variables. Each thread uses a queue through an End of its own, whose number no other has.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "platform/policy.h"
#include "queue/queue.h"

namespace nogil {
namespace bench {

using P = platform::SystemPolicy;

class Ours {
 public:
  explicit Ours(int64_t maxsize = 0, CellClass c = CellClass::kQueue) {
    arena_.create_private(size_t{1} << 34);
    cell_ = arena_.at(arena_.allocate(ChunkKind::kCells));
    cell_->tag.store(tag::make(1, c, 1));
    Queue<P>(arena_, *cell_).create(maxsize, 1);
  }
  ~Ours() { platform::unmap(arena_.header(), arena_.header()->chunks * kChunkBytes); }

  struct End {
    Arena<P>& arena;
    Cell<P>& cell;
    Parker<P> parker;
    End(Ours& q, uint32_t number) : arena(q.arena_), cell(*q.cell_) { parker.number = number + 1; }
    void put(uint64_t value) {
      Wait<P> wait(arena, parker, kForever);
      Queue<P>(arena, cell).put(wait, {ItemKind::kNumber, value});
    }
    uint64_t get() {
      Wait<P> wait(arena, parker, kForever);
      Item item;
      Queue<P>(arena, cell).get(wait, &item);
      return item.value;
    }
    template <uint32_t N>
    void put_many(uint64_t value) {
      Item items[N];
      for (Item& item : items) item = {ItemKind::kNumber, value};
      Wait<P> wait(arena, parker, kForever);
      uint32_t done;
      Queue<P>(arena, cell).put_many(wait, items, N, &done);
    }
    uint32_t get_many(Item* items, uint32_t max) {
      Wait<P> wait(arena, parker, kForever);
      uint32_t got;
      Queue<P>(arena, cell).get_many(wait, items, max, &got);
      return got;
    }
  };

 private:
  Arena<P> arena_;
  Cell<P>* cell_;
};

class Condvars {
 public:
  explicit Condvars(size_t maxsize = 0) : maxsize_(maxsize) {}
  struct End {
    Condvars& q;
    End(Condvars& q, uint32_t) : q(q) {}
    void put(uint64_t value) {
      std::unique_lock<std::mutex> lock(q.mutex_);
      while (q.maxsize_ && q.items_.size() >= q.maxsize_) q.space_.wait(lock);
      q.items_.push_back(value);
      q.some_.notify_one();
    }
    uint64_t get() {
      std::unique_lock<std::mutex> lock(q.mutex_);
      while (q.items_.empty()) q.some_.wait(lock);
      uint64_t value = q.items_.front();
      q.items_.pop_front();
      if (q.maxsize_) q.space_.notify_one();
      return value;
    }
  };

 private:
  size_t maxsize_;
  std::mutex mutex_;
  std::condition_variable some_, space_;
  std::deque<uint64_t> items_;
};

}  // namespace bench
}  // namespace nogil
