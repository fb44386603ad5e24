#include "platform/cpu.h"

#include <unistd.h>

#include <atomic>

namespace nogil {
namespace platform {

namespace {
std::atomic<int> cached_count{0};
}

// There are no affinity masks here.
int cpu_count() {
  int count = cached_count.load(std::memory_order_relaxed);
  if (count == 0) {
    count = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
    if (count < 1) count = 1;
    cached_count.store(count, std::memory_order_relaxed);
  }
  return count;
}

// Threads can not be told where to run here.
bool leave_cpu() { return false; }

}  // namespace platform
}  // namespace nogil
