#include "platform/mapping.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/random.h"

namespace nogil {
namespace platform {

namespace {

void* map(size_t bytes, int protection, int flags, int fd) {
  void* at = mmap(nullptr, bytes, protection, flags | MAP_NORESERVE, fd, 0);
  return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

void* reserve(size_t bytes) { return map(bytes, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1); }

bool commit(void* at, size_t bytes) { return mprotect(at, bytes, PROT_READ | PROT_WRITE) == 0; }

// MADV_FREE would give the old content back where memory is plentiful; a fresh mapping never does.
void decommit(void* at, size_t bytes) {
  mmap(at, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

void unmap(void* at, size_t bytes) {
  if (at != nullptr) munmap(at, bytes);
}

// There is no anonymous shared memory by descriptor; the name is gone before anybody can see it.
int shared_create(size_t bytes, Inherit inherit) {
  for (int tries = 0; tries < 8; tries++) {
    unsigned char random[8];
    fill_random(random, sizeof random);
    char name[7 + 2 * sizeof random + 1] = "/nogil.";
    for (size_t i = 0; i < sizeof random; i++) {
      name[7 + 2 * i] = "0123456789abcdef"[random[i] >> 4];
      name[8 + 2 * i] = "0123456789abcdef"[random[i] & 15];
    }
    const int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0) continue;
    shm_unlink(name);
    // shm_open sets close-on-exec.
    if (inherit == Inherit::kYes) fcntl(fd, F_SETFD, 0);
    if (ftruncate(fd, static_cast<off_t>(bytes)) == 0) return fd;
    close(fd);
    return -1;
  }
  return -1;
}

void* shared_map(int fd, size_t bytes) {
  return map(bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
}

void close_at_exec(int fd) { fcntl(fd, F_SETFD, FD_CLOEXEC); }

size_t shared_size(int fd) {
  struct stat about;
  return fstat(fd, &about) == 0 && about.st_size > 0 ? static_cast<size_t>(about.st_size) : 0;
}

void shared_close(int fd) {
  if (fd >= 0) close(fd);
}

void release_pages(void* at, size_t bytes) { madvise(at, bytes, MADV_FREE); }

// The kernel has no way to punch a hole in shared memory objects.
void shared_release_pages(void*, size_t) {}

}  // namespace platform
}  // namespace nogil
