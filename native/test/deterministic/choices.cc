#include "test/deterministic/choices.h"

#include <stdlib.h>

namespace nogil {
namespace deterministic {

std::string Choices::schedule() const {
  std::string text = bounded() ? "" : "r ";
  size_t end = taken_.size();
  while (end > 0 && taken_[end - 1] == 0) end--;  // a schedule goes on with zeros by itself
  for (size_t i = 0; i < end;) {
    size_t same = i;
    while (same < end && taken_[same] == taken_[i]) same++;
    if (same - i > 1) text += std::to_string(same - i) + "x";
    text += std::to_string(taken_[i]) + " ";
    i = same;
  }
  if (!text.empty()) text.pop_back();
  return text;
}

int ExhaustiveChoices::decide(int count) {
  if (position_ == path_.size()) path_.push_back({0, static_cast<uint8_t>(count)});
  const Branch& branch = path_[position_++];
  if (branch.count != count) {
    // The code under test depends on something besides the schedule (addresses, real time).
    abort();
  }
  return branch.chosen;
}

bool ExhaustiveChoices::next() {
  while (!path_.empty() && path_.back().chosen + 1 >= path_.back().count) path_.pop_back();
  if (path_.empty()) return false;
  path_.back().chosen++;
  return true;
}

RandomChoices::RandomChoices(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {
  next();
  one_in_ = uint64_t{2} << (next() % 6);
}

uint64_t RandomChoices::next() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return state_ >> 11;
}

int RandomChoices::decide(int count) {
  if (next() % one_in_ != 0) return 0;
  return static_cast<int>(next() % static_cast<uint64_t>(count));
}

ReplayedChoices::ReplayedChoices(const std::string& schedule, bool bounded) : bounded_(bounded) {
  const char* at = schedule.c_str();
  if (*at == 'r') {
    bounded_ = false;
    at++;
  }
  for (;;) {
    char* end;
    unsigned long value = strtoul(at, &end, 10);
    if (end == at) break;
    unsigned long times = 1;
    if (*end == 'x') {
      times = value;
      at = end + 1;
      value = strtoul(at, &end, 10);
    }
    choices_.insert(choices_.end(), times, static_cast<uint8_t>(value));
    at = end;
  }
}

int ReplayedChoices::decide(int count) {
  const int choice = position_ < choices_.size() ? choices_[position_] : 0;
  position_++;
  return choice < count ? choice : 0;
}

}  // namespace deterministic
}  // namespace nogil
