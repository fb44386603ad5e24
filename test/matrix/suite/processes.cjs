'use strict';
// multiprocessing, and executors of processes.
const { ProcessPoolExecutor } = require('nogil/concurrent/futures');
const mp = require('nogil/multiprocessing');
const { SharedMemory } = require('nogil/multiprocessing/shared_memory');
const { assert, LIMIT } = require('./support.cjs');

const targets = {
  code(n) {
    process.exitCode = n;
  },

  add(lock, array, times) {
    for (let i = 0; i < times; i++) lock.with(() => array[0]++);
  },

  consume(condition, array, ready) {
    condition.acquire();
    ready.release();
    condition.wait_for(() => array[0] > 0, 60);
    array[0]--;
    condition.release();
  },

  meet(barrier, event) {
    barrier.wait(60);
    event.wait(60);
  },

  echo(from, to) {
    to.put(from.get());
    from.task_done?.();
  },

  answer(connection) {
    connection.send([connection.recv(), process.pid]);
  },

  write(name) {
    const memory = new SharedMemory({ name });
    memory.buf[1] = 7;
    memory.close();
  },

  hang(lock, ready) {
    lock.acquire();
    ready.set();
    new mp.Event().wait();
  },

  square(n) {
    return n * n;
  },

  put(dict, list) {
    dict.n = 5;
    list.append('child');
  },
};

function start(target, ...lists) {
  const children = lists.map((args) => new mp.Process({ target, args }));
  for (const child of children) child.start();
  return children;
}

function join(children) {
  for (const child of children) child.join(LIMIT);
  assert.deepEqual(
    children.map(({ exitcode }) => exitcode),
    children.map(() => 0),
  );
}

module.exports = { ...targets };
module.exports.cases = {
  process() {
    const [zero, eight] = start(targets.code, [0], [8]);
    assert.notEqual(zero.pid, process.pid);
    for (const child of [zero, eight]) child.join(LIMIT);
    assert.deepEqual([zero.exitcode, eight.exitcode, eight.is_alive()], [0, 8, false]);
  },

  lock() {
    const array = mp.RawArray('i', 1);
    for (const Class of [mp.Lock, mp.RLock, mp.Semaphore]) {
      const lock = new Class();
      join(start(targets.add, [lock, array, 500], [lock, array, 500]));
    }
    assert.equal(array[0], 3000);
  },

  condition() {
    const [condition, array, ready] = [new mp.Condition(), mp.RawArray('i', 1), new mp.Semaphore(0)];
    const children = start(targets.consume, [condition, array, ready], [condition, array, ready]);
    for (let i = 0; i < 2; i++) assert.equal(ready.acquire(true, LIMIT), true);
    condition.with(() => {
      array[0] = 2;
      condition.notify(2);
    });
    join(children);
    assert.equal(array[0], 0);
  },

  event_barrier() {
    const [barrier, event] = [new mp.Barrier(3), new mp.Event()];
    const children = start(targets.meet, [barrier, event], [barrier, event]);
    barrier.wait(LIMIT);
    event.set();
    join(children);
  },

  queue() {
    const item = { list: [1, 'two', new Date(3)], bytes: new Uint8Array(100_000).fill(9) };
    for (const Class of [mp.Queue, mp.SimpleQueue, mp.JoinableQueue]) {
      const [there, back] = [new Class(), new Class()];
      const children = start(targets.echo, [there, back]);
      there.put(item);
      assert.deepEqual(back.get(), item);
      if (Class === mp.JoinableQueue) there.join();
      join(children);
    }
  },

  pipe() {
    const [ours, theirs] = mp.Pipe();
    const children = start(targets.answer, [theirs]);
    ours.send('question');
    assert.deepEqual(ours.recv(), ['question', children[0].pid]);
    join(children);
  },

  shared_memory() {
    const memory = new SharedMemory({ create: true, size: 100 });
    try {
      join(start(targets.write, [memory.name]));
      assert.equal(memory.buf[1], 7);
    } finally {
      memory.close();
      memory.unlink();
    }
  },

  async killed() {
    const warned = new Promise((resolve) => process.once('warning', resolve));
    const [lock, ready] = [new mp.Lock(), new mp.Event()];
    const [child] = start(targets.hang, [lock, ready]);
    assert.equal(ready.wait(LIMIT), true);
    child.kill();
    assert.equal(lock.acquire(true, LIMIT), true);
    child.join(LIMIT);
    assert.equal(child.exitcode, -9);
    assert.equal((await warned).code, 'NOGIL_OWNER_DIED');
  },

  executor() {
    const executor = new ProcessPoolExecutor(2);
    assert.deepEqual([...executor.map(targets.square, [1, 2, 3, 4])], [1, 4, 9, 16]);
    assert.notEqual(executor.submit(() => process.pid).result(LIMIT), process.pid);
    executor.shutdown();
  },

  pool() {
    const pool = new mp.Pool(2);
    assert.deepEqual(pool.map(targets.square, [1, 2, 3]), [1, 4, 9]);
    assert.equal(pool.apply_async(targets.square, [5]).get(LIMIT), 25);
    pool.close();
    pool.join();
  },

  manager() {
    const manager = mp.Manager();
    const [dict, list] = [manager.dict(), manager.list()];
    join(start(targets.put, [dict, list]));
    assert.deepEqual([dict.n, [...list]], [5, ['child']]);
    manager.shutdown();
  },
};
