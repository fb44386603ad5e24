#include "platform/cpu.h"

#include <windows.h>

#include <atomic>

namespace nogil {
namespace platform {

namespace {
std::atomic<int> cached_count{0};
}

int cpu_count() {
  int count = cached_count.load(std::memory_order_relaxed);
  if (count == 0) {
    // The mask covers one group of 64; with more, the process has all of them.
    DWORD_PTR mine = 0, all = 0;
    if (GetActiveProcessorGroupCount() > 1) {
      count = static_cast<int>(GetActiveProcessorCount(ALL_PROCESSOR_GROUPS));
    } else if (GetProcessAffinityMask(GetCurrentProcess(), &mine, &all)) {
      for (; mine != 0; mine &= mine - 1) count++;
    }
    if (count < 1) count = 1;
    cached_count.store(count, std::memory_order_relaxed);
  }
  return count;
}

// The scheduler sees to it here: whoever is woken goes to an idle processor first.
bool leave_cpu() { return false; }

}  // namespace platform
}  // namespace nogil
