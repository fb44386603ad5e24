// Builds and runs the native tests (native/test/).
//
//   node scripts/test-native.mjs                                build-native/
//   node scripts/test-native.mjs --sanitize=thread              build-tsan/
//   node scripts/test-native.mjs --sanitize=address,undefined   build-asan/
//
// With CMake and ctest where they are installed; on a machine that has only a C++ compiler the same
// suites are built by calling it (not under the sanitizers). Leaves { passed, failed } in <build folder>/results.json for CI.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sanitize = process.argv.find((arg) => arg.startsWith('--sanitize='))?.slice('--sanitize='.length) ?? '';
const build = join(root, { '': 'build-native', thread: 'build-tsan' }[sanitize] ?? 'build-asan');
const results = join(build, 'results.json');
// Linking under a sanitizer takes a good deal of memory.
const jobs = Math.min(availableParallelism(), 4);

/** No suite may hang the whole run. */
const SUITE_TIMEOUT_S = 300;

process.env.UBSAN_OPTIONS ??= 'halt_on_error=1:print_stacktrace=1';
process.env.TSAN_OPTIONS ??= 'halt_on_error=1:second_deadlock_stack=1';

const installed = (command, args = ['--version']) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** ThreadSanitizer of older compilers can't place its shadow where the kernel randomises addresses widely. */
const fixedAddresses = sanitize === 'thread' && installed('setarch', ['-R', 'true']) ? ['setarch', '-R'] : [];

function run(...line) {
  const [command, ...args] = line;
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', timeout: 900_000 });
  if (error) console.error(`${command}: ${error.message}`);
  else if (signal) console.error(`${command} was ended by ${signal}`);
  return status === 0;
}

function mustRun(...line) {
  if (!run(...line)) throw new Error(`'${line.join(' ')}' failed`);
}

function withCMake() {
  const report = join(build, 'ctest.xml');
  mustRun('cmake', '-S', '.', '-B', build, '-DCMAKE_BUILD_TYPE=RelWithDebInfo', `-DNOGIL_SANITIZE=${sanitize}`);
  mustRun('cmake', '--build', build, '--config', 'RelWithDebInfo', '--parallel', String(jobs));
  // There are no suites for Windows: jest tests the native code there.
  const none = `--no-tests=${process.platform === 'win32' ? 'ignore' : 'error'}`;
  const options = [
    '--output-on-failure',
    '--parallel',
    String(jobs),
    none,
    '--timeout',
    String(SUITE_TIMEOUT_S),
    '--output-junit',
    report,
  ];
  const ok = run(...fixedAddresses, 'ctest', '--test-dir', build, '-C', 'RelWithDebInfo', ...options);
  // It writes none where there is nothing to run.
  const xml = existsSync(report) ? readFileSync(report, 'utf8') : '';
  const count = (name) => Number(new RegExp(`<testsuite[^>]*\\b${name}="(\\d+)"`).exec(xml)?.[1] ?? 0);
  const failed = count('failures');
  const passed = count('tests') - failed - count('skipped') - count('disabled');
  return { passed, failed: ok ? failed : Math.max(failed, 1) };
}

/** Every .cc file below `folder`, without the folders named in `except`. */
function sourcesIn(folder, except = []) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return except.includes(entry.name) ? [] : sourcesIn(path, except);
    return path.endsWith('.cc') ? [path] : [];
  });
}

function compile(compiler, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(compiler, args, { cwd: root, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${compiler} ${args.join(' ')} failed`))));
  });
}

async function eachOf(items, work) {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

/** As native/test/CMakeLists.txt has it: each *_test.cc is a suite, linked with everything that is none. */
async function withCompiler() {
  if (sanitize) throw new Error('the native tests under a sanitizer need cmake');
  const compiler = process.env.CXX ?? ['c++', 'g++', 'clang++'].find((command) => installed(command));
  if (!compiler) return undefined;
  console.error(`cmake is not installed: building the native tests with ${compiler} alone`);

  const native = join(root, 'native');
  const system = process.platform === 'darwin' ? 'darwin' : 'linux';
  const others = ['linux', 'darwin', 'windows'].filter((name) => name !== system);
  const sources = sourcesIn(native, ['binding', 'bench', 'model', ...others]);
  const flags = ['-std=c++17', '-O2', '-g', '-pthread', '-Inative'];
  const objectOf = (source) => join(build, 'objects', `${relative(native, source).replaceAll(sep, '-')}.o`);
  mkdirSync(join(build, 'objects'), { recursive: true });
  await eachOf(sources, (source) => compile(compiler, [...flags, '-c', source, '-o', objectOf(source)]));

  const suites = sources.filter((source) => source.endsWith('_test.cc'));
  if (suites.length === 0) throw new Error('there are no native tests');
  const common = sources.filter((source) => !suites.includes(source)).map(objectOf);
  const count = { passed: 0, failed: 0 };
  for (const source of suites) {
    const program = join(build, basename(source, '.cc'));
    await compile(compiler, [...flags, objectOf(source), ...common, '-o', program]);
    const options = { stdio: 'inherit', timeout: SUITE_TIMEOUT_S * 1000, killSignal: 'SIGKILL' };
    const { status, signal } = spawnSync(program, [], options);
    count[status === 0 ? 'passed' : 'failed'] += 1;
    console.log(`${basename(program)}: ${status === 0 ? 'passed' : `FAILED (${signal ?? status})`}`);
  }
  return count;
}

try {
  mkdirSync(build, { recursive: true });
  rmSync(results, { force: true });
  const compiler = ['c++', 'g++', 'clang++'].some((command) => installed(command)) || process.env.CXX !== undefined;
  const cmake = process.platform === 'win32' || (compiler && installed('cmake') && installed('ctest'));
  const count = cmake ? withCMake() : await withCompiler();
  if (count) writeFileSync(results, JSON.stringify(count));
  if (!count) console.log('native tests: left out, there is no C++ compiler (CXX names one)');
  else console.log(`native tests: ${count.passed} passed, ${count.failed} failed`);
  if (count?.failed > 0) process.exitCode = 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
