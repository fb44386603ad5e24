'use strict';
// What the cases share. A limit is only there so that what hangs fails with a line number.
const { writeSync } = require('node:fs');
const { Thread } = require('nogil/threading');
const assert = require('./assert.cjs');

const LIMIT = 60;

/** Starts a thread for each list of arguments. */
function start(target, ...lists) {
  const threads = lists.map((args) => new Thread({ target, args }));
  for (const thread of threads) thread.start();
  return threads;
}

function join(threads) {
  for (const thread of threads) {
    thread.join(LIMIT);
    assert.equal(thread.is_alive(), false, 'the thread has ended');
  }
}

/** Waits for a state that has no event of its own. */
async function until(holds) {
  const deadline = performance.now() + LIMIT * 1000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `${holds} came true`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

module.exports = { assert, LIMIT, start, join, until, say: (text) => writeSync(1, `${text}\n`) };
