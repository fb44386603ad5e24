#include "platform/random.h"

#include <stdlib.h>

namespace nogil {
namespace platform {

void fill_random(void* at, size_t bytes) { arc4random_buf(at, bytes); }

}  // namespace platform
}  // namespace nogil
