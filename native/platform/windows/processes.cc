#include "platform/processes.h"

#include <windows.h>

namespace nogil {
namespace platform {

namespace {

enum class Answer { kAlive, kGone, kUnknown };

Answer read_start(uint32_t pid, uint64_t* start_time) {
  const HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, pid);
  if (process == nullptr) {
    return GetLastError() == ERROR_INVALID_PARAMETER ? Answer::kGone : Answer::kUnknown;
  }
  Answer answer = Answer::kUnknown;
  FILETIME created, ended, kernel, user;
  // A process that has ended stays around while somebody has a handle on it.
  if (WaitForSingleObject(process, 0) == WAIT_OBJECT_0) {
    answer = Answer::kGone;
  } else if (GetProcessTimes(process, &created, &ended, &kernel, &user)) {
    *start_time = static_cast<uint64_t>(created.dwHighDateTime) << 32 | created.dwLowDateTime;
    answer = Answer::kAlive;
  }
  CloseHandle(process);
  return answer;
}

}  // namespace

uint64_t process_start_time(uint32_t pid) {
  uint64_t start_time = 0;
  return read_start(pid, &start_time) == Answer::kAlive ? start_time : 0;
}

bool process_alive(uint32_t pid, uint64_t start_time) {
  uint64_t now_there = 0;
  const Answer answer = read_start(pid, &now_there);
  return answer == Answer::kAlive ? now_there == start_time : answer == Answer::kUnknown;
}

// Handles are no descriptors here; callers fall back to process_alive().
int open_process_handle(uint32_t) { return -1; }
void close_process_handle(int) {}

}  // namespace platform
}  // namespace nogil
