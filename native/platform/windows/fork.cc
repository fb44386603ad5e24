#include "platform/fork.h"

namespace nogil {
namespace platform {

int32_t fork_with_helpers(bool, void (*)(void*), void*) { return kForkUnsupported; }
int event_loops() { return -1; }

}  // namespace platform
}  // namespace nogil
