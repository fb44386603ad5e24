#include "platform/random.h"

#include <stdlib.h>
#include <windows.h>
// After windows.h, whose types it uses.
#include <bcrypt.h>

namespace nogil {
namespace platform {

void fill_random(void* at, size_t bytes) {
  if (BCryptGenRandom(nullptr, static_cast<PUCHAR>(at), static_cast<ULONG>(bytes),
                      BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0) {
    abort();
  }
}

}  // namespace platform
}  // namespace nogil
