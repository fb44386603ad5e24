// A process with threads that are blocked, which ends.   exit.mjs KIND THREADS WAY FOLDER MILLISECONDS
// KIND  `flat`, `nested` (made by a thread), `Worker` (of Node, idle), `Worker nested`
// WAY   `exit` (process.exit), `error` (uncaught), `end` (natural, where all threads are daemonic)
// prints {"leaves": when the last line of the program ran, in milliseconds since 1970}
import { createRequire } from 'node:module';
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { threadingOf } from './nogil.mjs';

const [, , kind, threads, way, folder, ms] = process.argv;
const { blockAll, idle } = createRequire(import.meta.url)('../tasks/exit.cjs');

if (kind.startsWith('Worker')) await startWorkers();
else startThreads();

// Threads that have slept for a while are the ones that Node finds hard to end: V8 has a collection of theirs in mind.
await new Promise((resolve) => setTimeout(resolve, Number(ms)));
if (way === 'error') process.on('uncaughtExceptionMonitor', leave);
if (way === 'error') throw new Error('the end');
leave();
if (way === 'exit') process.exit(0);

function leave() {
  writeSync(1, JSON.stringify({ leaves: performance.timeOrigin + performance.now(), used: process.cpuUsage() }));
}

function startThreads() {
  const { Thread, Semaphore } = threadingOf(folder);
  const ready = new Semaphore(0);
  if (kind === 'flat') blockAll(folder, Number(threads), ready);
  else new Thread({ target: blockAll, args: [folder, Number(threads), ready, true], daemon: true }).start();
  for (let i = 0; i < threads; i++) ready.acquire();
}

async function startWorkers() {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const count = Number(threads);
  if (kind === 'Worker') idle(count, words);
  else new Worker(new URL('../tasks/exit.cjs', import.meta.url), { workerData: { count, words } }).unref();
  while (Atomics.load(words, 0) < count) await new Promise((resolve) => setTimeout(resolve, 20));
}
