// What stands between this machine and a program for another one, or for another C library.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WINE = '/usr/lib/wine/wine64';
const QEMU = '/usr/bin/qemu-aarch64-static';
const MUSL = '/lib/ld-musl-x86_64.so.1';
const GCC = '/usr/bin/gcc';
const ARM64_ROOT = '/usr/aarch64-linux-gnu';

/** A prefix of its own, which says that it is Windows 10: Node refuses to start on what Wine is by itself. */
function winePrefix(folder) {
  const prefix = join(folder, 'wine');
  const env = { WINEPREFIX: prefix, WINEDEBUG: '-all', WINEARCH: 'win64', DISPLAY: '' };
  const done = join(prefix, 'made');
  if (!existsSync(done)) {
    mkdirSync(prefix, { recursive: true });
    const wine = (...args) => execFileSync(WINE, args, { env: { ...process.env, ...env }, stdio: 'ignore', timeout: 180_000 });
    wine('wineboot', '--init');
    wine('reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f');
    writeFileSync(done, '');
  }
  return env;
}

/** The C++ library that a program for musl finds; musl.c has what that one finds in turn. */
function muslLibraries(folder) {
  const libraries = join(folder, 'musl');
  mkdirSync(libraries, { recursive: true });
  for (const name of ['libstdc++.so.6', 'libgcc_s.so.1']) {
    const file = execFileSync(GCC, [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
    copyFileSync(file, join(libraries, name));
  }
  const source = fileURLToPath(new URL('musl.c', import.meta.url));
  const name = 'ld-linux-x86-64.so.2';
  const args = ['-shared', '-fPIC', '-O1', '-nostdlib', '-fno-builtin', `-Wl,-soname,${name}`, source];
  execFileSync(GCC, [...args, '-o', join(libraries, name)]);
  return libraries;
}

const kinds = {
  none: {
    needs: [],
    wrap: (program) => ({ command: [program], env: {}, slow: 1 }),
  },
  // The system itself starts programs that name this loader, once it is there.
  musl: {
    needs: [MUSL, GCC],
    packages: 'musl g++',
    wrap: (program, folder) => ({ command: [program], env: { LD_LIBRARY_PATH: muslLibraries(folder) }, slow: 1 }),
  },
  qemu: {
    needs: [QEMU, join(ARM64_ROOT, 'lib/libc.so.6'), join(ARM64_ROOT, 'lib/libstdc++.so.6')],
    packages: 'qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross',
    wrap: (program) => ({ command: [QEMU, '-L', ARM64_ROOT, program], env: {}, slow: 4 }),
  },
  wine: {
    needs: [WINE],
    packages: 'wine64',
    wrap: (program, folder) => ({ command: [WINE, program], env: winePrefix(folder), slow: 4 }),
  },
};

/** How programs of a kind are started; `missing`: Debian's packages that have it. */
export function through(name = 'none') {
  // Windows needs nothing to run its own.
  const kind = kinds[name === 'wine' && process.platform === 'win32' ? 'none' : name];
  return kind.needs.every((file) => existsSync(file)) ? kind : { missing: kind.packages };
}
