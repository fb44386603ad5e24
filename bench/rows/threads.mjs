// Threads that do nothing: started and joined one after another.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { nodePeer, pythonPeer } from '../harness/programs.mjs';
import { threadingOf } from '../peers/nogil.mjs';

export const title = 'Thread start + join';

const require = createRequire(import.meta.url);
const module = fileURLToPath(new URL('../tasks/nothing.cjs', import.meta.url));

export function rows(options) {
  const count = options.quick ? 50 : 500;
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
        ...Object.entries(folders).map(([name, folder]) => ({ name, measure: async () => nogilRate(folder, count) })),
        { name: 'new Worker', measure: () => workerRate(options.quick ? 2 : 8) },
        pythonPeer('threads.py', [count], ({ rate }) => rate),
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

function nogilRate(folder, count) {
  const { Thread } = threadingOf(folder);
  const { nothing } = require(module);
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const thread = new Thread({ target: nothing });
    thread.start();
    thread.join();
  }
  return (count / (performance.now() - start)) * 1000;
}

async function workerRate(count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    await new Promise((resolve, reject) => {
      new Worker(module).once('exit', resolve).once('error', reject);
    });
  }
  return (count / (performance.now() - start)) * 1000;
}
