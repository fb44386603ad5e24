#pragma once

#include <stdlib.h>

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace nogil {
namespace deterministic {

// A stack of a fiber, and what AddressSanitizer wants to be told at each switch; without it all of
// this comes down to one allocation. (ThreadSanitizer has nothing to see on a single thread.)
class FiberStack {
 public:
  FiberStack() : base_(malloc(kBytes)) {}
  ~FiberStack() { free(base_); }
  FiberStack(const FiberStack&) = delete;
  FiberStack& operator=(const FiberStack&) = delete;

  void* base() const { return base_; }
  size_t size() const { return kBytes; }

  // The frames of an abandoned run are gone.
  void reset() {
#if defined(__SANITIZE_ADDRESS__)
    __asan_unpoison_memory_region(base_, kBytes);
#endif
  }

 private:
  static constexpr size_t kBytes = 128 * 1024;
  void* base_;
};

// One switch to another stack; lives on the stack that is left.
class StackSwitch {
 public:
  void to_fiber(const FiberStack& stack) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&fake_stack_, stack.base(), stack.size());
#endif
    (void)stack;
  }

  // From a fiber that is never gone back to.
  static void to_main() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(nullptr, main_bottom(), main_bytes());
#endif
  }

  void back() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
#endif
  }

  // First thing on a fresh stack.
  static void arrived() {
#if defined(__SANITIZE_ADDRESS__)
    const void* bottom;
    size_t bytes;
    __sanitizer_finish_switch_fiber(nullptr, &bottom, &bytes);
    // The first fiber ever is entered from the main stack, which nobody else can describe.
    if (main_bottom() == nullptr) {
      main_bottom() = bottom;
      main_bytes() = bytes;
    }
#endif
  }

 private:
#if defined(__SANITIZE_ADDRESS__)
  static const void*& main_bottom() {
    static const void* bottom = nullptr;
    return bottom;
  }
  static size_t& main_bytes() {
    static size_t bytes = 0;
    return bytes;
  }
  void* fake_stack_ = nullptr;
#endif
};

}  // namespace deterministic
}  // namespace nogil
