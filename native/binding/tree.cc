#include "binding/tree.h"

#include "platform/children.h"
#include "platform/mapping.h"
#include "platform/processes.h"
#include "platform/threads.h"
#include "processes/ledger.h"

namespace nogil {
namespace binding {

namespace {

Policy::Atomic<uint32_t> g_lock{0};
Memory g_shared;
int g_descriptor = -1;
ProcessNumber g_process = kNoProcess;
bool g_entered = false;
Policy::Atomic<uint32_t> g_ledger_lock{0};

// Where the address space is limited, most of it is left to the rest of the process: few programs
// that limit it have other processes at all.
constexpr size_t kSizes[] = {size_t{1} << 36, size_t{1} << 28, size_t{1} << 26};

// False: the place is not this process's any more.
bool come_up(ProcessNumber number, uint32_t generation) {
  if (number == kNoProcess) return false;
  uint32_t pid = platform::process_id();
  g_process = number;
  return g_shared.processes().at(number).come_up(generation, pid,
                                                 platform::process_start_time(pid));
}

void create() {
  for (size_t bytes : kSizes) {
    int fd = platform::shared_create(bytes, platform::Inherit::kNo);
    if (fd < 0) continue;
    void* at = platform::shared_map(fd, bytes);
    if (!at) {
      platform::shared_close(fd);
      continue;
    }
    g_shared.adopt(at, bytes, true);
    g_descriptor = fd;
    ProcessNumber first = g_shared.processes().take(kNoProcess);
    come_up(first, generation_of(first));
    return;
  }
}

// (descriptor, place): joins the tree of the parent. Before anything else here is called.
napi_value join_tree(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  const uint64_t place = static_cast<uint64_t>(a.number(1));
  ProcessLock lock(g_lock);
  if (g_entered) return boolean(env, g_process == tree_place::number(place));
  int fd = static_cast<int>(a.u32(0));
  size_t bytes = platform::shared_size(fd);
  void* at = bytes ? platform::shared_map(fd, bytes) : nullptr;
  if (!at) return boolean(env, false);
  platform::close_at_exec(fd);
  g_shared.adopt(at, bytes, true);
  g_descriptor = fd;
  g_entered = true;
  return boolean(env, come_up(tree_place::number(place), tree_place::generation(place)));
}

// (cell): whether other processes hold it, or something that they could read does
napi_value elsewhere(napi_env env, napi_callback_info info) {
  return boolean(env, held_elsewhere(Arguments<1>(env, info).u32(0)));
}

// (): how many threads and processes a tree may have
napi_value table_sizes(napi_env env, napi_callback_info) {
  napi_value list;
  napi_create_array_with_length(env, 2, &list);
  napi_set_element(env, list, 0, number(env, ThreadTable<Policy>::kSlots));
  napi_set_element(env, list, 1, number(env, ProcessTable<Policy>::kSlots));
  return list;
}

// (thread number): the pid of the process that it is or was of; 0: it is not known any more
napi_value process_of_thread(napi_env env, napi_callback_info info) {
  if (!g_shared.ready()) return number(env, 0);
  ProcessNumber process = g_shared.threads().last_process_of(Arguments<1>(env, info).u32(0));
  return number(env, process ? g_shared.processes().at(process).pid() : 0);
}

// (): this process's number in its tree; 0: there is no shared memory here
napi_value number_of_process(napi_env env, napi_callback_info) { return number(env, g_process); }

}  // namespace

Memory& shared_arena() { return g_shared; }
ProcessNumber process_number() { return g_process; }
int tree_descriptor() { return g_descriptor; }

ThreadTable<Policy>& thread_table() {
  return g_shared.ready() ? g_shared.threads() : arena_of(kNoCell).threads();
}

void enter_tree() {
  ProcessLock lock(g_lock);
  if (g_entered) return;
  g_entered = true;
  create();
}

bool answer_for(CellId cell) {
  if (!(cell & kSharedArenaBit)) return true;
  ProcessLock lock(g_ledger_lock);
  return Ledger<Policy>(g_shared, g_shared.processes().at(g_process)).add(cell, lock_number());
}

void answer_no_more(CellId cell) {
  if (!(cell & kSharedArenaBit)) return;
  ProcessLock lock(g_ledger_lock);
  Ledger<Policy>(g_shared, g_shared.processes().at(g_process)).remove(cell);
}

void give_up_cell(CellId cell) {
  answer_no_more(cell);
  release_cell(cell);
}

bool hold_cell(CellId cell) {
  retain_cell(cell);
  if (answer_for(cell)) return true;
  release_cell(cell);
  return false;
}

bool take_in(Environment* e, CellId cell) {
  if (!answer_for(cell)) {
    release_cell(cell);
    return false;
  }
  if (e->references.add(cell)) return true;
  give_up_cell(cell);
  return false;
}

bool held_elsewhere(CellId cell) {
  if (!(cell & kSharedArenaBit)) return false;
  bool others = false;
  g_shared.processes().for_each([&](ProcessNumber number, ProcessSlot<Policy>& slot) {
    ProcessState state = slot.state();
    if (number != g_process &&
        (state == ProcessState::kStarting || state == ProcessState::kRunning))
      others = true;
  });
  if (!others) return false;
  ProcessLock lock(g_ledger_lock);
  uint32_t mine = Ledger<Policy>(g_shared, g_shared.processes().at(g_process)).count(cell);
  SyncCell* at = cell_at(cell);
  return at && tag::refs(at->tag.load(std::memory_order_acquire)) > mine;
}

ProcessNumber prepare_fork(CellId cell) {
  if (!g_shared.ready()) return kNoProcess;
  ProcessNumber number = g_shared.processes().take(g_process);
  if (number == kNoProcess) return number;
  if (cell) {
    retain_cell(cell);
    g_shared.processes().at(number).cell.store(cell, std::memory_order_relaxed);
  }
  Ledger<Policy> theirs(g_shared, g_shared.processes().at(number));
  bool ok = true;
  {
    ProcessLock lock(g_ledger_lock);
    Ledger<Policy>(g_shared, g_shared.processes().at(g_process)).for_each([&](CellId held) {
      if (!ok) return;
      retain_cell(held);
      ok = theirs.add(held, lock_number());
      if (!ok) release_cell(held);
    });
  }
  if (ok) return number;
  cancel_fork(number);
  return kNoProcess;
}

void cancel_fork(ProcessNumber child) {
  ProcessSlot<Policy>& slot = g_shared.processes().at(child);
  Ledger<Policy>(g_shared, slot).give_back(release_cell, lock_number());
  CellId cell = slot.cell.exchange(kNoCell);
  slot.turn(ProcessState::kStarting, ProcessState::kFree);
  if (cell) release_cell(cell);
}

void enter_tree_as_child(ProcessNumber child, uint32_t generation, Environment* e) {
  g_lock.store(0, std::memory_order_relaxed);
  g_ledger_lock.store(0, std::memory_order_relaxed);
  if (!come_up(child, generation)) platform::exit_now(255);
  leave_reactor_to_parent();
  forget_shared_waits(e);
  ThreadNumber number = thread_table().enter(child);
  // What the parent's main thread holds stays the parent's: its number is not this thread's.
  if (e->own_cell) cell_at(e->own_cell)->data[0].store(number, std::memory_order_relaxed);
  e->own_number = number;
  e->parker.number = number;
}

void define_tree(Wanted& define) {
  define("joinTree", join_tree);
  define("processNumber", number_of_process);
  define("heldElsewhere", elsewhere);
  define("processOfThread", process_of_thread);
  define("tableSizes", table_sizes);
}

}  // namespace binding
}  // namespace nogil
