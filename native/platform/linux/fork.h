// What the files of fork_with_helpers() share, and what start_thread() has to know of it.
#pragma once

#include <cstdint>

#include "platform/fork.h"

// By this name a fork knows the threads that start_thread() began.
#define NOGIL_THREAD_NAME "nogil"

namespace nogil {
namespace platform {

// The signal by which a fork stops the process's other threads, the same for the process's life; 0
// where all are in use. Threads of this library take no other.
int fork_signal();

// --- fork_survey.cc: the process's other threads ---

struct OtherThread {
  int32_t id;
  bool stays;  // does not go along
};
constexpr int kMaxThreads = 1100;  // libuv makes at most 1024

// Waits until all of them sleep, and still do a moment later, and lists those to be stopped: 0, or
// a refusal. `ending`: other isolates are about to go. `end`: on the monotonic clock.
int32_t wait_until_idle(OtherThread* list, int* count, bool ending, int64_t end);

// --- fork_surroundings.cc ---

// V8 marks its heap as not to be copied to a child; takes that back. False: the system does not
// tell what memory there is.
bool copy_all_memory();
// In the child.
void renew_lock_pipe();

// Reads all of a file; the caller frees it. Null on failure.
char* read_file(const char* path);
// Reads digits, and goes behind them. The C library's functions for that have other names in newer
// versions of it.
uint64_t parse(const char** at, unsigned base);

}  // namespace platform
}  // namespace nogil
