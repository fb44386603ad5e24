/* What libstdc++ and libgcc_s of a system with glibc ask glibc for and musl does not have: they serve a program for musl on
 * such a system, since Debian has none for musl. Made as the library that they name for it, ld-linux-x86-64.so.2. */
#include <stddef.h>

struct tm;
size_t strftime(char* to, size_t bytes, const char* format, const struct tm* time);
long syscall(long number, ...);

char __libc_single_threaded = 0;

/* Of what the processor can do: nothing is asked here. */
unsigned __cpu_model[4];
int __cpu_indicator_init(void) { return 0; }

/* "Nothing is known of this address": exceptions would end the program, and none are thrown. */
int _dl_find_object(void* address, void* result) { return -1; }

/* Destructors of a thread's variables; what they would free ends with the process. */
int __cxa_thread_atexit_impl(void (*destructor)(void*), void* object, void* library) { return 0; }

size_t __strftime_l(char* to, size_t bytes, const char* format, const struct tm* time, void* locale) {
  return strftime(to, bytes, format, time);
}

unsigned arc4random(void) {
  unsigned value = 0;
  syscall(318 /* getrandom on x64 */, &value, sizeof value, 0);
  return value;
}
