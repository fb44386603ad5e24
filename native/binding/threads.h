// What the life of threads (threads.cc) and their way to a worker (inbox.cc) share.
#pragma once

#include "binding/environment.h"

namespace nogil {
namespace binding {

// A thread's cell (lib/internal/cell.ts): state 1 once it has ended, which makes it an event.
//   aux      ThreadFlags
//   data[0]  number, which is also its ident
//   data[1]  OS thread id, 0 until it runs
//   data[2]  environment that runs it
//   data[3]  key of the pool that it works for (thread_pool.h)
enum ThreadFlags : uint32_t {
  kStarted = 1,
  kDaemon = 2,
  kMainThread = 4,
  kDummy = 8,
  kAbnormal = 16,
  // 32 is JavaScript's: an error of it waits in the mailbox.
  kRaw = 64,
  kDoomed = 128,  // its worker is to be terminated by whoever made it
  kClaimed = 256  // somebody is starting it, or has
};

// Among those that are alive: started and not ended. `waited_for`: it is no daemon. With the
// supply's lock (workers.h). False when memory is out.
bool list_alive(CellId thread, bool waited_for);
// The end of a logical thread, in whatever way. `me` acts. `back`: its worker comes for another;
// that has to be known before anybody who joined can start a thread, or a worker too many would be
// made.
void end_thread(CellId id, bool abnormal, bool may_hold, ThreadNumber me, bool back = false);
// The worker does not come for another thread.
void give_up_idle(Environment* e);

void define_inbox(Wanted& define);

}  // namespace binding
}  // namespace nogil
