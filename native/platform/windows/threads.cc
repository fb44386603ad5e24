#include "platform/threads.h"

#include <stdlib.h>
#include <windows.h>

namespace nogil {
namespace platform {

namespace {

constexpr SIZE_T kStackBytes = 512 * 1024;

struct Start {
  void (*fn)(void*);
  void* arg;
};

DWORD WINAPI run(void* raw) {
  const Start start = *static_cast<Start*>(raw);
  free(raw);
  start.fn(start.arg);
  return 0;
}

}  // namespace

uint32_t thread_id() { return GetCurrentThreadId(); }
uint32_t process_id() { return GetCurrentProcessId(); }
void yield() { SwitchToThread(); }

void stay_loaded() {
  HMODULE module;
  GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     reinterpret_cast<LPCSTR>(&stay_loaded), &module);
}

bool start_thread(void (*fn)(void*), void* arg) {
  Start* start = static_cast<Start*>(malloc(sizeof(Start)));
  if (start == nullptr) return false;
  start->fn = fn;
  start->arg = arg;
  const HANDLE thread =
      CreateThread(nullptr, kStackBytes, run, start, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  if (thread == nullptr) {
    free(start);
    return false;
  }
  CloseHandle(thread);
  return true;
}

}  // namespace platform
}  // namespace nogil
