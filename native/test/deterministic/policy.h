#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "test/deterministic/scheduler.h"

namespace nogil {
namespace deterministic {

// std::atomic, except that the scheduler may run others before each operation. Same size and
// layout, so it can be laid over raw memory as the core does. compare_exchange_weak does not fail
// spuriously: the loops around it would only add schedules.
template <class T>
class Atomic {
 public:
  Atomic() noexcept = default;
  constexpr Atomic(T value) noexcept : value_(value) {}  // NOLINT: like std::atomic
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  static constexpr bool is_always_lock_free = true;

  T load(std::memory_order = std::memory_order_seq_cst) const {
    Scheduler* scheduler = point();
    const T value = value_.load();
    return note(scheduler, "load", value, value);
  }

  void store(T next, std::memory_order = std::memory_order_seq_cst) {
    Scheduler* scheduler = point();
    note(scheduler, "store", value_.exchange(next), next);
  }

  T exchange(T next, std::memory_order = std::memory_order_seq_cst) {
    Scheduler* scheduler = point();
    return note(scheduler, "exchange", value_.exchange(next), next);
  }

  bool compare_exchange_strong(T& expected, T next, std::memory_order = std::memory_order_seq_cst,
                               std::memory_order = std::memory_order_seq_cst) {
    Scheduler* scheduler = point();
    const bool done = value_.compare_exchange_strong(expected, next);
    note(scheduler, done ? "cas" : "cas fails", expected, done ? next : expected);
    return done;
  }
  bool compare_exchange_weak(T& expected, T next, std::memory_order = std::memory_order_seq_cst,
                             std::memory_order = std::memory_order_seq_cst) {
    return compare_exchange_strong(expected, next);
  }

  T fetch_add(T operand, std::memory_order = std::memory_order_seq_cst) {
    Scheduler* scheduler = point();
    const T before = value_.fetch_add(operand);
    return note(scheduler, "add", before, static_cast<T>(before + operand));
  }
  T fetch_sub(T operand, std::memory_order = std::memory_order_seq_cst) {
    Scheduler* scheduler = point();
    const T before = value_.fetch_sub(operand);
    return note(scheduler, "sub", before, static_cast<T>(before - operand));
  }
  T fetch_or(T operand, std::memory_order = std::memory_order_seq_cst) {
    Scheduler* scheduler = point();
    const T before = value_.fetch_or(operand);
    return note(scheduler, "or", before, static_cast<T>(before | operand));
  }
  T fetch_and(T operand, std::memory_order = std::memory_order_seq_cst) {
    Scheduler* scheduler = point();
    const T before = value_.fetch_and(operand);
    return note(scheduler, "and", before, static_cast<T>(before & operand));
  }
  T fetch_xor(T operand, std::memory_order = std::memory_order_seq_cst) {
    Scheduler* scheduler = point();
    const T before = value_.fetch_xor(operand);
    return note(scheduler, "xor", before, static_cast<T>(before ^ operand));
  }

  // The value without a scheduling point, for checks.
  T peek() const { return value_.load(); }

 private:
  static Scheduler* point() {
    Scheduler* scheduler = Scheduler::running();
    if (scheduler != nullptr) scheduler->point();
    return scheduler;
  }

  T note(Scheduler* scheduler, const char* operation, T before, T after) const {
    if (scheduler != nullptr && scheduler->tracing()) {
      scheduler->trace(operation, this, bits(before), bits(after));
    }
    return before;
  }

  static uint64_t bits(T value) {
    if constexpr (std::is_pointer_v<T>) {
      return reinterpret_cast<uintptr_t>(value);
    } else {
      return static_cast<uint64_t>(value);
    }
  }

  std::atomic<T> value_;
};

struct DeterministicPolicy {
  template <class T>
  using Atomic = deterministic::Atomic<T>;

  static bool wait(Atomic<uint32_t>& word, uint32_t expected, int64_t deadline_ns, bool shared) {
    return Scheduler::running()->wait(&word, shared, deadline_ns,
                                      [&] { return word.peek() != expected; });
  }
  static void wake(Atomic<uint32_t>& word, int count, bool shared) {
    Scheduler* scheduler = Scheduler::running();
    if (scheduler != nullptr) scheduler->wake(&word, shared, count);
  }
  static int64_t now() {
    Scheduler* scheduler = Scheduler::running();
    return scheduler != nullptr ? scheduler->now() : 0;
  }
  static void relax() { yield(); }
  static void yield() {
    Scheduler* scheduler = Scheduler::running();
    if (scheduler != nullptr) scheduler->yield();
  }
  // With one CPU the core does not spin: spinning adds schedules and no states.
  static int cpus() { return 1; }
  static constexpr int64_t kLeastSleepNs = 0;
  static void leave_cpu() {}
};

}  // namespace deterministic
}  // namespace nogil
