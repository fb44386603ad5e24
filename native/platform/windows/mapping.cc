#include "platform/mapping.h"

#include <stdint.h>
#include <windows.h>

namespace nogil {
namespace platform {

namespace {

// Only the low 32 bits of a handle mean anything.
HANDLE handle_of(int fd) { return reinterpret_cast<HANDLE>(static_cast<intptr_t>(fd)); }

}  // namespace

size_t page_size() {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return info.dwAllocationGranularity;
}

void* reserve(size_t bytes) { return VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_NOACCESS); }

bool commit(void* at, size_t bytes) {
  return VirtualAlloc(at, bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr;
}

void decommit(void* at, size_t bytes) { VirtualFree(at, bytes, MEM_DECOMMIT); }

void release_pages(void* at, size_t bytes) { VirtualAlloc(at, bytes, MEM_RESET, PAGE_READWRITE); }

void unmap(void* at, size_t) {
  if (at == nullptr) return;
  if (!UnmapViewOfFile(at)) VirtualFree(at, 0, MEM_RELEASE);
}

// Backed by the page file, which counts all of it at once: callers end up with a smaller size than
// elsewhere.
int shared_create(size_t bytes, Inherit inherit) {
  SECURITY_ATTRIBUTES attributes = {sizeof attributes, nullptr, inherit == Inherit::kYes};
  const uint64_t size = bytes;
  const HANDLE section =
      CreateFileMappingW(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE,
                         static_cast<DWORD>(size >> 32), static_cast<DWORD>(size), nullptr);
  return section == nullptr ? -1 : static_cast<int>(reinterpret_cast<intptr_t>(section));
}

void* shared_map(int fd, size_t bytes) {
  return MapViewOfFile(handle_of(fd), FILE_MAP_ALL_ACCESS, 0, 0, bytes);
}

void close_at_exec(int) {}

size_t shared_size(int) { return 0; }

void shared_close(int fd) {
  if (fd >= 0) CloseHandle(handle_of(fd));
}

// Pages of a section stay until its last mapping is gone.
void shared_release_pages(void*, size_t) {}

}  // namespace platform
}  // namespace nogil
