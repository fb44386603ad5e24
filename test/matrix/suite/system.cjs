'use strict';
// nogil/os, nogil/time, nogil/_thread.
const _thread = require('nogil/_thread');
const os = require('nogil/os');
const time = require('nogil/time');
const { assert, LIMIT, say } = require('./support.cjs');

function release(lock) {
  lock.release();
}

Object.assign(exports, { release });

exports.cases = {
  _thread() {
    const lock = _thread.allocate_lock();
    lock.acquire();
    _thread.start_new_thread(release, [lock]);
    assert.equal(lock.acquire(true, LIMIT), true);
  },

  async time() {
    const begun = time.monotonic();
    time.sleep(0.02);
    await time.sleep_async(0.02);
    assert.ok(time.monotonic() - begun >= 0.039);
    assert.ok(Math.abs(time.time() - Date.now() / 1000) < 5);
  },

  os() {
    assert.equal(os.getpid(), process.pid);
    assert.equal(os.getppid(), process.ppid);
    assert.ok(os.cpu_count() > 0);
    assert.ok(os.process_cpu_count() > 0);
  },

  fork() {
    const pid = os.fork();
    if (pid === 0) {
      process.exitCode = 3;
      return;
    }
    const [waited, status] = os.waitpid(pid, 0);
    assert.deepEqual([waited, os.waitstatus_to_exitcode(status)], [pid, 3]);
    say('parent');
  },
};
