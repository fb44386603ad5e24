#pragma once

#include <cstdint>

namespace nogil {
namespace platform {

// How long a sleep with a deadline takes at least, about.
#if defined(_WIN32)
constexpr int64_t kLeastSleepNs = 15600000;
#else
constexpr int64_t kLeastSleepNs = 50000;
#endif

// A deadline that never comes.
constexpr int64_t kNoDeadline = INT64_MAX;

// Sleeps while the 32-bit word holds `expected`. `deadline_ns` is absolute on the clock of
// monotonic_ns(). Returns false only when the deadline has passed; a wake-up, a changed word, a
// signal and a spurious return all give true, so the caller re-checks its word.
//
// `shared`: the word lies in memory that other processes map and whose sleepers they may wake.
bool futex_wait(const void* word, uint32_t expected, int64_t deadline_ns, bool shared);

// Wakes at most `count` sleepers (INT32_MAX: all). The word itself is not touched, so a word whose
// memory has since been reused, or unmapped, is harmless.
void futex_wake(const void* word, int count, bool shared);

}  // namespace platform
}  // namespace nogil
