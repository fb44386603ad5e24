// The supply of workers: how many are being made, by whom, and who is asked to make one more.
#include "binding/workers.h"

#include <cstdlib>

#include "platform/cpu.h"

namespace nogil {
namespace binding {

WorkerSupply g_supply;

namespace {

// Workers that others want the main thread to make; a futex of its own. At the end of the process
// kNoMore is added, so that nobody falls asleep on the old value.
Policy::Atomic<uint32_t> g_spawn{0};
constexpr uint32_t kNoMore = 1u << 31;

// Workers that boot, with whoever makes each and takes it along when it ends itself. With the
// supply's lock, as all that follows.
struct Birth {
  uint32_t number;
  Environment* maker;
};
Birth* g_births = nullptr;
uint32_t g_birth_count = 0;
uint32_t g_birth_capacity = 0;
uint32_t g_last_birth = 0;

// Whether there is, or is about to be, an isolate that makes workers for all.
bool g_spawner_comes = false;

// Has the spawner and the main thread look what workers are wanted. False: there is neither.
bool ask_for_workers() {
  // Both, where there are both: whoever looks first makes them.
  bool any = false;
  for_each_environment(
      [](Environment* e, void* asked) {
        if (!e->spawner && !e->main) return;
        *static_cast<bool*>(asked) = true;
        e->parker.interrupt(kService);
        signal_loop(e);
      },
      &any);
  return any;
}

// (): the birth of a worker that the caller is about to make, for `next` or `bootFailed`.
napi_value begin_boot(napi_env env, napi_callback_info) {
  ProcessLock lock(g_supply.lock);
  if (g_birth_count == g_birth_capacity) {
    uint32_t capacity = g_birth_capacity ? g_birth_capacity * 2 : 16;
    Birth* grown = static_cast<Birth*>(realloc(g_births, capacity * sizeof(Birth)));
    if (!grown) return out_of_memory(env);
    g_births = grown;
    g_birth_capacity = capacity;
  }
  if (++g_last_birth == 0) g_last_birth = 1;
  g_births[g_birth_count++] = {g_last_birth, environment(env)};
  return number(env, g_last_birth);
}

// (birth): a worker ended, or could not be made; if it was before it came to work, it boots no
// more.
napi_value boot_failed(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  ProcessLock lock(g_supply.lock);
  end_birth(a.u32(0));
  return nullptr;
}

// Whether more workers are needed: after one was lost while threads wait.
napi_value shortage(napi_env env, napi_callback_info) {
  ProcessLock lock(g_supply.lock);
  return boolean(env, wants_worker());
}

// (ms): asks the spawner, or the main thread, to make a worker. False: nobody answered in that
// time, and the request is withdrawn. A spawner always answers.
constexpr int64_t kSpawnerNs = 10'000'000'000;

napi_value request_spawn(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  g_spawn.fetch_add(1, std::memory_order_seq_cst);
  Environment* e = environment(env);
  int64_t deadline = 0;
  if (ask_for_workers()) {
    ProcessLock lock(g_supply.lock);
    deadline =
        Policy::now() + (g_spawner_comes ? kSpawnerNs : static_cast<int64_t>(a.number(0) * 1e6));
  }
  for (;;) {
    uint32_t wanted = g_spawn.load(std::memory_order_seq_cst);
    if (wanted & kNoMore) return boolean(env, false);
    if (wanted == 0) return boolean(env, true);
    if (Policy::now() >= deadline || (e->parker.requests.load() & kStop)) {
      // Whoever's request this is, one worker fewer is wanted of others.
      if (g_spawn.compare_exchange_strong(wanted, wanted - 1)) return boolean(env, false);
      continue;
    }
    Policy::wait(g_spawn, wanted, deadline, false);
  }
}

// Spawners that have told their workers to end; a futex of its own.
Policy::Atomic<uint32_t> g_spawner_done{0};

// (state): 1: the caller has begun to make a spawner; 2: it is this isolate; 0: there is none any
// more; 3: it has told its workers to end.
napi_value spawner(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  uint32_t state = a.u32(0);
  if (state == 2) {
    environment(env)->spawner = true;
  } else if (state == 3) {
    g_spawner_done.store(1, std::memory_order_seq_cst);
    Policy::wake(g_spawner_done, INT32_MAX, false);
  } else {
    ProcessLock lock(g_supply.lock);
    g_spawner_comes = state == 1;
  }
  return nullptr;
}

// (ms): until `spawner(3)`, for so long at most. One that is still being made has no workers.
napi_value spawner_done(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  bool any = false;
  for_each_environment(
      [](Environment* e, void* found) {
        if (e->spawner) *static_cast<bool*>(found) = true;
      },
      &any);
  if (!any) return nullptr;
  const int64_t deadline = Policy::now() + static_cast<int64_t>(a.number(0) * 1e6);
  while (g_spawner_done.load(std::memory_order_seq_cst) == 0 && Policy::now() < deadline)
    Policy::wait(g_spawner_done, 0, deadline, false);
  return nullptr;
}

// (change): how many isolates are being made, after that
napi_value isolates_coming(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  static Policy::Atomic<uint32_t> coming{0};
  // Wraps around for -1.
  const uint32_t change = static_cast<uint32_t>(static_cast<int32_t>(a.number(0)));
  return number(env, coming.fetch_add(change, std::memory_order_seq_cst) + change);
}

// How many workers others want made; they count as promised.
napi_value take_spawns(napi_env env, napi_callback_info) {
  uint32_t n = process_ends() ? 0 : g_spawn.exchange(0, std::memory_order_seq_cst) & ~kNoMore;
  if (n) Policy::wake(g_spawn, INT32_MAX, false);
  return number(env, n);
}

}  // namespace

void end_birth(uint32_t birth) {
  for (uint32_t i = 0; i < g_birth_count; i++) {
    if (g_births[i].number != birth) continue;
    g_births[i] = g_births[--g_birth_count];
    if (g_supply.booting) g_supply.booting--;
    return;
  }
}

void end_births_of(const Environment* maker) {
  bool any = false;
  {
    ProcessLock lock(g_supply.lock);
    for (uint32_t i = g_birth_count; i > 0; i--) {
      if (g_births[i - 1].maker != maker) continue;
      end_birth(g_births[i - 1].number);
      any = g_supply.pending > g_supply.idle + g_supply.booting;
    }
  }
  if (any) ask_for_workers();
}

void stop_spawns() {
  g_spawn.fetch_or(kNoMore, std::memory_order_seq_cst);
  Policy::wake(g_spawn, INT32_MAX, false);
}

// No more than this boot at once: making one takes as long as thousands of short threads do, which
// those that run will have taken by then. Each asks again when it has taken its first thread.
constexpr uint32_t kMinBooting = 4;

bool wants_worker() {
  if (process_ends()) return false;
  if (g_supply.pending <= g_supply.idle + g_supply.booting) return false;
  if (g_supply.booting >= kMinBooting &&
      g_supply.booting >= static_cast<uint32_t>(platform::cpu_count()))
    return false;
  g_supply.booting++;
  return true;
}

void define_workers(Wanted& define) {
  define("beginBoot", begin_boot);
  define("bootFailed", boot_failed);
  define("workerShortage", shortage);
  define("requestSpawn", request_spawn);
  define("takeSpawns", take_spawns);
  define("spawner", spawner);
  define("spawnerDone", spawner_done);
  define("isolatesComing", isolates_coming);
}

}  // namespace binding
}  // namespace nogil
