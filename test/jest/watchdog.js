'use strict';

/**
 * Ends a process whose test file takes far too long: one that blocks in a native wait can not be
 * ended by jest's own limits, which need its event loop. Jest then reports the file and goes on.
 */
const { writeSync } = require('node:fs');
const { isMainThread, Worker, workerData } = require('node:worker_threads');

/** No test file takes half of this, on a busy machine. */
const LIMIT_MS = 600_000;

if (isMainThread) {
  let state;
  /** Begins the time of a test file. */
  exports.watch = function watch() {
    if (state === undefined) {
      state = new Int32Array(new SharedArrayBuffer(4));
      new Worker(__filename, { workerData: state, name: 'watchdog' }).unref();
    }
    next();
  };
  /** The file has come to its end. */
  exports.unwatch = next;

  function next() {
    Atomics.add(state, 0, 1);
    Atomics.notify(state, 0);
  }
} else {
  // Odd while a file runs.
  for (let seen = 0; ; seen = Atomics.load(workerData, 0)) {
    const limit = seen % 2 === 1 ? LIMIT_MS : Infinity;
    if (Atomics.wait(workerData, 0, seen, limit) !== 'timed-out') continue;
    writeSync(2, `The tests of a process have not come to an end for ${LIMIT_MS / 1000} s; it is ended.\n`);
    process.kill(process.pid, 'SIGKILL');
  }
}
