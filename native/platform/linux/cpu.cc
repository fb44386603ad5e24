#include "platform/cpu.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace nogil {
namespace platform {

namespace {

std::atomic<int> cached_count{0};

// The raw call, because the libc wrapper differs between C libraries and versions of them.
int affinity_count() {
  unsigned long mask[1024 / sizeof(unsigned long)];
  const long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
  if (bytes <= 0) return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  int count = 0;
  for (unsigned long i = 0; i < bytes / sizeof mask[0]; i++) {
    for (unsigned long bits = mask[i]; bits != 0; bits &= bits - 1) count++;
  }
  return count;
}

}  // namespace

int cpu_count() {
  int count = cached_count.load(std::memory_order_relaxed);
  if (count == 0) {
    count = affinity_count();
    if (count < 1) count = 1;
    cached_count.store(count, std::memory_order_relaxed);
  }
  return count;
}

}  // namespace platform
}  // namespace nogil
