/** Workers are used again, and only clean ones. */
import { type Event, Thread } from 'nogil/threading';
import { RLock } from 'nogil/threading';
import { runScript } from '../helpers/script';

const LIMIT = 60;

function words(n = 4): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * n));
}

function run(target: (...args: any[]) => unknown, ...args: unknown[]): Thread {
  const thread = new Thread({ target, args });
  thread.start();
  thread.join(LIMIT);
  expect(thread.is_alive()).toBe(false);
  return thread;
}

test('threads one after the other run in one worker, each with a number of its own', () => {
  const natives = new Set<number>();
  const idents = new Set<number>();
  for (let i = 0; i < 20; i++) {
    const thread = run(() => {});
    natives.add(thread.native_id!);
    idents.add(thread.ident!);
  }
  expect(natives.size).toBeLessThan(20);
  expect(idents.size).toBe(20);
});

test('a worker that a target left something in is not used again', () => {
  const targets: ((e: Event) => unknown)[] = [
    () => void setInterval(() => {}, 100_000),
    () => void setTimeout(() => {}, 100_000),
    () => void ((globalThis as any).leftByTest = 1),
    () => void require('node:net').createServer().listen(0),
    async () => void setInterval(() => {}, 100_000),
    () => void process.on('uncaughtException', () => {}),
    () => void process.on('unhandledRejection', () => {}),
  ];
  for (const target of targets) {
    const before = run(target).native_id;
    for (let i = 0; i < 3; i++) {
      const into = words();
      const after = run((answer: Int32Array) => {
        answer[0] = (globalThis as any).leftByTest === undefined ? 1 : -1;
      }, into).native_id;
      expect(after).not.toBe(before);
      expect(into[0]).toBe(1);
    }
  }
});

test('what a target has queued runs before its end', () => {
  const into = words();
  run((answer: Int32Array) => {
    process.nextTick(() => (answer[0] = 1));
    void Promise.resolve().then(() => (answer[1] = 1));
    queueMicrotask(() => (answer[2] = require('nogil/threading').get_ident()));
    answer[3] = require('nogil/threading').get_ident();
  }, into);
  expect([...into.subarray(0, 2)]).toEqual([1, 1]);
  expect(into[2]).toBe(into[3]);
});

test('an RLock that a thread of the same worker left behind passes on', () => {
  const lock = new RLock();
  run((l: RLock) => l.acquire(), lock);
  const into = words();
  run(
    (l: RLock, answer: Int32Array) => {
      answer[0] = l.acquire(true, 5) ? 1 : 0;
      l.release();
    },
    lock,
    into,
  );
  expect(into[0]).toBe(1);
  expect(lock.locked()).toBe(false);
});

test('ten thousand in a loop that never lets the event loop turn keep memory flat', async () => {
  const { code, stdout, stderr } = await runScript(
    `const { Thread } = require('nogil/threading');
     const target = (x) => { x.y = 1; };
     const once = () => { const t = new Thread({ target, args: [{ x: 'some text', list: [1, 2, 3] }] }); t.start(); t.join(); };
     for (let i = 0; i < 4000; i++) once();
     gc();
     const before = process.memoryUsage.rss();
     for (let i = 0; i < 10000; i++) once();
     gc();
     console.log(JSON.stringify({ grown: process.memoryUsage.rss() - before }));`,
    { nodeArgs: ['--expose-gc'] },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  // 10,000 cells that are not given back alone are 640 KB; objects that stay alive, some MB.
  expect(JSON.parse(stdout).grown).toBeLessThan(16 * 2 ** 20);
});

test('a thread that starts threads while the main thread computes', async () => {
  const { code, stdout, stderr } = await runScript(
    `const { Thread, Event } = require('nogil/threading');
     const done = new Event();
     const thread = new Thread({ target: (e) => {
       const { Thread } = require('nogil/threading');
       const inner = Array.from({ length: 3 }, (_, i) => new Thread({ target: (n, s) => { require('nogil/time').sleep(0.01); console.log(n); }, args: [i] }));
       for (const t of inner) { t.start(); t.join(); }
       e.set();
     }, args: [done] });
     thread.start();
     for (const end = Date.now() + 50_000; !done.is_set() && Date.now() < end;);
     require('node:fs').writeSync(1, 'main ' + done.is_set() + '\\n');`,
  );
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '0\n1\n2\nmain true\n', stderr: '' });
});

test('options of the program are not those of its threads', async () => {
  for (const nodeArgs of [
    ['--input-type=module'],
    ['--expose-gc', '--input-type=commonjs'],
    ['--max-old-space-size=200', '--no-warnings'],
  ]) {
    const esm = nodeArgs.includes('--input-type=module');
    const source =
      (esm ? "import { Thread } from 'nogil/threading';" : "const { Thread } = require('nogil/threading');") +
      "const t = new Thread({ target: () => console.log('thread') }); t.start(); t.join(); console.log('main');";
    const { spawnSync } = require('node:child_process');
    const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeArgs, '-e', source], {
      cwd: __dirname,
      encoding: 'utf8',
      timeout: 100_000,
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'thread\nmain\n', stderr: '' });
  }
});
