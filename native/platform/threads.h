#pragma once

#include <cstdint>

namespace nogil {
namespace platform {

// The operating system's numbers. Neither is cached: both change in the child of a fork.
uint32_t thread_id();
uint32_t process_id();

// Keeps this library in memory until the process ends, whoever loaded it: its threads go on.
void stay_loaded();

// Gives the rest of the time slice away.
void yield();

// Runs `fn(arg)` on a new detached thread that takes no signals (they belong to the runtime's own
// threads). Returns false when the system refuses another thread.
bool start_thread(void (*fn)(void*), void* arg);

}  // namespace platform
}  // namespace nogil
