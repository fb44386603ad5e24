// What the released addons are compiled with, one entry for each file under prebuilds/.
//
// Linux: one file for glibc and musl. It names no library and no version of a symbol; what it needs, the
// process that loads it has (test/packaging/prebuilds.test.ts holds the list). Windows: Node-API is looked
// up in the program that loads it, whatever its name; there is no C library in it.
//
// prebuildify makes the one for macOS (.github/workflows/release.yml). It can not make these: it compiles
// with the headers and flags of the Node that runs it, which is not the same bytes everywhere.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const require = createRequire(import.meta.url);
const headers = require('node-api-headers').include_dir;
const { isFast, sourcesIn } = require('../../native/sources.cjs');

const COMMON = [
  '-std=c++17',
  '-Wall',
  '-Wextra',
  '-Wno-unused-parameter',
  '-fno-exceptions',
  '-fno-rtti',
  '-fno-threadsafe-statics',
  '-fno-stack-protector',
  '-fvisibility=hidden',
  '-ffunction-sections',
  '-fdata-sections',
  '-U_FORTIFY_SOURCE',
  // Nothing may depend on where it is built.
  `-ffile-prefix-map=${root}=.`,
  '-DNAPI_VERSION=8',
  '-DNODE_GYP_MODULE_NAME=nogil',
  '-Inative',
  `-I${headers}`,
];

const ELF = {
  platform: 'linux',
  flags: [...COMMON, '-fPIC', '-fno-plt', '-fcf-protection=none'],
  link: [
    '-shared',
    '-nostdlib',
    '-Wl,--gc-sections,--build-id=none,--hash-style=gnu',
    '-Wl,-z,now,-z,relro,-z,noexecstack',
    '-Wl,--version-script=native/prebuild/exports.map',
    '-Wl,--exclude-libs,ALL',
    '-s',
  ],
  // The compiler's own helpers, which come as a static library.
  libraries: ['-lgcc'],
};

export const targets = [
  { ...ELF, name: 'linux-x64', compiler: 'x86_64-linux-gnu-g++', debian: 'g++' },
  {
    ...ELF,
    name: 'linux-arm64',
    compiler: 'aarch64-linux-gnu-g++',
    debian: 'g++-aarch64-linux-gnu',
    // The helpers behind outline atomics ask glibc what the processor can do.
    flags: [...COMMON, '-fPIC', '-fno-plt', '-mbranch-protection=none', '-mno-outline-atomics'],
  },
  {
    platform: 'windows',
    name: 'win32-x64',
    compiler: 'x86_64-w64-mingw32-g++-win32',
    nm: 'x86_64-w64-mingw32-nm',
    debian: 'g++-mingw-w64-x86-64-win32',
    flags: [...COMMON, '-D_WIN32_WINNT=0x0A00', '-DNAPI_EXTERN='],
    /** What a C library would be, must not become calls of it. */
    flagsOf: (source) => (source.endsWith('/crt.cc') ? ['-fno-builtin', '-fno-tree-loop-distribute-patterns'] : []),
    link: [
      '-shared',
      '-nostdlib',
      '-Wl,--gc-sections,--no-insert-timestamp',
      // By itself the linker makes the address from a hash of the output's path.
      '-Wl,--image-base=0x180000000',
      '-Wl,--dynamicbase,--high-entropy-va,--nxcompat',
      '-Wl,--entry=DllMain',
      '-s',
    ],
    libraries: ['-lgcc', '-lkernel32', '-lsynchronization'],
    napiStubs: true,
  },
];

/** How a source is optimized, and what else it alone needs. */
export const flagsOf = (target, source) => [isFast(source) ? '-O2' : '-Os', ...(target.flagsOf?.(source) ?? [])];

/** Paths below `root`. Fast ones first: of an inline function that several have, the linker takes the first. */
export function sourcesOf({ platform }) {
  const all = ['native/binding', `native/platform/${platform}`, `native/prebuild/${platform}`]
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => sourcesIn(join(root, folder)).map((path) => `${folder}/${basename(path)}`));
  return [...all.filter(isFast), ...all.filter((source) => !isFast(source))];
}
