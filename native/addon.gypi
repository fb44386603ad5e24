# How node-gyp builds the addon. Folders are relative to this file; what the commands list, to the
# binding.gyp that includes it: the repository's, or that of native/rebuild.cjs in an installed package.
# Which sources are compiled for speed and which for size: sources.cjs. clang's levels are a step smaller
# than gcc's of the same name: with these the package has room for two processors' addons for macOS.
{
  "target_defaults": {
    "include_dirs": ["."],
    "defines": ["NAPI_VERSION=8"],
    "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-Wno-unused-parameter"],
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fexceptions"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
      "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
      "GCC_ENABLE_CPP_RTTI": "NO",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "MACOSX_DEPLOYMENT_TARGET": "11.0"
    },
    "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/std:c++17"], "ExceptionHandling": 0 } }
  },
  "targets": [
    {
      "target_name": "nogil",
      "dependencies": ["nogil_small"],
      "sources": ["<!@(node native/sources.cjs native/binding fast)"],
      "cflags_cc": ["-O2"],
      "xcode_settings": { "GCC_OPTIMIZATION_LEVEL": "s" },
      "conditions": [
        ["OS=='linux'", {
          "sources": ["<!@(node native/sources.cjs native/platform/linux fast)"],
          "ldflags": ["-Wl,--exclude-libs,ALL"]
        }],
        ["OS=='mac'", { "sources": ["<!@(node native/sources.cjs native/platform/darwin fast)"] }],
        ["OS=='win'", {
          "sources": ["<!@(node native/sources.cjs native/platform/windows fast)"],
          "libraries": ["Synchronization.lib"]
        }]
      ]
    },
    {
      "target_name": "nogil_small",
      "type": "static_library",
      "sources": ["<!@(node native/sources.cjs native/binding small)"],
      "cflags_cc": ["-Os"],
      "xcode_settings": { "GCC_OPTIMIZATION_LEVEL": "z" },
      "msvs_settings": { "VCCLCompilerTool": { "Optimization": 1 } },
      "conditions": [["OS=='linux'", { "defines": ["NOGIL_UV_H"] }]]
    }
  ]
}
