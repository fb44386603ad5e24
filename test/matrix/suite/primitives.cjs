'use strict';
// Each primitive between threads that block in it. Who waits says so by a semaphore; that it sleeps by then does not matter.
const { from_handle } = require('nogil');
const t = require('nogil/threading');
const { assert, LIMIT, join, start } = require('./support.cjs');
const { Worker } = require('node:worker_threads');

const targets = {
  add(lock, words, times) {
    for (let i = 0; i < times; i++) {
      lock.acquire();
      if (lock.acquire(false)) throw new Error('acquired twice');
      words[0]++;
      lock.release();
    }
  },

  addTwice(lock, words, times) {
    for (let i = 0; i < times; i++) lock.with(() => lock.with(() => words[0]++));
  },

  consume(condition, words, ready) {
    condition.acquire();
    ready.release();
    const notified = condition.wait_for(() => words[0] > 0, 60);
    words[0]--;
    words[1] += notified ? 1 : 0;
    condition.release();
  },

  pass(semaphore, passed) {
    semaphore.acquire();
    passed.release();
  },

  waitFor(event, passed) {
    if (event.wait(60)) passed.release();
  },

  meet(barrier, words, rounds) {
    for (let round = 0; round < rounds; round++) {
      Atomics.add(words, round, 1);
      barrier.wait();
      if (Atomics.load(words, round) !== barrier.parties) throw new Error(`round ${round} began too early`);
    }
  },

  read(lock, words, times) {
    for (let i = 0; i < times; i++) {
      lock.read().with(() => {
        if (words[0] !== words[1]) throw new Error('read in the midst of a write');
      });
    }
  },

  write(lock, words, times) {
    for (let i = 0; i < times; i++) {
      lock.write().with(() => {
        words[0]++;
        words[1]++;
      });
    }
  },

  ring(event) {
    event.set();
  },

  fill(storage, words) {
    words[0] = storage.x === undefined ? 1 : 0;
    storage.x = 'thread';
  },

  nested(map, answer) {
    map.get('locks')[0].release();
    answer.event.set();
  },

  setNamed() {
    new t.Event({ name: 'known to all' }).set();
  },

  hold(lock, held) {
    lock.acquire();
    held.set();
  },
};

const words = (n) => new Int32Array(new SharedArrayBuffer(4 * n));

module.exports = { ...targets };
module.exports.cases = {
  lock() {
    const lock = new t.Lock();
    const count = words(1);
    join(start(targets.add, [lock, count, 2000], [lock, count, 2000], [lock, count, 2000]));
    assert.equal(count[0], 6000);
    assert.equal(lock.locked(), false);
    assert.throws(() => lock.release(), { name: 'RuntimeError' });
  },

  lock_timeout() {
    const lock = new t.Lock();
    lock.acquire();
    const begun = performance.now();
    assert.equal(lock.acquire(true, 0.05), false);
    assert.ok(performance.now() - begun >= 45);
    assert.equal(lock.acquire(false), false);
  },

  rlock() {
    const lock = new t.RLock();
    const count = words(1);
    join(start(targets.addTwice, [lock, count, 1000], [lock, count, 1000]));
    assert.equal(count[0], 2000);
  },

  async owner_death() {
    const warned = new Promise((resolve) => process.once('warning', resolve));
    const [lock, held] = [new t.RLock(), new t.Event()];
    join(start(targets.hold, [lock, held]));
    assert.equal(lock.acquire(true, LIMIT), true);
    assert.equal((await warned).code, 'NOGIL_OWNER_DIED');
  },

  condition() {
    const condition = new t.Condition();
    const count = words(2);
    const ready = new t.Semaphore(0);
    const threads = start(targets.consume, [condition, count, ready], [condition, count, ready], [condition, count, ready]);
    for (let i = 0; i < threads.length; i++) assert.equal(ready.acquire(true, LIMIT), true);
    condition.with(() => {
      count[0] = 1;
      condition.notify();
    });
    condition.with(() => {
      count[0] += 2;
      condition.notify_all();
    });
    join(threads);
    assert.deepEqual([...count], [0, 3]);
  },

  event() {
    const event = new t.Event();
    const passed = new t.Semaphore(0);
    const threads = start(targets.waitFor, [event, passed], [event, passed]);
    assert.equal(passed.acquire(true, 0.05), false);
    event.set();
    join(threads);
    assert.deepEqual([passed.acquire(false), passed.acquire(false), passed.acquire(false)], [true, true, false]);
    event.clear();
    assert.equal(event.wait(0.01), false);
  },

  semaphore() {
    const [semaphore, passed] = [new t.Semaphore(0), new t.Semaphore(0)];
    const threads = start(targets.pass, [semaphore, passed], [semaphore, passed], [semaphore, passed]);
    semaphore.release(2);
    for (let i = 0; i < 2; i++) assert.equal(passed.acquire(true, LIMIT), true);
    assert.equal(passed.acquire(true, 0.05), false);
    semaphore.release();
    join(threads);
  },

  bounded_semaphore() {
    const [semaphore, passed] = [new t.BoundedSemaphore(1), new t.Semaphore(0)];
    semaphore.acquire();
    const threads = start(targets.pass, [semaphore, passed]);
    semaphore.release();
    join(threads);
    semaphore.release();
    assert.throws(() => semaphore.release(), { name: 'ValueError' });
  },

  barrier() {
    const count = words(20);
    const barrier = new t.Barrier(3);
    join(start(targets.meet, [barrier, count, 20], [barrier, count, 20], [barrier, count, 20]));
    assert.equal(barrier.broken, false);
    assert.deepEqual([...count], Array(20).fill(3));
  },

  rw_lock() {
    const lock = new t.RWLock();
    const count = words(2);
    const reads = start(targets.read, [lock, count, 500], [lock, count, 500]);
    join([...reads, ...start(targets.write, [lock, count, 500], [lock, count, 500])]);
    assert.deepEqual([...count], [1000, 1000]);
  },

  timer() {
    const [rung, never] = [new t.Event(), new t.Event()];
    const timers = [new t.Timer(0.02, targets.ring, [rung]), new t.Timer(1000, targets.ring, [never])];
    for (const timer of timers) timer.start();
    assert.equal(rung.wait(LIMIT), true);
    timers[1].cancel();
    join(timers);
    assert.equal(never.is_set(), false);
  },

  local() {
    const storage = new t.local();
    const seen = words(1);
    storage.x = 'main';
    join(start(targets.fill, [storage, seen]));
    assert.deepEqual([storage.x, seen[0]], ['main', 1]);
  },

  nested() {
    const lock = new t.Lock();
    const event = new t.Event();
    lock.acquire();
    join(start(targets.nested, [new Map([['locks', [lock]]]), { event }]));
    assert.deepEqual([lock.locked(), event.is_set()], [false, true]);
  },

  named() {
    const event = new t.Event({ name: 'known to all' });
    join(start(targets.setNamed, []));
    assert.equal(event.is_set(), true);
    assert.throws(() => new t.Lock({ name: 'known to all' }), { name: 'ValueError' });
  },

  /** In a worker that is not one of the library's. */
  async handle() {
    const [lock, event] = [new t.Lock(), new t.Event()];
    lock.acquire();
    const worker = new Worker(
      `const { workerData } = require('node:worker_threads');
       const { from_handle } = require('nogil');
       from_handle(workerData[0]).release();
       from_handle(workerData[1]).set();`,
      { eval: true, workerData: [lock.handle, event.handle] },
    );
    const ended = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
    assert.equal(event.wait(LIMIT), true);
    assert.equal(lock.locked(), false);
    assert.equal(from_handle(lock.handle).locked(), false);
    assert.equal(await ended, 0);
  },
};
