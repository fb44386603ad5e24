#include "platform/processes.h"

#include <errno.h>
#include <libproc.h>
#include <signal.h>
#include <sys/event.h>
#include <sys/proc.h>
#include <unistd.h>

namespace nogil {
namespace platform {

namespace {

bool gone(uint32_t pid) { return kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH; }

// Microseconds since the epoch; 0 when there is no such process or the system does not tell.
uint64_t read_start(uint32_t pid) {
  struct proc_bsdinfo info;
  const int bytes = proc_pidinfo(static_cast<int>(pid), PROC_PIDTBSDINFO, 0, &info, sizeof info);
  if (bytes != static_cast<int>(sizeof info) || info.pbi_status == SZOMB) return 0;
  return info.pbi_start_tvsec * 1000000 + info.pbi_start_tvusec;
}

}  // namespace

uint64_t process_start_time(uint32_t pid) { return read_start(pid); }

bool process_alive(uint32_t pid, uint64_t start_time) {
  const uint64_t now_there = read_start(pid);
  if (now_there != 0) return now_there == start_time;
  // A zombie answers to signal 0 but gives no information.
  struct proc_bsdshortinfo info;
  const int bytes =
      proc_pidinfo(static_cast<int>(pid), PROC_PIDT_SHORTBSDINFO, 0, &info, sizeof info);
  if (bytes <= 0 && errno == EPERM) return !gone(pid);
  return bytes == static_cast<int>(sizeof info) && info.pbsi_status != SZOMB;
}

// A queue with one event, the exit; it polls readable once that has happened.
int open_process_handle(uint32_t pid) {
  const int queue = kqueue();
  if (queue < 0) return -1;
  struct kevent event;
  EV_SET(&event, pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, nullptr);
  if (kevent(queue, &event, 1, nullptr, 0, nullptr) != 0) {
    close(queue);
    return -1;
  }
  return queue;
}

void close_process_handle(int handle) {
  if (handle >= 0) close(handle);
}

}  // namespace platform
}  // namespace nogil
