#pragma once

#include "binding/environment.h"

namespace nogil {
namespace binding {

// What memory says about the parent becomes true of the child, whose only thread calls this before
// anything else runs there.
void after_fork_in_child(Environment* e, ProcessNumber number, uint32_t generation);

void define_fork(Wanted& define);

}  // namespace binding
}  // namespace nogil
