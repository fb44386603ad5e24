'use strict';
// Starting threads: what may be a target, and how they end.
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { importable } = require('nogil');
const threading = require('nogil/threading');
const { assert, LIMIT, join, say, start } = require('./support.cjs');

const { Event, Lock, Semaphore, Thread } = threading;

function set(event) {
  event.set();
}

function startMore(depth, done) {
  if (depth > 0) join(start(startMore, [depth - 1, done], [depth - 1, done]));
  done.release();
}

function speak(event) {
  process.stdout.write('from the thread\n');
  event.set();
}

function addLocked(lock, words, times) {
  for (let i = 0; i < times; i++) lock.with(() => words[0]++);
}

async function awaiting(event) {
  await new Promise((resolve) => setTimeout(resolve, 1));
  event.set();
}

function fail() {
  throw new RangeError('on purpose');
}

class Worker extends Thread {
  run() {
    this.answer.set();
  }
}

Object.assign(exports, { set, startMore, speak, addLocked, awaiting, fail, Worker });

exports.cases = {
  exported() {
    const event = new Event();
    const threads = start(set, [event]);
    assert.equal(event.wait(LIMIT), true);
    join(threads);
  },

  importable() {
    const event = new Event();
    join(start(importable(__filename, 'set'), [event]));
    assert.equal(event.is_set(), true);
  },

  source() {
    const event = new Event();
    join(start((e) => e.set(), [event]));
    assert.equal(event.is_set(), true);
  },

  closure() {
    const event = new Event();
    assert.throws(() => new Thread({ target: () => event.set() }), { name: 'TypeError', message: /\bevent\b/ });
  },

  async esm() {
    const file = pathToFileURL(path.join(__dirname, 'module.mjs')).href;
    const { setInModule } = await import(file);
    const events = [new Event(), new Event()];
    join(start(setInModule, [events[0]]));
    join(start(importable(file, 'setInModule'), [events[1]]));
    assert.deepEqual(
      events.map((event) => event.is_set()),
      [true, true],
    );
  },

  subclass() {
    const thread = new Worker();
    thread.answer = new Event();
    thread.start();
    join([thread]);
    assert.equal(thread.answer.is_set(), true);
  },

  async_target() {
    const event = new Event();
    join(start(awaiting, [event]));
    assert.equal(event.is_set(), true);
  },

  shared_buffer() {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const lock = new Lock();
    join(start(addLocked, [lock, words, 1000], [lock, words, 1000], [lock, words, 1000]));
    assert.equal(words[0], 3000);
  },

  nested() {
    const done = new Semaphore(0);
    join(start(startMore, [2, done]));
    for (let i = 0; i < 7; i++) assert.equal(done.acquire(true, LIMIT), true);
  },

  /** Each in turn, so that workers that are warm get used. */
  many() {
    const event = new Event();
    for (let i = 0; i < 200; i++) join(start(set, [event]));
  },

  /** The order of the lines is looked at. */
  output() {
    const event = new Event();
    const threads = start(speak, [event]);
    assert.equal(event.wait(LIMIT), true);
    say('after it');
    join(threads);
  },

  excepthook() {
    const seen = [];
    threading.excepthook = ({ exc_value }) => seen.push(exc_value);
    try {
      join(start(fail, []));
    } finally {
      threading.excepthook = threading.__excepthook__;
    }
    assert.deepEqual(
      seen.map(({ name, message }) => [name, message]),
      [['RangeError', 'on purpose']],
    );
  },

  async join_async() {
    const event = new Event();
    const thread = new Thread({ target: (e) => e.wait(), args: [event] });
    thread.start();
    setTimeout(() => event.set(), 5);
    await thread.join_async(LIMIT);
    assert.equal(thread.is_alive(), false);
  },

  registry() {
    const event = new Event();
    const [thread] = start((e) => e.wait(), [event]);
    assert.equal(threading.active_count(), 2);
    assert.ok(threading.enumerate().some((other) => other.ident === thread.ident));
    assert.notEqual(thread.native_id, threading.main_thread().native_id);
    event.set();
    join([thread]);
    assert.equal(threading.active_count(), 1);
  },
};
