#include "platform/children.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nogil {
namespace platform {

int32_t take_child(uint32_t pid, uint32_t options, int* status) {
  int flags = WNOHANG;
  if (options & kUntraced) flags |= WUNTRACED;
  if (options & kContinued) flags |= WCONTINUED;
  pid_t got;
  do {
    got = waitpid(static_cast<pid_t>(pid), status, flags);
  } while (got < 0 && errno == EINTR);
  return got < 0 ? -errno : got;
}

void watch_child(uint32_t pid, uint32_t options) {
  int flags = WEXITED | WNOWAIT;
  if (options & kUntraced) flags |= WSTOPPED;
  if (options & kContinued) flags |= WCONTINUED;
  siginfo_t info;
  while (waitid(P_PID, pid, &info, flags) != 0 && errno == EINTR) {
  }
}

uint32_t process_group(uint32_t pid) {
  const pid_t group = getpgid(static_cast<pid_t>(pid));
  return group < 0 ? 0 : static_cast<uint32_t>(group);
}

void exit_now(int code) { _exit(code); }
void abort_now() { abort(); }

}  // namespace platform
}  // namespace nogil
