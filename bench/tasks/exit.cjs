// Threads that block in whatever there is to block in, and workers that do nothing (bench/peers/exit.mjs).
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { Worker, workerData } = require('node:worker_threads');

const library = (folder) => createRequire(join(folder, 'package.json'));

/** In a thread: blocks for ever in one of `held`. */
exports.block = (folder, i, held, ready) => {
  const { sleep } = library(folder)('./dist/time.js');
  ready.release();
  const { lock, semaphore, event, condition, barrier, rw, queue, thread } = held;
  switch (i % 9) {
    case 0:
      return lock.acquire();
    case 1:
      return semaphore.acquire();
    case 2:
      return event.wait();
    case 3:
      return condition.with(() => condition.wait());
    case 4:
      return barrier.wait();
    case 5:
      return rw.read().acquire();
    case 6:
      return queue.get();
    case 7:
      return thread.join();
    default:
      return sleep(1e6);
  }
};

/** Starts that many of them; `ready` is released by each. */
exports.blockAll = (folder, count, ready, stay = false) => {
  const t = library(folder)('./dist/threading/index.js');
  const { Queue } = library(folder)('./dist/queue/index.js');
  const never = new t.Event();
  const thread = new t.Thread({ target: exports.wait, args: [never], daemon: true });
  const held = {
    lock: new t.Lock(),
    semaphore: new t.Semaphore(0),
    event: never,
    condition: new t.Condition(),
    barrier: new t.Barrier(count + 1),
    rw: new t.RWLock(),
    queue: new Queue(),
    thread,
  };
  held.lock.acquire();
  held.rw.write().acquire();
  thread.start();
  for (let i = 0; i < count; i++) new t.Thread({ target: exports.block, args: [folder, i, held, ready], daemon: true }).start();
  if (stay) never.wait();
};

exports.wait = (event) => event.wait();

/** Idle workers of Node's own, which count themselves in the first of `words`. */
exports.idle = (count, words) => {
  const code = `
    const { workerData } = require('node:worker_threads');
    Atomics.add(workerData, 0, 1);
    setInterval(() => {}, 1e6);`;
  for (let i = 0; i < count; i++) new Worker(code, { eval: true, workerData: words }).unref();
};

if (workerData?.count) {
  exports.idle(workerData.count, workerData.words);
  setInterval(() => {}, 1e6);
}
