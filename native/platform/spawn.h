// Child processes of our own: those that Node's child_process knows nothing of.
#pragma once

#include <cstdint>

namespace nogil {
namespace platform {

// Starts a program with these arguments and this environment (each ended by null), its standard
// input empty, and `fd` open in it as `as`; `fd` -1: nothing but standard output and error. Its
// signals are at their defaults. The pid, or minus the error number.
int64_t spawn(const char* program, char* const* arguments, char* const* environment, int fd,
              int as);

// How a child ended.
struct Ended {
  bool ended;
  int32_t code;  // of its exit; minus the signal that killed it
};

// Takes the status of a child that has ended, which lets the system forget it.
Ended reap(uint32_t pid);

// 0, or the error number.
int send_signal(uint32_t pid, int signal);

}  // namespace platform
}  // namespace nogil
