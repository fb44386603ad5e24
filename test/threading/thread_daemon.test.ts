import { runScript } from '../helpers/script';
/** The daemon flag is inherited from the creating thread. Behaviour 14 of the contract's samples. */
import { current_thread, Thread } from 'nogil/threading';

const LIMIT = 60;

/** What `daemon` is inside a thread, and in threads made there. */
function inside(daemon: boolean): number[] {
  const words = new Int32Array(new SharedArrayBuffer(16));
  const thread = new Thread({
    target: (into: Int32Array) => {
      const { current_thread: current, Thread: T } = require('nogil/threading');
      const flags = [current().daemon, new T().daemon, new T({ daemon: false }).daemon, new T({ daemon: true }).daemon];
      flags.forEach((flag, i) => (into[i] = flag ? 1 : 0));
    },
    args: [words],
    daemon,
  });
  thread.start();
  thread.join(LIMIT);
  return [...words];
}

test('in the main thread', () => {
  expect(current_thread().daemon).toBe(false);
  expect(new Thread().daemon).toBe(false);
  expect(new Thread().isDaemon()).toBe(false);
});

test('in a daemon thread, and in another one after it', () => {
  expect(inside(true)).toEqual([1, 1, 0, 1]);
  expect(inside(false)).toEqual([0, 0, 0, 1]);
});

test('can be set until the start', () => {
  const thread = new Thread({ target: () => {}, daemon: true });
  thread.setDaemon(false);
  expect(thread.daemon).toBe(false);
  thread.daemon = true;
  for (const wrong of [{}, 'x', null, undefined, 1]) {
    expect(() => (thread.daemon = wrong as never)).toThrow("Thread(): 'daemon' must be a boolean, not ");
    expect(() => thread.setDaemon(wrong as never)).toThrow(TypeError);
  }
  expect(thread.daemon).toBe(true);
  thread.daemon = false;
  thread.start();
  expect(() => thread.setDaemon(true)).toThrow('cannot set daemon status of active thread');
  thread.join(LIMIT);
});

// Without a warm worker the new one would hold the event loop by itself.
test.each([
  ['a listener of beforeExit', "process.once('beforeExit', () => start('one'));", 'one\n'],
  ['one that runs again', "let n = 0; process.on('beforeExit', () => n < 3 && start(String(n++)));", '0\n1\n2\n'],
  ['what it has put off', "process.once('beforeExit', () => setTimeout(() => start('late'), 10));", 'late\n'],
])('a thread that is started by %s is waited for', async (_, listen, expected) => {
  const { stdout, code } = await runScript(`
    const { Thread } = require('nogil/threading');
    const first = new Thread({ target: () => {} });
    first.start();
    first.join();
    const work = (text) => { require('nogil/time').sleep(0.1); console.log(text); };
    const start = (text) => new Thread({ target: work, args: [text] }).start();
    ${listen}`);
  expect([stdout, code]).toEqual([expected, 0]);
});
