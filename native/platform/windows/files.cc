#include "platform/files.h"

#include <errno.h>
#include <windows.h>

namespace nogil {
namespace platform {

namespace {

constexpr int kMostBytes = 8 * 1024;

// As many bytes of UTF-8 as fit a piece and end with a character.
int piece(const char* text, size_t bytes) {
  if (bytes <= kMostBytes) return static_cast<int>(bytes);
  int length = kMostBytes;
  while (length > kMostBytes - 4 && (text[length] & 0xC0) == 0x80) length--;
  return length;
}

// A console shows UTF-16; bytes it would take for its code page.
bool write_console(HANDLE console, const char* text, int bytes) {
  wchar_t wide[kMostBytes];
  const int length = MultiByteToWideChar(CP_UTF8, 0, text, bytes, wide, kMostBytes);
  DWORD written = 0;
  return WriteConsoleW(console, wide, static_cast<DWORD>(length), &written, nullptr) != 0;
}

bool write_file(HANDLE file, const char* data, int bytes) {
  while (bytes > 0) {
    DWORD written = 0;
    if (!WriteFile(file, data, static_cast<DWORD>(bytes), &written, nullptr)) return false;
    data += written;
    bytes -= static_cast<int>(written);
  }
  return true;
}

}  // namespace

// Standard output and error only: other descriptors are known to the C library that made them, and
// that is not ours.
long write_all(int fd, const void* data, size_t bytes) {
  if (fd != 1 && fd != 2) return -EBADF;
  const HANDLE out = GetStdHandle(fd == 1 ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE);
  if (out == nullptr || out == INVALID_HANDLE_VALUE) return -EBADF;
  DWORD mode;
  const bool console = GetConsoleMode(out, &mode) != 0;
  const char* at = static_cast<const char*>(data);
  for (size_t left = bytes; left > 0;) {
    const int length = piece(at, left);
    if (!(console ? write_console(out, at, length) : write_file(out, at, length))) {
      const DWORD error = GetLastError();
      return error == ERROR_BROKEN_PIPE || error == ERROR_NO_DATA ? -EPIPE : -EIO;
    }
    at += length;
    left -= static_cast<size_t>(length);
  }
  return static_cast<long>(bytes);
}

bool lock_shared(int) { return false; }

}  // namespace platform
}  // namespace nogil
