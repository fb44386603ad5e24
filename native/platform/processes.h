#pragma once

#include <cstdint>

namespace nogil {
namespace platform {

// When the process started, in an arbitrary unit that is the same for every observer; 0 when there
// is no such process or it has ended (a zombie has). Together with the pid this identifies a
// process for good: a pid that has been reused has another start time.
uint64_t process_start_time(uint32_t pid);

// Whether the very process that had this pid and start time still runs. When the system refuses to
// tell, the answer is "alive": taking a lock from a living owner is the worse mistake.
bool process_alive(uint32_t pid, uint64_t start_time);

// A descriptor that polls readable once the process has ended, closed on exec; -1 when the process
// is gone or the system has none (then fall back to process_alive()). Close with
// close_process_handle().
int open_process_handle(uint32_t pid);
void close_process_handle(int handle);

}  // namespace platform
}  // namespace nogil
