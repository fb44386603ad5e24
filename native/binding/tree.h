// The tree of processes that this one belongs to: the memory that they share, and this process's
// place in it.
#pragma once

#include "binding/environment.h"

namespace nogil {
namespace binding {

// Not ready where the system gives no such memory: then there are no other processes either.
Memory& shared_arena();
// 0 where there is no shared arena.
ProcessNumber process_number();
// Threads have numbers from here, whatever arena they use: locks of both name their holders so.
ThreadTable<Policy>& thread_table();
// For a descriptor of the shared memory, to be handed down; -1: none.
int tree_descriptor();
// Makes the shared arena where this process did not join one. Called for every environment.
void enter_tree();

// What a child is told to find its slot: a number that JavaScript can tell exactly.
namespace tree_place {
inline constexpr uint64_t kNumbers = 1u << 13;
static_assert(ProcessTable<Policy>::kSlots < kNumbers, "room for all numbers");
inline constexpr uint64_t make(ProcessNumber number, uint32_t generation) {
  return generation * kNumbers + number;
}
inline constexpr ProcessNumber number(uint64_t place) { return place % kNumbers; }
inline constexpr uint32_t generation(uint64_t place) {
  return static_cast<uint32_t>(place / kNumbers);
}
}  // namespace tree_place

// --- references of this process to shared cells (processes/ledger.h) ---
// False when memory is out.
bool answer_for(CellId cell);
// It is somebody else's now: a queue's, another cell's.
void answer_no_more(CellId cell);
// One reference that this process answers for, given up.
void give_up_cell(CellId cell);
// Whether a process other than this one is there, and the cell has references that are not this
// one's.
bool held_elsewhere(CellId cell);
// One more, which it answers for.
bool hold_cell(CellId cell);
// A reference that nobody answered for so far is `e`'s now. False: memory is out, and it is given
// up.
bool take_in(Environment* e, CellId cell);

// --- messages that go to shared memory and come from there (messages.cc) ---
void entrust_message(const uint8_t* bytes, size_t length);
void accept_message(const uint8_t* bytes, size_t length);

// --- fork: a process becomes two ---
// In the parent, before: a place in the tree for the child, which answers for as much as this
// process does. kNoProcess: there is none, or no memory. `cell`: of its process, or kNoCell.
ProcessNumber prepare_fork(CellId cell);
// In the parent, after: the child is to be watched. `cell`: as before; `generation`: of its slot,
// which may be another process's by now.
void note_fork(ProcessNumber child, uint32_t generation, CellId cell, uint32_t pid, Environment* e);
inline uint32_t generation_of(ProcessNumber number) {
  return shared_arena().processes().at(number).generation();
}
// In the parent, after: there is no child.
void cancel_fork(ProcessNumber child);
// In the child. Its only thread has a number of its own from now on.
void enter_tree_as_child(ProcessNumber child, uint32_t generation, Environment* e);
void leave_reactor_to_parent();

// --- processes (reactor.cc) ---
// Has this process notice the end of that one, which may be over. `environment`: whose service
// function to run then.
// `cell`: of a child whose status is to be taken. Its slot may be recovered already, by a child of
// its own.
void watch_process(ProcessNumber number, uint32_t generation, uint32_t environment,
                   CellId cell = kNoCell);
// For WakeList::ring: rings at the process where a promise waits.
void ring_process(ProcessNumber number);
// An async wait at a shared cell is delivered by this process's reactor. False: memory is out.
bool add_shared_wait(Environment* e, uint32_t token, Record* record);
// Whether its token was delivered, or is about to be.
bool remove_shared_wait(Record* record);
// Has this process notice the end of its parent. A daemonic one ends with it.
void follow_parent(bool daemon);
bool is_orphan();
// Takes the status of a child that has ended, by its cell. False: it has not.
bool reap_process(CellId id, int32_t* code);
// Tells who joined it how it ended.
void settle_process(CellId id, int32_t code, ThreadNumber me);

// --- what a dead process leaves behind (recovery.cc) ---
void recover_process(ProcessNumber dead, ThreadNumber me);

void define_tree(Wanted& define);
void define_processes(Wanted& define);
void define_process_objects(Wanted& define);
void define_shared_memory(Wanted& define);

}  // namespace binding
}  // namespace nogil
