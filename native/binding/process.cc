// What all threads of the process share beside memory: series of numbers, descriptors, settings.
#include "binding/environment.h"
#include "platform/clock.h"
#include "platform/cpu.h"
#include "platform/files.h"
#include "platform/threads.h"

namespace nogil {
namespace binding {

namespace {

constexpr uint32_t kSeries = 4;
Policy::Atomic<uint32_t> g_counters[kSeries];

// (series): the next of a series of numbers that all threads of the process share.
napi_value next_count(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  return number(env, next_of(static_cast<Series>(a.u32(0) % kSeries)));
}

Policy::Atomic<uint32_t> g_stack_size{0};

// (bytes): what new workers get as their stack, 0 for the default; no argument leaves it. What it
// was.
napi_value stack_size(napi_env env, napi_callback_info info) {
  Arguments<1> a(env, info);
  uint32_t bytes;
  if (napi_get_value_uint32(env, a.values[0], &bytes) != napi_ok)
    return number(env, g_stack_size.load());
  return number(env, g_stack_size.exchange(bytes));
}

Policy::Atomic<uint32_t> g_write_lock{0};

// (descriptor, bytes): writes them all, unmixed with what other threads write this way.
napi_value write(napi_env env, napi_callback_info info) {
  Arguments<2> a(env, info);
  size_t length = 0;
  const uint8_t* bytes = a.bytes(1, &length);
  if (!bytes) return fail(env, "ERR_VALUE", "nogil: bytes expected");
  ProcessLock lock(g_write_lock);
  return number(
      env, static_cast<double>(platform::write_all(static_cast<int>(a.u32(0)), bytes, length)));
}

napi_value thread_cpu(napi_env env, napi_callback_info) {
  return number(env, static_cast<double>(platform::thread_cpu_ns()) / 1e9);
}

napi_value cpus(napi_env env, napi_callback_info) { return integer(env, platform::cpu_count()); }

napi_value native_id(napi_env env, napi_callback_info) {
  return number(env, platform::thread_id());
}

}  // namespace

uint32_t next_of(Series series) {
  return g_counters[static_cast<uint32_t>(series)].fetch_add(1, std::memory_order_relaxed) + 1;
}

void define_process(Wanted& define) {
  define("stackSize", stack_size);
  define("nativeId", native_id);
  define("nextCount", next_count);
  define("write", write);
  define("threadCpuSeconds", thread_cpu);
  define("cpuCount", cpus);
}

}  // namespace binding
}  // namespace nogil
