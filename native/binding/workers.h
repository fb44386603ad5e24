// What the inbox of started threads (inbox.cc) and the supply of workers for it (workers.cc)
// share.
#pragma once

#include "binding/environment.h"

namespace nogil {
namespace binding {

// Threads that wait for a worker, and workers that come for one.
struct WorkerSupply {
  Policy::Atomic<uint32_t> lock{0};
  uint32_t pending = 0;  // start messages that no worker has taken yet
  uint32_t idle = 0;     // workers that wait for one, or have promised to come
  uint32_t booting = 0;  // workers that are being made
};
extern WorkerSupply g_supply;

// Whether one more worker is to be made, which then counts as booting. With the supply's lock.
bool wants_worker();
// The worker of that birth has come, or never will. With the supply's lock.
void end_birth(uint32_t birth);
// None of the workers that `maker` was about to make will come.
void end_births_of(const Environment* maker);

// Nobody will make a worker any more: whoever waits for one is to look why.
void stop_spawns();

}  // namespace binding
}  // namespace nogil
