// Competitors that are programs: Python scripts and the C++ floor. Each prints one JSON object a run.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const execute = promisify(execFile);

function works(command, args = ['--version']) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? (stdout || stderr).trim().split('\n')[0] : undefined;
}

// A program that takes so long will never end.
const LONGEST_MS = 60_000;

async function json(command, args) {
  try {
    const { stdout } = await execute(command, args.map(String), { timeout: LONGEST_MS, killSignal: 'SIGKILL' });
    return JSON.parse(stdout);
  } catch (error) {
    // Without the folders of this machine: the report tells of it.
    const program = [command, ...args].map((word) => (isAbsolute(String(word)) ? basename(word) : word)).join(' ');
    const said = /^\w*Error\b.*$/m.exec(error.stderr ?? '')?.[0] ?? error.signal ?? error.code ?? error.message;
    throw new Error(`${program}: ${said}`, { cause: error });
  }
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
  const { absent, run } = pythonProgram(script);
  if (absent) return { name: 'CPython', absent };
  return { name: 'CPython', measure: async () => read(await run(args)) };
}

/** A script of bench/peers: `run(args)` gives what it prints; `absent` says why it can not run. */
export function pythonProgram(script) {
  const { command, absent } = findPython();
  return { absent, run: (args) => json(command, [join(bench, 'peers', script), ...args]) };
}

/** A competitor that is a script of bench/peers in a Node process of its own. */
export function nodePeer(name, script, args, read = (out) => out.value) {
  return { name, measure: async () => read(await json(process.execPath, [join(bench, 'peers', script), ...args])) };
}

/** The same for a script that runs in Node. */
export function nodeProgram(script) {
  return { run: (args) => json(process.execPath, [join(bench, 'peers', script), ...args]) };
}

let compiler;
/** The C++ compiler and its version, where there is one. */
export function findCompiler() {
  compiler ??= (process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'])
    .map((command) => ({ command, version: works(command) }))
    .find(({ version }) => version) ?? { absent: 'no C++ compiler (set CXX)' };
  return compiler;
}

/**
 * Compiles a program of bench/floor where it is out of date; its path. `native`: against the library's
 * own core, as headers below native/ and the platform's sources.
 */
function compile(source, native) {
  const root = dirname(bench);
  const from = join(bench, 'floor', `${source}.cc`);
  const folder = join(root, 'build-bench');
  const to = join(folder, source);
  const core = native ? filesBelow(join(root, 'native')) : [];
  const newest = Math.max(...[from, join(bench, 'floor', 'futex.h'), ...core].map((file) => statSync(file).mtimeMs));
  if (!existsSync(to) || statSync(to).mtimeMs < newest) {
    mkdirSync(folder, { recursive: true });
    const platform = core.filter((file) => dirname(file) === join(root, 'native', 'platform', 'linux') && file.endsWith('.cc'));
    const include = native ? ['-I', join(root, 'native')] : [];
    const args = ['-std=c++17', '-O2', '-pthread', ...include, from, ...platform, '-o', to];
    const { status, stderr, error } = spawnSync(findCompiler().command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${source}.cc does not compile: ${error?.message ?? stderr}`);
  }
  return to;
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** A competitor that is a C++ program: what the machine can do without any JavaScript. */
export function floorPeer(name, source, args, read = (out) => out.value) {
  const { absent, build, run } = floorProgram(source);
  if (absent) return { name, absent };
  return { name, start: build, measure: async () => read(await run(args)) };
}

/** A program of bench/floor: `build()` it first, `run(args)` gives what it prints; `absent` says why it can not run. */
export function floorProgram(source, { native = false } = {}) {
  const absent = process.platform === 'linux' ? findCompiler().absent : 'the C++ floor uses Linux futexes';
  let program;
  return {
    absent,
    build() {
      program = compile(source, native);
    },
    run: (args) => json(program, args),
  };
}
