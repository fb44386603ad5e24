#include "platform/cpu.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace nogil {
namespace platform {

namespace {

std::atomic<int> cached_count{0};

constexpr unsigned kBits = 8 * sizeof(unsigned long);

// Of the calling thread. Raw calls, because the libc wrappers differ between C libraries and
// versions of them.
struct Affinity {
  unsigned long mask[1024 / sizeof(unsigned long)];
  const long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);

  bool set() const { return syscall(SYS_sched_setaffinity, 0, bytes, mask) == 0; }
};

int affinity_count() {
  const Affinity affinity{};
  const unsigned long* mask = affinity.mask;
  const long bytes = affinity.bytes;
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

bool leave_cpu() {
  unsigned cpu;
  const Affinity all{};
  if (all.bytes <= 0 || syscall(SYS_getcpu, &cpu, nullptr, nullptr) != 0) return false;
  if (cpu >= static_cast<unsigned long>(all.bytes) * 8) return false;
  Affinity others = all;
  others.mask[cpu / kBits] &= ~(1ul << cpu % kBits);
  // The kernel refuses an empty mask.
  return others.set() && all.set();
}

}  // namespace platform
}  // namespace nogil
