// What it takes a process to end with threads that are blocked, from process.exit() until it is gone.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const title = 'End of a process';

const script = fileURLToPath(new URL('../peers/exit.mjs', import.meta.url));
const LONGEST_MS = 60_000;
// The contract's: more than Node itself needs to end as many workers.
const MORE_MS = 100;

export function rows(options) {
  const sizes = options.quick ? [4] : [10, 100];
  const peer = (name, means, threads, folder = options.library) => ({ name, measure: () => timeOfEnd(means, threads, folder) });
  return sizes.map((threads) => ({
    title: `process.exit() with ${threads} blocked threads`,
    unit: 'ms',
    better: 'lower',
    subject: 'nogil Lock',
    goals: [{ than: 'idle workers', more: MORE_MS }],
    // Starting a hundred threads takes seconds.
    rounds: threads > 10 ? 3 : undefined,
    open: () => [
      peer('nogil Lock', 'Lock', threads),
      ...(options.against ? [peer('other build', 'Lock', threads, options.against)] : []),
      peer('nogil Queue', 'Queue', threads),
      peer('nogil Event', 'Event', threads),
      peer('idle workers', 'worker', threads),
      peer('workers in Atomics.wait', 'Atomics.wait', threads),
    ],
  }));
}

/** Both processes read the same monotonic clock. */
function timeOfEnd(means, threads, folder) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, means, threads, folder].map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    let ended;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`a process with ${threads} threads did not end in ${LONGEST_MS / 1000} s`));
    }, LONGEST_MS);
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    child.once('error', reject).once('exit', () => (ended = process.hrtime.bigint()));
    child.once('close', (code) => {
      clearTimeout(timer);
      if (code !== 0) reject(new Error(`a process with ${threads} threads ended with code ${code}`));
      else resolve(Number(ended - BigInt(JSON.parse(out).exit)) / 1e6);
    });
  });
}
