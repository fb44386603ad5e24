// Which other threads the process has, and whether they are idle.
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "platform/clock.h"
#include "platform/linux/fork.h"

namespace nogil {
namespace platform {

namespace {

constexpr int64_t kPauseNs = 100'000;
constexpr int kDeafOfNode = 1;

char* read_task_file(const char* id, const char* name) {
  char path[80] = "/proc/self/task/";
  if (strlen(id) > 20) return nullptr;
  strcat(path, id);
  strcat(path, name);
  return read_file(path);
}

enum class State { kGone, kIdle, kStays, kDeaf, kBusy, kUnknown };

State state_of(const char* id) {
  char* status = read_task_file(id, "/status");
  if (!status) return State::kGone;
  const char* blocked = strstr(status, "\nSigBlk:\t");
  if (blocked) blocked += 9;
  const bool deaf = blocked && parse(&blocked, 16) & (uint64_t{1} << (fork_signal() - 1));
  const bool ours = strstr(status, "Name:\t" NOGIL_THREAD_NAME "\n") == status;
  const char* state = strstr(status, "\nState:");
  const char letter = state ? state[8] : '?';
  free(status);
  if (letter == 'X' || letter == 'Z') return State::kGone;
  char* call = read_task_file(id, "/syscall");
  if (!call) {
    // It may have ended meanwhile; and not every system has that file.
    status = read_task_file(id, "/status");
    const bool there = status != nullptr;
    free(status);
    return there ? State::kUnknown : State::kGone;
  }
  // "running", or the number of the system call that the thread sleeps in.
  const bool sleeps = letter == 'S' && call[0] >= '0' && call[0] <= '9';
  const char* digits = call;
  const uint64_t number = parse(&digits, 10);
  free(call);
  if (!sleeps) return State::kBusy;
  if (deaf) return State::kDeaf;
  if (ours) return State::kStays;
  if (number == SYS_futex) return State::kIdle;
#ifdef SYS_epoll_wait
  if (number == SYS_epoll_wait) return State::kStays;
#endif
#ifdef SYS_epoll_pwait2
  if (number == SYS_epoll_pwait2) return State::kStays;
#endif
  return number == SYS_epoll_pwait ? State::kStays : State::kBusy;
}

// Finds the other threads. 0 when all of them sleep, with those to be stopped listed.
int32_t survey(OtherThread* list, int* count) {
  const int32_t me = static_cast<int32_t>(syscall(SYS_gettid));
  DIR* tasks = opendir("/proc/self/task");
  if (!tasks) return kForkUnsupported;
  int32_t answer = 0;
  int deaf = 0;
  *count = 0;
  while (struct dirent* entry = readdir(tasks)) {
    const char* digits = entry->d_name;
    const int32_t id = static_cast<int32_t>(parse(&digits, 10));
    if (id == 0 || id == me) continue;
    const State state = state_of(entry->d_name);
    if (state == State::kGone) continue;
    if (state == State::kDeaf) {
      // Were there more, they could be helpers.
      if (++deaf <= kDeafOfNode) continue;
      answer = kForkUnsupported;
      break;
    }
    if (state == State::kUnknown || *count == kMaxThreads) answer = kForkUnsupported;
    if (state == State::kBusy && answer == 0) answer = kForkBusy;
    if (answer != 0) break;
    list[(*count)++] = {id, state == State::kStays};
  }
  closedir(tasks);
  return answer;
}

}  // namespace

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

int32_t wait_until_idle(OtherThread* list, int* count, bool ending, int64_t end) {
  const struct timespec pause = {0, kPauseNs};
  for (int times = 0;;) {
    int32_t answer = event_loops() > kLoopsOfNode ? kForkOtherLoop : survey(list, count);
    if (answer == kForkUnsupported || (answer == kForkOtherLoop && !ending)) return answer;
    times = answer == 0 ? times + 1 : 0;
    if (times == 2) return 0;
    if (monotonic_ns() > end) return answer == 0 ? kForkBusy : answer;
    nanosleep(&pause, nullptr);
  }
}

}  // namespace platform
}  // namespace nogil
