#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/check.h"

namespace nogil {
namespace test {

// A forked child that runs `body` and ends; succeeded() waits and tells whether its checks held.
class Child {
 public:
  template <class F>
  explicit Child(F body) {
    fflush(stdout);
    pid_ = fork();
    if (pid_ != 0) return;
    failures.store(0);
    body();
    _exit(failures.load() == 0 ? 0 : 1);
  }
  ~Child() { wait(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void kill(int signal) { ::kill(pid_, signal); }

  // The status as waitpid() gives it.
  int wait() {
    if (!waited_) waitpid(pid_, &status_, 0);
    waited_ = true;
    return status_;
  }
  bool succeeded() { return WIFEXITED(wait()) && WEXITSTATUS(status_) == 0; }
  bool was_killed() { return WIFSIGNALED(wait()); }

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool waited_ = false;
};

}  // namespace test
}  // namespace nogil
