#include "platform/spawn.h"

// Nothing of multiprocessing works here yet (lib/multiprocessing says so).

namespace nogil {
namespace platform {

namespace {
constexpr int kNotSupported = 40;  // ENOSYS
}

int64_t spawn(const char*, char* const*, char* const*, int, int) { return -kNotSupported; }
Ended reap(uint32_t) { return {true, 255}; }
int send_signal(uint32_t, int) { return kNotSupported; }

}  // namespace platform
}  // namespace nogil
