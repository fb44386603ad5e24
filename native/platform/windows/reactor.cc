#include "platform/reactor.h"

// Nothing of multiprocessing works here yet (lib/multiprocessing says so).

namespace nogil {
namespace platform {

int open_bell() { return -1; }
void ring_bell(int) {}
void silence_bell(int) {}
void poll_handles(const int*, bool* ready, uint32_t count, int) {
  for (uint32_t i = 0; i < count; i++) ready[i] = false;
}

}  // namespace platform
}  // namespace nogil
