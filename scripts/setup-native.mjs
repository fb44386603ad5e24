// What set-up does on a machine that can not compile: the committed addon serves instead.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const runs = (command, args = ['--version']) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Whether there is what node-gyp needs. */
export function canCompile() {
  if (process.platform === 'win32') {
    // As node-gyp finds Visual Studio: through the installer's tool, which is also there without any C++ tools.
    const installers = process.env['ProgramFiles(x86)'] ?? 'C:\\Program Files (x86)';
    const vswhere = join(installers, 'Microsoft Visual Studio', 'Installer', 'vswhere.exe');
    const tools = `Microsoft.VisualStudio.Component.VC.Tools.${process.arch === 'arm64' ? 'ARM64' : 'x86.x64'}`;
    const found = spawnSync(vswhere, ['-products', '*', '-requires', tools, '-property', 'installationPath'], {
      encoding: 'utf8',
    });
    return Boolean(found.stdout?.trim());
  }
  const compilers = process.env.CXX ? [process.env.CXX.split(' ')[0]] : ['g++', 'c++', 'clang++'];
  return (
    compilers.some((compiler) => runs(compiler)) && runs(process.env.MAKE ?? 'make') && runs(process.env.PYTHON ?? 'python3')
  );
}

/** Puts the addon of prebuilds/ where a compiled one would be. */
export function takePrebuilt(root) {
  const name = `${process.platform}-${process.arch}`;
  const prebuilt = join(root, 'prebuilds', name, 'nogil.node');
  if (!existsSync(prebuilt)) {
    throw new Error(`there is no C++ compiler with make and Python 3, and no prebuilds/${name}/ to do without`);
  }
  const output = join(root, 'build', 'Release', 'nogil.node');
  mkdirSync(dirname(output), { recursive: true });
  // Not written over: a program may have it loaded.
  rmSync(output, { force: true });
  copyFileSync(prebuilt, output);
  console.error(`no C++ compiler with make and Python 3 here: using prebuilds/${name}/, which may be older than native/`);
}
