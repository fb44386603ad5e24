// Two threads of the process that run no JavaScript, each begun when it is first needed.
//
// The watcher sleeps until a process that this one watches has ended: its children, its parent, and
// those whose watcher died. It takes the status of a child, has what the dead process left behind
// recovered, tells who joined it, and takes over what it watched.
//
// The ringer sleeps on this process's doorbell, a word in shared memory. Whoever notifies a promise
// of this process that waits at a shared cell rings; which one it is can be seen in the records. So
// a waker that is killed between the notification and the bell has lost nothing that recovery,
// which rings everywhere, does not make good.
//
// In a child that fork() made both may exist, asleep where the parent's are. They belong to another
// process and end without a trace as soon as they wake; the child begins threads of its own.
#include <cstdlib>

#include "binding/tree.h"
#include "platform/processes.h"
#include "platform/reactor.h"
#include "platform/spawn.h"
#include "platform/threads.h"

namespace nogil {
namespace binding {

namespace {

constexpr int kSigterm = 15;
constexpr int kSigkill = 9;
// Where the system has no handles for processes they are looked at so often.
constexpr int kLookMs = 100;
// A daemonic process that does not end with its parent when it is told to is made to.
constexpr int kGraceMs = 1000;
// A process that was killed while it started another may have taken a place for it and no more.
// Where nobody comes up in that place for so long, nobody will; who does after all, ends
// (tree.cc, come_up). A copy is there at once, a new program has to be loaded.
constexpr int64_t kForkNs = 2'000'000'000;
constexpr int64_t kSpawnNs = 60'000'000'000;

struct Watched {
  ProcessNumber number;
  uint32_t generation;
  uint32_t environment;  // to be told
  int handle;
  // Of a child whose status is ours to take, with a reference; that of os.fork()'s belongs to
  // os.wait(). Not looked for in the slot, which may be another process's by then.
  CellId cell;
  int64_t since;
};

Policy::Atomic<uint32_t> g_lock{0};
Watched* g_watched = nullptr;
uint32_t g_count = 0;
uint32_t g_capacity = 0;
int g_bell = -1;
bool g_watching = false;
// A daemonic process ends with its parent.
Policy::Atomic<bool> g_daemon{false};
Policy::Atomic<bool> g_orphan{false};

ProcessSlot<Policy>& slot_of(ProcessNumber number) { return shared_arena().processes().at(number); }

bool has_ended(const Watched& w) {
  ProcessSlot<Policy>& slot = slot_of(w.number);
  if (slot.generation() != w.generation) return true;
  uint32_t pid = slot.pid();
  uint64_t started = slot.started.load(std::memory_order_acquire);
  if (!pid) {
    // Only of a place that was taken over from a dead parent.
    const bool fork = slot.ledger.load(std::memory_order_acquire) != 0;
    return slot.state() == ProcessState::kStarting &&
           Policy::now() - w.since > (fork ? kForkNs : kSpawnNs);
  }
  if (started) return !platform::process_alive(pid, started);
  return platform::process_start_time(pid) == 0;
}

void ring_everywhere() {
  shared_arena().processes().for_each([](ProcessNumber number, ProcessSlot<Policy>& slot) {
    if (slot.state() == ProcessState::kRunning) ring_process(number);
  });
}

void end_of(const Watched& w, ThreadNumber me) {
  ProcessSlot<Policy>& slot = slot_of(w.number);
  int32_t code = 255;
  // It is about to be a zombie for certain: its handle said so.
  while (w.cell && !reap_process(w.cell, &code)) platform::yield();
  if (slot.end(w.generation)) {
    recover_process(w.number, me);
    ring_everywhere();
  }
  if (w.cell) {
    settle_process(w.cell, code, me);
    give_up_cell(w.cell);
  }
  // What it watched is ours now.
  shared_arena().processes().for_each([&](ProcessNumber number, ProcessSlot<Policy>& other) {
    uint32_t watcher = w.number;
    if (number != process_number() &&
        other.watcher.compare_exchange_strong(watcher, process_number(),
                                              std::memory_order_acq_rel) &&
        other.state() != ProcessState::kFree)
      watch_process(number, other.generation(), 0);
  });
  ProcessSlot<Policy>& own = slot_of(process_number());
  if (own.parent.load(std::memory_order_relaxed) == w.number &&
      own.parent_generation.load(std::memory_order_relaxed) == w.generation) {
    g_orphan.store(true, std::memory_order_seq_cst);
    if (g_daemon.load(std::memory_order_seq_cst)) {
      platform::send_signal(platform::process_id(), kSigterm);
      platform::poll_handles(nullptr, nullptr, 0, kGraceMs);
      platform::send_signal(platform::process_id(), kSigkill);
    }
  }
  if (w.environment) request_service(w.environment);
}

void watch(void*) {
  const ProcessNumber mine = process_number();
  ThreadNumber me = thread_table().enter(process_number());
  set_lock_number(me);
  for (;;) {
    int* handles = nullptr;
    bool* ready = nullptr;
    Watched* those = nullptr;
    uint32_t count;
    bool all_have_handles = true;
    {
      ProcessLock lock(g_lock);
      count = g_count;
      handles = static_cast<int*>(malloc((count + 1) * sizeof(int)));
      ready = static_cast<bool*>(malloc((count + 1) * sizeof(bool)));
      those = static_cast<Watched*>(malloc((count + 1) * sizeof(Watched)));
      if (handles && ready && those) {
        handles[0] = g_bell;
        for (uint32_t i = 0; i < count; i++) {
          those[i] = g_watched[i];
          handles[i + 1] = those[i].handle;
          all_have_handles = all_have_handles && those[i].handle >= 0;
        }
      } else {
        count = 0;
      }
    }
    if (count == 0 && !(handles && ready && those)) {
      platform::poll_handles(nullptr, nullptr, 0, kLookMs);
    } else {
      platform::poll_handles(handles, ready, count + 1, all_have_handles ? -1 : kLookMs);
      if (process_number() != mine) return;
      if (ready[0]) platform::silence_bell(g_bell);
    }
    for (uint32_t i = 0; i < count; i++) {
      if (!(handles[i + 1] >= 0 ? ready[i + 1] : has_ended(those[i]))) continue;
      {
        ProcessLock lock(g_lock);
        for (uint32_t j = 0; j < g_count; j++) {
          if (g_watched[j].number == those[i].number &&
              g_watched[j].generation == those[i].generation) {
            g_watched[j] = g_watched[--g_count];
            break;
          }
        }
      }
      platform::close_process_handle(those[i].handle);
      end_of(those[i], me);
    }
    free(handles);
    free(ready);
    free(those);
  }
}

// --- promises at shared cells ---

struct SharedWait {
  uint32_t environment;
  uint32_t token;
  Record* record;
  bool delivered;
};

Policy::Atomic<uint32_t> g_waits_lock{0};
SharedWait* g_waits = nullptr;
uint32_t g_wait_count = 0;
uint32_t g_wait_capacity = 0;
bool g_ringing = false;

void deliver_notified() {
  constexpr uint32_t kAtOnce = 64;
  SharedWait batch[kAtOnce];
  uint32_t count;
  do {
    count = 0;
    {
      ProcessLock lock(g_waits_lock);
      for (uint32_t i = 0; i < g_wait_count && count < kAtOnce; i++) {
        SharedWait& w = g_waits[i];
        if (w.delivered || w.record->word.load(std::memory_order_acquire) != kNotified) continue;
        w.delivered = true;
        batch[count++] = w;
      }
    }
    for (uint32_t i = 0; i < count; i++)
      WakeList<Policy>::deliver.load(std::memory_order_relaxed)(batch[i].environment,
                                                                batch[i].token);
  } while (count == kAtOnce);
}

void ring(void*) {
  const ProcessNumber mine = process_number();
  set_lock_number(thread_table().enter(mine));
  auto& doorbell = slot_of(mine).doorbell;
  for (;;) {
    // Acquire, before the look at the records: a ring in between ends the sleep at once.
    uint32_t seen = doorbell.load(std::memory_order_acquire);
    deliver_notified();
    Policy::wait(doorbell, seen, kForever, true);
    if (process_number() != mine) return;
  }
}

void run(void (*fn)(void*)) {
  platform::stay_loaded();
  platform::start_thread(fn, nullptr);
}

}  // namespace

void ring_process(ProcessNumber number) {
  auto& doorbell = slot_of(number).doorbell;
  doorbell.fetch_add(1, std::memory_order_acq_rel);
  // All: a thread of a forked child may sleep there that has no business to.
  Policy::wake(doorbell, 1 << 30, true);
}

void watch_process(ProcessNumber number, uint32_t generation, uint32_t environment, CellId cell) {
  Watched w{number, generation, environment, -1, cell, Policy::now()};
  if (w.cell && !hold_cell(w.cell)) w.cell = kNoCell;
  uint32_t pid =
      w.cell ? cell_at(w.cell)->data[1].load(std::memory_order_relaxed) : slot_of(number).pid();
  if (pid) w.handle = platform::open_process_handle(pid);
  // The pid may have been another's by then.
  if (w.handle >= 0 && !w.cell && has_ended(w)) {
    platform::close_process_handle(w.handle);
    w.handle = -1;
  }
  bool start;
  {
    ProcessLock lock(g_lock);
    if (g_count == g_capacity) {
      uint32_t capacity = g_capacity ? g_capacity * 2 : 16;
      Watched* grown = static_cast<Watched*>(realloc(g_watched, capacity * sizeof(Watched)));
      if (!grown) {
        platform::close_process_handle(w.handle);
        return;
      }
      g_watched = grown;
      g_capacity = capacity;
    }
    g_watched[g_count++] = w;
    start = !g_watching;
    if (start) g_bell = platform::open_bell();
    g_watching = true;
  }
  if (start) {
    run(watch);
  } else {
    platform::ring_bell(g_bell);
  }
}

bool add_shared_wait(Environment* e, uint32_t token, Record* record) {
  bool start;
  {
    ProcessLock lock(g_waits_lock);
    if (g_wait_count == g_wait_capacity) {
      uint32_t capacity = g_wait_capacity ? g_wait_capacity * 2 : 64;
      SharedWait* grown = static_cast<SharedWait*>(realloc(g_waits, capacity * sizeof(SharedWait)));
      if (!grown) return false;
      g_waits = grown;
      g_wait_capacity = capacity;
    }
    g_waits[g_wait_count++] = {e->id, token, record, false};
    start = !g_ringing;
    g_ringing = true;
  }
  if (start) run(ring);
  return true;
}

bool remove_shared_wait(Record* record) {
  ProcessLock lock(g_waits_lock);
  for (uint32_t i = g_wait_count; i > 0; i--) {
    if (g_waits[i - 1].record != record) continue;
    bool delivered = g_waits[i - 1].delivered;
    g_waits[i - 1] = g_waits[--g_wait_count];
    return delivered;
  }
  return false;
}

void leave_reactor_to_parent() {
  for (uint32_t i = 0; i < g_count; i++) platform::close_process_handle(g_watched[i].handle);
  if (g_bell >= 0) platform::close_process_handle(g_bell);
  g_watched = nullptr;
  g_count = g_capacity = 0;
  g_watching = false;
  g_bell = -1;
  g_daemon.store(false, std::memory_order_relaxed);
  g_orphan.store(false, std::memory_order_relaxed);
  g_waits = nullptr;
  g_wait_count = g_wait_capacity = 0;
  g_ringing = false;
  g_lock.store(0, std::memory_order_relaxed);
  g_waits_lock.store(0, std::memory_order_relaxed);
}

bool is_orphan() { return g_orphan.load(std::memory_order_seq_cst); }

void follow_parent(bool daemon) {
  g_daemon.store(daemon, std::memory_order_seq_cst);
  ProcessSlot<Policy>& own = slot_of(process_number());
  ProcessNumber parent = own.parent.load(std::memory_order_acquire);
  // By its generation: where it has ended already, its place may be another's.
  if (parent) watch_process(parent, own.parent_generation.load(std::memory_order_acquire), 0);
}

}  // namespace binding
}  // namespace nogil
