# How node-gyp builds the addon. Folders are relative to this file; what the commands list, to the
# binding.gyp that includes it: the repository's, or that of native/rebuild.cjs in an installed package.
{
  "targets": [
    {
      "target_name": "nogil",
      "sources": ["<!@(node native/sources.cjs native/binding)"],
      "include_dirs": ["."],
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
        ["OS=='linux'", { "defines": ["NOGIL_UV_H"], "sources": ["<!@(node native/sources.cjs native/platform/linux)"] }],
        ["OS=='mac'", { "sources": ["<!@(node native/sources.cjs native/platform/darwin)"] }],
        ["OS=='win'", {
          "sources": ["<!@(node native/sources.cjs native/platform/windows)"],
          "libraries": ["Synchronization.lib"]
        }]
      ]
    }
  ]
}
