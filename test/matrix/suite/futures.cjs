'use strict';
// Executors of threads, and futures.
const f = require('nogil/concurrent/futures');
const { assert, LIMIT, join, start } = require('./support.cjs');

function square(n) {
  return n * n;
}

function fail() {
  throw new RangeError('on purpose');
}

function forever() {
  for (;;);
}

function complete(future, value) {
  future.set_result(value);
}

async function later(n) {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return n + 1;
}

Object.assign(exports, { square, fail, forever, complete, later });

function using(workers, use) {
  const executor = new f.ThreadPoolExecutor(workers);
  const result = use(executor);
  executor.shutdown();
  return result;
}

exports.cases = {
  submit() {
    using(2, (executor) => {
      const futures = [1, 2, 3, 4].map((n) => executor.submit(square, n));
      assert.deepEqual(
        futures.map((future) => future.result(LIMIT)),
        [1, 4, 9, 16],
      );
      assert.equal(executor.submit(later, 1).result(LIMIT), 2);
    });
  },

  map() {
    using(2, (executor) => assert.deepEqual([...executor.map(square, [1, 2, 3])], [1, 4, 9]));
  },

  async awaited() {
    const executor = new f.ThreadPoolExecutor(2);
    assert.equal(await executor.submit(square, 5), 25);
    const seen = [];
    for await (const future of f.as_completed([1, 2, 3].map((n) => executor.submit(square, n)))) seen.push(future.result());
    assert.deepEqual(
      seen.sort((a, b) => a - b),
      [1, 4, 9],
    );
    await executor.shutdown_async();
  },

  error() {
    using(1, (executor) => {
      const error = executor.submit(fail).exception(LIMIT);
      assert.ok(error instanceof RangeError);
      assert.equal(error.message, 'on purpose');
    });
  },

  future() {
    const future = new f.Future();
    const threads = start(complete, [future, { answer: 42 }]);
    assert.deepEqual(future.result(LIMIT), { answer: 42 });
    join(threads);
  },

  wait() {
    using(2, (executor) => {
      const { done, not_done } = f.wait([executor.submit(square, 1), executor.submit(square, 2)], LIMIT);
      assert.deepEqual([done.size, not_done.size], [2, 0]);
    });
  },

  /** A task that never ends by itself. */
  limits() {
    using(1, (executor) => {
      const stopped = executor.options({ timeout: 0.1 }).submit(forever);
      assert.equal(stopped.exception(LIMIT).name, 'TimeoutError');
      assert.equal(executor.submit(square, 3).result(LIMIT), 9);
    });
  },
};
