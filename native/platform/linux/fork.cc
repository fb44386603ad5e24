// fork(2) takes one thread along, the one that calls it. V8 and libuv hand work to helper threads
// and wait for it, so a child without them hangs sooner or later. Here they go along:
//
//   main thread                              each helper
//     waits until all of them are idle
//     sends each a signal                      handler: setjmp, arrived + 1, waits for `go`
//     waits until all have arrived
//     forks
//       parent: go = 1                         returns from the handler: nothing has happened
//       child: clone(2) for each, with its     longjmp into its own handler, on its own stack,
//       which
//         thread pointer and thread id word    the child has a copy of, and returns from that
//
// What each thread was doing is in its memory, which the child has, and in its registers, which the
// kernel saved in the signal's frame. A helper notices as little as of any signal: the futex wait
// that it sleeps in begins again. So locks, condition variables and C library agree with the
// threads that there are, as they would not after fork(3); and its handlers are not called, which
// would give the threads' stacks away.
//
// Idle, not just stopped: what a helper is in the midst of (writing a file) would be done twice.
//
// Threads that take no signals stay behind (Node's for SIGUSR1, and ours), and those with an event
// loop of their own (Node's for delayed tasks): an epoll descriptor is shared with the parent,
// whose events they would take away.
#undef _FORTIFY_SOURCE  // its longjmp only goes up the stack that it is on
#include "platform/fork.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

#ifndef PR_GET_TID_ADDRESS
#define PR_GET_TID_ADDRESS 40
#endif
#ifndef MADV_DOFORK
#define MADV_DOFORK 11
#endif

namespace nogil {
namespace platform {

#if defined(__x86_64__) || defined(__aarch64__)

int event_loops() {
  DIR* files = opendir("/proc/self/fd");
  if (!files) return -1;
  int loops = 0;
  while (struct dirent* entry = readdir(files)) {
    char path[80] = "/proc/self/fd/";
    char target[64];
    if (strlen(entry->d_name) > 20) continue;
    strcat(path, entry->d_name);
    const ssize_t length = readlink(path, target, sizeof target - 1);
    if (length <= 0) continue;
    target[length] = 0;
    loops += strstr(target, "[eventpoll]") != nullptr;
  }
  closedir(files);
  return loops;
}

namespace {

constexpr int kMaxHelpers = 1100;  // libuv makes at most 1024
constexpr int64_t kPatienceNs = 2'000'000'000;
constexpr int64_t kPauseNs = 100'000;
constexpr size_t kStackBytes = 16 * 1024;

struct Helper {
  int32_t id;
  bool stays;  // has an event loop: is stopped, but does not go along
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
  int signal = 0;
  std::atomic<uint32_t> arrived{0};
  std::atomic<uint32_t> go{0};
  std::atomic<uint32_t> left{0};
  Helper helpers[kMaxHelpers];
};

std::atomic<Fork*> g_fork{nullptr};

int64_t now_ns() {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

void sleep_on(std::atomic<uint32_t>& word, uint32_t value) {
  const struct timespec time = {0, 100'000'000};
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, &time, nullptr, 0);
}
void wake(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1 << 30, nullptr, nullptr, 0);
}
// False when that took too long.
bool count_up_to(std::atomic<uint32_t>& word, uint32_t n) {
  const int64_t end = now_ns() + kPatienceNs;
  for (uint32_t v = word.load(); v < n; v = word.load()) {
    if (now_ns() > end) return false;
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

void on_signal(int) {
  const int error = errno;
  Fork* const fork = g_fork.load();
  const int32_t id = static_cast<int32_t>(syscall(SYS_gettid));
  Helper* me = nullptr;
  for (int i = 0; fork && i < fork->count; i++) {
    if (fork->helpers[i].id == id) me = &fork->helpers[i];
  }
  if (me && !me->arrived.exchange(true)) {
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

// Reads all of a file; the caller frees it. Null on failure.
char* read_file(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  size_t room = 16 * 1024;
  size_t length = 0;
  char* text = static_cast<char*>(malloc(room));
  while (text) {
    const ssize_t got = read(fd, text + length, room - length - 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      text[length] = 0;
      if (got == 0) break;
      free(text);
      text = nullptr;
      break;
    }
    length += static_cast<size_t>(got);
    if (room - length > 1) continue;
    room *= 2;
    char* grown = static_cast<char*>(realloc(text, room));
    if (!grown) free(text);
    text = grown;
  }
  close(fd);
  return text;
}

char* read_task_file(const char* id, const char* name) {
  char path[80] = "/proc/self/task/";
  if (strlen(id) > 20) return nullptr;
  strcat(path, id);
  strcat(path, name);
  return read_file(path);
}

// Reads digits, and goes behind them. The C library's functions for that have other names in newer
// versions of it.
uint64_t parse(const char** at, unsigned base) {
  uint64_t value = 0;
  for (;; ++*at) {
    const char c = **at;
    const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                                                  : base;
    if (digit >= base) return value;
    value = value * base + digit;
  }
}

enum class State { kGone, kIdle, kLoop, kDeaf, kBusy, kUnknown };

State state_of(const char* id, int signal) {
  char* status = read_task_file(id, "/status");
  if (!status) return State::kGone;
  const char* blocked = strstr(status, "\nSigBlk:\t");
  if (blocked) blocked += 9;
  const bool deaf = blocked && parse(&blocked, 16) & (uint64_t{1} << (signal - 1));
  const char* state = strstr(status, "\nState:");
  const char letter = state ? state[8] : '?';
  free(status);
  if (letter == 'X' || letter == 'Z') return State::kGone;
  char* call = read_task_file(id, "/syscall");
  if (!call) {
    // It may have ended meanwhile; and not every system has that file.
    status = read_task_file(id, "/status");
    free(status);
    return status ? State::kUnknown : State::kGone;
  }
  // "running", or the number of the system call that the thread sleeps in.
  const bool sleeps = letter == 'S' && call[0] >= '0' && call[0] <= '9';
  const char* digits = call;
  const uint64_t number = parse(&digits, 10);
  free(call);
  if (!sleeps) return State::kBusy;
  if (deaf) return State::kDeaf;
  if (number == SYS_futex) return State::kIdle;
#ifdef SYS_epoll_wait
  if (number == SYS_epoll_wait) return State::kLoop;
#endif
#ifdef SYS_epoll_pwait2
  if (number == SYS_epoll_pwait2) return State::kLoop;
#endif
  return number == SYS_epoll_pwait ? State::kLoop : State::kBusy;
}

// Finds the other threads. 0 when all of them sleep, with those to be stopped listed.
int32_t survey(Fork* fork) {
  const int32_t me = static_cast<int32_t>(syscall(SYS_gettid));
  DIR* tasks = opendir("/proc/self/task");
  if (!tasks) return kForkUnsupported;
  int32_t answer = 0;
  fork->count = 0;
  while (struct dirent* entry = readdir(tasks)) {
    const char* digits = entry->d_name;
    const int32_t id = static_cast<int32_t>(parse(&digits, 10));
    if (id == 0 || id == me) continue;
    const State state = state_of(entry->d_name, fork->signal);
    if (state == State::kGone || state == State::kDeaf) continue;
    if (state == State::kUnknown || fork->count == kMaxHelpers) answer = kForkUnsupported;
    if (state == State::kBusy && answer == 0) answer = kForkBusy;
    if (answer != 0) break;
    Helper* h = &fork->helpers[fork->count++];
    h->id = id;
    h->stays = state == State::kLoop;
  }
  closedir(tasks);
  return answer;
}

// Until all threads sleep, and still do a moment later. `ending`: other isolates are about to go.
int32_t wait_until_idle(Fork* fork, bool ending) {
  const int64_t end = now_ns() + kPatienceNs;
  const struct timespec pause = {0, kPauseNs};
  for (int times = 0;;) {
    int32_t answer = event_loops() > kLoopsOfNode ? kForkOtherLoop : survey(fork);
    if (answer == kForkUnsupported || (answer == kForkOtherLoop && !ending)) return answer;
    times = answer == 0 ? times + 1 : 0;
    if (times == 2) return 0;
    if (now_ns() > end) return answer == 0 ? kForkBusy : answer;
    nanosleep(&pause, nullptr);
  }
}

// V8 marks its heap as not to be copied. Mappings that are not memory refuse.
bool copy_all_memory() {
  char* maps = read_file("/proc/self/maps");
  if (!maps) return false;
  // "from-to perms offset device inode path"
  for (const char* at = maps; *at; at += *at != 0) {
    const uintptr_t from = parse(&at, 16);
    at++;
    const uintptr_t to = parse(&at, 16);
    bool copied = at[0] && at[4] == 'p';
    for (int fields = 0; fields < 4 && *at; at++) fields += *at == ' ';
    copied = copied && parse(&at, 10) == 0;
    if (copied) madvise(reinterpret_cast<void*>(from), to - from, MADV_DOFORK);
    while (*at && *at != '\n') at++;
  }
  free(maps);
  return true;
}

// A signal that nobody uses; 0 for none.
int free_signal() {
  for (int signal = SIGRTMAX - 1; signal > SIGRTMIN; signal--) {
    struct sigaction action;
    if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) return signal;
  }
  return 0;
}

constexpr int kLowDescriptors = 256;

// "pipe:[number]"
bool pipe_name(int descriptor, char (&name)[64]) {
  char path[] = "/proc/self/fd/000";
  path[14] = static_cast<char>('0' + descriptor / 100);
  path[15] = static_cast<char>('0' + descriptor / 10 % 10);
  path[16] = static_cast<char>('0' + descriptor % 10);
  // The kernel takes no leading zeros.
  const int zeros = descriptor < 10 ? 2 : descriptor < 100 ? 1 : 0;
  memmove(path + 14, path + 14 + zeros, sizeof path - 14 - zeros);
  const ssize_t length = readlink(path, name, sizeof name - 1);
  if (length <= 0) return false;
  name[length] = 0;
  return strncmp(name, "pipe:", 5) == 0;
}

// libuv has one lock for all that concerns signals, a pipe with a byte in it. Parent and child must
// not share it: one that was killed with the byte in its hands would block the other. libuv sees
// to that in a handler of fork(3). It made that pipe before anything else could make one.
void renew_lock_pipe() {
  char in_name[64], out_name[64];
  for (int in = 3; in < kLowDescriptors; in++) {
    int bytes = 0;
    if ((fcntl(in, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) != O_RDONLY || !pipe_name(in, in_name) ||
        !(fcntl(in, F_GETFD) & FD_CLOEXEC) || ioctl(in, FIONREAD, &bytes) != 0 || bytes != 1) {
      continue;
    }
    for (int out = 3; out < kLowDescriptors; out++) {
      if (out == in || !pipe_name(out, out_name) || strcmp(in_name, out_name) != 0) continue;
      int fresh[2];
      if (pipe2(fresh, O_CLOEXEC) != 0) return;
      const char token = 42;
      if (write(fresh[1], &token, 1) == 1) {
        dup3(fresh[0], in, O_CLOEXEC);
        dup3(fresh[1], out, O_CLOEXEC);
      }
      close(fresh[0]);
      close(fresh[1]);
      return;
    }
  }
}

// In the child, where there is one thread.
bool resume_helpers(Fork* fork, const Helper& main) {
  *main.id_word = static_cast<uint32_t>(syscall(SYS_gettid));
  if (main.robust_list) syscall(SYS_set_robust_list, main.robust_list, main.robust_length);
  char* stacks = static_cast<char*>(mmap(nullptr, kStackBytes * kMaxHelpers, PROT_READ | PROT_WRITE,
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
  munmap(stacks, kStackBytes * kMaxHelpers);
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

// `lost`: some thread may still be about to look at `fork`, which has to stay.
int32_t stop_and_fork(Fork* fork, void (*in_child)(void*), void* data, bool* lost) {
  Helper main;
  main.id = static_cast<int32_t>(syscall(SYS_gettid));
  if (!find_words(&main)) return kForkUnsupported;
  struct sigaction action, before;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  if (sigaction(fork->signal, &action, &before) != 0) return -errno;
  g_fork.store(fork);
  const int32_t process = static_cast<int32_t>(getpid());
  uint32_t stopped = 0;
  bool all = true;
  for (int i = 0; i < fork->count; i++) {
    if (syscall(SYS_tgkill, process, fork->helpers[i].id, fork->signal) == 0) {
      stopped++;
    } else {
      all = false;  // it has ended: the picture is not what it was
    }
  }
  all = count_up_to(fork->arrived, stopped) && all;
  for (int i = 0; i < fork->count; i++) all = all && fork->helpers[i].id_word;
  long pid = all ? raw_fork(main.clear_word) : kForkBusy;
  if (pid < 0 && all) pid = -errno;
  if (pid == 0) {
    renew_lock_pipe();
    in_child(data);
    if (!resume_helpers(fork, main)) _exit(126);
  } else {
    fork->go.store(1);
    wake(fork->go);
    // A thread that takes so long to get its signal finds nothing to do when it does.
    if (!count_up_to(fork->left, stopped)) *lost = true;
  }
  g_fork.store(nullptr);
  if (!*lost) sigaction(fork->signal, &before, nullptr);
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
  fork->signal = free_signal();
  int32_t answer = fork->signal ? wait_until_idle(fork, ending) : kForkUnsupported;
  if (answer == 0 && !copy_all_memory()) answer = kForkUnsupported;
  if (answer == 0) {
    sigprocmask(SIG_SETMASK, &all, &before);
    answer = stop_and_fork(fork, in_child, data, &lost);
    sigprocmask(SIG_SETMASK, &before, nullptr);
  }
  if (!lost) munmap(fork, sizeof(Fork));
  return answer;
}

#else

int32_t fork_with_helpers(bool, void (*)(void*), void*) { return kForkUnsupported; }
int event_loops() { return -1; }

#endif

}  // namespace platform
}  // namespace nogil
