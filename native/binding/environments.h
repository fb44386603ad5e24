// The list of the process's environments: one for each thread that has loaded the addon. What one
// thread asks of another goes through it.
#pragma once

#include "binding/environment.h"

namespace nogil {
namespace binding {

// With it none of them can end, and what threads look at in each other's environments stays.
extern Policy::Atomic<uint32_t> g_environments_lock;

// Gives it an id, by which others find it. It is stopped from the start where the process is about
// to exit.
void list_environment(Environment* e);
void unlist_environment(Environment* e);
// Says what it is, to others too. Whether there is a main thread that has loaded the addon.
bool describe_environment(Environment* e, bool main, bool pooled);

// Ends every wait of every other thread of the process, now and later: it is about to exit;
// `certain`: and nobody can keep it from that.
void stop_others(Environment* self, bool certain);
// Whether there are any; for one that is listed no more.
bool others_live();

}  // namespace binding
}  // namespace nogil
