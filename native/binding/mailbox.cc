// What threads have to tell the main thread: errors for its excepthook, warnings, SIGINT. Messages
// are bytes of the value codec; the main thread takes them in its service function.
#include <cstdlib>
#include <cstring>

#include "binding/environment.h"

namespace nogil {
namespace binding {

namespace {

struct Letter {
  Letter* next;
  size_t length;
  uint8_t bytes[1];
};

Policy::Atomic<uint32_t> g_lock{0};
Letter* g_first = nullptr;
Letter** g_last = &g_first;
// What the main thread cares to hear of; the bits are JavaScript's.
Policy::Atomic<uint32_t> g_listening{0};

// (bytes): False when there is no memory for them.
napi_value post(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  size_t length = 0;
  const uint8_t* bytes = a.bytes(0, &length);
  Letter* letter = bytes ? static_cast<Letter*>(malloc(sizeof(Letter) + length)) : nullptr;
  if (!letter) return boolean(env, false);
  letter->next = nullptr;
  letter->length = length;
  memcpy(letter->bytes, bytes, length);
  ProcessLock lock(g_lock);
  *g_last = letter;
  g_last = &letter->next;
  return boolean(env, true);
}

// All that came since the last call, in order.
napi_value take(napi_env env, napi_callback_info) {
  Letter* letter;
  {
    ProcessLock lock(g_lock);
    letter = g_first;
    g_first = nullptr;
    g_last = &g_first;
  }
  napi_value list;
  napi_create_array(env, &list);
  for (uint32_t n = 0; letter; n++) {
    napi_value bytes = new_bytes(env, letter->bytes, letter->length);
    if (bytes) {
      napi_set_element(env, list, n, bytes);
    } else {
      drop_message(letter->bytes, letter->length);
    }
    Letter* next = letter->next;
    free(letter);
    letter = next;
  }
  return list;
}

// (bits)
napi_value listen(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  g_listening.store(a.u32(0), std::memory_order_seq_cst);
  return nullptr;
}

napi_value listening(napi_env env, napi_callback_info) {
  return number(env, g_listening.load(std::memory_order_seq_cst));
}

}  // namespace

void define_mailbox(Wanted& define) {
  define("mailPost", post);
  define("mailTake", take);
  define("mailListen", listen);
  define("mailListening", listening);
}

}  // namespace binding
}  // namespace nogil
