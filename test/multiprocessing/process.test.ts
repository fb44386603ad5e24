/** multiprocessing.Process. Behaviour 29 of the contract's samples, and the rest of Python's page. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssertionError, OSError, ValueError } from 'nogil';
import { active_children, current_process, parent_process, Process, SimpleQueue, SyncManager } from 'nogil/multiprocessing';
import { ThreadPool } from 'nogil/multiprocessing/pool';
import { Queue } from 'nogil/queue';
import { Event, Thread } from 'nogil/threading';

const targets = require('./fixtures/targets.cjs');
const LIMIT = 60;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nogil-process-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string): string {
  return join(folder, name);
}

function json(name: string): any {
  return JSON.parse(readFileSync(file(name), 'utf8'));
}

/** Starts all at once, since each takes a while to come up. */
function exitCodes(...made: Process[]): (number | undefined)[] {
  for (const each of made) each.start();
  for (const each of made) each.join(LIMIT);
  return made.map((each) => each.exitcode);
}

const run = (target: (...args: any[]) => unknown, ...args: unknown[]): Process => new Process({ target, args });

test('exit codes are those of Python', () => {
  expect(
    exitCodes(
      run(targets.nothing),
      run(targets.exit, 8),
      run(targets.exit),
      run(targets.exit, true),
      run(targets.exit, 'a text'),
      run(targets.processExit, 3),
      run(targets.killSelf, 'SIGKILL'),
      run(targets.fail, 'an error'),
    ),
  ).toEqual([0, 8, 0, 1, 1, 3, -9, 1]);
});

test('before the start, while it runs, and after terminate()', () => {
  const child = run(targets.sleep, 60);
  expect([child.exitcode, child.pid, child.is_alive()]).toEqual([undefined, undefined, false]);
  expect(() => child.join()).toThrow(AssertionError);
  expect(() => child.terminate()).toThrow(AssertionError);
  expect(() => child.sentinel).toThrow(ValueError);
  child.start();
  expect([child.exitcode, child.is_alive(), child.pid! > 0, child.ident === child.pid]).toEqual([undefined, true, true, true]);
  expect(active_children()).toContain(child);
  expect(() => child.start()).toThrow('cannot start a process twice');
  expect(() => (child.daemon = true)).toThrow(AssertionError);
  expect(() => child.close()).toThrow(ValueError);
  const begun = performance.now();
  child.join(0.15);
  expect(performance.now() - begun).toBeGreaterThan(135);
  expect(child.is_alive()).toBe(true);
  child.terminate();
  child.join(LIMIT);
  expect([child.exitcode, child.is_alive()]).toEqual([-15, false]);
  expect(active_children()).not.toContain(child);
  child.terminate();
  child.close();
  child.close();
  expect(() => child.is_alive()).toThrow(ValueError);
  expect(() => child.exitcode).toThrow(ValueError);
});

test('names, places in the tree, arguments', () => {
  const child = run(targets.about, file('about'));
  const deep = run(targets.grandchildren, file('deep'));
  expect(exitCodes(child, deep)).toEqual([0, 0]);
  expect(child.name).toMatch(/^Process-\d+$/);
  expect(json('about')).toEqual({
    name: child.name,
    daemon: false,
    pid: child.pid,
    parent: ['MainProcess', process.pid, true],
    argv: process.argv.slice(1),
  });
  expect(json('deep')).toMatchObject({ name: `${deep.name}:1`, parent: [deep.name, deep.pid, true] });
  expect(current_process().name).toBe('MainProcess');
  expect(current_process()).toBe(current_process());
  expect(current_process().pid).toBe(process.pid);
  expect(parent_process()).toBeUndefined();
  expect(() => current_process().start()).toThrow(AssertionError);
});

test("a process.exitCode that the target sets is the process's", () => {
  const child = new Process({ target: () => void (process.exitCode = 4) });
  expect(exitCodes(child)).toEqual([4]);
});

test('waiting for the parent without blocking', () => {
  const child = new Process({
    target: async (path: string) => {
      const mp = require('nogil/multiprocessing');
      const parent = mp.parent_process();
      const seen: unknown[] = [];
      try {
        mp.current_process().start();
      } catch (error) {
        seen.push((error as Error).name);
      }
      await parent.join_async(0.02);
      parent.join({ timeout: 0.01 });
      const aborter = new AbortController();
      setTimeout(() => aborter.abort(new RangeError('enough')), 20);
      await parent.join_async({ signal: aborter.signal }).catch((error: Error) => seen.push(error.name));
      require('node:fs').writeFileSync(path, [...seen, parent.is_alive()].join());
    },
    args: [file('parent')],
  });
  expect(exitCodes(child)).toEqual([0]);
  expect(readFileSync(file('parent'), 'utf8')).toBe('AssertionError,RangeError,true');
});

test('kwargs come last, and values are copied', () => {
  const value = new Map([['a', [1n, new Date(5)]]]);
  const child = new Process({
    target: (path: string, copied: Map<string, unknown[]>, options: { by: number }) => {
      const { writeFileSync } = require('node:fs');
      writeFileSync(path, `${String(copied.get('a')![0])} ${(copied.get('a')![1] as Date).getTime()} ${options.by}`);
    },
    args: [file('kwargs'), value],
    kwargs: { by: 3 },
  });
  expect(exitCodes(child)).toEqual([0]);
  expect(readFileSync(file('kwargs'), 'utf8')).toBe('1 5 3');
});

test('promises are awaited; one that can never settle, and an error in a callback, end the process', () => {
  expect(exitCodes(run(targets.later, file('later')), run(targets.never), run(targets.throwLater))).toEqual([0, 1, 1]);
  expect(readFileSync(file('later'), 'utf8')).toBe('later');
});

test('an exported subclass runs its own run(), with its fields', () => {
  expect(exitCodes(new targets.Greeter(file('greeting'), 'hello'))).toEqual([0]);
  expect(readFileSync(file('greeting'), 'utf8')).toBe('hello from Greeter, true');
});

test('what can not be sent throws in the parent, and nothing is started', () => {
  const unsendable = run(targets.write, file('none'), new Event());
  expect(() => unsendable.start()).toThrow('multiprocessing.Event');
  const shared = run(targets.write, file('none'), new SharedArrayBuffer(8));
  expect(() => shared.start()).toThrow(/SharedMemory/);
  const secret = 1;
  expect(() => new Process({ target: () => secret })).toThrow(/secret/);
  expect(unsendable.pid).toBeUndefined();
});

test('what stands for processes is refused in messages', () => {
  const child = run(targets.write);
  const pool = new ThreadPool(1);
  for (const queue of [new Queue(), new SimpleQueue()]) {
    for (const value of [child, pool, new SyncManager()]) {
      expect(() => queue.put({ a: [value] })).toThrow(
        expect.objectContaining({
          name: 'DataCloneError',
          message: `put(): item.a[0]: a ${value.constructor.name} can not be cloned`,
        }),
      );
    }
    expect(queue.empty()).toBe(true);
  }
  pool.terminate();
  expect(() => run(targets.write, child).start()).toThrow('args[0]: a Process can not be cloned');
});

test('wrong arguments', () => {
  expect(() => new Process({ target: 5 as never })).toThrow(TypeError);
  expect(() => new Process({ args: 5 as never })).toThrow(TypeError);
  expect(() => new Process({ group: {} as never })).toThrow(AssertionError);
  expect(() => new Process({ targets: 1 } as never)).toThrow(/targets/);
  expect(() => new Process({ daemon: 1 as never })).toThrow(TypeError);
  expect(() => (new Process().daemon = null as never)).toThrow("'daemon' must be a boolean, not null");
});

test('join_async, several at once, and its signal', async () => {
  const child = run(targets.sleep, 60);
  child.start();
  const aborted = child.join_async(undefined, { signal: AbortSignal.timeout(50) });
  await expect(aborted).rejects.toThrow();
  await child.join_async(0.01);
  expect(child.is_alive()).toBe(true);
  const both = Promise.all([child.join_async(), child.join_async(LIMIT)]);
  child.kill();
  await both;
  expect(child.exitcode).toBe(-9);
});

test('a thread may start and join a process while the main thread blocks', () => {
  const thread = new Thread({
    target: (module: string, path: string) => {
      const { Process: P } = require('nogil/multiprocessing');
      const child = new P({ target: require(module).write, args: [path, 'from a thread'] });
      child.start();
      child.join(20);
    },
    args: [require.resolve('./fixtures/targets.cjs'), file('thread')],
  });
  thread.start();
  thread.join(LIMIT);
  expect(json('thread')).toEqual(['from a thread']);
});

test('the end of a child is seen on a blocked main thread, and many children leave nothing', () => {
  for (let round = 0; round < 3; round++) {
    expect(exitCodes(...Array.from({ length: 6 }, () => run(targets.nothing)))).toEqual([0, 0, 0, 0, 0, 0]);
  }
  expect(active_children()).toEqual([]);
});

test('a program that can not be started is an OSError, and the process can be started later', () => {
  const { execPath } = process;
  const child = run(targets.nothing);
  process.execPath = '/no/such/program';
  try {
    expect(() => child.start()).toThrow(OSError);
  } finally {
    process.execPath = execPath;
  }
  expect(child.is_alive()).toBe(false);
  expect(exitCodes(child)).toEqual([0]);
});
