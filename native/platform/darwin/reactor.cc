#include "platform/reactor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

namespace nogil {
namespace platform {

namespace {
// The writing end of each bell, by its reading end.
constexpr int kBells = 4096;
int g_ends[kBells];
}  // namespace

int open_bell() {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  for (int end : ends) {
    fcntl(end, F_SETFD, FD_CLOEXEC);
    fcntl(end, F_SETFL, O_NONBLOCK);
  }
  if (ends[0] >= kBells) {
    close(ends[0]);
    close(ends[1]);
    return -1;
  }
  g_ends[ends[0]] = ends[1];
  return ends[0];
}

void ring_bell(int bell) {
  char one = 1;
  while (write(g_ends[bell], &one, 1) < 0 && errno == EINTR) {
  }
}

void silence_bell(int bell) {
  char bytes[64];
  while (read(bell, bytes, sizeof bytes) > 0 || errno == EINTR) {
  }
}

// The handles of processes are kqueues (processes.cc), which poll like other descriptors.
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
