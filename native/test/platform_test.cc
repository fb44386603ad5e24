#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <initializer_list>
#include <thread>

#include "platform/clock.h"
#include "platform/cpu.h"
#include "platform/files.h"
#include "platform/futex.h"
#include "platform/mapping.h"
#include "platform/policy.h"
#include "platform/processes.h"
#include "platform/random.h"
#include "platform/threads.h"
#include "test/check.h"
#include "test/processes.h"

using namespace nogil::platform;
using nogil::test::Child;

namespace {

constexpr int64_t kMs = 1000000;

TEST(clock_runs_forward_and_counts_cpu_time) {
  int64_t last = monotonic_ns();
  for (int i = 0; i < 1000; i++) {
    const int64_t now = monotonic_ns();
    CHECK(now >= last);
    last = now;
  }
  const int64_t process_before = process_cpu_ns(), thread_before = thread_cpu_ns();
  while (thread_cpu_ns() - thread_before < 2 * kMs) cpu_relax();
  CHECK(process_cpu_ns() - process_before >= 2 * kMs);
}

TEST(cpu_count_is_positive_and_stable) {
  CHECK(cpu_count() >= 1);
  CHECK_EQ(cpu_count(), cpu_count());
}

TEST(futex_wait_returns_at_once_when_the_word_differs) {
  std::atomic<uint32_t> word{7};
  CHECK(futex_wait(&word, 8, kNoDeadline, false));
  CHECK(futex_wait(&word, 8, kNoDeadline, true));
}

TEST(futex_wait_ends_at_its_deadline_and_not_before) {
  std::atomic<uint32_t> word{0};
  for (bool shared : {false, true}) {
    const int64_t deadline = monotonic_ns() + 5 * kMs;
    while (futex_wait(&word, 0, deadline, shared)) {
    }
    CHECK(monotonic_ns() >= deadline);
  }
  CHECK(!futex_wait(&word, 0, monotonic_ns() - kMs, false));
  CHECK(!futex_wait(&word, 0, 0, false));
  CHECK(!futex_wait(&word, 0, -5, false));
}

TEST(futex_wake_wakes_as_many_as_asked) {
  constexpr int kSleepers = 4;
  static std::atomic<uint32_t> word;
  static std::atomic<int> awake;
  word = 0;
  awake = 0;
  std::thread threads[kSleepers];
  for (auto& thread : threads) {
    thread = std::thread([] {
      while (word.load() == 0) futex_wait(&word, 0, kNoDeadline, false);
      awake++;
    });
  }
  word.store(1);
  futex_wake(&word, 1, false);
  while (awake.load() < 1) yield();
  futex_wake(&word, INT32_MAX, false);
  for (auto& thread : threads) thread.join();
  CHECK_EQ(awake.load(), kSleepers);
}

struct SharedWords {
  std::atomic<uint32_t> ping, pong;
};

TEST(futexes_work_across_processes_and_addresses) {
  const size_t bytes = page_size();
  const int fd = shared_create(bytes, Inherit::kNo);
  REQUIRE(fd >= 0);
  SharedWords* mine = static_cast<SharedWords*>(shared_map(fd, bytes));
  REQUIRE(mine != nullptr);
  Child child([&] {
    SharedWords* its = static_cast<SharedWords*>(shared_map(fd, bytes));
    CHECK(its != nullptr && its != mine);
    for (uint32_t i = 1; i <= 1000; i++) {
      while (its->ping.load() != i) SystemPolicy::wait(its->ping, i - 1, kNoDeadline, true);
      its->pong.store(i);
      SystemPolicy::wake(its->pong, 1, true);
    }
  });
  for (uint32_t i = 1; i <= 1000; i++) {
    mine->ping.store(i);
    SystemPolicy::wake(mine->ping, 1, true);
    while (mine->pong.load() != i) SystemPolicy::wait(mine->pong, i - 1, kNoDeadline, true);
  }
  CHECK(child.succeeded());
  unmap(mine, bytes);
  shared_close(fd);
}

TEST(started_threads_take_no_signals) {
  static std::atomic<uint32_t> done;
  static std::atomic<bool> blocked;
  static std::atomic<uint32_t> tid;
  static uint32_t argument = 3;
  done = 0;
  const bool started = start_thread(
      [](void* arg) {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGUSR1);
        tid = thread_id();
        done.store(*static_cast<uint32_t*>(arg));
        futex_wake(&done, 1, false);
      },
      &argument);
  REQUIRE(started);
  while (done.load() == 0) futex_wait(&done, 0, kNoDeadline, false);
  CHECK_EQ(done.load(), 3u);
  CHECK(blocked.load());
  CHECK(tid.load() != 0 && tid.load() != thread_id());
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  CHECK(!sigismember(&mask, SIGTERM));
}

TEST(a_process_is_known_by_its_start_time) {
  const uint64_t mine = process_start_time(process_id());
  CHECK(mine != 0);
  CHECK(process_alive(process_id(), mine));
  CHECK(!process_alive(process_id(), mine + 1));
  CHECK_EQ(process_start_time(0x3fffffff), 0);
  CHECK(!process_alive(0x3fffffff, mine));
}

TEST(a_zombie_is_dead) {
  const pid_t pid = fork();
  if (pid == 0) {
    for (;;) pause();
  }
  const uint64_t start = process_start_time(static_cast<uint32_t>(pid));
  CHECK(start != 0);
  CHECK(process_alive(static_cast<uint32_t>(pid), start));
  const int handle = open_process_handle(static_cast<uint32_t>(pid));
  kill(pid, SIGKILL);
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
  CHECK(!process_alive(static_cast<uint32_t>(pid), start));
  CHECK_EQ(process_start_time(static_cast<uint32_t>(pid)), 0);
  waitpid(pid, nullptr, 0);
  CHECK(!process_alive(static_cast<uint32_t>(pid), start));
  close_process_handle(handle);
}

TEST(a_reservation_is_committed_bit_by_bit) {
  const size_t huge = size_t{1} << 36;
  char* base = static_cast<char*>(reserve(huge));
  REQUIRE(base != nullptr);
  const size_t step = 1 << 20;
  CHECK(commit(base + huge - step, step));
  base[huge - 1] = 5;
  CHECK_EQ(base[huge - step], 0);
  decommit(base + huge - step, step);
  CHECK(commit(base + huge - step, step));
  CHECK_EQ(base[huge - 1], 0);
  unmap(base, huge);
  CHECK(reserve(~size_t{0} - (step - 1)) == nullptr);
}

TEST(shared_memory_is_sparse_and_gives_pages_back) {
  const size_t huge = size_t{1} << 36;
  const int fd = shared_create(huge, Inherit::kYes);
  REQUIRE(fd >= 0);
  CHECK_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  char* base = static_cast<char*>(shared_map(fd, huge));
  REQUIRE(base != nullptr);
  const size_t bytes = 1 << 20;
  memset(base + huge - bytes, 1, bytes);
  struct stat before, after;
  fstat(fd, &before);
  CHECK(before.st_blocks * 512 >= static_cast<blkcnt_t>(bytes));
  CHECK(before.st_blocks * 512 < static_cast<blkcnt_t>(8 * bytes));
  shared_release_pages(base + huge - bytes, bytes);
  fstat(fd, &after);
  CHECK(after.st_blocks < before.st_blocks);
  CHECK_EQ(base[huge - 1], 0);
  unmap(base, huge);
  shared_close(fd);

  const int private_fd = shared_create(bytes, Inherit::kNo);
  CHECK(fcntl(private_fd, F_GETFD) & FD_CLOEXEC);
  shared_close(private_fd);
}

TEST(shared_memory_over_the_file_size_limit_is_refused_without_a_signal) {
  Child child([] {
    const struct rlimit limit = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    CHECK_EQ(shared_create(size_t{1} << 30, Inherit::kNo), -1);
    CHECK(shared_create(1 << 16, Inherit::kNo) >= 0);
  });
  CHECK(child.succeeded());
}

TEST(write_all_waits_for_a_full_pipe) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  constexpr size_t kBytes = 1 << 20;
  static char data[kBytes];
  for (size_t i = 0; i < kBytes; i++) data[i] = static_cast<char>(i * 7);
  std::thread writer(
      [&] { CHECK_EQ(write_all(ends[1], data, kBytes), static_cast<long>(kBytes)); });
  static char got[kBytes];
  for (size_t at = 0; at < kBytes;) {
    const ssize_t bytes = read(ends[0], got + at, kBytes - at);
    REQUIRE(bytes > 0);
    at += static_cast<size_t>(bytes);
  }
  writer.join();
  CHECK(memcmp(data, got, kBytes) == 0);
  close(ends[0]);
  signal(SIGPIPE, SIG_IGN);
  CHECK_EQ(write_all(ends[1], data, 1), -EPIPE);
  close(ends[1]);
}

TEST(random_fills_everything) {
  unsigned char bytes[256] = {};
  unsigned char seen = 0;
  for (int i = 0; i < 20; i++) {
    fill_random(bytes + 1, 254);
    seen = static_cast<unsigned char>(seen | bytes[1] | bytes[254]);
  }
  CHECK(seen != 0);
  CHECK(bytes[0] == 0 && bytes[255] == 0);
}

}  // namespace
