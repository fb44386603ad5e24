/** The small interface that threading stands on. */
import * as nogil from 'nogil';
import * as _thread from 'nogil/_thread';
import * as thread from 'nogil/thread';
import { Event, Lock, RLock, Semaphore, current_thread, enumerate } from 'nogil/threading';
import { runScript } from './helpers/script';

const LIMIT = 60;

test('names', () => {
  expect(thread.start_new_thread).toBe(_thread.start_new_thread);
  expect(nogil._thread.start_new_thread).toBe(_thread.start_new_thread);
  expect(_thread.error).toBe(nogil.RuntimeError);
  expect(_thread.LockType).toBe(Lock);
  expect(_thread.lock).toBe(Lock);
  expect(_thread.RLock).toBe(RLock);
  expect(_thread.allocate_lock()).toBeInstanceOf(Lock);
  expect(_thread.get_ident()).toBe(current_thread().ident);
  expect(_thread.get_native_id()).toBe(current_thread().native_id);
  expect(_thread.TIMEOUT_MAX).toBeGreaterThan(4_000_000);
  expect(() => _thread.exit()).toThrow(nogil.SystemExit);
});

test('start_new_thread', () => {
  const words = new Int32Array(new SharedArrayBuffer(16));
  const go = new Event();
  const done = new Semaphore(0);
  const before = _thread._count();
  const ident = _thread.start_new_thread(
    (into: Int32Array, open: Event, end: Semaphore, options: { x: number }) => {
      const { current_thread: current, get_ident, _DummyThread } = require('nogil/threading');
      into[0] = get_ident();
      into[1] = options.x;
      into[2] = current() instanceof _DummyThread && current().daemon ? 1 : 0;
      end.release();
      open.wait(20);
    },
    [words, go, done],
    { x: 3 },
  );
  expect(done.acquire(true, LIMIT)).toBe(true);
  expect([...words]).toEqual([ident, 3, 1, 0]);
  expect(_thread._count()).toBe(before + 1);
  const seen = enumerate().find((other) => other.ident === ident)!;
  expect(seen.name).toMatch(/^Dummy-\d+$/);
  go.set();
  seen.join(LIMIT);
  expect(_thread._count()).toBe(before);
});

test('wrong arguments', () => {
  expect(() => _thread.start_new_thread(5 as never, [])).toThrow(TypeError);
  // As in Python, a function without arguments is given an empty list of them.
  for (const none of [[], [undefined], [null], [5]] as [never][]) {
    expect(() => _thread.start_new_thread(() => {}, ...none)).toThrow(/^start_new_thread\(\): 'args' must be an array/);
  }
  const captured = 1;
  expect(() => _thread.start_new_thread(() => captured, [])).toThrow(/captures 'captured'/);
});

test('stack_size', () => {
  expect(_thread.stack_size()).toBe(0);
  expect(_thread.stack_size(8 * 2 ** 20)).toBe(0);
  expect(_thread.stack_size(0)).toBe(8 * 2 ** 20);
  expect(() => _thread.stack_size(1000)).toThrow(nogil.ValueError);
  expect(() => _thread.stack_size(1.5)).toThrow(TypeError);
});

test('a larger stack is one', async () => {
  const { stdout, stderr } = await runScript(
    `const { stack_size, Thread } = require('nogil/threading');
     const depth = () => { let n = 0; const down = () => { n++; down(); }; try { down(); } catch { console.log(n); } };
     for (const size of [0, 16 * 2 ** 20]) {
       stack_size(size);
       const t = new Thread({ target: depth });
       t.start();
       t.join();
       // The worker is used again: with something left in it, it is not.
       const spoil = new Thread({ target: () => { globalThis.left = 1; } });
       spoil.start();
       spoil.join();
     }`,
  );
  expect(stderr).toBe('');
  const [small, large] = stdout.trim().split('\n').map(Number);
  expect(large).toBeGreaterThan(2 * small);
});

test('does not keep the process alive; its errors say where they come from', async () => {
  const { code, stdout, stderr, timedOut } = await runScript(
    `const { start_new_thread, exit } = require('nogil/_thread');
     const { Semaphore } = require('nogil/threading');
     const up = new Semaphore(0);
     start_new_thread((s) => { s.release(); require('nogil/time').sleep(60); }, [up]);
     start_new_thread((s) => { s.release(); require('nogil/_thread').exit(); }, [up]);
     start_new_thread(function bad(s) { process.nextTick(() => s.release()); throw new Error('raw'); }, [up]);
     for (let i = 0; i < 3; i++) up.acquire();
     console.log('end');`,
  );
  expect({ code, stdout, timedOut }).toEqual({ code: 0, stdout: 'end\n', timedOut: false });
  expect(stderr).toMatch(/^Exception ignored in thread started by: \[Function: bad\]\nError: raw/);
});

test('interrupt_main', async () => {
  const listened = await runScript(
    `const { start_new_thread, interrupt_main } = require('nogil/_thread');
     const { Event } = require('nogil/threading');
     const done = new Event();
     process.on('SIGINT', () => { console.log('SIGINT'); done.set(); });
     start_new_thread(() => require('nogil/_thread').interrupt_main(), []);
     console.log(done.wait(10));
     interrupt_main();`,
  );
  expect(listened).toMatchObject({ code: 0, stdout: 'SIGINT\ntrue\nSIGINT\n', stderr: '' });
  const killed = await runScript(
    `require('nogil/_thread').start_new_thread(() => require('nogil/_thread').interrupt_main(), []);
     require('nogil/time').sleep(10);`,
  );
  expect(killed).toMatchObject({ signal: 'SIGINT', timedOut: false });
});

test('interrupt_main with a signal that nobody listens to does nothing', async () => {
  const { code, stdout, stderr } = await runScript(
    `const { start_new_thread, interrupt_main } = require('nogil/_thread');
     const { Semaphore } = require('nogil/threading');
     for (const signum of [15, 'SIGTERM', 9, 'SIGUSR2', 40]) interrupt_main(signum);
     const done = new Semaphore(0);
     // Not one that is listened to below: it may be heard of after that.
     start_new_thread((s) => { require('nogil/_thread').interrupt_main(12); s.release(); }, [done]);
     done.acquire();
     for (const name of ['SIGTERM', 'SIGIOT']) process.on(name, () => console.log(name));
     interrupt_main(15);
     interrupt_main('SIGABRT');
     start_new_thread((s) => { require('nogil/_thread').interrupt_main('SIGTERM'); s.release(); }, [done]);
     done.acquire();`,
  );
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'SIGTERM\nSIGIOT\nSIGTERM\n', stderr: '' });
});

test('interrupt_main looks at its argument first', async () => {
  const { code, stdout } = await runScript(
    `const { interrupt_main } = require('nogil/_thread');
     for (const signum of [NaN, null, 1.5, 1n, 'x', 'toString', {}, true, 0, 65, -1, 9999, 2 ** 40]) {
       try { interrupt_main(signum); } catch (error) { console.log(error.name, error.code, error.message); }
     }`,
  );
  const lines = stdout.trim().split('\n');
  for (const line of lines.slice(0, 8)) expect(line).toMatch(/^TypeError ERR_TYPE interrupt_main\(\): 'signum' must /);
  for (const line of lines.slice(8, 12))
    expect(line).toMatch(/^ValueError ERR_VALUE interrupt_main\(\): .*signal number out of range/);
  expect(lines.slice(12)).toEqual([expect.stringMatching(/^OverflowError .*'signum'/)]);
  expect(code).toBe(0);
});
