#include "platform/reactor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace nogil {
namespace platform {

int open_bell() { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void ring_bell(int bell) {
  uint64_t one = 1;
  while (write(bell, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void silence_bell(int bell) {
  uint64_t count;
  while (read(bell, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

void poll_handles(const int* handles, bool* ready, uint32_t count, int ms) {
  struct pollfd* fds = static_cast<struct pollfd*>(malloc(count * sizeof(struct pollfd)));
  for (uint32_t i = 0; i < count; i++) ready[i] = false;
  if (fds == nullptr) {
    poll(nullptr, 0, ms < 0 || ms > 100 ? 100 : ms);
    return;
  }
  for (uint32_t i = 0; i < count; i++) fds[i] = {handles[i], POLLIN, 0};
  if (poll(fds, count, ms) > 0) {
    for (uint32_t i = 0; i < count; i++) ready[i] = fds[i].revents != 0;
  }
  free(fds);
}

}  // namespace platform
}  // namespace nogil
