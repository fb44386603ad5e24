/** The end of a process whose threads are blocked in every kind of primitive. */
import { runScript } from '../helpers/script';

const KINDS = [
  'lock.acquire()',
  'lock.acquire(true, 1000)',
  'rlock.acquire()',
  'semaphore.acquire()',
  'bounded.acquire(true, 500)',
  'event.wait()',
  'condition.acquire(), condition.wait()',
  'condition.with(() => condition.wait_for(() => false, 1000))',
  'barrier.wait()',
  'rw.read().acquire()',
  'rw.write().acquire()',
  'require("nogil/time").sleep(1000)',
  'thread.join()',
];

/** Threads of which each blocks in one of KINDS; `ready()` holds when all do. */
const BLOCKED = `
  const t = require('nogil/threading');
  const lock = new t.Lock(), rlock = new t.RLock(), semaphore = new t.Semaphore(0), bounded = new t.BoundedSemaphore(1);
  const event = new t.Event(), condition = new t.Condition(), barrier = new t.Barrier(100000), rw = new t.RWLock();
  lock.acquire(); rlock.acquire(); bounded.acquire(); rw.write().acquire();
  const last = new t.Thread({ target: (e) => e.wait(), args: [event], daemon: true });
  const shared = { lock, rlock, semaphore, bounded, event, condition, barrier, rw, thread: last };
  const began = new Int32Array(new SharedArrayBuffer(4));
  function block(count) {
    last.start();
    for (let i = 0; i < count; i++) {
      const call = ${JSON.stringify(KINDS)}[i % ${KINDS.length}];
      new t.Thread({
        target: (code, objects, words) => {
          const run = new Function(...Object.keys(objects), 'require', code);
          Atomics.add(words, 0, 1);
          run(...Object.values(objects), require);
          console.log('passed:', code);
        },
        args: [call, shared, began],
        daemon: true,
      }).start();
    }
    const waiting = () => [lock, rlock, semaphore, bounded, event, condition, barrier, rw, last].reduce((n, p) => n + p._w[p._i + 5], 0);
    // All but those that sleep, and the thread that others join.
    const asleep = 1 + Array.from({ length: count }, (_, i) => i % ${KINDS.length}).filter((i) => i !== ${KINDS.findIndex((kind) => kind.includes('sleep'))}).length;
    while (Atomics.load(began, 0) < count || waiting() < asleep) require('nogil/time').sleep(0.01);
  }
  const leave = () => console.log('leaves', Date.now());
`;

interface End {
  code: number | null;
  /** Between the last line of the script and the end of the process, in milliseconds. */
  took: number;
  stdout: string;
  stderr: string;
}

function ending(count: number, end: string, type: 'commonjs' | 'module' = 'commonjs'): Promise<End> {
  const head =
    type === 'module' ? "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" : '';
  return timed(`${head}${BLOCKED} block(${count}); leave(); ${end}`, type);
}

/** What Node itself needs, at that time, to end as many idle workers of its own. */
async function control(count: number): Promise<number> {
  const { took } = await timed(`
    const { Worker } = require('node:worker_threads');
    const workers = Array.from({ length: ${count} }, () => new Worker('setInterval(() => {}, 1e6)', { eval: true }));
    Promise.all(workers.map((worker) => new Promise((online) => worker.once('online', online)))).then(() => {
      console.log('leaves', Date.now());
      process.exit(7);
    });`);
  return took;
}

/** The two were measured one after the other, on a machine that has other things to do. */
const limit = (ofNode: number): number => 4 * ofNode + 5000;

async function timed(source: string, type: 'commonjs' | 'module' = 'commonjs'): Promise<End> {
  const { code, stdout, stderr } = await runScript(source, { timeout: 200_000, type });
  const left = /^leaves (\d+)$/m.exec(stdout);
  if (!left) throw new Error(`the script did not get to its end (code ${code}): ${stdout}${stderr}`);
  return { code, took: Date.now() - Number(left[1]), stdout: stdout.replace(/^leaves \d+\n/m, ''), stderr };
}

let ofNode: number;
beforeAll(async () => {
  ofNode = await control(KINDS.length);
}, 300_000);

describe.each([
  ['process.exit()', 'process.exit(7);', 7],
  ['process.exit() later', 'setTimeout(() => process.exit(7), 20);', 7],
  ['an uncaught error', 'throw new Error("boom");', 1],
  ['a rejected promise', 'Promise.reject(new Error("boom"));', 1],
  ['its natural end', '', 0],
  ['process.exit() in an exit listener', 'process.on("exit", () => process.exit(7));', 7],
  [
    'process.exit() in a wait’s service',
    'new t.Thread({ target: () => { throw new Error("boom"); } }).start(); process.exit(7);',
    7,
  ],
  ['process.reallyExit()', 'process.reallyExit(7);', 7],
])('with threads blocked in every kind of primitive, %s', (_name, end, expected) => {
  it('ends the process at once', async () => {
    const { code, took, stdout, stderr } = await ending(KINDS.length, end);
    expect(code).toBe(expected);
    expect(stdout).toBe('');
    if (code === 0) expect(stderr).toBe('');
    expect(took).toBeLessThan(limit(ofNode));
  }, 300_000);
});

it('lets no thread see another one end by the end of the process', async () => {
  // Workers are terminated one after the other. Here that takes a while, and those that come last run on meanwhile.
  const { code, stdout, stderr } = await runScript(
    `const t = require('nogil/threading');
     const { ThreadPoolExecutor } = require('nogil/concurrent/futures');
     const { Worker } = require('node:worker_threads');
     const lock = new t.Lock(), rlock = new t.RLock(), barrier = new t.Barrier(2), up = new t.Semaphore(0), never = new t.Event();
     const first = new t.Thread({
       target: (l, r, u, n) => { l.acquire(); r.acquire(); u.release(); n.wait(); },
       args: [lock, rlock, up, never],
       daemon: true,
     });
     first.start();
     up.acquire();
     const future = new ThreadPoolExecutor(1).submit((u, n) => { u.release(); n.wait(); }, up, never);
     up.acquire();
     new t.Thread({ target: (b) => b.wait(), args: [barrier], daemon: true }).start();
     while (barrier.n_waiting < 1) require('nogil/time').sleep(0.001);
     for (let i = 0; i < 2; i++)
       new t.Thread({
         target: (first, lock, rlock, future, barrier, up) => {
           up.release();
           while (first.is_alive() && lock.locked() && rlock.locked() && !future.done() && !barrier.broken);
           console.log(first, lock, rlock, future, barrier);
         },
         args: [first, lock, rlock, future, barrier, up],
         daemon: true,
       }).start();
     for (let i = 0; i < 2; i++) up.acquire();
     const { terminate } = Worker.prototype;
     let pauses = 3;
     Worker.prototype.terminate = function () {
       const ended = terminate.call(this);
       if (pauses-- > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
       return ended;
     };
     process.exit(7);`,
  );
  expect({ code, stdout, stderr }).toEqual({ code: 7, stdout: '', stderr: '' });
});

it.each([
  ['leaves a thread that is blocked to Node', 'n.wait()', false],
  ['terminates a thread that computes before Node would', 'for (;;);', true],
])('%s, which ends one worker after the other', async (_name, code, terminated) => {
  const { stdout, code: status } = await runScript(
    `const t = require('nogil/threading');
     const { Worker } = require('node:worker_threads');
     const up = new t.Event(), never = new t.Event();
     new t.Thread({ target: (up, n) => { up.set(); ${code}; }, args: [up, never], daemon: true }).start();
     up.wait();
     while (${!terminated} && never._w[never._i + 5] === 0) require('nogil/time').sleep(0.001);
     let calls = 0;
     const { terminate } = Worker.prototype;
     Worker.prototype.terminate = function () { calls++; return terminate.call(this); };
     const { reallyExit } = process;
     process.reallyExit = function (code) { require('node:fs').writeSync(1, String(calls > 0)); return reallyExit.call(this, code); };
     process.exit(7);`,
  );
  expect([stdout, status]).toEqual([String(terminated), 7]);
});

it('shows how threads ended where a listener keeps the process from its end', async () => {
  const { code, stdout } = await runScript(
    `const t = require('nogil/threading');
     const lock = new t.RLock(), up = new t.Event(), never = new t.Event();
     const thread = new t.Thread({ target: (lock, up, never) => { lock.acquire(); up.set(); never.wait(); }, args: [lock, up, never] });
     thread.start();
     up.wait();
     process.once('exit', () => { throw new Error('not yet'); });
     try { process.exit(7); } catch (error) { console.log(error.message); }
     thread.join();
     console.log(lock.acquire(true, 30));`,
  );
  expect({ code, stdout }).toEqual({ code: 7, stdout: 'not yet\ntrue\n' });
});

it('ends an ESM program, too', async () => {
  const { code, took, stdout } = await ending(KINDS.length, 'process.exit(7);', 'module');
  expect([code, stdout]).toEqual([7, '']);
  expect(took).toBeLessThan(limit(ofNode));
}, 300_000);

it('ends with 100 blocked threads', async () => {
  const { code, took, stdout } = await ending(100, 'process.exit(7);');
  expect([code, stdout]).toEqual([7, '']);
  expect(took).toBeLessThan(limit(await control(100)));
}, 300_000);

it('ends while the main thread itself is blocked, by a thread’s wish or a signal', async () => {
  const { signal, stdout } = await runScript(
    `${BLOCKED} block(${KINDS.length}); leave();
     new t.Thread({ target: () => { process.kill(process.pid, 'SIGTERM'); } }).start();
     lock.acquire();`,
  );
  expect([signal, stdout.replace(/leaves \d+\n/, '')]).toEqual(['SIGTERM', '']);
});

describe('terminate() of a plain worker that is blocked', () => {
  const loaders: [string, string][] = [
    ['the main thread uses the library', "require('nogil/threading');"],
    ['the main thread has never loaded it', ''],
  ];

  it.each(loaders)(
    'takes less than a second, where %s',
    async (_name, load) => {
      const { code, stdout, stderr } = await runScript(
        `${load}
       const { Worker } = require('node:worker_threads');
       const kinds = ${JSON.stringify(KINDS.filter((kind) => !kind.startsWith('thread')))};
       const words = new Int32Array(new SharedArrayBuffer(4));
       const workers = kinds.map((kind) => new Worker(\`
         const t = require('nogil/threading');
         const lock = new t.Lock(), rlock = new t.RLock(), semaphore = new t.Semaphore(0), bounded = new t.BoundedSemaphore(1);
         const event = new t.Event(), condition = new t.Condition(new t.Lock()), barrier = new t.Barrier(2), rw = new t.RWLock();
         lock.acquire(); bounded.acquire(); rw.write().acquire();
         // Of this worker's own, so another thread has to hold it; the lock will do.
         if (\${JSON.stringify(kind)}.startsWith('rlock')) lock.acquire();
         const words = require('node:worker_threads').workerData;
         Atomics.add(words, 0, 1);
         \${kind};
         console.log('passed', \${JSON.stringify(kind)});\`, { eval: true, workerData: words }));
       (async () => {
         while (Atomics.load(words, 0) < kinds.length - 1) await new Promise((resolve) => setTimeout(resolve, 5));
         for (const worker of workers) {
           const begun = Date.now();
           await worker.terminate();
           console.log(Date.now() - begun < 20_000 ? 'ok' : 'took ' + (Date.now() - begun));
         }
       })();`,
        { timeout: 60_000 },
      );
      expect(stderr).toBe('');
      expect(code).toBe(0);
      expect(stdout).toBe('ok\n'.repeat(KINDS.length - 1));
    },
    60_000,
  );

  it.each(loaders)('is not even needed at process.exit(), where %s', async (_name, load) => {
    const { code, stdout } = await runScript(
      `${load}
       const { Worker } = require('node:worker_threads');
       const words = new Int32Array(new SharedArrayBuffer(4));
       const worker = \`
         const { Semaphore } = require('nogil/threading');
         const words = require('node:worker_threads').workerData;
         Atomics.add(words, 0, 1);
         new Semaphore(0).acquire();\`;
       for (let i = 0; i < 10; i++) new Worker(worker, { eval: true, workerData: words });
       const timer = setInterval(() => {
         if (Atomics.load(words, 0) < 10) return;
         console.log('leaves', Date.now());
         process.exit(7);
       }, 5);`,
    );
    expect(code).toBe(7);
    expect(Date.now() - Number(/leaves (\d+)/.exec(stdout)![1])).toBeLessThan(limit(ofNode));
  });
});
