// Where Windows enters the released addon.
//
// Node-API is not imported from node.exe, since the program may have another name (electron.exe, a
// single executable); it is looked up in whatever program this is. The build makes a stub for each
// function of Node-API that the addon calls, which jumps through nogil_napi_table.
#include <windows.h>

#include "prebuild/windows/thread_locals.h"

// Made by scripts/prebuild/napi-stubs.mjs.
extern "C" {
extern const char nogil_napi_names[];  // each ended by 0; an empty one ends them
extern void* nogil_napi_table[];       // in that order
}

namespace {

// What a function of Node-API answers that this program does not have.
int missing() { return 9; }  // napi_generic_failure

void* find(const char* name) {
  const char* const libraries[] = {nullptr, "libnode.dll", "node.dll"};
  for (const char* library : libraries) {
    const HMODULE module = GetModuleHandleA(library);
    void* at = module ? reinterpret_cast<void*>(GetProcAddress(module, name)) : nullptr;
    if (at) return at;
  }
  return reinterpret_cast<void*>(&missing);
}

}  // namespace

extern "C" BOOL WINAPI DllMain(HINSTANCE, DWORD reason, LPVOID) {
  if (reason == DLL_PROCESS_ATTACH) {
    if (!begin_thread_locals()) return FALSE;
    void** entry = nogil_napi_table;
    for (const char* name = nogil_napi_names; *name; name++) {
      *entry++ = find(name);
      while (*name) name++;
    }
  }
  if (reason == DLL_THREAD_DETACH) end_thread_locals_of_this_thread();
  return TRUE;
}
