/**
 * What the released addons may need of the process that loads them. A name on this list is in glibc 2.28, the
 * oldest that Node 20 runs on, and in musl, with the same arguments and structures. An unversioned name gets the
 * oldest version of a symbol, so that has to do, too. Look there before adding one: `fstat`, for one, glibc has
 * had since 2.33 only.
 */
export const LIBC = new Set(
  `
  __errno_location __libc_current_sigrtmax __libc_current_sigrtmin __tls_get_addr _exit _setjmp abort bsearch calloc
  clock_gettime clone close closedir dladdr dlopen dup3 eventfd fcntl flock free ftruncate getpgid getpid
  getrlimit ioctl kill longjmp madvise malloc memcmp memcpy memmove memset mmap mprotect munmap nanosleep open
  opendir pipe2 poll posix_spawn posix_spawn_file_actions_adddup2 posix_spawn_file_actions_addopen
  posix_spawn_file_actions_destroy posix_spawn_file_actions_init posix_spawnattr_destroy posix_spawnattr_init
  posix_spawnattr_setflags posix_spawnattr_setsigdefault posix_spawnattr_setsigmask prctl pthread_attr_destroy
  pthread_attr_init pthread_attr_setdetachstate pthread_attr_setstacksize pthread_create pthread_self
  pthread_sigmask qsort read readdir readlink realloc sched_yield sigaction sigdelset sigemptyset sigfillset
  sigprocmask strcmp strlen strncmp strncpy strstr syscall sysconf waitid waitpid write
`.match(/\S+/g),
);

/** Found where there is a libuv, and looked for before use. */
export const WEAK = ['uv_async_send', 'uv_loop_fork', 'uv_run', 'uv_unref', 'uv_walk'];

export const WINDOWS: Record<string, Set<string>> = {
  'KERNEL32.dll': new Set(
    `
    CloseHandle CreateFileMappingW CreateThread GetActiveProcessorCount GetActiveProcessorGroupCount
    GetConsoleMode GetCurrentProcess GetCurrentProcessId GetCurrentThread GetCurrentThreadId GetLastError
    GetModuleHandleA GetModuleHandleExA GetProcAddress GetProcessAffinityMask GetProcessHeap GetProcessTimes
    GetStdHandle GetSystemInfo GetThreadTimes HeapAlloc HeapFree HeapReAlloc LoadLibraryExA MapViewOfFile
    MultiByteToWideChar OpenProcess QueryPerformanceCounter QueryPerformanceFrequency SwitchToThread
    TerminateProcess TlsAlloc TlsGetValue TlsSetValue UnmapViewOfFile VirtualAlloc VirtualFree
    WaitForSingleObject WaitForSingleObject WriteConsoleW WriteFile
`.match(/\S+/g),
  ),
  'api-ms-win-core-synch-l1-2-0.dll': new Set(['WaitOnAddress', 'WakeByAddressAll', 'WakeByAddressSingle']),
};
