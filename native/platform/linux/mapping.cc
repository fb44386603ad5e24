#include "platform/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace nogil {
namespace platform {

namespace {

// linux/memfd.h; the last one is newer than most headers.
constexpr unsigned kCloexec = 1;
constexpr unsigned kNoexecSeal = 8;

int memfd(unsigned flags) {
  const int fd = static_cast<int>(syscall(SYS_memfd_create, "nogil", flags | kNoexecSeal));
  if (fd >= 0 || errno != EINVAL) return fd;
  return static_cast<int>(syscall(SYS_memfd_create, "nogil", flags));  // before Linux 6.3
}

// Growing a file past the limit not only fails but raises SIGXFSZ, which would kill the process.
bool file_size_allowed(size_t bytes) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0) return true;
  return limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur;
}

void* map(size_t bytes, int protection, int flags, int fd) {
  void* at = mmap(nullptr, bytes, protection, flags | MAP_NORESERVE, fd, 0);
  return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

void* reserve(size_t bytes) { return map(bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1); }

bool commit(void* at, size_t bytes) { return mprotect(at, bytes, PROT_READ | PROT_WRITE) == 0; }

void decommit(void* at, size_t bytes) {
  madvise(at, bytes, MADV_DONTNEED);
  mprotect(at, bytes, PROT_NONE);
}

void release_pages(void* at, size_t bytes) { madvise(at, bytes, MADV_DONTNEED); }

void unmap(void* at, size_t bytes) {
  if (at != nullptr) munmap(at, bytes);
}

int shared_create(size_t bytes, Inherit inherit) {
  if (!file_size_allowed(bytes)) return -1;
  const int fd = memfd(inherit == Inherit::kYes ? 0 : kCloexec);
  if (fd < 0) return -1;
  if (ftruncate(fd, static_cast<off_t>(bytes)) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

void* shared_map(int fd, size_t bytes) {
  return map(bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
}

void close_at_exec(int fd) { fcntl(fd, F_SETFD, FD_CLOEXEC); }

size_t shared_size(int fd) {
  struct stat about;
#if defined(__x86_64__) || defined(__aarch64__)
  // glibc before 2.33 has no function of this name; the kernel fills the very same structure.
  const bool known = syscall(SYS_fstat, fd, &about) == 0;
#else
  const bool known = fstat(fd, &about) == 0;
#endif
  return known && about.st_size > 0 ? static_cast<size_t>(about.st_size) : 0;
}

void shared_close(int fd) {
  if (fd >= 0) close(fd);
}

void shared_release_pages(void* at, size_t bytes) { madvise(at, bytes, MADV_REMOVE); }

}  // namespace platform
}  // namespace nogil
