// Cells of processes.
//
// A process's cell: state 1 once it has ended, which makes it an event.
//   aux      ProcessFlags
//   data[0]  its number in the tree (memory/process_table.h), 0 before it is started
//   data[1]  pid
//   data[2]  how it ended: the code of its exit, or minus the signal
//   data[3]  block of the message that it starts with, until it has taken it
#include <cstdlib>

#include "binding/queue.h"
#include "binding/tree.h"
#include "platform/processes.h"
#include "platform/spawn.h"

namespace nogil {
namespace binding {

namespace {

enum ProcessFlags : uint32_t {
  kStarted = 1,
  kReaped = 2,  // its pid may be another's
  kDaemon = 4,
};

// Between the look at kReaped and a signal: the pid must not be given to another meanwhile.
Policy::Atomic<uint32_t> g_reap_lock{0};

// The descriptor by which a child finds the shared memory.
constexpr int kTreeDescriptor = 3;

// A list of strings, each ended by 0, as the system takes it. To be freed; the text must stay.
char** list_of(const uint8_t* text, size_t length) {
  size_t count = 0;
  for (size_t i = 0; i < length; i++) count += text[i] == 0;
  char** list = static_cast<char**>(malloc((count + 1) * sizeof(char*)));
  if (!list) return nullptr;
  size_t n = 0;
  for (size_t i = 0; i < length; i += strlen(list[n++]) + 1)
    list[n] = reinterpret_cast<char*>(const_cast<uint8_t*>(text + i));
  list[n] = nullptr;
  return list;
}

// The last argument is room for the child's place in the tree, in as many digits.
void write_place(char** arguments, uint64_t place) {
  if (!*arguments) return;
  while (arguments[1]) arguments++;
  for (size_t i = strlen(*arguments); i > 0; i--, place /= 10)
    (*arguments)[i - 1] = static_cast<char>('0' + place % 10);
}

// The slot, and the message, of a process that is about to be started. kNoProcess: there are too
// many; a message that is not there in spite of it: memory is out.
ProcessNumber prepare(CellId id, const uint8_t* message, size_t length, ThreadNumber me) {
  SyncCell* cell = cell_at(id);
  ProcessNumber number = shared_arena().processes().take(process_number());
  if (number == kNoProcess) return number;
  retain_cell(id);
  shared_arena().processes().at(number).cell.store(id, std::memory_order_relaxed);
  Item item = message_item(id, message, length, me);
  if (item.kind == ItemKind::kPayload) {
    uint32_t block = static_cast<uint32_t>(item.value);
    heap_of(id).set_owner(block, kNobody);
    cell->data[3].store(block, std::memory_order_relaxed);
  }
  cell->data[0].store(number, std::memory_order_release);
  return number;
}

void abandon_start(CellId id, ProcessNumber number) {
  SyncCell* cell = cell_at(id);
  drop_start_message(id);
  cell->data[0].store(0, std::memory_order_relaxed);
  ProcessSlot<Policy>& slot = shared_arena().processes().at(number);
  slot.cell.store(kNoCell, std::memory_order_relaxed);
  slot.turn(ProcessState::kStarting, ProcessState::kFree);
  release_cell(id);
}

// (process, message, length, program, arguments, environment, daemon): starts it. Its pid; minus
// the error's number; 0: there are too many processes, or no memory. Lists are texts ended by 0.
napi_value start(napi_env env, napi_callback_info info) {
  Arguments<7> a(env, info);
  CellId id = a.u32(0);
  size_t room = 0, program_length = 0, arguments_length = 0, environment_length = 0;
  const uint8_t* message = a.bytes(1, &room);
  size_t length = static_cast<size_t>(a.number(2));
  const uint8_t* program = a.bytes(3, &program_length);
  const uint8_t* arguments = a.bytes(4, &arguments_length);
  const uint8_t* variables = a.bytes(5, &environment_length);
  if (!cell_at(id) || !message || length > room || !program || !arguments || !variables)
    return fail(env, "ERR_VALUE", "nogil: bytes expected");
  ProcessNumber number_ = prepare(id, message, length, environment(env)->parker.number);
  if (number_ == kNoProcess) return integer(env, 0);
  const uint32_t generation = generation_of(number_);
  SyncCell* cell = cell_at(id);
  char** argv = list_of(arguments, arguments_length);
  char** envp = list_of(variables, environment_length);
  int64_t pid = 0;
  if (argv && envp && cell->data[3].load(std::memory_order_relaxed)) {
    write_place(argv, tree_place::make(number_, generation));
    pid = platform::spawn(reinterpret_cast<const char*>(program), argv, envp, tree_descriptor(),
                          kTreeDescriptor);
  }
  free(argv);
  free(envp);
  if (pid <= 0) {
    abandon_start(id, number_);
    return number(env, static_cast<double>(pid));
  }
  if (a.boolean(6)) cell->aux.fetch_or(kDaemon, std::memory_order_relaxed);
  note_fork(number_, generation, id, static_cast<uint32_t>(pid), environment(env));
  return number(env, static_cast<double>(pid));
}

// (): the cells of this process's children that have not ended, each with a reference of this
// environment
napi_value children(napi_env env, napi_callback_info) {
  napi_value out;
  napi_create_array(env, &out);
  if (process_number() == kNoProcess) return out;
  uint32_t n = 0;
  shared_arena().processes().for_each([&](ProcessNumber, ProcessSlot<Policy>& slot) {
    if (slot.state() == ProcessState::kFree ||
        !shared_arena().processes().is_child(slot, process_number()))
      return;
    CellId id = slot.cell.load(std::memory_order_acquire);
    if (!id || cell_at(id)->state.load(std::memory_order_acquire) != 0) return;
    if (!hold_cell(id)) return;
    if (environment(env)->references.add(id)) {
      napi_set_element(env, out, n++, number(env, id));
    } else {
      give_up_cell(id);
    }
  });
  return out;
}

// Bytes that all isolates of the process see.
Policy::Atomic<uint32_t> g_about_lock{0};
uint8_t* g_about = nullptr;
size_t g_about_length = 0;

// (bytes): what lib/ notes of this process for all its threads; without an argument, what was noted
napi_value about(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  size_t length = 0;
  const uint8_t* bytes = a.bytes(0, &length);
  ProcessLock lock(g_about_lock);
  if (!bytes) return g_about ? new_bytes(env, g_about, g_about_length) : undefined(env);
  uint8_t* copy = static_cast<uint8_t*>(malloc(length + 1));
  if (!copy) return out_of_memory(env);
  memcpy(copy, bytes, length);
  free(g_about);
  g_about = copy;
  g_about_length = length;
  return nullptr;
}

// (): this thread, the process's main one, has come to its normal end
napi_value finish(napi_env env, napi_callback_info) {
  if (process_number() == kNoProcess) return nullptr;
  shared_arena()
      .processes()
      .at(process_number())
      .finished.store(environment(env)->parker.number, std::memory_order_release);
  return nullptr;
}

// (): in a child, what it was started with; undefined: it was taken before
napi_value message(napi_env env, napi_callback_info) {
  if (process_number() == kNoProcess) return undefined(env);
  CellId id = shared_arena().processes().at(process_number()).cell.load(std::memory_order_acquire);
  SyncCell* cell = id ? cell_at(id) : nullptr;
  uint32_t block = cell ? cell->data[3].load(std::memory_order_acquire) : 0;
  if (!block) return undefined(env);
  PayloadHeap<Policy> heap = heap_of(id);
  napi_value out = new_bytes(env, heap.data(block), heap.size(block));
  if (!out) return out_of_memory(env);
  cell->data[3].store(0, std::memory_order_relaxed);
  take_over(id, block);
  heap.free(block, environment(env)->parker.number);
  return out;
}

// (process, signal): 0; the error's number; -1: it has ended
napi_value send(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  SyncCell* cell = cell_at(a.u32(0));
  if (!cell) return integer(env, -1);
  ProcessLock lock(g_reap_lock);
  uint32_t flags = cell->aux.load(std::memory_order_acquire);
  if (!(flags & kStarted) || (flags & kReaped)) return integer(env, -1);
  return integer(env, platform::send_signal(cell->data[1].load(std::memory_order_relaxed),
                                            static_cast<int>(a.u32(1))));
}

// (): the cell of this process, with a reference of this environment; 0: nobody of the tree
// started it
napi_value current(napi_env env, napi_callback_info) {
  if (process_number() == kNoProcess) return number(env, 0);
  CellId id = shared_arena().processes().at(process_number()).cell.load(std::memory_order_acquire);
  if (!id) return number(env, 0);
  if (!hold_cell(id)) return out_of_memory(env);
  if (!environment(env)->references.add(id)) {
    give_up_cell(id);
    return out_of_memory(env);
  }
  return number(env, id);
}

// (): the pid of the process of the tree that started this one; 0: none did
napi_value parent_pid(napi_env env, napi_callback_info) {
  if (process_number() == kNoProcess) return number(env, 0);
  return number(
      env,
      shared_arena().processes().at(process_number()).parent_pid.load(std::memory_order_relaxed));
}

// (daemon): notices the end of the parent; a daemonic process ends with it
napi_value follow(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  follow_parent(a.boolean(0));
  return nullptr;
}

// (): whether the parent has ended
napi_value orphan(napi_env env, napi_callback_info) { return boolean(env, is_orphan()); }

}  // namespace

void note_fork(ProcessNumber child, uint32_t generation, CellId id, uint32_t pid, Environment* e) {
  shared_arena().processes().at(child).know_pid(generation, pid);
  if (SyncCell* cell = id ? cell_at(id) : nullptr) {
    cell->data[0].store(child, std::memory_order_relaxed);
    cell->data[1].store(pid, std::memory_order_relaxed);
    cell->aux.fetch_or(kStarted, std::memory_order_release);
  }
  watch_process(child, generation, e->id, id);
}

bool reap_process(CellId id, int32_t* code) {
  SyncCell* cell = cell_at(id);
  ProcessLock lock(g_reap_lock);
  platform::Ended ended = platform::reap(cell->data[1].load(std::memory_order_relaxed));
  if (!ended.ended) return false;
  *code = ended.code;
  cell->aux.fetch_or(kReaped, std::memory_order_relaxed);
  return true;
}

void settle_process(CellId id, int32_t code, ThreadNumber me) {
  SyncCell* cell = cell_at(id);
  if (!cell) return;
  cell->data[2].store(static_cast<uint32_t>(code), std::memory_order_relaxed);
  cell->aux.fetch_or(kReaped, std::memory_order_relaxed);
  Event<Policy>::set(arena_of(id), *cell, me);
}

void drop_start_message(CellId id) {
  uint32_t block = cell_at(id)->data[3].exchange(0, std::memory_order_acq_rel);
  if (block) drop(id, {ItemKind::kPayload, block}, lock_number());
}

void define_processes(Wanted& define) {
  define("processStart", start);
  define("processFinish", finish);
  define("processMessage", message);
  define("processChildren", children);
  define("processAbout", about);
  define("processSignal", send);
  define("processCurrent", current);
  define("processParentPid", parent_pid);
  define("processFollowParent", follow);
  define("processOrphan", orphan);
}

}  // namespace binding
}  // namespace nogil
