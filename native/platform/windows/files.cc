#include "platform/files.h"

#include <errno.h>
#include <io.h>

namespace nogil {
namespace platform {

long write_all(int fd, const void* data, size_t bytes) {
  constexpr size_t kMost = 1 << 20;
  const char* at = static_cast<const char*>(data);
  size_t left = bytes;
  while (left > 0) {
    const int written = _write(fd, at, static_cast<unsigned>(left < kMost ? left : kMost));
    if (written < 0) return -errno;
    at += written;
    left -= static_cast<size_t>(written);
  }
  return static_cast<long>(bytes);
}

bool lock_shared(int) { return false; }

}  // namespace platform
}  // namespace nogil
