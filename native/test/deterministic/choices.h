#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nogil {
namespace deterministic {

// Where a run's decisions come from. Option 0 is always the plain one: go on with the current
// fiber.
class Choices {
 public:
  virtual ~Choices() = default;

  int choose(int count) {
    int chosen = 0;
    if (count > 1) {
      chosen = decide(count);
      taken_.push_back(static_cast<uint8_t>(chosen));
    }
    return chosen;
  }

  // "5x0 1 2x0 3": what was chosen, runs of the same choice folded.
  std::string schedule() const;

  // Whether bounds on the number of preemptions apply.
  virtual bool bounded() const { return true; }

 protected:
  virtual int decide(int count) = 0;
  std::vector<uint8_t> taken_;
};

// Depth-first search: repeats a prefix, then takes option 0. next() moves on to the next leaf.
class ExhaustiveChoices : public Choices {
 public:
  void restart() {
    taken_.clear();
    position_ = 0;
  }
  bool next();

 protected:
  int decide(int count) override;

 private:
  struct Branch {
    uint8_t chosen, count;
  };
  std::vector<Branch> path_;
  size_t position_ = 0;
};

class RandomChoices : public Choices {
 public:
  explicit RandomChoices(uint64_t seed);
  bool bounded() const override { return false; }

 protected:
  int decide(int count) override;

 private:
  uint64_t next();
  uint64_t state_;
  uint64_t one_in_;  // how rarely to leave the plain path; drawn per run, as bugs differ in it
};

class ReplayedChoices : public Choices {
 public:
  ReplayedChoices(const std::string& schedule, bool bounded);
  bool bounded() const override { return bounded_; }

 protected:
  int decide(int count) override;

 private:
  std::vector<uint8_t> choices_;
  size_t position_ = 0;
  bool bounded_;
};

}  // namespace deterministic
}  // namespace nogil
