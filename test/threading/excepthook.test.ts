/** Errors that leave a thread: where they are reported, and that nothing else ends by them. */
import { __excepthook__ } from 'nogil/threading';
import { runScript } from '../helpers/script';

async function outputOf(source: string, files: Record<string, string> = {}): Promise<{ stdout: string; stderr: string }> {
  const { code, stdout, stderr, timedOut } = await runScript(source, { files });
  expect({ code, timedOut, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, timedOut: false, stderr: '' });
  return { stdout, stderr };
}

const FAIL = {
  'fail.cjs': `exports.fail = function failing(message) { throw Object.assign(new RangeError(message), { detail: 7 }); };`,
};

test('by default to standard error, and the process lives on', async () => {
  const { stdout, stderr } = await outputOf(
    `const { Thread } = require('nogil/threading');
     const thread = new Thread({ target: require('./fail.cjs').fail, args: ['boom'], name: 'Zed' });
     thread.start();
     thread.join();
     console.log('goes on', thread.is_alive());`,
    FAIL,
  );
  expect(stdout).toBe('goes on false\n');
  expect(stderr).toMatch(/^Exception in thread Zed:\nRangeError: boom\n {4}at .*failing/);
  expect(stderr).toMatch(/detail: 7/);
});

test('SystemExit is silent', async () => {
  const { stderr } = await outputOf(
    `const { Thread } = require('nogil/threading');
     const a = new Thread({ target: () => { throw new (require('nogil').SystemExit)(3); } });
     const b = new Thread({ target: () => require('nogil/_thread').exit() });
     a.start(); b.start(); a.join(); b.join();`,
  );
  expect(stderr).toBe('');
});

test('a hook of the main thread is called there before join() returns, however main blocks', async () => {
  const { stdout, stderr } = await outputOf(
    `import threading, { Thread, Event, excepthook } from 'nogil/threading';
     import { isMainThread } from 'node:worker_threads';
     import { fail } from './fail.cjs';
     console.log(excepthook === threading.__excepthook__);
     let thread;
     threading.excepthook = ({ exc_type, exc_value, exc_traceback, thread: of }) =>
       console.log(exc_type === RangeError, exc_value.message, exc_value.detail, /failing/.test(exc_traceback), of === thread, isMainThread);
     thread = new Thread({ target: fail, args: ['one'] });
     thread.start();
     thread.join();
     console.log('joined');
     const event = new Event();
     thread = new Thread({ target: fail, args: ['two'] });
     thread.start();
     event.wait(2);
     console.log('waited');
     thread.join();
     threading.excepthook = () => event.set();
     thread = new Thread({ target: fail, args: ['three'] });
     thread.start();
     console.log(await event.wait_async(10));`,
    FAIL,
  );
  expect(stderr).toBe('');
  const line = (text: string): string => `true ${text} 7 true true true`;
  expect(stdout.split('\n')).toEqual(['true', line('one'), 'joined', line('two'), 'waited', 'true', '']);
});

test('an error comes to the hook though a listener before it throws', async () => {
  const { stdout } = await outputOf(
    `const threading = require('nogil/threading');
     const { Thread } = threading;
     const errors = [];
     threading.excepthook = ({ exc_value }) => errors.push(exc_value.message);
     process.on('SIGINT', () => { throw new Error('listener'); });
     const threads = [new Thread({ target: () => require('nogil/_thread').interrupt_main() })];
     for (const n of [1, 2]) threads.push(new Thread({ target: (n) => { throw new Error('error ' + n); }, args: [n] }));
     // Looks at the words of their ends: any call of the library would take the errors one by one.
     for (const thread of threads) {
       thread.start();
       while (Atomics.load(thread._w, thread._i) === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
     }
     try {
       threads[1].join();
     } catch (error) {
       console.log(error.message);
     }
     for (const thread of threads) thread.join();
     console.log(errors.join());`,
  );
  expect(stdout).toBe('listener\nerror 1,error 2\n');
});

test('a hook that waits for another thread hears of that one’s error first', async () => {
  const { stdout } = await outputOf(
    `const threading = require('nogil/threading');
     const { Thread } = threading;
     const fail = (n) => { throw new Error('error ' + n); };
     const [first, second] = [1, 2].map((n) => new Thread({ target: fail, args: [n] }));
     threading.excepthook = ({ exc_value, thread }) => {
       if (thread === first) second.join();
       console.log(exc_value.message);
     };
     // As above.
     for (const thread of [first, second]) {
       thread.start();
       while (Atomics.load(thread._w, thread._i) === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
     }
     first.join();`,
  );
  expect(stdout).toBe('error 2\nerror 1\n');
});

test('what has no text, and a hook that throws such', async () => {
  const { stdout, stderr } = await outputOf(
    `const threading = require('nogil/threading');
     const fail = () => {
       const inspect = Symbol.for('nodejs.util.inspect.custom');
       throw Object.assign(new Error('silent'), { [inspect]() { throw new Error('no text'); } });
     };
     const revoked = () => {
       const { proxy, revoke } = Proxy.revocable({}, {});
       revoke();
       throw proxy;
     };
     const run = (target, name) => {
       const thread = new threading.Thread({ target, name });
       thread.start();
       thread.join();
     };
     run(fail, 'A');
     run(revoked, 'B');
     threading.excepthook = fail;
     run(revoked, 'C');
     console.log('done');`,
  );
  expect(stdout).toBe('done\n');
  expect(stderr).toMatch(
    /^Exception in thread A:\na value that can not be shown\nException in thread B:\n.*\nException in threading\.excepthook:\na value that can not be shown\nException in thread C:\n/,
  );
});

test.each([
  ['Lock', 'new Lock()', 'it.with(() => (held.set(), sleep(0.4)))'],
  ['RLock', 'new RLock()', 'it.with(() => (held.set(), sleep(0.4)))'],
  ['Semaphore', 'new Semaphore()', 'it.with(() => (held.set(), sleep(0.4)))'],
  ['RWLock', 'new RWLock()', 'it.write().with(() => (held.set(), sleep(0.4)))'],
  ['Condition on its way back', 'new Condition()', 'held.set(); it.with(() => (it.notify(), sleep(0.3)))'],
])('a hook that takes what the main thread waits for: %s', async (name, make, hold) => {
  const use = name === 'RWLock' ? 'it.write().with(() => n++)' : 'it.with(() => n++)';
  const { stdout } = await outputOf(
    `const threading = require('nogil/threading');
     const { Thread, Event, Lock, RLock, Semaphore, RWLock, Condition } = threading;
     const { sleep } = require('nogil/time');
     const it = ${make};
     const held = new Event();
     let n = 0;
     threading.excepthook = () => ${use};
     const holder = new Thread({ target: (it, held) => {
       const { sleep } = require('nogil/time');
       ${hold};
     }, args: [it, held] });
     const failing = new Thread({ target: (held) => {
       held.wait();
       require('nogil/time').sleep(0.15);
       throw new Error('meanwhile');
     }, args: [held] });
     failing.start();
     if (it instanceof Condition) it.with(() => { holder.start(); it.wait(); });
     else { holder.start(); held.wait(); ${use}; }
     failing.join();
     holder.join();
     console.log(n, it.locked?.() ?? false);`,
  );
  expect(stdout).toBe(name.startsWith('Condition') ? '1 false\n' : '2 false\n');
});

test('a hook that the thread’s own module assigns is called in the thread', async () => {
  const { stdout, stderr } = await outputOf(
    `import { Thread } from 'nogil/threading';
     import { run } from './own.mjs';
     const thread = new Thread({ target: run });
     thread.start();
     thread.join();`,
    {
      'own.mjs': `import threading from 'nogil/threading';
        import { isMainThread } from 'node:worker_threads';
        if (!isMainThread) threading.excepthook = (args) => console.log('own', args.exc_value, args.exc_type, isMainThread, args.thread === threading.current_thread());
        const thrown = 'a text';
        export function run() { throw thrown; }`,
    },
  );
  expect(stderr).toBe('');
  expect(stdout).toBe('own a text [Function: String] false true\n'.replace('[Function: String]', 'undefined'));
});

test('a hook that fails itself', async () => {
  const { stderr } = await outputOf(
    `const threading = require('nogil/threading');
     threading.excepthook = () => { throw new Error('hook'); };
     const thread = new threading.Thread({ target: require('./fail.cjs').fail, args: ['first'], name: 'T' });
     thread.start();
     thread.join();`,
    FAIL,
  );
  expect(stderr).toMatch(/^Exception in threading.excepthook:\nError: hook\n/);
  expect(stderr).toMatch(/Exception in thread T:\nRangeError: first\n/);
});

test('an async hook that fails', async () => {
  const { stdout, stderr } = await outputOf(
    `const threading = require('nogil/threading');
     threading.excepthook = async () => { throw new Error('hook'); };
     const thread = new threading.Thread({ target: require('./fail.cjs').fail, args: ['first'], name: 'T' });
     thread.start();
     thread.join();
     setTimeout(() => console.log('lives on'), 10);`,
    FAIL,
  );
  expect(stdout).toBe('lives on\n');
  expect(stderr).toMatch(/^Exception in threading.excepthook:\nError: hook\n/);
  expect(stderr).toMatch(/Exception in thread T:\nRangeError: first\n/);
});

test('the default hook takes what a hook is given', () => {
  const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  for (const wrong of [undefined, null, 5, {}, [], { exc_value: new Error('boom') }]) {
    expect(() => __excepthook__(wrong as never)).toThrow(TypeError);
    expect(() => __excepthook__(wrong as never)).toThrow('_thread.excepthook argument type must be ExceptHookArgs');
  }
  expect(stderr).not.toHaveBeenCalled();
  __excepthook__({ exc_type: Error, exc_value: new Error('boom'), exc_traceback: undefined, thread: { name: 'mine' } });
  expect(String(stderr.mock.calls[0][0])).toMatch(/^Exception in thread mine:\nError: boom/);
  stderr.mockRestore();
});

test('a rejected promise, a rejection that nobody handles, an error in a callback', async () => {
  const { stdout, stderr } = await outputOf(
    `const threading = require('nogil/threading');
     const targets = [
       async () => { await null; throw new Error('rejected'); },
       () => { Promise.reject(new Error('unhandled')); },
       async () => { setTimeout(() => { throw new Error('callback'); }, 1); await new Promise(() => setInterval(() => {}, 1000)); },
       () => new Promise(() => {}),
     ];
     for (const [i, target] of targets.entries()) {
       const thread = new threading.Thread({ target, name: 'T' + i });
       thread.start();
       thread.join();
       console.log(i);
     }
     console.log(threading.active_count());`,
  );
  expect(stdout).toBe('0\n1\n2\n3\n1\n');
  expect(stderr).toMatch(/thread T0:\nError: rejected/);
  expect(stderr).toMatch(/thread T1:\nError: unhandled/);
  expect(stderr).toMatch(/thread T2:\nError: callback/);
  expect(stderr).toMatch(/thread T3:\nRuntimeError: the promise of the thread's target can never settle/);
});

test('a module that fails to import', async () => {
  const { stdout, stderr } = await outputOf(
    `import { importable } from 'nogil';
     import { Thread } from 'nogil/threading';
     for (const name of ['broken.mjs', 'broken.cjs', 'missing.mjs']) {
       const thread = new Thread({ target: importable(new URL(name, import.meta.url), 'run'), name });
       thread.start();
       thread.join();
     }
     console.log('done');`,
    { 'broken.mjs': `throw new Error('top level');`, 'broken.cjs': `throw new Error('top level');` },
  );
  expect(stdout).toBe('done\n');
  expect(stderr).toMatch(/thread broken\.mjs:\nRuntimeError: .*failed to import: Error: top level/);
  expect(stderr).toMatch(/thread broken\.cjs:\nRuntimeError: .*failed to import: Error: top level/);
  expect(stderr).toMatch(/thread missing\.mjs:\n/);
});

test('starting a thread while a module is imported for a target', async () => {
  const { stderr } = await outputOf(
    `import { Thread } from 'nogil/threading';
     const used = 1;
     export function work() { return used; }
     const thread = new Thread({ target: work, name: 'T' });
     thread.start();
     thread.join();`,
  );
  expect(stderr).toMatch(
    /RuntimeError: An attempt has been made to start a new thread before the current thread has finished its bootstrapping phase/,
  );
  expect(stderr).toMatch(/if \(is_main\(import\.meta\.url\)\)/);
});
