#pragma once

#include <cstdint>

namespace nogil {
namespace platform {

// Why there was no fork; otherwise what it answers is the child's pid, or 0 in the child. Other
// negative answers are -errno.
inline constexpr int32_t kForkUnsupported = -10001;
// A thread of the runtime's has been at work for too long.
inline constexpr int32_t kForkBusy = -10002;
// There is another event loop than the main thread's: another isolate, or the inspector.
inline constexpr int32_t kForkOtherLoop = -10003;

// fork(2) from the main thread of a Node process, with the runtime's helper threads: they live on
// in the child. `in_child` is called there first, while signals are held back. `ending`: other
// isolates have been told to end, and are waited for.
int32_t fork_with_helpers(bool ending, void (*in_child)(void*), void* data);

// How many event loops the process has; -1 when the system does not tell.
int event_loops();
// How many of them a Node process with a single isolate has: its own, for delayed tasks, for
// tracing.
inline constexpr int kLoopsOfNode = 3;

}  // namespace platform
}  // namespace nogil
