// One case of the suite in one runtime.
import { spawn } from 'node:child_process';

/** Seconds that a case may take where nothing is emulated, on a machine that has other things to do. */
const LIMIT = 90;

/** What differs from how the case has to end; undefined: nothing. */
function complaint({ code, signal, stdout, stderr = '' }, ended) {
  if (ended.timedOut) return `did not end within its limit\n${ended.stdout}${ended.stderr}`;
  const said = `${ended.stdout}${ended.stderr}`;
  if (ended.code !== code || ended.signal !== signal) {
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
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function run({ command: [program, ...before], env, slow }, { file, name }, folder, hurry) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...before, 'suite/run.cjs', file, name], {
      cwd: folder,
      env: { ...environment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running.add(child);
    const ended = { stdout: '', stderr: '', timedOut: false };
    const timer = setTimeout(
      () => {
        ended.timedOut = true;
        kill(child);
      },
      (hurry ?? LIMIT * slow) * 1000,
    );
    for (const stream of ['stdout', 'stderr']) child[stream].setEncoding('utf8').on('data', (text) => (ended[stream] += text));
    child.once('error', reject);
    child.once('exit', () => kill(child));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ...ended, code, signal });
    });
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
  return complaint(test, await run(prepared, test, folder, hurry));
}
