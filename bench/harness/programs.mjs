// Competitors that are programs: Python scripts and the C++ floor. Each prints one JSON object a run.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const execute = promisify(execFile);

function works(command, args = ['--version']) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? (stdout || stderr).trim().split('\n')[0] : undefined;
}

async function json(command, args) {
  const { stdout } = await execute(command, args.map(String));
  return JSON.parse(stdout);
}

let python;
/** CPython's command and version, where there is one. */
export function findPython() {
  python ??= (process.env.PYTHON ? [process.env.PYTHON] : ['python3', 'python'])
    .map((command) => ({ command, version: works(command) }))
    .find(({ version }) => version?.startsWith('Python 3')) ?? { absent: 'python3 is not installed' };
  return python;
}

/** A competitor that runs a script of bench/peers; `read` makes a measurement of what it prints. */
export function pythonPeer(script, args, read = (out) => out.value) {
  const { command, absent } = findPython();
  if (absent) return { name: 'CPython', absent };
  return { name: 'CPython', measure: async () => read(await json(command, [join(bench, 'peers', script), ...args])) };
}

/** A competitor that is a script of bench/peers in a Node process of its own. */
export function nodePeer(name, script, args, read = (out) => out.value) {
  return { name, measure: async () => read(await json(process.execPath, [join(bench, 'peers', script), ...args])) };
}

let compiler;
/** The C++ compiler and its version, where there is one. */
export function findCompiler() {
  compiler ??= (process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'])
    .map((command) => ({ command, version: works(command) }))
    .find(({ version }) => version) ?? { absent: 'no C++ compiler (set CXX)' };
  return compiler;
}

/** Compiles a program of bench/floor where it is out of date; its path. */
function compile(source) {
  const from = join(bench, 'floor', `${source}.cc`);
  const folder = join(dirname(bench), 'build-bench');
  const to = join(folder, source);
  const newest = Math.max(...[from, join(bench, 'floor', 'futex.h')].map((file) => statSync(file).mtimeMs));
  if (!existsSync(to) || statSync(to).mtimeMs < newest) {
    mkdirSync(folder, { recursive: true });
    const { status, stderr, error } = spawnSync(findCompiler().command, ['-std=c++17', '-O2', '-pthread', from, '-o', to], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${source}.cc does not compile: ${error?.message ?? stderr}`);
  }
  return to;
}

/** A competitor that is a C++ program: what the machine can do without any JavaScript. */
export function floorPeer(name, source, args, read = (out) => out.value) {
  if (process.platform !== 'linux') return { name, absent: 'the C++ floor uses Linux futexes' };
  const { absent } = findCompiler();
  if (absent) return { name, absent };
  const program = compile(source);
  return { name, measure: async () => read(await json(program, args)) };
}
