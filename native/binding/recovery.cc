// Has what a dead process left behind in shared memory passed on (processes/recovery.h).
#include "processes/recovery.h"

#include "binding/tree.h"

namespace nogil {
namespace binding {

void recover_process(ProcessNumber dead, ThreadNumber me) {
  RecoveryHooks<Policy> hooks{};
  hooks.drop_message = [](void*, const uint8_t* bytes, size_t length) {
    drop_message(bytes, length, false);
  };
  hooks.release_cell = [](void*, CellId cell) { release_cell(cell); };
  hooks.process_ended = [](void*, CellId cell) {
    // Where it never took its message, what is in there is held by nobody any more.
    drop_start_message(cell);
    release_cell(cell);
  };
  hooks.redeliver = [](void*, Record* record) { ring_process(record->environment); };
  Recovery<Policy>(shared_arena(), me, process_number(), hooks).run(dead);
}

}  // namespace binding
}  // namespace nogil
