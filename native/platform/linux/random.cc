#include "platform/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace nogil {
namespace platform {

void fill_random(void* at, size_t bytes) {
  char* out = static_cast<char*>(at);
  while (bytes > 0) {
    const long got = syscall(SYS_getrandom, out, bytes, 0);
    if (got > 0) {
      out += got;
      bytes -= static_cast<size_t>(got);
    } else if (errno != EINTR) {
      abort();  // Linux has had the call since 3.17; weak randomness must not pass unnoticed
    }
  }
}

}  // namespace platform
}  // namespace nogil
