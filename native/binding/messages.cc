#include <cstring>

#include "binding/environment.h"

namespace nogil {
namespace binding {

void drop_message(const uint8_t* bytes, size_t length) {
  // [1, 0, 0, 0][count][cells]: the table of references; a first byte of 0 says that there is none.
  if (length < 8 || bytes[0] != 1) return;
  uint32_t count;
  memcpy(&count, bytes + 4, sizeof count);
  if (count > (length - 8) / 4) return;
  for (uint32_t i = 0; i < count; i++) {
    CellId cell;
    memcpy(&cell, bytes + 8 + i * size_t{4}, sizeof cell);
    release_cell(cell);
  }
}

}  // namespace binding
}  // namespace nogil
