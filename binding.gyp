{
  "targets": [
    {
      "target_name": "nogil",
      "sources": [
        "native/binding/addon.cc",
        "native/binding/async.cc",
        "native/binding/cells.cc",
        "native/binding/children.cc",
        "native/binding/crew.cc",
        "native/binding/environment.cc",
        "native/binding/mailbox.cc",
        "native/binding/fork.cc",
        "native/binding/functions.cc",
        "native/binding/future.cc",
        "native/binding/messages.cc",
        "native/binding/names.cc",
        "native/binding/owner_death.cc",
        "native/binding/pool_worker.cc",
        "native/binding/process.cc",
        "native/binding/process_cells.cc",
        "native/binding/queue.cc",
        "native/binding/queue_async.cc",
        "native/binding/queue_batch.cc",
        "native/binding/queue_items.cc",
        "native/binding/reactor.cc",
        "native/binding/recovery.cc",
        "native/binding/references.cc",
        "native/binding/shared_memory.cc",
        "native/binding/sync.cc",
        "native/binding/thread_pool.cc",
        "native/binding/threads.cc",
        "native/binding/tree.cc",
        "native/binding/workers.cc"
      ],
      "include_dirs": ["native"],
      "defines": ["NAPI_VERSION=8", "NODE_GYP_MODULE_NAME=nogil"],
      "cflags_cc": ["-std=c++17", "-O2", "-Wall", "-Wextra", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-Wno-unused-parameter"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fexceptions"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
        "GCC_ENABLE_CPP_RTTI": "NO",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0"
      },
      "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/std:c++17"], "ExceptionHandling": 0 } },
      "conditions": [
        ["OS=='linux'", { "defines": ["NOGIL_UV_H"], "sources": ["<!@(ls native/platform/linux/*.cc)"] }],
        ["OS=='mac'", { "sources": ["<!@(ls native/platform/darwin/*.cc)"] }],
        ["OS=='win'", {
          "sources": ["<!@(node -p \"require('fs').readdirSync('native/platform/windows').map(f=>'native/platform/windows/'+f).join(' ')\")"],
          "libraries": ["Synchronization.lib"]
        }]
      ]
    }
  ]
}
