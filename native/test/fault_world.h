#pragma once

#include <string.h>
#include <sys/mman.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "platform/mapping.h"
#include "processes/recovery.h"
#include "test/processes.h"
#include "test/threads.h"

// A tree of processes on a shared arena, some of which are killed and recovered from.

namespace nogil {
namespace test {

class Tree {
 public:
  static constexpr size_t kBytes = size_t{1} << 28;

  Tree() : fd_(platform::shared_create(kBytes, platform::Inherit::kNo)) {
    REQUIRE(fd_ >= 0);
    void* memory = platform::shared_map(fd_, kBytes);
    REQUIRE(memory != nullptr);
    arena.adopt(memory, kBytes, true);
    const ProcessNumber first = arena.processes().take(kNoProcess);
    become(first, arena.processes().at(first).generation());
  }
  ~Tree() {
    platform::unmap(arena.header(), kBytes);
    platform::shared_close(fd_);
  }

  // The slot and a thread number for this process.
  void become(ProcessNumber number, uint32_t generation) {
    process = number;
    const uint32_t pid = static_cast<uint32_t>(getpid());
    REQUIRE(
        arena.processes().at(number).come_up(generation, pid, platform::process_start_time(pid)));
    me = arena.threads().enter(number);
    REQUIRE(me != kNobody);
  }

  uint32_t cell(CellClass c) {
    const uint32_t index = arena.allocate(ChunkKind::kCells);
    REQUIRE(index != 0);
    memset(static_cast<void*>(arena.at(index)), 0, sizeof(Cell<P>));
    at(index).tag.store(tag::make(1, c, 1));
    return index;
  }
  uint32_t queue(CellClass c, int64_t maxsize) {
    const uint32_t index = cell(c);
    REQUIRE(Queue<P>(arena, at(index)).create(maxsize, me));
    return index;
  }
  Cell<P>& at(uint32_t index) { return *arena.at(index); }

  // What the hooks were told, in memory of the tree.
  struct Told {
    std::atomic<uint32_t> dropped, released, passed_on, redelivered;
  };
  RecoveryHooks<P> hooks(Told* told) {
    RecoveryHooks<P> h{};
    h.data = told;
    h.drop_message = [](void* t, const uint8_t*, size_t) { static_cast<Told*>(t)->dropped++; };
    h.release_cell = [](void* t, CellId) { static_cast<Told*>(t)->released++; };
    h.lock_passed_on = [](void* t, CellId, ThreadNumber) { static_cast<Told*>(t)->passed_on++; };
    h.redeliver = [](void* t, Waiter<P>*) { static_cast<Told*>(t)->redelivered++; };
    return h;
  }

  void mark_dead(ProcessNumber number) {
    ProcessSlot<P>& slot = arena.processes().at(number);
    slot.end(slot.generation());
  }
  bool recover(ProcessNumber number, Told* told) {
    return Recovery<P>(arena, me, process, hooks(told)).run(number);
  }

  Arena<P> arena;
  ProcessNumber process = kNoProcess;
  ThreadNumber me = kNobody;

 private:
  int fd_;
};

// A child with a slot of the tree.
class Member {
 public:
  template <class F>
  Member(Tree& tree, F body) : number(tree.arena.processes().take(tree.process)) {
    REQUIRE(number != kNoProcess);
    const uint32_t generation = tree.arena.processes().at(number).generation();
    child = std::make_unique<Child>([&] {
#ifdef __linux__
      prctl(PR_SET_PDEATHSIG, SIGKILL);  // a suite that is stopped leaves none of them behind
#endif
      tree.become(number, generation);
      body();
    });
  }
  // Kills it, unless it is dead already, and marks its slot.
  void kill(Tree& tree) {
    child->kill(SIGKILL);
    child->wait();
    tree.mark_dead(number);
  }

  ProcessNumber number;
  std::unique_ptr<Child> child;
};

// Memory that all children of this process share, zeroed.
template <class T>
class Common {
 public:
  Common() {
    void* at = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(at != MAP_FAILED);
    it_ = static_cast<T*>(at);
  }
  ~Common() { munmap(it_, sizeof(T)); }
  Common(const Common&) = delete;
  Common& operator=(const Common&) = delete;
  T* operator->() { return it_; }
  T* get() { return it_; }

 private:
  T* it_;
};

// Waits for what has to come by itself. False after ten seconds.
template <class F>
bool eventually(F done) {
  const int64_t begin = P::now();
  while (!done()) {
    const int64_t spent = P::now() - begin;
    if (spent > 10000 * kMs) return false;
    if (spent > kMs) usleep(100);
    sched_yield();
  }
  return true;
}

}  // namespace test
}  // namespace nogil
