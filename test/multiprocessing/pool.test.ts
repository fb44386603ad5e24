/** Pools of processes and of threads. Behaviours 33 and 34 of the contract's samples. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importable, KeyError, ValueError } from 'nogil';
import { BrokenProcessPool } from 'nogil/concurrent/futures';
import { active_children, Pool, TimeoutError } from 'nogil/multiprocessing';
import { ThreadPool } from 'nogil/multiprocessing/pool';
import { seconds, thrown } from '../helpers/peers';
import { runScript } from '../helpers/script';

const LIMIT = 60;
const TASKS = join(__dirname, '..', 'futures', 'fixtures', 'process_tasks.cjs');
const task = (name: string): ((...args: any[]) => any) => importable(TASKS, name);

const folder = mkdtempSync(join(tmpdir(), 'nogil-pool-'));
let files = 0;
const newFile = (): string => join(folder, `file-${++files}`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('33: the lives of workers', () => {
  test('maxtasksperchild', () => {
    using pool = new Pool(1, { maxtasksperchild: 2 });
    const pids = [1, 2, 3, 4, 5, 6].map(() => pool.apply(task('pid')) as number);
    expect([pids[0] === pids[1], pids[2] === pids[3], pids[4] === pids[5]]).toEqual([true, true, true]);
    expect(new Set(pids).size).toBe(3);
  });

  test('all is done though each worker does one task', () => {
    const pool = new Pool(3, { maxtasksperchild: 1 });
    const results = [1, 2, 3, 4, 5, 6].map((n) => pool.apply_async(task('sleepy'), [0.2, n]));
    pool.close();
    pool.join();
    expect(results.map((result) => result.ready())).toEqual([true, true, true, true, true, true]);
    expect(results.map((result) => result.get(LIMIT))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('arguments of the constructors', () => {
    for (const maxtasksperchild of [0, -1, 0.5, '12']) {
      expect(() => new Pool({ maxtasksperchild: maxtasksperchild as number })).toThrow(ValueError);
    }
    for (const Class of [Pool, ThreadPool]) {
      expect(() => new Class(0)).toThrow(ValueError);
      expect(() => new Class('2' as never)).toThrow(TypeError);
      expect(() => new Class(1, 5 as never)).toThrow(TypeError);
      expect(() => new Class({ process: 1 } as never)).toThrow(TypeError);
    }
    expect(() => new ThreadPool({ maxtasksperchild: 1 } as never)).toThrow(TypeError);
  });

  test('a worker that is killed is replaced', () => {
    using pool = new Pool(2);
    const before = active_children().length;
    const lost = pool.apply_async(task('killsItself'));
    const kept = pool.apply_async(task('sleepy'), [0.5, 'kept']);
    expect(() => lost.get(LIMIT)).toThrow(BrokenProcessPool);
    expect(() => lost.get(LIMIT)).toThrow(BrokenProcessPool);
    expect(kept.get(LIMIT)).toBe('kept');
    const items = Array.from({ length: 20 }, (_, n) => n);
    expect(pool.map_async(task('square'), items).get(LIMIT)).toEqual(items.map((n) => n * n));
    expect(active_children()).toHaveLength(before);
    const hard = pool.apply_async(task('exitsHard'), [3]);
    expect(() => hard.get(LIMIT)).toThrow(BrokenProcessPool);
    expect(pool.apply(task('same'), [1])).toBe(1);
  });

  test('an initializer that works, and one that does not', async () => {
    {
      using pool = new Pool(1, task('prepare'), [{ a: 1 }]);
      expect(pool.apply(task('prepared'))).toEqual({ a: 1 });
    }
    const { code, stdout, stderr } = await runScript(`
      const { Pool } = require('nogil/multiprocessing');
      const tasks = require(${JSON.stringify(TASKS)});
      const pool = new Pool(1, tasks.failsToPrepare);
      try { pool.apply(tasks.same, [1]); } catch (error) { console.log(error.name); }
    `);
    expect([code, stdout]).toEqual([0, 'BrokenProcessPool\n']);
    expect(stderr).toContain('not today');
  });
});

describe.each([
  ['Pool', Pool],
  ['ThreadPool', ThreadPool],
] as const)('34: %s', (name, Class) => {
  let pool: Pool;
  beforeAll(() => {
    pool = new Class(2);
  });
  afterAll(() => {
    pool.terminate();
  });

  test('results and callbacks', () => {
    expect(() => pool.join()).toThrow(ValueError);
    const log: unknown[] = [];
    const callbacks = { callback: (x: unknown) => log.push(x), error_callback: (e: unknown) => log.push(['error', e]) };
    const result = pool.apply_async(task('sleepy'), [0.3, 7], callbacks);
    expect(() => result.successful()).toThrow(ValueError);
    expect(result.ready()).toBe(false);
    expect(() => result.get(0.05)).toThrow(TimeoutError);
    result.wait(0.01);
    expect(result.get(LIMIT)).toBe(7);
    expect(log.splice(0)).toEqual([7]);
    expect([result.ready(), result.successful()]).toEqual([true, true]);

    const failing = pool.apply_async(task('throwsKeyError'), [], null, callbacks.callback, callbacks.error_callback);
    for (let i = 0; i < 2; i++) expect(thrown(() => failing.get(LIMIT))).toBeInstanceOf(KeyError);
    expect(failing.successful()).toBe(false);
    expect(log.splice(0)).toEqual([['error', expect.any(KeyError)]]);

    expect(pool.map_async(task('square'), [1, 2, 3, 4, 5], 2, callbacks.callback).get(LIMIT)).toEqual([1, 4, 9, 16, 25]);
    expect(log.splice(0)).toEqual([[1, 4, 9, 16, 25]]);
    expect(pool.map_async(task('square'), [], callbacks).get(LIMIT)).toEqual([]);
    expect(log).toEqual([[]]);
  });

  test('awaited', async () => {
    expect(await pool.apply_async(task('later'), [5, 'x'])).toBe('x');
    expect(await pool.map_async(task('square'), [1, 2, 3])).toEqual([1, 4, 9]);
    await expect(pool.apply_async(task('throwsKeyError'))).rejects.toBeInstanceOf(KeyError);
    const slow = pool.apply_async(task('sleepy'), [0.2, 1]);
    await expect(slow.get_async(0.01)).rejects.toBeInstanceOf(TimeoutError);
    await slow.wait_async(0.01);
    expect(await slow.get_async()).toBe(1);
    const heard = await new Promise((callback) => pool.apply_async(task('same'), ['heard'], { callback }));
    expect(heard).toBe('heard');
  });

  test('apply, map, starmap', () => {
    expect(pool.apply(task('power'), [2, 3])).toBe(8);
    expect(pool.apply((a: number, options: { b: number }) => a + options.b, [1], { b: 2 })).toBe(3);
    expect(pool.apply((a: number, { b }: any) => a + (b as number), { args: [1], kwds: { b: 2 } } as never)).toBe(3);
    expect(pool.map(task('square'), new Set([1, 2, 3]))).toEqual([1, 4, 9]);
    expect(pool.map(task('inverse'), [1, 2], { chunksize: 1 })).toEqual([1, 0.5]);
    expect(() => pool.map(task('inverse'), [1, 0, 2, 4])).toThrow(RangeError);
    const rows: [number, number][] = [
      [2, 3],
      [3, 2],
    ];
    expect(pool.starmap(task('power'), rows)).toEqual([8, 9]);
    expect(pool.starmap_async(task('power'), rows, 1).get(LIMIT)).toEqual([8, 9]);
    expect(() => pool.map(task('square'), 5 as never)).toThrow(TypeError);
    expect(() => pool.apply(5 as never)).toThrow(TypeError);
    const captured = newFile();
    expect(() => pool.apply(() => captured)).toThrow(TypeError);
    expect(thrown(() => pool.apply(task('same'), [() => 1])).name).toBe('DataCloneError');
    expect(thrown(() => pool.apply(task('returnsFunction'))).name).toBe('DataCloneError');
    expect(pool.apply(task('same'), [1])).toBe(1);
  });

  test('imap: an error stands in its place', () => {
    expect([...pool.imap(task('square'), [1, 2, 3])]).toEqual([1, 4, 9]);
    expect([...pool.imap(task('square'), [1, 2, 3, 4, 5], 2)]).toEqual([1, 4, 9, 16, 25]);
    const results = pool.imap(task('inverse'), [1, 0, 2]);
    expect(results.next().value).toBe(1);
    expect(() => results.next()).toThrow(RangeError);
    expect(results.next().value).toBe(0.5);
    expect(results.next().done).toBe(true);
    function* failing(): Generator<number> {
      yield 1;
      throw new KeyError('no more');
    }
    const some = pool.imap(task('square'), failing());
    expect(some.next().value).toBe(1);
    expect(() => some.next()).toThrow(KeyError);
    expect(some.next().done).toBe(true);
    expect(() => pool.imap(task('square'), [1], 0)).toThrow(ValueError);
  });

  test('imap: times, and more items than are submitted ahead', () => {
    const file = newFile();
    for (const how of ['imap', 'imap_unordered'] as const) {
      const slow = pool[how](task('waitsFor'), [file]);
      if (how === 'imap') expect(() => slow.next(0.05)).toThrow(TimeoutError);
      writeFileSync(file, '');
      expect(slow.next(LIMIT)).toEqual({ done: false, value: undefined });
      const many = Array.from({ length: 3000 }, (_, n) => n);
      let sum = 0;
      for (const n of pool[how](task('same'), many, 10)) sum += n as number;
      expect(sum).toBe((2999 * 3000) / 2);
    }
  });

  test('imap_unordered gives first what is done first', async () => {
    const file = newFile();
    const results = pool.imap_unordered(task('waitsOrMakes'), [file, `${file}!`]);
    expect([...results]).toEqual([`${file}!`, file]);
    const awaited: unknown[] = [];
    for await (const result of pool.imap_unordered(task('square'), [1, 2, 3])) awaited.push(result);
    expect(awaited.sort()).toEqual([1, 4, 9]);
    const ordered: unknown[] = [];
    for await (const result of pool.imap(task('square'), [1, 2, 3], 2)) ordered.push(result);
    expect(ordered).toEqual([1, 4, 9]);
  });

  test('close, join', () => {
    const other = new Class(1);
    const results = [1, 2, 3, 4].map((n) => other.apply_async(task('sleepy'), [0.1, n]));
    other.close();
    other.close();
    expect(() => other.apply(task('same'), [1])).toThrow(ValueError);
    expect(() => other.map_async(task('same'), [1])).toThrow(ValueError);
    expect(() => other.imap(task('same'), [1])).toThrow(ValueError);
    other.join();
    expect(results.map((result) => result.ready())).toEqual([true, true, true, true]);
    expect(results.map((result) => result.get())).toEqual([1, 2, 3, 4]);
  });

  test('leaving a block terminates', async () => {
    const other = new Class(1);
    const dropped = other.apply_async(task('sleeps'), [60]);
    const queued = other.apply_async(task('sleeps'), [60]);
    const awaited = expect(queued.get_async()).rejects.toBeInstanceOf(TimeoutError);
    expect(seconds(() => other[Symbol.dispose]())).toBeLessThan(LIMIT);
    for (const result of [dropped, queued]) {
      expect(() => result.get(0.3)).toThrow(TimeoutError);
      expect(result.ready()).toBe(false);
      expect(() => result.successful()).toThrow(ValueError);
    }
    await awaited;
    expect(() => other.apply(task('same'), [1])).toThrow(ValueError);
    expect(() => other.enter()).toThrow(ValueError);
    other.join();
    await other.join_async();
    {
      await using another = new Class(1);
      expect(another.enter()).toBe(another);
    }
  });

  test('does not keep a program from its end', async () => {
    const { code, stdout, stderr, timedOut } = await runScript(`
      const { ${name} } = require('nogil/multiprocessing/pool');
      const tasks = require(${JSON.stringify(TASKS)});
      const pool = new ${name}(2);
      console.log(pool.apply(tasks.square, [3]));
      pool.apply_async(tasks.sleeps, [60]);
    `);
    expect([code, stdout, stderr, timedOut]).toEqual([0, '9\n', '', false]);
  });
});

test('workers of a pool have no children', () => {
  using pool = new Pool(1);
  const error = thrown(() => pool.apply(task('makesPool')));
  expect(error.name).toBe('AssertionError');
  expect(error.message).toBe('daemonic processes are not allowed to have children');
});
