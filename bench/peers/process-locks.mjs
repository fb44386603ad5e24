// Locks between processes.   process-locks.mjs pair|turns COUNT nogil FOLDER
//                            process-locks.mjs contend MILLISECONDS nogil FOLDER
//                            process-locks.mjs turns COUNT ipc
// pair: acquire + release, alone; turns: one semaphore for each way, between two processes; contend: two
// processes that want one lock. What goes before, to warm up, is not measured.
// prints {"ms": milliseconds} of so many, or {"value": pairs a second, "fairness": Jain's index}
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fairness } from '../harness/statistics.mjs';
import { answer, contend, WORDS } from '../tasks/process-locks.mjs';

const [, , mode, amount, who, folder] = process.argv;
const count = Number(amount);
const warm = Math.round(count / 3);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function time(run) {
  run(warm);
  const start = performance.now();
  run(count);
  return { ms: performance.now() - start };
}

const modes = {
  pair({ Lock }) {
    const lock = new Lock();
    return time((n) => {
      for (let i = 0; i < n; i++) {
        lock.acquire();
        lock.release();
      }
    });
  },

  turns({ Process, Semaphore }) {
    const [there, back] = [new Semaphore(0), new Semaphore(0)];
    const child = new Process({ target: answer, args: [there, back, (warm >> 1) + (count >> 1)] });
    child.start();
    const took = time((n) => {
      for (let i = 0; i < n >> 1; i++) {
        there.release();
        back.acquire();
      }
    });
    child.join();
    return took;
  },

  async contend({ Lock, Process, RawArray }) {
    const words = new RawArray('i', WORDS.length);
    const lock = new Lock();
    const crew = [0, 1].map((index) => new Process({ target: contend, args: [lock, words, index] }));
    for (const child of crew) child.start();
    while (Atomics.load(words, WORDS.ready) < crew.length) await pause(5);
    await pause(warm);
    Atomics.store(words, WORDS.phase, 1);
    const start = performance.now();
    await pause(count);
    Atomics.store(words, WORDS.phase, 2);
    const seconds = (performance.now() - start) / 1000;
    for (const child of crew) child.join();
    const results = crew.map((_, index) => WORDS.results + index * WORDS.each);
    const all = results.reduce((sum, at) => sum + words[at], 0);
    if (words[WORDS.count] !== all) throw new Error(`${all} sections counted to ${words[WORDS.count]}: two were in at once`);
    const shares = results.map((at) => words[at + 1]);
    return { value: shares.reduce((a, b) => a + b, 0) / seconds, fairness: fairness(shares) };
  },
};

/** One message there and one back, as a turn each. */
function ipc() {
  const child = fork(fileURLToPath(import.meta.url), ['answer', '0', 'ipc']);
  return new Promise((resolve) => {
    let start;
    let left = (warm >> 1) + (count >> 1);
    child.on('message', () => {
      if (left === count >> 1) start = performance.now();
      if (left-- > 0) return child.send(0);
      resolve({ ms: performance.now() - start });
      child.disconnect();
    });
  });
}

if (mode === 'answer') {
  process.on('message', (message) => process.send(message));
  process.send('ready');
} else {
  const multiprocessing =
    who === 'ipc' ? undefined : createRequire(join(folder, 'package.json'))('./dist/multiprocessing/index.js');
  console.log(JSON.stringify(await (multiprocessing ? modes[mode](multiprocessing) : ipc())));
}
