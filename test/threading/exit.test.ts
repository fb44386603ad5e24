/** How a process with threads ends. Behaviour 15 of the contract's samples. */
import { runScript } from '../helpers/script';

/** As long as no thread's sleep in these scripts. */
const SOON = 60_000;

async function expectEnd(
  source: string,
  expected: { code?: number; stdout?: string; stderr?: string | RegExp },
): Promise<number> {
  const { code, signal, stdout, stderr, ms, timedOut } = await runScript(source);
  expect({ signal, timedOut }).toEqual({ signal: null, timedOut: false });
  if (expected.stderr instanceof RegExp) expect(stderr).toMatch(expected.stderr);
  else expect(stderr).toBe(expected.stderr ?? '');
  expect(stdout).toBe(expected.stdout ?? '');
  expect(code).toBe(expected.code ?? 0);
  expect(ms).toBeLessThan(SOON);
  return ms;
}

test('a daemon thread does not hold the process and is not unwound', () =>
  expectEnd(
    `const { Thread, Event } = require('nogil/threading');
     const begun = new Event();
     new Thread({
       target: (e) => {
         try { e.set(); require('nogil/time').sleep(1000); } finally { console.log('cleanup'); }
       },
       args: [begun], daemon: true,
     }).start();
     begun.wait();
     console.log('bye');`,
    { stdout: 'bye\n' },
  ));

test('blocked daemon threads end with the last other thread', () =>
  expectEnd(
    `const { Thread, Lock, Semaphore } = require('nogil/threading');
     const lock = new Lock(), semaphore = new Semaphore(0);
     lock.acquire();
     for (let i = 0; i < 10; i++) new Thread({ target: (x) => { x.acquire(); }, args: [i < 5 ? lock : semaphore], daemon: true }).start();
     new Thread({ target: () => { require('nogil/time').sleep(0.5); console.log('non-daemon done'); } }).start();`,
    { stdout: 'non-daemon done\n' },
  ));

test('threads that are not daemonic keep the process alive, and whoever they start too', () =>
  expectEnd(
    `const { Thread } = require('nogil/threading');
     new Thread({ target: () => {
       const { Thread, main_thread } = require('nogil/threading');
       main_thread().join();
       console.log('main joined');
       new Thread({ target: async () => { await new Promise((r) => setTimeout(r, 50)); console.log('inner'); } }).start();
       console.log('outer');
     } }).start();
     console.log('main');`,
    { stdout: 'main\nmain joined\nouter\ninner\n' },
  ));

const BLOCKED = `
  const { Thread, Lock, Event, RLock, Semaphore, Condition } = require('nogil/threading');
  const fs = require('node:fs');
  const lock = new Lock(), event = new Event(), rlock = new RLock(), semaphore = new Semaphore(0), ready = new Semaphore(0);
  lock.acquire(); rlock.acquire();
  for (let i = 0; i < 12; i++)
    new Thread({
      target: (which, given, up) => { up.release(); which === 'wait' ? given.wait() : given.acquire(); },
      args: [i % 4 === 1 ? 'wait' : 'acquire', [lock, event, rlock, semaphore][i % 4], ready], daemon: i % 2 === 0,
    }).start();
  for (let i = 0; i < 12; i++) ready.acquire();
`;

test('process.exit() with blocked threads, daemonic or not', () =>
  expectEnd(`${BLOCKED} process.on('exit', (code) => fs.writeSync(1, 'exit ' + code)); process.exit(3);`, {
    code: 3,
    stdout: 'exit 3',
  }));

test('an uncaught error with blocked threads', () =>
  expectEnd(`${BLOCKED} throw new Error('boom');`, { code: 1, stderr: /Error: boom/ }));

test('process.exit() in a listener of exit that came first', () =>
  expectEnd(`process.on('exit', () => process.exit(4)); ${BLOCKED} process.exit();`, { code: 4 }));

test('a listener of exit that throws', () =>
  expectEnd(`process.on('exit', () => { throw new Error('in exit'); }); ${BLOCKED} process.exit();`, {
    code: 1,
    stderr: /in exit/,
  }));

test('listeners of exit may still use what the threads use', () =>
  expectEnd(
    `const { Thread, Lock, Event } = require('nogil/threading');
     const lock = new Lock(), held = new Event(), asked = new Event();
     new Thread({ target: (l, h, a) => { l.acquire(); h.set(); a.wait(); l.release(); }, args: [lock, held, asked] }).start();
     held.wait();
     process.on('exit', () => { asked.set(); console.log(lock.acquire(true, 5)); });
     process.exit();`,
    { stdout: 'true\n' },
  ));

test('process.exit() in a thread ends that thread only', () =>
  expectEnd(
    `const { Thread } = require('nogil/threading');
     const thread = new Thread({ target: () => { process.exit(5); console.log('not here'); } });
     thread.start();
     thread.join();
     console.log(thread.is_alive());`,
    { stdout: 'false\n' },
  ));

test('threads that other threads wait for in a chain', async () => {
  const { code, stderr, timedOut } = await runScript(
    `const { Thread, Event } = require('nogil/threading');
     const up = new Event();
     const thread = new Thread({ target: require('./chain.cjs').chain, args: [4, new Event(), up] });
     thread.start();
     up.wait();
     process.exit(6);`,
    {
      files: {
        'chain.cjs': `exports.chain = (depth, event, up) => {
          const { Thread } = require('nogil/threading');
          if (depth === 0) { up.set(); event.wait(); return; }
          const thread = new Thread({ target: exports.chain, args: [depth - 1, event, up] });
          thread.start();
          thread.join();
        };`,
      },
    },
  );
  expect({ code, stderr, timedOut }).toEqual({ code: 6, stderr: '', timedOut: false });
});

test('a thread in a loop of its own, or in the middle of starting', () =>
  expectEnd(
    `const { Thread, Event } = require('nogil/threading');
     const up = new Event();
     new Thread({ target: (e) => { e.set(); for (;;); }, args: [up], daemon: true }).start();
     up.wait();
     for (let i = 0; i < 8; i++) new Thread({ target: () => { for (;;); }, daemon: true }).start();`,
    {},
  ));

test('two hundred blocked daemon threads', async () => {
  const ms = await runScript(
    `const { Thread, Semaphore } = require('nogil/threading');
     const never = new Semaphore(0), ready = new Semaphore(0);
     for (let i = 0; i < 200; i++) new Thread({ target: (n, r) => { r.release(); n.acquire(); }, args: [never, ready], daemon: true }).start();
     for (let i = 0; i < 200; i++) ready.acquire();
     console.log(Date.now());`,
    { timeout: 200_000 },
  ).then(({ code, stdout, stderr, timedOut }) => {
    expect({ code, stderr, timedOut }).toEqual({ code: 0, stderr: '', timedOut: false });
    return Date.now() - Number(stdout);
  });
  // Node needs about 2.5 ms for each idle worker; a machine with other things to do, more.
  expect(ms).toBeLessThan(SOON);
}, 300_000);
