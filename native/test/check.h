#pragma once

#include <stdio.h>
#include <stdlib.h>

#include <atomic>
#include <cinttypes>
#include <type_traits>

// A test is TEST(name) { ... CHECK(...) ... }; check_main.cc runs them. Checks may be made on any
// thread.

namespace nogil {
namespace test {

struct Test {
  const char* name;
  void (*body)();
  Test* next;
};

struct Registry {
  static Test*& first() {
    static Test* head = nullptr;
    return head;
  }
  static Test**& last() {
    static Test** tail = &first();
    return tail;
  }
};

struct Registration {
  Test test;
  Registration(const char* name, void (*body)()) : test{name, body, nullptr} {
    *Registry::last() = &test;
    Registry::last() = &test.next;
  }
};

inline std::atomic<uint64_t> checks{0};
inline std::atomic<uint64_t> failures{0};

inline bool check(bool passed, const char* text, const char* file, int line) {
  checks.fetch_add(1, std::memory_order_relaxed);
  if (passed) return true;
  // A broken invariant in a stress loop would otherwise print for ever.
  if (failures.fetch_add(1) < 20) fprintf(stderr, "%s:%d: CHECK(%s) failed\n", file, line, text);
  return false;
}

template <class T>
int64_t printable(const T& value) {
  if constexpr (std::is_pointer_v<T>) {
    return static_cast<int64_t>(reinterpret_cast<intptr_t>(value));
  } else {
    return static_cast<int64_t>(value);
  }
}

template <class A, class B>
bool check_equal(const A& a, const B& b, const char* text, const char* file, int line) {
  const int64_t left = printable(a), right = printable(b);
  if (check(left == right, text, file, line)) return true;
  if (failures.load() <= 20) {
    fprintf(stderr, "  left %" PRId64 " (0x%" PRIx64 "), right %" PRId64 " (0x%" PRIx64 ")\n", left,
            left, right, right);
  }
  return false;
}

}  // namespace test
}  // namespace nogil

#define TEST(name)                                                          \
  static void test_##name();                                                \
  static nogil::test::Registration registration_##name(#name, test_##name); \
  static void test_##name()

#define CHECK(condition) nogil::test::check(!!(condition), #condition, __FILE__, __LINE__)
#define CHECK_EQ(a, b) nogil::test::check_equal(a, b, #a " == " #b, __FILE__, __LINE__)

// For what the rest of the test cannot do without.
#define REQUIRE(condition)              \
  do {                                  \
    if (!CHECK(condition)) {            \
      fprintf(stderr, "  giving up\n"); \
      exit(1);                          \
    }                                   \
  } while (0)
