// Compiles the addon of an installed package for this machine, where no file under prebuilds/ fits it, or
// where that is wanted anyway. It goes to build/Release/, which is looked at first.
//
//   node node_modules/nogil/native/rebuild.cjs
//
// Takes a C++17 compiler, make and Python 3 (on Windows: Visual Studio's C++ tools and Python 3), and the
// headers of this Node, which node-gyp fetches unless npm's `nodedir` says where they are.
const { spawnSync } = require('node:child_process');
const { existsSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

/** @returns the exit status */
function rebuild(folder = dirname(__dirname)) {
  const gyp = join(folder, 'binding.gyp');
  // A package that had one would be compiled by npm wherever it is installed.
  const ours = !existsSync(gyp);
  if (ours) writeFileSync(gyp, '{ "includes": ["native/addon.gypi"] }\n');
  try {
    // npm has a node-gyp of its own, and gives it its settings.
    const args = ['exec', '--yes', '-c', 'node-gyp rebuild --loglevel=warn'];
    const npm = process.env.npm_execpath;
    const own = npm !== undefined && /npm-cli\.js$/.test(npm);
    const [command, line] = own ? [process.execPath, [npm, ...args]] : ['npm', args];
    const shell = !own && process.platform === 'win32';
    const quoted = shell ? line.map((arg) => (arg.includes(' ') ? `"${arg}"` : arg)) : line;
    const { status, error } = spawnSync(command, quoted, { cwd: folder, stdio: 'inherit', shell });
    if (error) console.error(`${command} could not be started: ${error.message}`);
    return status ?? 1;
  } finally {
    if (ours) rmSync(gyp, { force: true });
  }
}

module.exports = { rebuild };
if (require.main === module) process.exitCode = rebuild();
