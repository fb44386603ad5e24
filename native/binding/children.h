// The children that fork() made (fork.cc), until somebody has taken their status (children.cc).
#pragma once

#include "binding/environment.h"

namespace nogil {
namespace binding {

// `listed`: waits for any child take it. False when memory is out. To be made sure of before the
// fork: reserve_child() has room made for one.
bool reserve_child();
void add_child(uint32_t pid, bool listed);
// In a new process, which has none.
void forget_children();

void define_children(Wanted& define);

}  // namespace binding
}  // namespace nogil
