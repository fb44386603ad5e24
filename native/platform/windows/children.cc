#include "platform/children.h"

#include <errno.h>
#include <stdlib.h>
#include <windows.h>

namespace nogil {
namespace platform {

// There is no fork() here, so there are no children to wait for by these.
int32_t take_child(uint32_t, uint32_t, int*) { return -ECHILD; }
void watch_child(uint32_t, uint32_t) {}
uint32_t process_group(uint32_t) { return 0; }

void exit_now(int code) {
  TerminateProcess(GetCurrentProcess(), static_cast<UINT>(code));
  abort();
}
void abort_now() { abort(); }

}  // namespace platform
}  // namespace nogil
