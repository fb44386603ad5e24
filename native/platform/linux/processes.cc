#include "platform/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

namespace nogil {
namespace platform {

namespace {

enum class Answer { kAlive, kGone, kUnknown };

// "/proc/<pid>/stat"
void stat_path(uint32_t pid, char* out) {
  char digits[10];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + pid % 10);
    pid /= 10;
  } while (pid != 0);
  for (const char* p = "/proc/"; *p != 0; p++) *out++ = *p;
  while (count > 0) *out++ = digits[--count];
  for (const char* p = "/stat"; *p != 0; p++) *out++ = *p;
  *out = 0;
}

// proc(5): pid (comm) state ... with the start time, in clock ticks since boot, in field 22. The
// command may contain spaces and parentheses, so the fields are counted from the last one.
Answer read_stat(uint32_t pid, uint64_t* start_time) {
  char path[40];
  stat_path(pid, path);
  int fd;
  do {
    fd = open(path, O_RDONLY | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) {
    if (errno != ENOENT) return Answer::kUnknown;
    // No entry: no such process, unless there is no /proc here at all.
    return kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH ? Answer::kGone
                                                                   : Answer::kUnknown;
  }
  char text[1024];
  ssize_t bytes;
  do {
    bytes = read(fd, text, sizeof text);
  } while (bytes < 0 && errno == EINTR);
  const int error = errno;
  close(fd);
  if (bytes < 0) return error == ESRCH ? Answer::kGone : Answer::kUnknown;

  ssize_t at = bytes - 1;
  while (at > 0 && text[at] != ')') at--;
  at += 2;
  if (at >= bytes) return Answer::kUnknown;
  if (text[at] == 'Z' || text[at] == 'X' || text[at] == 'x') return Answer::kGone;
  for (int field = 3; field < 22; field++) {
    while (at < bytes && text[at] != ' ') at++;
    at++;
  }
  uint64_t value = 0;
  while (at < bytes && text[at] >= '0' && text[at] <= '9') {
    value = value * 10 + static_cast<uint64_t>(text[at++] - '0');
  }
  *start_time = value + 1;  // 0 means "gone", and the first process may have started at tick 0
  return Answer::kAlive;
}

}  // namespace

uint64_t process_start_time(uint32_t pid) {
  uint64_t start_time = 0;
  return read_stat(pid, &start_time) == Answer::kAlive ? start_time : 0;
}

bool process_alive(uint32_t pid, uint64_t start_time) {
  uint64_t now_there = 0;
  switch (read_stat(pid, &now_there)) {
    case Answer::kAlive: return now_there == start_time;
    case Answer::kGone: return false;
    case Answer::kUnknown: break;
  }
  return !(kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH);
}

int open_process_handle(uint32_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, static_cast<long>(pid), 0));
}

void close_process_handle(int handle) {
  if (handle >= 0) close(handle);
}

}  // namespace platform
}  // namespace nogil
