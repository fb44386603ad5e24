// The few lines that every file of the binding needs over plain Node-API. The arguments come from
// our own TypeScript, which has checked them (lib/internal/native.ts); what is checked here is what
// could crash the process.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <cstring>

namespace nogil {
namespace binding {

template <size_t N>
struct Arguments {
  napi_value values[N];
  void* data = nullptr;

  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = N;
    napi_get_cb_info(env, info, &count, values, nullptr, &data);
  }
  uint32_t u32(size_t i) const {
    uint32_t v = 0;
    napi_get_value_uint32(env_, values[i], &v);
    return v;
  }
  double number(size_t i) const {
    double v = 0;
    napi_get_value_double(env_, values[i], &v);
    return v;
  }
  bool boolean(size_t i) const {
    bool v = false;
    napi_get_value_bool(env_, values[i], &v);
    return v;
  }
  // The bytes of a Uint8Array; null for anything else.
  const uint8_t* bytes(size_t i, size_t* length) const {
    bool is = false;
    napi_is_typedarray(env_, values[i], &is);
    if (!is) return nullptr;
    void* at = nullptr;
    napi_typedarray_type type;
    napi_get_typedarray_info(env_, values[i], &type, length, &at, nullptr, nullptr);
    if (!at) at = const_cast<char*>("");
    return type == napi_uint8_array ? static_cast<const uint8_t*>(at) : nullptr;
  }

 private:
  napi_env env_;
};

inline napi_value number(napi_env env, double v) {
  napi_value out;
  napi_create_double(env, v, &out);
  return out;
}
inline napi_value integer(napi_env env, int32_t v) {
  napi_value out;
  napi_create_int32(env, v, &out);
  return out;
}
inline napi_value boolean(napi_env env, bool v) {
  napi_value out;
  napi_get_boolean(env, v, &out);
  return out;
}
inline napi_value undefined(napi_env env) {
  napi_value out;
  napi_get_undefined(env, &out);
  return out;
}

// A new Uint8Array, and where its bytes are. Null without memory, and in an environment that is
// being terminated: unlike plain values it is refused there.
inline napi_value new_bytes(napi_env env, size_t length, uint8_t** to) {
  void* at = nullptr;
  napi_value buffer = nullptr;
  napi_value out = nullptr;
  if (napi_create_arraybuffer(env, length, &at, &buffer) != napi_ok || (length && !at) ||
      napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &out) != napi_ok) {
    return nullptr;
  }
  *to = static_cast<uint8_t*>(at);
  return out;
}
inline napi_value new_bytes(napi_env env, const uint8_t* bytes, size_t length) {
  uint8_t* to = nullptr;
  napi_value out = new_bytes(env, length, &to);
  if (out && length) memcpy(to, bytes, length);
  return out;
}

// Throws and returns what a callback returns then.
inline napi_value fail(napi_env env, const char* code, const char* message) {
  napi_throw_error(env, code, message);
  return nullptr;
}
inline napi_value out_of_memory(napi_env env) {
  napi_throw_range_error(env, "ERR_MEMORY", "nogil: out of memory");
  return nullptr;
}

// One of the addon's functions, by name. Each source file calls it with all that it has, in its
// define_...().
struct Wanted {
  const char* name;
  napi_callback function = nullptr;
  void operator()(const char* its, napi_callback f) {
    if (!strcmp(its, name)) function = f;
  }
};

}  // namespace binding
}  // namespace nogil
