// Takes items that another process puts: process-queues.mjs KIND COUNT nogil FOLDER | ipc
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { itemOf, produce } from '../tasks/process-items.mjs';

const BOUND = 64;
const here = fileURLToPath(import.meta.url);

// A third as many go before, unmeasured: the process comes up, and its code becomes fast.
const warmFor = (count) => Math.max(1, Math.round(count / 3));

function fromNogil(kind, count, folder) {
  const warm = warmFor(count);
  const { Process, Queue } = createRequire(join(folder, 'package.json'))('./dist/multiprocessing/index.js');
  const queue = new Queue(kind === '1 MiB' ? BOUND : 0);
  const child = new Process({ target: produce, args: [queue, kind, warm + count] });
  child.start();
  for (let i = 0; i < warm; i++) queue.get();
  const start = performance.now();
  for (let i = 0; i < count; i++) queue.get();
  const ms = performance.now() - start;
  child.join();
  return ms;
}

function fromIpc(kind, count) {
  const warm = warmFor(count);
  const child = fork(here, [kind, warm + count, 'send'], { serialization: 'advanced' });
  return new Promise((resolve) => {
    let seen = 0;
    let start;
    child.on('message', () => {
      seen++;
      if (seen === warm) start = performance.now();
      if (seen === warm + count) {
        resolve(performance.now() - start);
        child.disconnect();
      } else if (seen % BOUND === 0) {
        // As a queue's bound: so many are under way at most.
        child.send(0);
      }
    });
  });
}

function send(kind, count) {
  const item = itemOf(kind);
  let sent = 0;
  process.on('message', () => {
    for (let i = 0; i < BOUND && sent < count; i++, sent++) process.send(item ?? sent);
  });
  for (; sent < Math.min(count, 2 * BOUND); sent++) process.send(item ?? sent);
}

const [, , kind, count, who, folder] = process.argv;
if (who === 'send') send(kind, Number(count));
else {
  const ms = await (who === 'nogil' ? fromNogil(kind, Number(count), folder) : fromIpc(kind, Number(count)));
  console.log(JSON.stringify({ ms }));
}
