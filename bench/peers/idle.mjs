// A process with threads that are blocked.   idle.mjs MEANS THREADS MILLISECONDS FOLDER [foreign]
// `foreign`: by the library, in workers that are not the library's own
// prints {"value": CPU milliseconds that the whole process takes in a second}
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { threadingOf } from './nogil.mjs';

const [, , means, threads, ms, folder, foreign] = process.argv;
const make = {
  Lock(threading) {
    const lock = new threading.Lock();
    lock.acquire();
    return lock;
  },
  Semaphore: (threading) => new threading.Semaphore(0),
  Event: (threading) => new threading.Event(),
};
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

if (make[means] && !foreign) startThreads();
else await startWorkers();

function startThreads() {
  const threading = threadingOf(folder);
  const { waiting } = createRequire(import.meta.url)('../tasks/waiting.cjs');
  const args = [make[means](threading), new threading.Semaphore(0)];
  for (let i = 0; i < threads; i++) new threading.Thread({ target: waiting, args, daemon: true }).start();
  for (let i = 0; i < threads; i++) args[1].acquire();
}

async function startWorkers() {
  const primitive = make[means]?.(threadingOf(folder));
  globalThis.kept = primitive;
  const words = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { means, folder, words, handle: primitive?.handle };
  const crew = Array.from(
    { length: Number(threads) },
    () => new Worker(new URL('../tasks/block.mjs', import.meta.url), { workerData }),
  );
  await Promise.all(crew.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
}

// What starting them has left to do (compiling, collecting) is no part of it.
await pause(500);
const before = process.cpuUsage();
const start = performance.now();
await pause(Number(ms));
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ value: (user + system) / (performance.now() - start) }));
process.exit();
