// Cases of the suite in one runtime.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Seconds that a case may take where nothing is emulated, on a machine that has other things to do. */
const LIMIT = 90;

/** This machine's own Windows, not Wine. */
const WINDOWS = process.platform === 'win32';

/** What differs from how the case has to end; undefined: nothing. `windows`: the runtime is one for Windows. */
function complaint({ code, signal, stdout, stderr = '' }, ended, windows) {
  if (ended.timedOut) return `did not end within its limit\n${ended.stdout}${ended.stderr}`;
  const said = `${ended.stdout}${ended.stderr}`;
  // Windows has no signals: what is killed there has an exit code. Wine ends it with a signal of Linux, or so.
  const killed = windows && signal !== null && ended.code === 1;
  if (!killed && (ended.code !== code || ended.signal !== signal)) {
    return `ended with ${ended.signal ?? `code ${ended.code}`}, not ${signal ?? `code ${code}`}\n${said}`;
  }
  if (ended.stdout !== stdout) return `wrote ${JSON.stringify(ended.stdout)}, not ${JSON.stringify(stdout)}\n${ended.stderr}`;
  const right = typeof stderr === 'string' ? ended.stderr === stderr : stderr.test(ended.stderr);
  return right ? undefined : `wrote to standard error:\n${ended.stderr}`;
}

const running = new Set();
process.once('exit', () => running.forEach(kill));

/** Its whole process group, so that nothing which it started outlives it. */
function kill(child) {
  if (WINDOWS) return child.kill('SIGKILL');
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

let runs = 0;

/** What it writes goes to files: Node under Wine can do nothing with pipes as its standard output. */
function run({ command: [command, ...before], env, slow }, { file, program }, names, folder, hurry) {
  const files = { stdout: join(folder, `stdout-${++runs}`), stderr: join(folder, `stderr-${runs}`) };
  const [stdout, stderr] = Object.values(files).map((path) => openSync(path, 'w'));
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...before, `suite/${program}`, file, ...names], {
      cwd: folder,
      env: { ...environment(), ...env },
      stdio: ['ignore', stdout, stderr],
      detached: !WINDOWS,
    });
    running.add(child);
    let timedOut = false;
    const timer = setTimeout(
      () => {
        timedOut = true;
        kill(child);
      },
      (hurry ?? LIMIT * slow * Math.ceil(names.length / 4)) * 1000,
    );
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      kill(child);
      running.delete(child);
      const written = Object.entries(files).map(([stream, path]) => [stream, readFileSync(path, 'utf8')]);
      resolve({ ...Object.fromEntries(written), code, signal, timedOut });
    });
    for (const descriptor of [stdout, stderr]) closeSync(descriptor);
  });
}

/** This process's, without what npm and its own Node put there for children of another kind. */
function environment() {
  const entries = Object.entries(process.env).filter(([key]) => !/^(npm_|NODE_|DENO_|BUN_)/i.test(key));
  return { ...Object.fromEntries(entries), NO_COLOR: '1' };
}

/**
 * @param hurry - seconds, where the case is not expected to end in any time
 * @returns what is wrong; undefined: the case passed
 */
export async function runCase(prepared, test, folder, hurry) {
  return complaint(test, await run(prepared, test, [test.name], folder, hurry), prepared.windows);
}

/** Whether a case may share its process with others of its file: nothing about how it ends is its own. */
export function isPlain({ code, signal, stdout, stderr }) {
  return code === 0 && signal === null && stdout === 'done\n' && stderr === undefined;
}

/**
 * Runs plain cases of one file in one process, for runtimes that take long to start, up to the first that fails.
 *
 * @returns how many passed, and what is wrong with the next; where all are through but the process did not end well, that
 * is the last one's fault
 */
export async function runTogether(prepared, tests, folder) {
  const names = tests.map(({ name }) => name);
  const ended = await run(prepared, tests[0], names, folder);
  const problem = complaint({ code: 0, signal: null, stdout: 'done\n'.repeat(names.length) }, ended, prepared.windows);
  if (problem === undefined) return { passed: names.length };
  const done = /^(?:done\n)*/.exec(ended.stdout)[0].length / 'done\n'.length;
  return { passed: Math.min(done, names.length - 1), problem };
}
