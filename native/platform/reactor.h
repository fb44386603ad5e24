// How the thread that watches processes sleeps.
#pragma once

#include <cstdint>

namespace nogil {
namespace platform {

// Something that poll_handles() can wait for and any thread can ring; -1 when the system has none.
int open_bell();
void ring_bell(int bell);
void silence_bell(int bell);

// Waits until one of the handles (bells, or of open_process_handle()) is ready, at most so many
// milliseconds, -1 for ever. ready[i] says which are. Negative handles are never ready.
void poll_handles(const int* handles, bool* ready, uint32_t count, int ms);

}  // namespace platform
}  // namespace nogil
