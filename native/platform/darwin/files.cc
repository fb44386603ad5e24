#include "platform/files.h"

#include <errno.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

namespace nogil {
namespace platform {

long write_all(int fd, const void* data, size_t bytes) {
  const char* at = static_cast<const char*>(data);
  size_t left = bytes;
  while (left > 0) {
    const ssize_t written = write(fd, at, left);
    if (written >= 0) {
      at += written;
      left -= static_cast<size_t>(written);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      struct pollfd ready = {fd, POLLOUT, 0};
      if (poll(&ready, 1, -1) < 0 && errno != EINTR) return -errno;
    } else if (errno != EINTR) {
      return -errno;
    }
  }
  return static_cast<long>(bytes);
}

bool lock_shared(int fd) { return flock(fd, LOCK_SH | LOCK_NB) == 0; }

}  // namespace platform
}  // namespace nogil
