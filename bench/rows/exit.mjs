// How long a process takes to end, by how many threads are blocked in it in whatever primitive.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const title = 'End of the process';

const peer = fileURLToPath(new URL('../peers/exit.mjs', import.meta.url));
const LONGEST_MS = 300_000;
/** Time enough for V8 to have something in mind for idle isolates. */
const REST_MS = 9000;
/** The contract's: more than Node itself needs to end as many idle workers. */
const MORE_MS = 100;
const ROUNDS = 3;

const ENDS = [
  ['exit', 100],
  ['exit', 200],
  ['end', 100],
];

export function rows(options) {
  const rest = options.quick ? 100 : REST_MS;
  const ends = (name, kind, threads, way, folder = options.library) => ({
    name,
    measure: () => ending([kind, threads, way, folder, rest], way === 'error' ? 1 : 0),
  });
  return ENDS.map(([way, threads]) => (options.quick ? [way, 8] : [way, threads])).map(([way, threads]) => ({
    title: `${WAYS[way]}, ${threads} threads`,
    unit: 'ms',
    better: 'lower',
    subject: 'nogil',
    goals: [{ than: 'idle Workers', more: MORE_MS }],
    // Each takes some ten seconds until its threads have rested.
    rounds: ROUNDS,
    open: () => [
      ends('nogil', 'flat', threads, way),
      ends('nogil, made by a thread', 'nested', threads, way),
      ...(options.against ? [ends('other build', 'flat', threads, way, options.against)] : []),
      ends('idle Workers', 'Worker', threads, way),
      ends('idle Workers, made by one', 'Worker nested', threads, way),
    ],
  }));
}

const WAYS = { exit: 'process.exit()', error: 'an uncaught error', end: 'the natural end' };

/** Milliseconds from the last line of the program to its end. */
function ending(args, expected) {
  return new Promise((resolve, reject) => {
    let out = '';
    const child = execFile(process.execPath, [peer, ...args.map(String)], { timeout: LONGEST_MS, killSignal: 'SIGKILL' });
    child.stdout.on('data', (text) => (out += text));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const ended = performance.timeOrigin + performance.now();
      if (code !== expected || out === '') reject(new Error(`ended with ${signal ?? code}: ${out}`));
      else resolve(ended - JSON.parse(out).leaves);
    });
  });
}
