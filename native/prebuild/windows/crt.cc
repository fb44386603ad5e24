// The released addon for Windows has no C library in it: a mingw one would bring msvcrt.dll along,
// whose heap and threads are not those of the program. Here is what the addon uses of one.
// Compiled with -fno-builtin, or the loops below would become calls of themselves.
#include <windows.h>

#include <cstddef>
#include <cstdint>

extern "C" {

// --- memory ---

void* malloc(size_t bytes) { return HeapAlloc(GetProcessHeap(), 0, bytes); }

void* calloc(size_t count, size_t bytes) {
  if (bytes && count > SIZE_MAX / bytes) return nullptr;
  return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, count * bytes);
}

void* realloc(void* at, size_t bytes) {
  if (!at) return malloc(bytes);
  return HeapReAlloc(GetProcessHeap(), 0, at, bytes);
}

void free(void* at) {
  if (at) HeapFree(GetProcessHeap(), 0, at);
}

// --- bytes ---

void* memcpy(void* to, const void* from, size_t bytes) {
  void* at = to;
  asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(bytes)::"memory");
  return to;
}

void* memmove(void* to, const void* from, size_t bytes) {
  char* out = static_cast<char*>(to);
  const char* in = static_cast<const char*>(from);
  if (reinterpret_cast<uintptr_t>(out) - reinterpret_cast<uintptr_t>(in) >= bytes)
    return memcpy(to, from, bytes);
  while (bytes >= sizeof(uint64_t)) {
    bytes -= sizeof(uint64_t);
    uint64_t word;
    __builtin_memcpy(&word, in + bytes, sizeof word);
    __builtin_memcpy(out + bytes, &word, sizeof word);
  }
  while (bytes-- > 0) out[bytes] = in[bytes];
  return to;
}

void* memset(void* to, int value, size_t bytes) {
  void* at = to;
  asm volatile("rep stosb" : "+D"(at), "+c"(bytes) : "a"(value) : "memory");
  return to;
}

int memcmp(const void* one, const void* other, size_t bytes) {
  const unsigned char* a = static_cast<const unsigned char*>(one);
  const unsigned char* b = static_cast<const unsigned char*>(other);
  for (size_t i = 0; i < bytes; i++) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

size_t strlen(const char* text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

int strcmp(const char* a, const char* b) {
  while (*a && *a == *b) a++, b++;
  return static_cast<unsigned char>(*a) - static_cast<unsigned char>(*b);
}

char* strncpy(char* to, const char* from, size_t bytes) {
  size_t i = 0;
  for (; i < bytes && from[i]; i++) to[i] = from[i];
  for (; i < bytes; i++) to[i] = 0;
  return to;
}

// --- the rest ---

// A heap sort: no recursion, no worst case.
void qsort(void* base, size_t count, size_t bytes, int (*compare)(const void*, const void*)) {
  char* const at = static_cast<char*>(base);
  const auto swap = [=](size_t i, size_t j) {
    for (size_t k = 0; k < bytes; k++) {
      const char kept = at[i * bytes + k];
      at[i * bytes + k] = at[j * bytes + k];
      at[j * bytes + k] = kept;
    }
  };
  const auto sift = [=](size_t root, size_t end) {
    for (size_t child = 2 * root + 1; child < end; child = 2 * root + 1) {
      if (child + 1 < end && compare(at + child * bytes, at + (child + 1) * bytes) < 0) child++;
      if (compare(at + root * bytes, at + child * bytes) >= 0) return;
      swap(root, child);
      root = child;
    }
  };
  for (size_t i = count / 2; i-- > 0;) sift(i, count);
  for (size_t end = count; end-- > 1;) {
    swap(0, end);
    sift(0, end);
  }
}

void* bsearch(const void* key, const void* base, size_t count, size_t bytes,
              int (*compare)(const void*, const void*)) {
  const char* at = static_cast<const char*>(base);
  while (count > 0) {
    const char* const middle = at + count / 2 * bytes;
    const int order = compare(key, middle);
    if (order == 0) return const_cast<char*>(middle);
    if (order > 0) at = middle + bytes;
    count = order > 0 ? count - count / 2 - 1 : count / 2;
  }
  return nullptr;
}

// With the exit code of the C library's.
[[noreturn]] void abort() {
  TerminateProcess(GetCurrentProcess(), 3);
  __builtin_trap();
}

}  // extern "C"
