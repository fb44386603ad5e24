'use strict';
// The end of a process while threads are blocked: one case for each call that blocks, and for each way to end.
const { Future } = require('nogil/concurrent/futures');
const { Queue } = require('nogil/queue');
const time = require('nogil/time');
const t = require('nogil/threading');
const { Worker } = require('node:worker_threads');
const { say, start, until } = require('./support.cjs');

const held = (lock) => {
  lock.acquire();
  return lock;
};
const full = () => {
  const queue = new Queue(1);
  queue.put(1);
  return queue;
};
const written = () => {
  const lock = new t.RWLock();
  lock.write().acquire();
  return lock;
};
const asleep = () => {
  const thread = new t.Thread({ target: (event) => event.wait(), args: [new t.Event()], daemon: true });
  thread.start();
  return thread;
};

/** What a thread blocks in, and what it does. */
const kinds = {
  lock: [() => held(new t.Lock()), (lock) => lock.acquire()],
  lock_timeout: [() => held(new t.Lock()), (lock) => lock.acquire(true, 1000)],
  rlock: [() => held(new t.RLock()), (lock) => lock.acquire()],
  semaphore: [() => new t.Semaphore(0), (semaphore) => semaphore.acquire()],
  event: [() => new t.Event(), (event) => event.wait()],
  condition: [() => new t.Condition(), (condition) => condition.with(() => condition.wait())],
  barrier: [() => new t.Barrier(100), (barrier) => barrier.wait()],
  rw_lock: [written, (lock) => lock.read().acquire()],
  queue_get: [() => new Queue(), (queue) => queue.get()],
  queue_put: [full, (queue) => queue.put(2)],
  queue_join: [full, (queue) => queue.join()],
  future: [() => new Future(), (future) => future.result()],
  sleep: [() => undefined, () => time.sleep(1000)],
  join: [asleep, (thread) => thread.join()],
};

/** Runs in a thread: `begun` is released just before it blocks. */
function block(kind, object, begun) {
  begun.release();
  kinds[kind][1](object);
  say(`${kind} came back`);
}

/** The main thread has nothing to do any more by the time that it speaks. */
function speakLate() {
  time.sleep(0.2);
  say('thread');
}

function kill() {
  say('done');
  process.kill(process.pid, 'SIGKILL');
}

module.exports = { block, speakLate, kill };

let objects;

/** Two threads for each kind; the process's end finds some of them asleep and perhaps some on the way to it. */
function blockAll(...names) {
  const begun = new t.Semaphore(0);
  objects = [];
  for (const name of names) {
    const object = kinds[name][0]();
    objects.push(object);
    for (let i = 0; i < 2; i++) new t.Thread({ target: block, args: [name, object, begun], daemon: true }).start();
  }
  for (let i = 0; i < 2 * names.length; i++) begun.acquire();
  time.sleep(0.05);
}

const cases = {};
for (const name of Object.keys(kinds)) {
  cases[name] = () => {
    blockAll(name);
    say('done');
    process.exit(7);
  };
}

module.exports.cases = {
  ...cases,

  /** What the main thread holds passes on to nobody: who waited for it does not come back. */
  natural() {
    blockAll('lock', 'lock', 'rlock', 'rw_lock', 'event', 'queue_get', 'sleep');
  },

  uncaught() {
    blockAll('lock', 'event', 'queue_get', 'sleep');
    say('done');
    setTimeout(() => {
      throw new Error('on purpose');
    }, 1);
    return new Promise(() => {});
  },

  non_daemon() {
    start(speakLate, []);
  },

  main_blocked() {
    const lock = held(new t.Lock());
    start(kill, []);
    lock.acquire();
  },

  /** A worker that is not one of the library's. */
  async terminate() {
    const begun = new t.Semaphore(0);
    const worker = new Worker(
      `const { Lock, Semaphore } = require('nogil/threading');
       const lock = new Lock();
       lock.acquire();
       Semaphore.from(require('node:worker_threads').workerData).release();
       lock.acquire();`,
      { eval: true, workerData: begun.handle },
    );
    await until(() => begun.acquire(false));
    await worker.terminate();
  },
};
