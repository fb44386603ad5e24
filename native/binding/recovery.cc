// Has what a dead process left behind in shared memory passed on.
#include "binding/tree.h"
#include "processes/ledger.h"

namespace nogil {
namespace binding {

void recover_process(ProcessNumber dead, ThreadNumber me) {
  Memory& arena = shared_arena();
  ProcessSlot<Policy>& slot = arena.processes().at(dead);
  uint32_t free = 0;
  if (!arena.header()->recovery.compare_exchange_strong(free, me)) return;
  if (slot.state.load() == static_cast<uint32_t>(ProcessState::kDead)) {
    arena.threads().for_each_of(dead, [&](ThreadNumber number) {
      arena.for_each<SyncCell>(ChunkKind::kCells, [&](uint32_t, SyncCell* cell) {
        CellClass c = tag::cell_class(cell->tag.load());
        if (c == CellClass::kLock || c == CellClass::kRLock)
          Mutex<Policy>::abandon(arena, *cell, number, me);
      });
      arena.threads().leave(number);
    });
    Ledger<Policy>(arena, slot).give_back([](CellId cell) { release_cell(cell); }, me);
    CellId cell = slot.cell.exchange(kNoCell);
    slot.state.store(static_cast<uint32_t>(ProcessState::kFree));
    if (cell) release_cell(cell);
  }
  arena.header()->recovery.store(0);
}

}  // namespace binding
}  // namespace nogil
