'use strict';
// Queues between threads.
const q = require('nogil/queue');
const { Lock } = require('nogil/threading');
const { assert, LIMIT, join, start } = require('./support.cjs');

function produce(queue, from, to) {
  for (let i = from; i < to; i++) queue.put(i % 2 ? i : { i, text: `item ${i}`, list: [i, null, undefined, 10n ** 20n] });
}

function consume(queue, sums) {
  for (const item of queue) {
    sums.put(typeof item === 'number' ? item : item.i);
    queue.task_done();
  }
}

function echo(from, to) {
  to.put(from.get());
}

function addTo(queue) {
  const { lock, words } = queue.get();
  lock.with(() => words[0]++);
}

Object.assign(exports, { produce, consume, echo, addTo });

const take = (queue) => Array.from({ length: queue.qsize() }, () => queue.get_nowait());

exports.cases = {
  queue() {
    const [queue, sums] = [new q.Queue(8), new q.Queue()];
    const consumers = start(consume, [queue, sums], [queue, sums]);
    const producers = start(produce, [queue, 0, 500], [queue, 500, 1000]);
    join(producers);
    queue.join();
    queue.shutdown();
    join(consumers);
    const all = take(sums).sort((a, b) => a - b);
    assert.deepEqual(
      all,
      Array.from({ length: 1000 }, (_, i) => i),
    );
  },

  simple_queue() {
    const [there, back] = [new q.SimpleQueue(), new q.SimpleQueue()];
    const value = new Map([
      ['set', new Set([1, 'two', { three: 3 }])],
      ['date', new Date(0)],
      ['bytes', new Uint8Array([1, 2])],
    ]);
    const threads = start(echo, [there, back]);
    there.put(value);
    assert.deepEqual(back.get(true, LIMIT), value);
    join(threads);
  },

  lifo_queue() {
    const queue = new q.LifoQueue();
    join(start(produce, [queue, 0, 4]));
    assert.deepEqual(
      take(queue).map((item) => item.i ?? item),
      [3, 2, 1, 0],
    );
  },

  priority_queue() {
    const queue = new q.PriorityQueue({ key: (item) => -(item.i ?? item) });
    join(start(produce, [queue, 0, 4], [queue, 4, 8]));
    assert.deepEqual(
      take(queue).map((item) => item.i ?? item),
      [7, 6, 5, 4, 3, 2, 1, 0],
    );
  },

  large() {
    const [there, back] = [new q.Queue(), new q.Queue()];
    const bytes = new Uint8Array(8 << 20).map((_, i) => i % 251);
    const threads = start(echo, [there, back]);
    there.put(bytes);
    assert.ok(Buffer.from(back.get(true, LIMIT)).equals(Buffer.from(bytes)));
    join(threads);
  },

  shared() {
    const queue = new q.Queue();
    const words = new Int32Array(new SharedArrayBuffer(4));
    const lock = new Lock();
    const threads = start(addTo, [queue], [queue]);
    for (let i = 0; i < 2; i++) queue.put({ lock, words });
    join(threads);
    assert.equal(words[0], 2);
  },

  errors() {
    const queue = new q.Queue(1);
    assert.throws(() => queue.get_nowait(), { name: 'Empty' });
    queue.put(1);
    assert.throws(() => queue.put(2, true, 0.01), { name: 'Full' });
    assert.throws(
      () => queue.put_nowait(() => 1),
      (error) => error.name === 'Full' || error.name === 'DataCloneError',
    );
    queue.get();
    assert.throws(() => queue.put(() => 1), { name: 'DataCloneError' });
    queue.shutdown();
    assert.throws(() => queue.get(), { name: 'ShutDown' });
  },
};
