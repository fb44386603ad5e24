// Threads that do nothing: started and joined one after another.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { nodePeer, pythonPeer, pythonProgram } from '../harness/programs.mjs';
import { sized } from '../harness/sized.mjs';
import { threadingOf } from '../peers/nogil.mjs';

export const title = 'Thread start + join';

const require = createRequire(import.meta.url);
const module = fileURLToPath(new URL('../tasks/nothing.cjs', import.meta.url));

export function rows(options) {
  const ms = options.quick ? 20 : 250;
  const folders = { nogil: options.library, ...(options.against && { 'other build': options.against }) };
  return [
    {
      title: 'warm: one thread after another',
      unit: 'threads/s',
      better: 'higher',
      goals: [
        { than: 'CPython', ratio: 3 },
        { than: 'new Worker', ratio: 500 },
      ],
      open: () => [
        ...Object.entries(folders).map(([name, folder]) => ({
          name,
          measure: sized((count) => nogilTime(folder, count), { ms, first: 50, most: 1e5 }),
        })),
        { name: 'new Worker', measure: sized(workerTime, { ms, first: 2, most: 100 }) },
        python(ms),
      ],
    },
    {
      title: 'cold: the first thread of a process',
      unit: 'ms',
      better: 'lower',
      open: () => [
        ...Object.entries(folders).map(([name, folder]) =>
          nodePeer(name, 'first-thread.mjs', ['nogil', folder], ({ first }) => first),
        ),
        nodePeer('new Worker', 'first-thread.mjs', ['Worker'], ({ first }) => first),
        pythonPeer('threads.py', [0], ({ first }) => first),
      ],
    },
  ];
}

function python(ms) {
  const { absent, run } = pythonProgram('threads.py');
  if (absent) return { name: 'CPython', absent };
  return {
    name: 'CPython',
    measure: sized(async (count) => (count / (await run([count])).rate) * 1000, { ms, first: 50, most: 1e5 }),
  };
}

/** Milliseconds of so many, one after another. */
function nogilTime(folder, count) {
  const { Thread } = threadingOf(folder);
  const { nothing } = require(module);
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const thread = new Thread({ target: nothing });
    thread.start();
    thread.join();
  }
  return performance.now() - start;
}

async function workerTime(count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    await new Promise((resolve, reject) => {
      new Worker(module).once('exit', resolve).once('error', reject);
    });
  }
  return performance.now() - start;
}
