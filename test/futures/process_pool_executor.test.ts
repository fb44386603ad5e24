/** Executors of processes. Behaviours 23 to 28 of the contract's samples. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importable, KeyError, RuntimeError, TimeoutError, ValueError } from 'nogil';
import {
  as_completed,
  BrokenExecutor,
  BrokenProcessPool,
  CancelledError,
  Future,
  ProcessPoolExecutor,
  wait,
} from 'nogil/concurrent/futures';
import { active_children } from 'nogil/multiprocessing';
import { seconds, thrown, until } from '../helpers/peers';
import { runScript } from '../helpers/script';

const LIMIT = 60;
const TASKS = join(__dirname, 'fixtures', 'process_tasks.cjs');
const task = (name: string): ((...args: any[]) => any) => importable(TASKS, name);

const folder = mkdtempSync(join(tmpdir(), 'nogil-pool-'));
let files = 0;
const newFile = (): string => join(folder, `file-${++files}`);
const isRunning = (f: Future): boolean => f.running();

let pool: ProcessPoolExecutor;
beforeAll(() => {
  pool = new ProcessPoolExecutor(2);
});
afterAll(() => {
  pool.shutdown();
  rmSync(folder, { recursive: true, force: true });
});

test('arguments of the constructor', () => {
  for (const max of [0, -1]) expect(() => new ProcessPoolExecutor(max)).toThrow(ValueError);
  expect(() => new ProcessPoolExecutor('2' as never)).toThrow(TypeError);
  expect(() => new ProcessPoolExecutor({ max_worker: 2 } as never)).toThrow(TypeError);
  expect(() => new ProcessPoolExecutor(1, null, 3 as never)).toThrow(TypeError);
  expect(() => new ProcessPoolExecutor(1, 'spawn' as never)).toThrow(TypeError);
  for (const tasks of [0, -1]) expect(() => new ProcessPoolExecutor({ max_tasks_per_child: tasks })).toThrow(ValueError);
  for (const tasks of [0.5, '2']) {
    expect(() => new ProcessPoolExecutor({ max_tasks_per_child: tasks as number })).toThrow(TypeError);
  }
  const fork = { Process: class {}, get_start_method: () => 'fork' };
  expect(() => new ProcessPoolExecutor({ mp_context: fork, max_tasks_per_child: 2 })).toThrow(ValueError);
});

test('processes are started as they are needed, and used again', () => {
  const before = active_children().length;
  const executor = new ProcessPoolExecutor(3);
  expect(active_children()).toHaveLength(before);
  const pids = [1, 2, 3].map(() => executor.submit(task('pid')).result(LIMIT) as number);
  expect(new Set(pids).size).toBe(1);
  expect(pids[0]).not.toBe(process.pid);
  expect(active_children()).toHaveLength(before + 1);
  const file = newFile();
  const busy = [1, 2, 3, 4].map((n) => executor.submit(task('waitsFor'), file, n));
  expect(active_children()).toHaveLength(before + 3);
  writeFileSync(file, '');
  expect(busy.map((f) => f.result(LIMIT))).toEqual([1, 2, 3, 4]);
  executor.shutdown();
  expect(active_children()).toHaveLength(before);
  executor.shutdown();
});

test('a process that was given a task is free no more, though it has not begun with it', () => {
  const before = active_children().length;
  using executor = new ProcessPoolExecutor(2);
  const [begun, held, file] = [newFile(), newFile(), newFile()];
  try {
    executor.submit(task('leavesWait'), begun, held).result(LIMIT);
    until(() => existsSync(begun));
    const first = executor.submit(task('waitsFor'), file, 1);
    expect(active_children()).toHaveLength(before + 1);
    const second = executor.submit(task('waitsOrMakes'), `${file}!`);
    expect(active_children()).toHaveLength(before + 2);
    writeFileSync(held, '');
    expect(second.result(LIMIT)).toBe(`${file}!`);
    expect(first.result(LIMIT)).toBe(1);
    // Both are free now, and none is missed.
    expect([1, 2].map((n) => executor.submit(task('same'), n)).map((f) => f.result(LIMIT))).toEqual([1, 2]);
    expect(active_children()).toHaveLength(before + 2);
  } finally {
    for (const name of [held, file]) writeFileSync(name, '');
  }
});

describe('23: map, its order and its errors', () => {
  test('gives results in the order of the items', () => {
    expect([...pool.map(task('sleepy'), [0.3, 0, 0.1], [0, 1, 2])]).toEqual([0, 1, 2]);
  });

  test('ends with the first error', () => {
    const results = pool.map(task('inverse'), [1, 2, 0, 4])[Symbol.iterator]();
    expect(results.next().value).toBe(1);
    expect(results.next().value).toBe(0.5);
    expect(thrown(() => results.next())).toBeInstanceOf(RangeError);
    expect(results.next().done).toBe(true);
  });

  test('stops at the shorter of two sequences', async () => {
    expect([...pool.map(task('power'), [2, 3, 4], [3, 2])]).toEqual([8, 9]);
    expect([...pool.map(task('power'), [2, 3, 4], [3, 2], { chunksize: 2 })]).toEqual([8, 9]);
    const results: unknown[] = [];
    for await (const result of pool.map(task('square'), [1, 2, 3], { chunksize: 2 })) results.push(result);
    expect(results).toEqual([1, 4, 9]);
  });

  test('takes so long at most', () => {
    const file = newFile();
    const results = pool.map(task('waitsFor'), [file], [1], { timeout: 0.2 });
    expect(() => [...results]).toThrow(TimeoutError);
    writeFileSync(file, '');
  });
});

describe('24: map is eager, unless buffersize is given', () => {
  test('has run all, though nobody looks', () => {
    const log = newFile();
    {
      using executor = new ProcessPoolExecutor(2);
      executor.map(task('notes'), new Array<string>(10).fill(log), new Array<string>(10).fill(TASKS), [...Array(10).keys()]);
    }
    expect(readFileSync(log, 'utf8').trim().split('\n').map(Number).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('takes as many ahead as it may', () => {
    const taken: number[] = [];
    function* source(): Generator<number> {
      for (let n = 0; n < 100; n++) {
        taken.push(n);
        yield n;
      }
    }
    const results = pool.map(task('square'), source(), { buffersize: 3 })[Symbol.iterator]();
    expect(taken).toEqual([0, 1, 2]);
    expect(results.next().value).toBe(0);
    expect(taken).toEqual([0, 1, 2, 3]);
    expect(results.next().value).toBe(1);
    expect(taken).toEqual([0, 1, 2, 3, 4]);
    results.return?.();
  });

  test('a buffersize that is none', () => {
    for (const buffersize of [0, -1]) expect(() => pool.map(task('square'), [1], { buffersize })).toThrow(ValueError);
    expect(() => pool.map(task('square'), [1], { buffersize: 1.5 })).toThrow(TypeError);
  });

  test('can not submit the next after shutdown', () => {
    const executor = new ProcessPoolExecutor(1);
    const results = executor.map(task('square'), [1, 2, 3, 4], { buffersize: 2 });
    executor.shutdown();
    expect(() => [...results]).toThrow(RuntimeError);
  });
});

describe('25: shutdown, three ways', () => {
  function busyOne(): { executor: ProcessPoolExecutor; file: string; running: Future; queued: Future[]; log: string } {
    const executor = new ProcessPoolExecutor(1);
    const [file, log] = [newFile(), newFile()];
    const running = executor.submit(task('waitsFor'), file, 'R');
    until(() => isRunning(running));
    const queued = [1, 2, 3, 4, 5].map((n) => executor.submit(task('notes'), log, file, n));
    return { executor, file, running, queued, log };
  }

  test('cancels what has not begun', () => {
    const { executor, file, running, queued } = busyOne();
    const heard: number[] = [];
    queued.forEach((f, i) => f.add_done_callback(() => heard.push(i)));
    executor.shutdown(false, { cancel_futures: true });
    expect(heard).toEqual([0, 1, 2, 3, 4]);
    expect(queued.map((f) => f.cancelled())).toEqual([true, true, true, true, true]);
    expect(wait(queued, 0).done.size).toBe(5);
    expect(running.cancelled()).toBe(false);
    expect(() => executor.submit(task('same'), 1)).toThrow(RuntimeError);
    expect(() => executor.map(task('same'), [1])).toThrow(RuntimeError);
    writeFileSync(file, '');
    expect(running.result(LIMIT)).toBe('R');
    executor.shutdown(false);
    executor.shutdown();
  });

  test('does what was submitted, in order, without anybody waiting', () => {
    const { executor, file, queued, log } = busyOne();
    executor.shutdown(false);
    expect(queued.some((f) => f.done())).toBe(false);
    expect(() => executor.submit(task('same'), 1)).toThrow(RuntimeError);
    writeFileSync(file, '');
    expect(queued.map((f) => f.result(LIMIT))).toEqual([1, 2, 3, 4, 5]);
    expect(readFileSync(log, 'utf8')).toBe('1\n2\n3\n4\n5\n');
    executor.shutdown();
  });

  test('is what leaving a block does', async () => {
    let f: Future;
    {
      using executor = new ProcessPoolExecutor(1);
      f = executor.submit(task('sleepy'), 0.3, 1);
    }
    expect(f.done()).toBe(true);
    {
      await using executor = new ProcessPoolExecutor(1);
      f = executor.submit(task('sleepy'), 0.3, 2);
    }
    expect([f.done(), f.result()]).toEqual([true, 2]);
  });
});

describe('26: a program that ends', () => {
  const HEAD = `const { ProcessPoolExecutor } = require('nogil/concurrent/futures');
    function print(s, what) { require('nogil/time').sleep(s); console.log(what); }\n`;

  test('does what was submitted first', async () => {
    const { code, stdout, stderr } = await runScript(`${HEAD}
      const executor = new ProcessPoolExecutor(1);
      for (const n of [1, 2, 3]) executor.submit(print, 0.2, n);
      console.log('main end');
    `);
    expect([code, stdout, stderr]).toEqual([0, 'main end\n1\n2\n3\n', '']);
  });

  test.each(['', 'process.exit(0);'])('the same after shutdown(false) (%p)', async (end) => {
    const { code, stdout, stderr } = await runScript(`${HEAD}
      const executor = new ProcessPoolExecutor(1);
      executor.submit(print, 0.5, 'apple');
      executor.shutdown(false);
      ${end}
    `);
    expect([code, stdout, stderr]).toEqual([0, 'apple\n', '']);
  });

  test('runs callbacks of what is done at the end, which submit no more; nor do exit handlers', async () => {
    const { code, stdout, stderr } = await runScript(`${HEAD}
      const executor = new ProcessPoolExecutor({ max_workers: 1, max_tasks_per_child: 1 });
      const submit = () => { try { executor.submit(print, 0, 1); } catch (error) { console.log(error.name, error.message.slice(0, 28)); } };
      executor.submit(print, 0.1, 'first');
      executor.submit(print, 0.2, 'last').add_done_callback(submit);
      process.on('exit', submit);
    `);
    const refused = 'RuntimeError cannot schedule new futures \n';
    expect([code, stdout, stderr]).toEqual([0, `first\nlast\n${refused}${refused}`, '']);
  });
});

describe('27: a worker that dies', () => {
  test.each<[string, unknown[]]>([
    ['killsItself', []],
    ['exitsHard', [3]],
  ])('breaks the pool: %s', (how, args) => {
    const executor = new ProcessPoolExecutor(2);
    expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
    const fs = [executor.submit(task('sleeps'), 30), executor.submit(task(how), ...args)];
    for (let i = 0; i < 4; i++) fs.push(executor.submit(task('sleeps'), 30));
    let errors: unknown[] = [];
    expect(seconds(() => (errors = fs.map((f) => thrown(() => f.result(LIMIT)))))).toBeLessThan(LIMIT);
    for (const error of errors) expect(error).toBeInstanceOf(BrokenProcessPool);
    expect(new Set(errors).size).toBe(6);
    const refused = thrown(() => executor.submit(task('same'), 1));
    expect(refused).toBeInstanceOf(BrokenProcessPool);
    expect(refused).toBeInstanceOf(BrokenExecutor);
    expect(refused).toBeInstanceOf(RuntimeError);
    expect(seconds(() => executor.shutdown())).toBeLessThan(LIMIT);
  });

  test('is seen by promises, wait and as_completed too', async () => {
    const executor = new ProcessPoolExecutor(1);
    const fs = [executor.submit(task('killsItself'), 0.2), executor.submit(task('same'), 1)];
    expect(wait(fs, LIMIT).not_done.size).toBe(0);
    await expect(fs[1]).rejects.toBeInstanceOf(BrokenProcessPool);
    expect([...as_completed(fs, LIMIT)]).toHaveLength(2);
    await executor.shutdown_async();

    const other = new ProcessPoolExecutor(1);
    await expect(other.submit(task('killsItself'), 0.1)).rejects.toBeInstanceOf(BrokenProcessPool);
    await other.shutdown_async();
  });

  test('an error that a task throws is an error of its own', () => {
    const error = thrown(() => pool.submit(task('throwsKeyError')).result(LIMIT)) as Error & { detail: unknown };
    expect(error).toBeInstanceOf(KeyError);
    expect(error.detail).toEqual({ level: 3 });
    expect(error.stack).toContain('deepInTheWorker');
    expect((error.cause as Error).message).toContain('deepInTheWorker');
    expect(String(error.cause)).toContain('deepInTheWorker');
    const other = thrown(() => pool.submit(task('throwsWithCause')).result(LIMIT));
    expect((other as Error).cause).toBeInstanceOf(RangeError);
    expect(pool.submit(task('same'), 1).result(LIMIT)).toBe(1);
  });

  test('a task that throws what has no text', () => {
    const silent = pool.submit(() => {
      throw Object.defineProperty(new Error('silent'), 'stack', {
        get() {
          throw new Error('no stack');
        },
      });
    });
    const revoked = pool.submit(() => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      throw proxy;
    });
    for (const f of [silent, revoked]) expect(() => f.result(LIMIT)).toThrow('a value that can not be shown');
    expect(pool.submit(task('same'), 1).result(LIMIT)).toBe(1);
  });

  test('an initializer that fails', async () => {
    const { code, stdout, stderr } = await runScript(`
      const { ProcessPoolExecutor } = require('nogil/concurrent/futures');
      const tasks = require(${JSON.stringify(TASKS)});
      const executor = new ProcessPoolExecutor({ max_workers: 2, initializer: tasks.failsToPrepare });
      const futures = [1, 2, 3].map((n) => executor.submit(tasks.same, n));
      for (const f of futures) try { f.result(); } catch (error) { console.log(error.name); }
      try { executor.submit(tasks.same, 1); } catch (error) { console.log(error.name); }
      executor.shutdown();
    `);
    expect([code, stdout]).toEqual([0, 'BrokenProcessPool\n'.repeat(4)]);
    expect(stderr).toContain('not today');
  });

  test('an initializer that works', () => {
    using executor = new ProcessPoolExecutor({ max_workers: 1, initializer: task('prepare'), initargs: [{ a: 1 }] });
    expect(executor.submit(task('prepared')).result(LIMIT)).toEqual({ a: 1 });
  });
});

describe('28: what can not be sent hurts only its own future', () => {
  test('arguments and results', () => {
    for (const f of [
      pool.submit(task('same'), () => 1),
      pool.submit(task('same'), Symbol('s')),
      pool.submit(task('returnsFunction')),
    ]) {
      const error = thrown(() => f.result(LIMIT));
      expect(error.name).toBe('DataCloneError');
      expect(error).not.toBeInstanceOf(BrokenExecutor);
      expect(pool.submit(task('same'), 1).result(LIMIT)).toBe(1);
    }
    const words = new SharedArrayBuffer(4);
    expect(thrown(() => pool.submit(task('same'), words).result(LIMIT)).message).toMatch(/SharedMemory/);
    const captured = newFile();
    expect(() => pool.submit(() => captured)).toThrow(TypeError);
  });

  test('chunks', () => {
    expect([...pool.map(task('abs'), [1, -2, 3, -4, 5], { chunksize: 2 })]).toEqual([1, 2, 3, 4, 5]);
    expect(() => pool.map(task('square'), [1], { chunksize: 0 })).toThrow(ValueError);
    const good: unknown[] = [];
    const run = (items: number[]): void => {
      for (const result of pool.map(task('inverse'), items, { chunksize: 2 })) good.push(result);
    };
    expect(() => run([1, 2, 0, 4])).toThrow(RangeError);
    expect(good.splice(0)).toEqual([1, 0.5]);
    expect(() => run([1, 0, 2, 4])).toThrow(RangeError);
    expect(good).toEqual([]);
  });

  test('chunks of tasks that return promises', () => {
    expect([...pool.map(task('failsSometimes'), [1, 2, 4, 5, 6], { chunksize: 4 })]).toEqual([1, 2, 4, 5, 6]);
    expect(() => [...pool.map(task('failsSometimes'), [1, 2, 3], { chunksize: 3 })]).toThrow(RangeError);
  });
});

describe('tasks', () => {
  test('that return promises', async () => {
    expect(pool.submit(task('later'), 5, 'x').result(LIMIT)).toBe('x');
    expect(await pool.submit(async (a: number, b: number) => Promise.resolve(a + b), 1, 2)).toBe(3);
    expect(() => pool.submit(task('never')).result(LIMIT)).toThrow(/can never settle/);
    expect(pool.submit(task('same'), 1).result(LIMIT)).toBe(1);
  });

  test('leave something for the event loop, which is done while the process is idle', () => {
    using executor = new ProcessPoolExecutor(1);
    const file = newFile();
    executor.submit(task('leavesTimer'), file).result(LIMIT);
    until(() => existsSync(file));
    expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
  });

  test('with large arguments and results', () => {
    const bytes = new Uint8Array(3_000_000).fill(7);
    expect((pool.submit(task('same'), bytes).result(LIMIT) as Uint8Array).length).toBe(bytes.length);
    const buffer = new ArrayBuffer(16);
    expect(
      (
        pool
          .options({ transfer: [buffer] })
          .submit(task('same'), buffer)
          .result(LIMIT) as ArrayBuffer
      ).byteLength,
    ).toBe(16);
    expect(buffer.byteLength).toBe(0);
  });

  test('get futures of executors of processes, and give them back', () => {
    const f = pool.submit(task('square'), 7);
    const back = pool.submit(task('same'), f).result(LIMIT) as Future;
    expect(back).toBeInstanceOf(Future);
    expect(back.result(LIMIT)).toBe(49);
    const file = newFile();
    const slow = pool.submit(task('waitsFor'), file, 'slow');
    expect(Future.from(slow.handle).done()).toBe(false);
    writeFileSync(file, '');
    expect(Future.from(slow.handle).result(LIMIT)).toBe('slow');
    expect(thrown(() => pool.submit(task('same'), new Future()).result(LIMIT)).name).toBe('DataCloneError');
  });

  test('max_tasks_per_child', () => {
    using executor = new ProcessPoolExecutor({ max_workers: 1, max_tasks_per_child: 2 });
    const pids = [...executor.map(task('pid'), [1, 2, 3, 4])].map((_, i) => executor.submit(task('pid')).result(LIMIT) ?? i);
    expect(new Set(pids).size).toBe(2);
  });

  test('are cancelled before they begin', () => {
    using executor = new ProcessPoolExecutor(1);
    const file = newFile();
    const running = executor.submit(task('waitsFor'), file, 1);
    until(() => isRunning(running));
    const f = executor.submit(task('same'), 2);
    expect([f.cancel(), running.cancel()]).toEqual([true, false]);
    writeFileSync(file, '');
    expect(running.result(LIMIT)).toBe(1);
    expect(executor.submit(task('same'), 3).result(LIMIT)).toBe(3);
    expect(() => f.result()).toThrow(CancelledError);
  });
});

describe('options', () => {
  test('a time limit kills the process, which is replaced', () => {
    using executor = new ProcessPoolExecutor(1);
    const pid = executor.submit(task('pid')).result(LIMIT);
    const limited = executor.options({ timeout: 0.2 });
    const f = limited.submit(task('sleeps'), 30);
    const after = executor.submit(task('pid'));
    expect(seconds(() => expect(() => f.result(LIMIT)).toThrow(TimeoutError))).toBeLessThan(LIMIT);
    const other = after.result(LIMIT);
    expect(other).not.toBe(pid);
    expect(executor.submit(task('pid')).result(LIMIT)).toBe(other);
    expect([...executor.options({ timeout: 10 }).map(task('square'), [1, 2, 3], { chunksize: 2 })]).toEqual([1, 4, 9]);
  });

  test('a signal fails what runs and what waits', async () => {
    await using executor = new ProcessPoolExecutor(1);
    const controller = new AbortController();
    const bound = executor.options({ signal: controller.signal });
    const fs = [bound.submit(task('sleeps'), 30), bound.submit(task('sleeps'), 30)];
    const free = executor.submit(task('same'), 1);
    until(() => fs[0].running());
    controller.abort(new KeyError('stop'));
    for (const f of fs) await expect(f).rejects.toThrow('stop');
    expect(await free).toBe(1);
    // As of threads: the futures have failed, and nothing is thrown before they are asked.
    expect(bound.submit(task('same'), 1).exception()).toEqual(new KeyError('stop'));
    const results = bound.map(task('same'), [1, 2], { chunksize: 2 });
    expect(() => [...results]).toThrow('stop');
  });
});

describe('the workers are ended', () => {
  test.each(['terminate_workers', 'kill_workers'] as const)('%s', (how) => {
    const executor = new ProcessPoolExecutor(1);
    const running = executor.submit(task('sleeps'), 30);
    until(() => isRunning(running));
    const queued = executor.submit(task('same'), 1);
    executor[how]();
    expect(queued.cancelled()).toBe(true);
    expect(() => running.result(LIMIT)).toThrow(BrokenProcessPool);
    expect(() => executor.submit(task('same'), 1)).toThrow(RuntimeError);
    expect(seconds(() => executor.shutdown())).toBeLessThan(LIMIT);
  });

  test('with the program that started them, however it ends', async () => {
    const { stdout } = await runScript(`
      const { ProcessPoolExecutor } = require('nogil/concurrent/futures');
      const executor = new ProcessPoolExecutor(1);
      const pid = executor.submit(() => process.pid).result();
      require('fs').writeSync(1, String(pid));
      process.kill(process.pid, 'SIGKILL');
    `);
    const gone = (): boolean => {
      try {
        process.kill(Number(stdout), 0);
        return false;
      } catch {
        return true;
      }
    };
    until(gone);
  });
});
