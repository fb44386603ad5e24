// fork(2) takes one thread along, the one that calls it. V8 and libuv hand work to helper threads
// and wait for it, so a child without them hangs sooner or later. Here they go along:
//
//   main thread                              each helper
//     waits until all of them are idle
//     sends each a signal                      handler: setjmp, arrived + 1, waits for `go`
//     waits until all have arrived
//     forks
//       parent: go = 1                         returns from the handler: nothing has happened
//       child: clone(2) for each, with its     longjmp into its own handler, on its own stack
//         thread pointer and thread id word    (the child has a copy), and returns from that
//
// What each thread was doing is in its memory, which the child has, and in its registers, which the
// kernel saved in the signal's frame. A helper notices as little as of any signal: the futex wait
// that it sleeps in begins again. So locks, condition variables and C library agree with the
// threads that there are, as they would not after fork(3); and its handlers are not called, which
// would give the threads' stacks away.
//
// Idle, not just stopped: what a helper is in the midst of (writing a file) would be done twice.
//
// Some are stopped likewise, but stay behind: this library's own, which serve the parent, and those
// with an event loop of their own (Node's for delayed tasks): an epoll descriptor is shared with
// the parent, whose events they would take away. They too must have been asleep, or a lock of
// theirs would never be free in the child.
//
// One takes no signals (Node's for SIGUSR1). It sleeps for ever, and stays behind.
#undef _FORTIFY_SOURCE  // its longjmp only goes up the stack that it is on
#include "platform/linux/fork.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>

#include "platform/clock.h"

#ifndef PR_GET_TID_ADDRESS
#define PR_GET_TID_ADDRESS 40
#endif

namespace nogil {
namespace platform {

#if defined(__x86_64__) || defined(__aarch64__)

namespace {

constexpr int64_t kPatienceNs = 2'000'000'000;
constexpr size_t kStackBytes = 16 * 1024;

struct Helper {
  int32_t id;
  bool stays;
  bool asleep;  // when the signal came
  std::atomic<bool> arrived;
  void* thread_pointer;
  // Where the C library keeps the thread's id, and where the kernel writes 0 when it ends.
  uint32_t* id_word;
  uint32_t* clear_word;
  void* robust_list;
  size_t robust_length;
  jmp_buf back;
};

struct Fork {
  int count = 0;
  std::atomic<uint32_t> arrived{0};
  std::atomic<uint32_t> go{0};
  std::atomic<uint32_t> left{0};
  Helper helpers[kMaxThreads];
};

std::atomic<Fork*> g_fork{nullptr};

void sleep_on(std::atomic<uint32_t>& word, uint32_t value) {
  const struct timespec time = {0, 20'000'000};
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, &time, nullptr, 0);
}
void wake(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1 << 30, nullptr, nullptr, 0);
}
// False when that took too long.
bool count_up_to(std::atomic<uint32_t>& word, uint32_t n) {
  const int64_t end = monotonic_ns() + kPatienceNs;
  for (uint32_t v = word.load(); v < n; v = word.load()) {
    if (monotonic_ns() > end) return false;
    sleep_on(word, v);
  }
  return true;
}

void* thread_pointer() {
  void* at;
#if defined(__x86_64__)
  asm("mov %%fs:0, %0" : "=r"(at));
#else
  asm("mrs %0, tpidr_el0" : "=r"(at));
#endif
  return at;
}

// The id word lies in the C library's description of the thread. False when it is not found.
bool find_words(Helper* h) {
  uint32_t* words = reinterpret_cast<uint32_t*>(pthread_self());
  h->id_word = nullptr;
  for (int i = 0; i < 256 && !h->id_word; i++) {
    if (words[i] == static_cast<uint32_t>(h->id)) h->id_word = &words[i];
  }
  h->clear_word = nullptr;
  if (prctl(PR_GET_TID_ADDRESS, &h->clear_word) != 0) h->clear_word = h->id_word;
  if (syscall(SYS_get_robust_list, 0, &h->robust_list, &h->robust_length) != 0)
    h->robust_list = nullptr;
  h->thread_pointer = thread_pointer();
  return h->id_word != nullptr;
}

bool is_sleep(uint64_t call, uint64_t second) {
  if (call == SYS_futex) {
    const uint64_t command = second & static_cast<uint64_t>(FUTEX_CMD_MASK);
    return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET;
  }
  return call == SYS_waitid;
}

// Whether the signal found the thread in a system call that sleeps: one that is to begin again, or
// one that has ended because of the signal.
bool was_asleep(const ucontext_t* context) {
#if defined(__x86_64__)
  uint16_t call = 0x050f;
  const auto& registers = context->uc_mcontext.gregs;
  const uint64_t at = static_cast<uint64_t>(registers[REG_RIP]);
  const uint64_t number = static_cast<uint64_t>(registers[REG_RAX]);
  const uint64_t second = static_cast<uint64_t>(registers[REG_RSI]);
  const int64_t result = registers[REG_RAX];
#else
  uint32_t call = 0xd4000001;
  const auto& registers = context->uc_mcontext.regs;
  const uint64_t at = context->uc_mcontext.pc;
  const uint64_t number = registers[8];
  const uint64_t second = registers[1];
  const int64_t result = static_cast<int64_t>(registers[0]);
#endif
  const bool here = memcmp(reinterpret_cast<const void*>(at), &call, sizeof call) == 0;
  const bool before =
      memcmp(reinterpret_cast<const void*>(at - sizeof call), &call, sizeof call) == 0;
  return (here && is_sleep(number, second)) || (before && result == -EINTR);
}

void on_signal(int, siginfo_t*, void* context) {
  const int error = errno;
  Fork* const fork = g_fork.load();
  const int32_t id = static_cast<int32_t>(syscall(SYS_gettid));
  Helper* me = nullptr;
  for (int i = 0; fork && i < fork->count; i++) {
    if (fork->helpers[i].id == id) me = &fork->helpers[i];
  }
  if (me && !me->arrived.exchange(true)) {
    me->asleep = was_asleep(static_cast<const ucontext_t*>(context));
    find_words(me);
    if (_setjmp(me->back) == 0) {
      fork->arrived.fetch_add(1);
      wake(fork->arrived);
      while (fork->go.load() == 0) sleep_on(fork->go, 0);
    }
    // After the addition `fork` may be gone; waking does not read the word.
    fork->left.fetch_add(1);
    wake(fork->left);
  }
  errno = error;
}

// In the child: a helper's new thread, on a stack for this only.
int resume(void* raw) {
  Helper* me = static_cast<Helper*>(raw);
  if (me->robust_list) syscall(SYS_set_robust_list, me->robust_list, me->robust_length);
  longjmp(me->back, 1);
}

// In the child, where there is one thread.
bool resume_helpers(Fork* fork, const Helper& main) {
  *main.id_word = static_cast<uint32_t>(syscall(SYS_gettid));
  if (main.robust_list) syscall(SYS_set_robust_list, main.robust_list, main.robust_length);
  char* stacks = static_cast<char*>(mmap(nullptr, kStackBytes * kMaxThreads, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (stacks == MAP_FAILED) return false;
  fork->go.store(1);
  uint32_t along = 0;
  for (int i = 0; i < fork->count; i++) {
    Helper* h = &fork->helpers[i];
    if (h->stays) {
      // As the kernel does where a thread has ended: whoever joins it is not kept waiting.
      *h->id_word = 0;
      continue;
    }
    along++;
    const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                      CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    if (clone(resume, stacks + kStackBytes * (static_cast<size_t>(i) + 1), flags, h, h->id_word,
              h->thread_pointer, h->clear_word) < 0) {
      return false;
    }
  }
  if (!count_up_to(fork->left, along)) return false;
  munmap(stacks, kStackBytes * kMaxThreads);
  return true;
}

long raw_fork(uint32_t* clear_word) {
  const unsigned long flags = SIGCHLD | CLONE_CHILD_CLEARTID;
#if defined(__x86_64__)
  return syscall(SYS_clone, flags, 0, nullptr, clear_word, 0);
#else
  return syscall(SYS_clone, flags, 0, nullptr, 0, clear_word);
#endif
}

// Whether a thread may still come to the handler.
bool late(Fork* fork, int32_t process) {
  for (int i = 0; i < fork->count; i++) {
    const Helper& h = fork->helpers[i];
    if (!h.arrived.load() && syscall(SYS_tgkill, process, h.id, 0) == 0) return true;
  }
  return false;
}

// How many of them have arrived; the others have ended, or are about to, or take too long.
uint32_t wait_for_arrivals(Fork* fork, int32_t process) {
  const int64_t end = monotonic_ns() + kPatienceNs;
  for (;;) {
    const uint32_t arrived = fork->arrived.load();
    uint32_t gone = 0;
    for (int i = 0; i < fork->count; i++) {
      const Helper& h = fork->helpers[i];
      gone += !h.arrived.load() && syscall(SYS_tgkill, process, h.id, 0) != 0;
    }
    if (arrived + gone >= static_cast<uint32_t>(fork->count) || monotonic_ns() > end)
      return arrived;
    sleep_on(fork->arrived, arrived);
  }
}

// `lost`: some thread may still be about to look at `fork`, which has to stay.
int32_t stop_and_fork(Fork* fork, void (*in_child)(void*), void* data, bool* lost) {
  Helper main;
  main.id = static_cast<int32_t>(syscall(SYS_gettid));
  if (!find_words(&main)) return kForkUnsupported;
  struct sigaction action, before;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_RESTART | SA_SIGINFO;
  sigfillset(&action.sa_mask);
  if (sigaction(fork_signal(), &action, &before) != 0) return -errno;
  fork->arrived.store(0);
  fork->go.store(0);
  fork->left.store(0);
  g_fork.store(fork);
  const int32_t process = static_cast<int32_t>(getpid());
  for (int i = 0; i < fork->count; i++) {
    syscall(SYS_tgkill, process, fork->helpers[i].id, fork_signal());
  }
  const uint32_t stopped = wait_for_arrivals(fork, process);
  // A thread that has ended meanwhile is none that slept.
  bool all = stopped == static_cast<uint32_t>(fork->count);
  for (int i = 0; i < fork->count; i++) {
    const Helper& h = fork->helpers[i];
    all = all && h.id_word && h.asleep;
  }
  long pid = kForkBusy;
  if (all) {
    // No sooner: a helper may have given V8 more memory.
    pid = copy_all_memory() ? raw_fork(main.clear_word) : kForkUnsupported;
    if (pid == -1) pid = -errno;
  }
  if (pid == 0) {
    renew_lock_pipe();
    in_child(data);
    if (!resume_helpers(fork, main)) _exit(126);
  } else {
    fork->go.store(1);
    wake(fork->go);
    // A thread that takes so long to get its signal finds nothing to do when it does.
    *lost = !count_up_to(fork->left, stopped) || late(fork, process);
  }
  g_fork.store(nullptr);
  if (!*lost) sigaction(fork_signal(), &before, nullptr);
  return static_cast<int32_t>(pid);
}

}  // namespace

int32_t fork_with_helpers(bool ending, void (*in_child)(void*), void* data) {
  Fork* fork = static_cast<Fork*>(
      mmap(nullptr, sizeof(Fork), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (fork == MAP_FAILED) return -ENOMEM;
  sigset_t all, before;
  sigfillset(&all);
  bool lost = false;
  static OtherThread others[kMaxThreads];
  const int64_t end = monotonic_ns() + kPatienceNs;
  int32_t answer = fork_signal() ? kForkBusy : kForkUnsupported;
  while (answer == kForkBusy) {
    answer = wait_until_idle(others, &fork->count, ending, end);
    if (answer != 0) break;
    for (int i = 0; i < fork->count; i++) {
      Helper* h = &fork->helpers[i];
      h->id = others[i].id;
      h->stays = others[i].stays;
      h->arrived.store(false);
    }
    sigprocmask(SIG_SETMASK, &all, &before);
    answer = stop_and_fork(fork, in_child, data, &lost);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    if (lost || monotonic_ns() > end) break;
  }
  if (!lost) munmap(fork, sizeof(Fork));
  return answer;
}

#else

int32_t fork_with_helpers(bool, void (*)(void*), void*) { return kForkUnsupported; }

#endif

}  // namespace platform
}  // namespace nogil
