// Open addressing with linear probing. An entry whose count fell to 0 keeps its cell's name as a
// tombstone until the table grows.
#include <cstdlib>

#include "binding/environment.h"

namespace nogil {
namespace binding {

ReferenceTable::~ReferenceTable() { free(entries_); }

ReferenceTable::Entry* ReferenceTable::find(CellId cell) {
  if (!capacity_) return nullptr;
  for (uint32_t i = (cell * 2654435761u) & (capacity_ - 1);; i = (i + 1) & (capacity_ - 1)) {
    if (entries_[i].cell == cell || entries_[i].cell == kNoCell) return &entries_[i];
  }
}

bool ReferenceTable::grow() {
  uint32_t live = 0;
  for (uint32_t i = 0; i < capacity_; i++) live += entries_[i].count != 0;
  uint32_t capacity = 64;
  while (capacity < live * 4) capacity *= 2;
  Entry* fresh = static_cast<Entry*>(calloc(capacity, sizeof(Entry)));
  if (!fresh) return false;
  Entry* old = entries_;
  uint32_t old_capacity = capacity_;
  entries_ = fresh;
  capacity_ = capacity;
  used_ = 0;
  for (uint32_t i = 0; i < old_capacity; i++) {
    if (!old[i].count) continue;
    *find(old[i].cell) = old[i];
    used_++;
  }
  free(old);
  return true;
}

bool ReferenceTable::add(CellId cell) {
  if (used_ * 2 >= capacity_ && !grow()) return false;
  Entry* e = find(cell);
  if (e->cell == kNoCell) {
    e->cell = cell;
    used_++;
  }
  e->count++;
  return true;
}

bool ReferenceTable::remove(CellId cell) {
  Entry* e = find(cell);
  if (!e || e->cell == kNoCell || e->count == 0) return false;
  e->count--;
  return true;
}

}  // namespace binding
}  // namespace nogil
