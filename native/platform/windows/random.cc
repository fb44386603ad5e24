#include "platform/random.h"

#include <stdlib.h>
#include <windows.h>
// After windows.h, whose types it uses.
#include <bcrypt.h>

#include <atomic>

namespace nogil {
namespace platform {

namespace {

using Generate = decltype(&BCryptGenRandom);

// Looked up, so that the released addon names no library but KERNEL32.
Generate generator() {
  static std::atomic<Generate> found{nullptr};
  Generate generate = found.load(std::memory_order_acquire);
  if (!generate) {
    const HMODULE library = LoadLibraryExA("bcrypt.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (!library) abort();
    void* at = reinterpret_cast<void*>(GetProcAddress(library, "BCryptGenRandom"));
    generate = reinterpret_cast<Generate>(at);
    found.store(generate, std::memory_order_release);
  }
  return generate;
}

}  // namespace

void fill_random(void* at, size_t bytes) {
  const Generate generate = generator();
  // Weak randomness must not pass unnoticed.
  if (!generate || generate(nullptr, static_cast<PUCHAR>(at), static_cast<ULONG>(bytes),
                            BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0) {
    abort();
  }
}

}  // namespace platform
}  // namespace nogil
