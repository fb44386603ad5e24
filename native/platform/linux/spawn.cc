#include "platform/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

namespace nogil {
namespace platform {

int64_t spawn(const char* program, char* const* arguments, char* const* environment, int fd,
              int as) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (posix_spawn_file_actions_init(&actions) != 0) return -ENOMEM;
  if (posix_spawnattr_init(&attributes) != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return -ENOMEM;
  }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  // These may be marked to close at exec; a duplicate is not, and neither is one of itself.
  for (int out = 1; out <= 2; out++) posix_spawn_file_actions_adddup2(&actions, out, out);
  if (fd >= 0) posix_spawn_file_actions_adddup2(&actions, fd, as);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  sigdelset(&all, SIGKILL);
  sigdelset(&all, SIGSTOP);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  int error = posix_spawn(&pid, program, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error != 0 ? -error : pid;
}

Ended reap(uint32_t pid) {
  int status = 0;
  pid_t got;
  do {
    got = waitpid(static_cast<pid_t>(pid), &status, WNOHANG);
  } while (got < 0 && errno == EINTR);
  // Not our child, or somebody took its status: it has ended, and nobody knows how.
  if (got < 0) return {true, 255};
  if (got == 0) return {false, 0};
  return {true, WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status)};
}

int send_signal(uint32_t pid, int signal) {
  return kill(static_cast<pid_t>(pid), signal) == 0 ? 0 : errno;
}

}  // namespace platform
}  // namespace nogil
