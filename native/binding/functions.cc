// Functions by number: a task carries four bytes instead of the text that describes its function
// (lib/internal/worker/message.ts), which each thread reads once.
#include <cstdlib>
#include <cstring>

#include "binding/environment.h"

namespace nogil {
namespace binding {

namespace {

struct Text {
  size_t length;
  uint32_t hash;
  char bytes[1];
};

// What is more goes as text: a program that makes new functions without end must not fill memory.
constexpr uint32_t kMaxTexts = 1u << 12;
constexpr size_t kMaxTextBytes = 1u << 14;
constexpr uint32_t kSlots = 2 * kMaxTexts;

Policy::Atomic<uint32_t> g_lock{0};
Text** g_texts = nullptr;     // by number - 1
uint16_t* g_slots = nullptr;  // numbers, by hash
uint32_t g_count = 0;

uint32_t hash_of(const char* bytes, size_t length) {
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < length; i++) h = (h ^ static_cast<uint8_t>(bytes[i])) * 16777619u;
  return h;
}

// With g_lock; takes `text` over where it is new.
uint32_t number_of(Text* text) {
  if (!g_texts) {
    g_texts = static_cast<Text**>(calloc(kMaxTexts, sizeof(Text*)));
    g_slots = static_cast<uint16_t*>(calloc(kSlots, sizeof(uint16_t)));
  }
  if (!g_texts || !g_slots) return 0;
  for (uint32_t at = text->hash % kSlots;; at = (at + 1) % kSlots) {
    if (!g_slots[at]) {
      if (g_count == kMaxTexts) return 0;
      g_texts[g_count] = text;
      g_slots[at] = static_cast<uint16_t>(++g_count);
      return g_count;
    }
    Text* other = g_texts[g_slots[at] - 1];
    if (other->hash == text->hash && other->length == text->length &&
        !memcmp(other->bytes, text->bytes, text->length)) {
      return g_slots[at];
    }
  }
}

// (text): its number; 0: there is no room for more.
napi_value number_for(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  size_t length = 0;
  if (napi_get_value_string_utf8(env, a.values[0], nullptr, 0, &length) != napi_ok ||
      length > kMaxTextBytes) {
    return integer(env, 0);
  }
  Text* text = static_cast<Text*>(malloc(sizeof(Text) + length + 1));
  if (!text) return integer(env, 0);
  napi_get_value_string_utf8(env, a.values[0], text->bytes, length + 1, &text->length);
  text->hash = hash_of(text->bytes, text->length);
  ProcessLock lock(g_lock);
  uint32_t found = number_of(text);
  if (!found || g_texts[found - 1] != text) free(text);
  return number(env, found);
}

// (number)
napi_value text_of(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  uint32_t wanted = a.u32(0);
  ProcessLock lock(g_lock);
  if (wanted == 0 || wanted > g_count) return undefined(env);
  napi_value out;
  napi_create_string_utf8(env, g_texts[wanted - 1]->bytes, g_texts[wanted - 1]->length, &out);
  return out;
}

}  // namespace

void define_functions(Wanted& define) {
  define("functionNumber", number_for);
  define("functionText", text_of);
}

}  // namespace binding
}  // namespace nogil
