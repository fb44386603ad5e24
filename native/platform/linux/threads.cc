#include "platform/threads.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/linux/fork.h"

namespace nogil {
namespace platform {

namespace {

// musl's default of 128 KiB is tight, glibc's 8 MiB wasteful.
constexpr size_t kStackBytes = 512 * 1024;

struct Start {
  void (*fn)(void*);
  void* arg;
};

void* run(void* raw) {
  const Start start = *static_cast<Start*>(raw);
  free(raw);
  prctl(PR_SET_NAME, NOGIL_THREAD_NAME);
  start.fn(start.arg);
  return nullptr;
}

}  // namespace

uint32_t thread_id() { return static_cast<uint32_t>(syscall(SYS_gettid)); }
uint32_t process_id() { return static_cast<uint32_t>(getpid()); }
void yield() { sched_yield(); }

void stay_loaded() {
  Dl_info about;
  if (dladdr(reinterpret_cast<void*>(&stay_loaded), &about) == 0 || about.dli_fname == nullptr)
    return;
  // The handle is not closed: that alone would do, where the second flag is not known.
  dlopen(about.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

bool start_thread(void (*fn)(void*), void* arg) {
  Start* start = static_cast<Start*>(malloc(sizeof(Start)));
  if (start == nullptr) return false;
  start->fn = fn;
  start->arg = arg;

  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackBytes);

  // The mask is inherited, so blocking here leaves no moment in which the thread could take one.
  sigset_t all, before;
  sigfillset(&all);
  if (fork_signal() != 0) sigdelset(&all, fork_signal());
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, run, start);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);

  pthread_attr_destroy(&attributes);
  if (error != 0) free(start);
  return error == 0;
}

}  // namespace platform
}  // namespace nogil
