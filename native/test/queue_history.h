#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "queue/item.h"

// Histories of what threads did to a first-in-first-out queue, and whether a queue could have
// answered like that: whether each operation can be given a moment between its call and its return
// so that one after the other they are right (Wing and Gong; states seen before are not searched
// again, as Lowe has it).

namespace nogil {
namespace test {

struct Operation {
  enum Kind { kPut, kGet, kShutDown } kind;
  uint64_t value;
  QueueResult result;
  uint64_t called, returned;
};

class History {
 public:
  explicit History(std::vector<Operation> operations, uint64_t maxsize = 0)
      : operations_(std::move(operations)), maxsize_(maxsize) {}

  // Up to 64 operations.
  bool linearizable() {
    seen_.clear();
    return search(0, {}, false);
  }

  std::string text() const {
    std::string text;
    for (const Operation& o : operations_) {
      const char* kinds[] = {"put", "get", "shutdown"};
      const char* results[] = {"ok",          "empty",     "full",    "shut down",
                               "interrupted", "no memory", "pending", "?"};
      text += std::string(kinds[o.kind]) + " " + std::to_string(o.value) + " " +
              results[static_cast<uint32_t>(o.result)] + " [" + std::to_string(o.called) + ", " +
              std::to_string(o.returned) + "]; ";
    }
    return text;
  }

 private:
  bool search(uint64_t done, const std::deque<uint64_t>& items, bool shut) {
    if (done == (operations_.size() == 64 ? ~uint64_t{0} : (uint64_t{1} << operations_.size()) - 1))
      return true;
    std::string state(reinterpret_cast<const char*>(&done), sizeof done);
    for (uint64_t item : items) state.append(reinterpret_cast<const char*>(&item), sizeof item);
    if (!seen_.insert(state).second) return false;
    uint64_t first_return = UINT64_MAX;
    for (size_t i = 0; i < operations_.size(); i++) {
      if (!(done >> i & 1) && operations_[i].returned < first_return)
        first_return = operations_[i].returned;
    }
    for (size_t i = 0; i < operations_.size(); i++) {
      const Operation& o = operations_[i];
      // Another that returned before this one was called has to come first.
      if ((done >> i & 1) || o.called > first_return) continue;
      std::deque<uint64_t> next = items;
      bool next_shut = shut;
      if (apply(o, done, next, next_shut) && search(done | uint64_t{1} << i, next, next_shut))
        return true;
    }
    return false;
  }

  bool apply(const Operation& o, uint64_t done, std::deque<uint64_t>& items, bool& shut) const {
    const bool full = maxsize_ && items.size() >= maxsize_;
    switch (o.kind) {
      case Operation::kShutDown: shut = true; return true;
      case Operation::kPut:
        if (o.result == QueueResult::kShutDown) return shut;
        if (o.result == QueueResult::kFull)
          return !shut && maxsize_ && items.size() + under_way(o, done) >= maxsize_;
        if (shut || full) return false;
        items.push_back(o.value);
        return true;
      default:
        if (o.result == QueueResult::kShutDown) return shut && items.empty();
        if (o.result == QueueResult::kEmpty) return !shut && items.empty();
        if (items.empty() || items.front() != o.value) return false;
        items.pop_front();
        return true;
    }
  }

  // A put that has begun takes up room already.
  uint64_t under_way(const Operation& full, uint64_t done) const {
    uint64_t count = 0;
    for (size_t i = 0; i < operations_.size(); i++) {
      const Operation& o = operations_[i];
      count +=
          !(done >> i & 1) && o.kind == Operation::kPut && &o != &full && o.called < full.returned;
    }
    return count;
  }

  std::vector<Operation> operations_;
  uint64_t maxsize_;
  std::set<std::string> seen_;
};

}  // namespace test
}  // namespace nogil
