#pragma once

#include <signal.h>
#include <time.h>

#include "platform/crash.h"
#include "platform/policy.h"

namespace nogil {
namespace test {

// Makes a process kill itself, or pause, between any two steps of the core: before each atomic
// operation and wherever plain stores have an order (`in_order`). The named crash points are where
// a kill is known to be interesting; this finds the others, and pauses hold a living thread in the
// midst of something while others work on it, and recover.
struct Chaos {
  // Changes until this process kills itself; 0 for never. A kill between two reads is one before
  // the next change.
  inline static uint64_t kill_in = 0;
  // One of so many changes, or reads, begins with a pause; 0 for none.
  inline static uint32_t pause_change_in = 0, pause_read_in = 0;
  inline static uint32_t longest_pause_us = 1000;
  inline static uint64_t state = 1;

  static void seed(uint32_t seed) { state = seed * uint64_t{0x9e3779b97f4a7c15} + 1; }

  static void change() {
    if (kill_in != 0 && --kill_in == 0) raise(SIGKILL);
    if (pause_change_in != 0 && below(pause_change_in) == 0) pause();
  }
  static void read() {
    if (pause_read_in != 0 && below(pause_read_in) == 0) pause();
  }

 private:
  static void pause() {
    struct timespec time = {0, static_cast<long>(below(longest_pause_us)) * 1000};
    nanosleep(&time, nullptr);
  }
  static uint32_t below(uint32_t n) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<uint32_t>(state >> 32) % n;
  }
};

// The system's policy with such a point before each operation.
struct FaultPolicy : platform::SystemPolicy {
  template <class T>
  class Atomic : public std::atomic<T> {
    using Base = std::atomic<T>;
    using Order = std::memory_order;
    static constexpr Order kStrict = std::memory_order_seq_cst;

   public:
    using Base::Base;

    T load(Order o = kStrict) const {
      Chaos::read();
      return Base::load(o);
    }
    void store(T value, Order o = kStrict) {
      Chaos::change();
      Base::store(value, o);
    }
    T exchange(T value, Order o = kStrict) {
      Chaos::change();
      return Base::exchange(value, o);
    }
    bool compare_exchange_strong(T& expected, T value, Order o = kStrict) {
      Chaos::change();
      return Base::compare_exchange_strong(expected, value, o);
    }
    bool compare_exchange_weak(T& expected, T value, Order o = kStrict) {
      Chaos::change();
      return Base::compare_exchange_weak(expected, value, o);
    }
    T fetch_add(T value, Order o = kStrict) {
      Chaos::change();
      return Base::fetch_add(value, o);
    }
    T fetch_sub(T value, Order o = kStrict) {
      Chaos::change();
      return Base::fetch_sub(value, o);
    }
    T fetch_or(T value, Order o = kStrict) {
      Chaos::change();
      return Base::fetch_or(value, o);
    }
    T fetch_and(T value, Order o = kStrict) {
      Chaos::change();
      return Base::fetch_and(value, o);
    }
  };

  static bool wait(Atomic<uint32_t>& word, uint32_t expected, int64_t deadline_ns, bool shared) {
    return platform::futex_wait(&word, expected, deadline_ns, shared);
  }
  static void wake(Atomic<uint32_t>& word, int count, bool shared) {
    Chaos::change();
    platform::futex_wake(&word, count, shared);
  }
};

}  // namespace test
}  // namespace nogil
