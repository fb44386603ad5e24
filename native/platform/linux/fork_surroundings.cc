#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>

#include "platform/linux/fork.h"

#ifndef MADV_DOFORK
#define MADV_DOFORK 11
#endif

namespace nogil {
namespace platform {

namespace {

std::atomic<int> chosen_signal{-1};

constexpr int kLowDescriptors = 256;

// "pipe:[number]"
bool pipe_name(int descriptor, char (&name)[64]) {
  char path[] = "/proc/self/fd/000";
  path[14] = static_cast<char>('0' + descriptor / 100);
  path[15] = static_cast<char>('0' + descriptor / 10 % 10);
  path[16] = static_cast<char>('0' + descriptor % 10);
  // The kernel takes no leading zeros.
  const int zeros = descriptor < 10 ? 2 : descriptor < 100 ? 1 : 0;
  memmove(path + 14, path + 14 + zeros, sizeof path - 14 - zeros);
  const ssize_t length = readlink(path, name, sizeof name - 1);
  if (length <= 0) return false;
  name[length] = 0;
  return strncmp(name, "pipe:", 5) == 0;
}

}  // namespace

int fork_signal() {
  int signal = chosen_signal.load(std::memory_order_relaxed);
  if (signal >= 0) return signal;
  // From the far end: whoever else takes one takes it from the near end.
  for (signal = SIGRTMAX - 1; signal > SIGRTMIN; signal--) {
    struct sigaction action;
    if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) break;
  }
  if (signal == SIGRTMIN) signal = 0;
  int none = -1;
  return chosen_signal.compare_exchange_strong(none, signal) ? signal : none;
}

char* read_file(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  size_t room = 16 * 1024;
  size_t length = 0;
  char* text = static_cast<char*>(malloc(room));
  while (text) {
    const ssize_t got = read(fd, text + length, room - length - 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      text[length] = 0;
      if (got == 0) break;
      free(text);
      text = nullptr;
      break;
    }
    length += static_cast<size_t>(got);
    if (room - length > 1) continue;
    room *= 2;
    char* grown = static_cast<char*>(realloc(text, room));
    if (!grown) free(text);
    text = grown;
  }
  close(fd);
  return text;
}

uint64_t parse(const char** at, unsigned base) {
  uint64_t value = 0;
  for (;; ++*at) {
    const char c = **at;
    const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                                                  : base;
    if (digit >= base) return value;
    value = value * base + digit;
  }
}

// V8 marks its heap as not to be copied. Mappings that are not memory refuse.
bool copy_all_memory() {
  char* maps = read_file("/proc/self/maps");
  if (!maps) return false;
  // "from-to perms offset device inode path"
  for (const char* at = maps; *at; at += *at != 0) {
    const uintptr_t from = parse(&at, 16);
    at++;
    const uintptr_t to = parse(&at, 16);
    bool copied = at[0] && at[4] == 'p';
    for (int fields = 0; fields < 4 && *at; at++) fields += *at == ' ';
    copied = copied && parse(&at, 10) == 0;
    if (copied) madvise(reinterpret_cast<void*>(from), to - from, MADV_DOFORK);
    while (*at && *at != '\n') at++;
  }
  free(maps);
  return true;
}

// libuv has one lock for all that concerns signals, a pipe with a byte in it. Parent and child must
// not share it: one that was killed with the byte in its hands would block the other. libuv sees
// to that in a handler of fork(3). It made that pipe before anything else could make one.
void renew_lock_pipe() {
  char in_name[64], out_name[64];
  for (int in = 3; in < kLowDescriptors; in++) {
    int bytes = 0;
    if ((fcntl(in, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) != O_RDONLY || !pipe_name(in, in_name) ||
        !(fcntl(in, F_GETFD) & FD_CLOEXEC) || ioctl(in, FIONREAD, &bytes) != 0 || bytes != 1) {
      continue;
    }
    for (int out = 3; out < kLowDescriptors; out++) {
      if (out == in || !pipe_name(out, out_name) || strcmp(in_name, out_name) != 0) continue;
      int fresh[2];
      if (pipe2(fresh, O_CLOEXEC) != 0) return;
      const char token = 42;
      if (write(fresh[1], &token, 1) == 1) {
        dup3(fresh[0], in, O_CLOEXEC);
        dup3(fresh[1], out, O_CLOEXEC);
      }
      close(fresh[0]);
      close(fresh[1]);
      return;
    }
  }
}

}  // namespace platform
}  // namespace nogil
