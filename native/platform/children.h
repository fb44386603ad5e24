#pragma once

#include <cstdint>

namespace nogil {
namespace platform {

// What waitpid(2) takes as options; the same numbers as in lib/os/wait.ts.
enum WaitOption : uint32_t { kNoHang = 1, kUntraced = 2, kContinued = 8 };

// Looks whether a child of this process has changed its state, and takes that where it has: its pid
// then, 0 where it has not, -errno. Does not block.
int32_t take_child(uint32_t pid, uint32_t options, int* status);

// Blocks until take_child() has something to say, and takes nothing.
void watch_child(uint32_t pid, uint32_t options);

// 0 when it can not be told.
uint32_t process_group(uint32_t pid);

// Ends the process at once: nothing is flushed, no handler runs, no thread is waited for.
[[noreturn]] void exit_now(int code);
// As exit_now(), by SIGABRT.
[[noreturn]] void abort_now();

}  // namespace platform
}  // namespace nogil
