'use strict';
// Waits that are promises.
const t = require('nogil/threading');
const { Queue } = require('nogil/queue');
const { assert, LIMIT, join, start } = require('./support.cjs');

function release(lock) {
  lock.release();
}

function fill(queue, n) {
  for (let i = 0; i < n; i++) queue.put(i);
}

async function pass(event, passed) {
  await event.wait_async();
  passed.release();
}

Object.assign(exports, { release, fill, pass });

exports.cases = {
  async lock() {
    const lock = new t.Lock();
    lock.acquire();
    const waiting = lock.acquire_async();
    join(start(release, [lock]));
    assert.equal(await waiting, true);
  },

  async timeout() {
    assert.equal(await new t.Event().wait_async(0.02), false);
  },

  async signal() {
    const semaphore = new t.Semaphore(0);
    const controller = new AbortController();
    const waiting = semaphore.acquire_async({ signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 5);
    await assert.rejects(waiting, { message: 'enough' });
    semaphore.release();
    assert.equal(semaphore.acquire(false), true);
  },

  async thousands() {
    const event = new t.Event();
    const waiting = Array.from({ length: 5000 }, () => event.wait_async());
    setTimeout(() => event.set(), 5);
    assert.equal((await Promise.all(waiting)).filter(Boolean).length, 5000);
  },

  async queue() {
    const queue = new Queue(2);
    const threads = start(fill, [queue, 20]);
    const got = [];
    while (got.length < 20) got.push(await queue.get_async(true, LIMIT));
    assert.deepEqual(
      got,
      Array.from({ length: 20 }, (_, i) => i),
    );
    join(threads);
  },

  async in_thread() {
    const [event, passed] = [new t.Event(), new t.Semaphore(0)];
    const threads = start(pass, [event, passed], [event, passed]);
    event.set();
    join(threads);
    assert.deepEqual([passed.acquire(false), passed.acquire(false)], [true, true]);
  },
};
