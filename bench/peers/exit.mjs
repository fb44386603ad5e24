// A process that ends while its threads are blocked.   exit.mjs MEANS THREADS FOLDER
// MEANS: Lock, Queue, Event (nogil's threads), or worker (plain idle workers), or Atomics.wait (in workers)
// prints {"exit": nanoseconds of the monotonic clock when process.exit() is called}, and exits
import { createRequire } from 'node:module';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { threadingOf } from './nogil.mjs';

const [, , means, count, folder] = process.argv;
const threads = Number(count);

function blockThreads() {
  const threading = threadingOf(folder);
  const { Queue } = createRequire(join(folder, 'package.json'))('./dist/queue/index.js');
  const { waiting } = createRequire(import.meta.url)('../tasks/waiting.cjs');
  const make = {
    Lock: () => {
      const lock = new threading.Lock();
      lock.acquire();
      return lock;
    },
    Event: () => new threading.Event(),
    Queue: () => new Queue(),
  }[means];
  const ready = new threading.Semaphore(0);
  const args = [make(), ready];
  for (let i = 0; i < threads; i++) new threading.Thread({ target: waiting, args, daemon: true }).start();
  for (let i = 0; i < threads; i++) ready.acquire();
}

async function startWorkers() {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const file = new URL('../tasks/block.mjs', import.meta.url);
  const workerData = { means: means === 'worker' ? 'event loop' : means, words };
  const crew = Array.from({ length: threads }, () => new Worker(file, { workerData }));
  await Promise.all(crew.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
}

if (means === 'worker' || means === 'Atomics.wait') await startWorkers();
else blockThreads();
// They are all in their waits by then; a thread that still runs towards its own costs the same to end.
await new Promise((resolve) => setTimeout(resolve, 200));
writeSync(1, `${JSON.stringify({ exit: String(process.hrtime.bigint()) })}\n`);
process.exit();
