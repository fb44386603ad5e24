// Runs jest's tests on an addon that is built with a sanitizer, in the Node that is here: threads that are terminated,
// environments that end and garbage collection at any time are what the native suites do not have. Linux on x64 alone.
//
//   node scripts/test-addon.mjs --sanitize=thread [jest's arguments]              build-tsan/addon/
//   node scripts/test-addon.mjs --sanitize=address,undefined [jest's arguments]   build-asan/addon/
//
// Leaves { passed, failed } in results.json there for CI. Every report of a sanitizer is a failed test more.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './prebuild/build.mjs';
import { root, targets } from './prebuild/targets.mjs';
import { addressReports, raceReports } from './sanitizer-reports.mjs';

const given = process.argv.find((arg) => arg.startsWith('--sanitize='))?.slice('--sanitize='.length);

/** Suites that measure resident memory, or limit it: a sanitizer has its own ideas of both. */
const MEMORY = ['memory', 'warm_workers', 'lifetime'];

const SANITIZERS = {
  thread: {
    folder: 'build-tsan',
    library: 'libtsan.so',
    // A forked child of a process with threads is more than this sanitizer follows.
    suites: ['threading', 'queue', 'futures', 'async', 'stress', 'conformance', 'fault'],
    without: [...MEMORY, 'process', 'fork'],
    // Of what Node itself does it sees a part only, so reports are sorted below, and none ends a process.
    options: (log) => ({
      TSAN_OPTIONS: `log_path=${log} exitcode=0 report_signal_unsafe=0 report_thread_leaks=0 history_size=4`,
    }),
    reports: raceReports,
  },
  'address,undefined': {
    folder: 'build-asan',
    library: 'libasan.so',
    suites: ['threading', 'queue', 'futures', 'async', 'stress', 'conformance', 'fault', 'multiprocessing', 'os', 'codec'],
    without: MEMORY,
    options: (log) => ({
      // Node frees little of what it has as it ends.
      ASAN_OPTIONS: `log_path=${log} detect_leaks=0 handle_abort=0`,
      UBSAN_OPTIONS: `log_path=${log} print_stacktrace=1`,
    }),
    reports: addressReports,
  },
};

function compile(output) {
  const release = targets.find(({ name }) => name === 'linux-x64');
  return build(
    {
      ...release,
      compiler: process.env.CXX ?? 'g++',
      flags: [...release.flags, '-g', '-fno-omit-frame-pointer', `-fsanitize=${given}`, '-fno-sanitize-recover=all'],
      link: ['-shared', `-fsanitize=${given}`, ...release.link.filter((flag) => flag.includes('exports.map'))],
      libraries: [],
    },
    output,
  );
}

/** Where the compiler keeps the sanitizer's library, which has to be in the process before Node. */
function preload({ library }) {
  const { stdout } = spawnSync(process.env.CXX ?? 'g++', [`-print-file-name=${library}`], { encoding: 'utf8' });
  const path = stdout?.trim();
  if (!path || !existsSync(path)) throw new Error(`${library} is not installed`);
  return path;
}

/** As jest's arguments. */
function suitesOf({ suites, without }) {
  const excluded = without.map((part) => `/test/.*${part}[^/]*\\.test\\.ts$`);
  return [...suites.map((folder) => `/test/${folder}/`), '--testPathIgnorePatterns', ...excluded];
}

async function main() {
  const sanitizer = SANITIZERS[given];
  if (!sanitizer) throw new Error(`--sanitize takes ${Object.keys(SANITIZERS).join(' or ')}`);
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('this is for Linux on x64');
  const folder = join(root, sanitizer.folder, 'addon');
  rmSync(folder, { recursive: true, force: true });
  const logs = join(folder, 'logs');
  mkdirSync(logs, { recursive: true });
  // Where node-gyp-build looks first in the folder that NOGIL_PREBUILD names.
  await compile(join(folder, 'build', 'Release', 'nogil.node'));

  const own = process.argv.slice(2).filter((arg) => !arg.startsWith('--sanitize='));
  const chosen = own.length > 0 ? own : suitesOf(sanitizer);
  const json = join(folder, 'jest.json');
  // ThreadSanitizer can't place its shadow where the kernel randomises addresses widely.
  const line = ['setarch', '-R', process.execPath, join(root, 'node_modules', 'jest', 'bin', 'jest.js')];
  const { error } = spawnSync(line[0], [...line.slice(1), ...chosen, '--testTimeout=600000', '--json', `--outputFile=${json}`], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      NOGIL_PREBUILD: folder,
      LD_PRELOAD: preload(sanitizer),
      ...sanitizer.options(join(logs, 'report')),
    },
  });
  if (error) throw error;

  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(json, 'utf8'));
  const texts = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'));
  const reports = texts.flatMap(sanitizer.reports);
  for (const report of reports) console.error(report);
  const failed = numFailedTests + numRuntimeErrorTestSuites + reports.length;
  writeFileSync(join(folder, 'results.json'), JSON.stringify({ passed: numPassedTests, failed }));
  console.log(`tests of the addon (${given}): ${numPassedTests} passed, ${failed} failed, ${reports.length} of them reports`);
  if (failed > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(`test-addon: ${error.message}`);
  process.exitCode = 1;
}
