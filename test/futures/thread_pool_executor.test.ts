/** What executors of threads do beyond the others: threads, names, use from anywhere. */
import { cpus } from 'node:os';
import { RuntimeError, ValueError } from 'nogil';
import { BrokenExecutor, BrokenThreadPool, Future, ThreadPoolExecutor, wait } from 'nogil/concurrent/futures';
import { active_count, enumerate, Event, Lock, Semaphore, Thread } from 'nogil/threading';
import { eventually, starter, terminatePeers, thrown, until } from '../helpers/peers';
import { runScript } from '../helpers/script';
import { Busy, LIMIT, task, TASKS } from './executors';

const startForeign = starter('worker', __filename);
const start = starter('Thread', __filename);
afterAll(terminatePeers);

const threadsOf = (prefix: string): string[] =>
  enumerate()
    .map(({ name }) => name)
    .filter((name) => name.startsWith(`${prefix}_`));

describe('threads', () => {
  test('are started as needed, and idle ones come first', () => {
    using executor = new ThreadPoolExecutor(4, 'lazy');
    expect(threadsOf('lazy')).toEqual([]);
    for (let i = 0; i < 5; i++) executor.submit(task('same'), i).result(LIMIT);
    until(() => threadsOf('lazy').length === 1);
    const busy = new Busy(executor, 3);
    expect(threadsOf('lazy').sort()).toEqual(['lazy_0', 'lazy_1', 'lazy_2']);
    busy.go.set();
    wait(busy.futures);
    const more = new Busy(executor, 4);
    const queued = executor.submit(task('threadName'));
    expect(threadsOf('lazy')).toHaveLength(4);
    more.go.set();
    expect(queued.result(LIMIT)).toMatch(/^lazy_[0-3]$/);
  });

  test('have names of their own by default', () => {
    using executor = new ThreadPoolExecutor(1);
    using other = new ThreadPoolExecutor({ max_workers: 1, thread_name_prefix: '' });
    const names = [executor, other].map((each) => each.submit(task('threadName')).result(LIMIT) as string);
    for (const name of names) expect(name).toMatch(/^ThreadPoolExecutor-\d+_0$/);
    expect(names[0]).not.toBe(names[1]);
  });

  test('are not daemons, and end with shutdown', () => {
    const before = active_count();
    const executor = new ThreadPoolExecutor(3, 'ending');
    const busy = new Busy(executor, 3);
    expect(
      enumerate()
        .filter(({ name }) => name.startsWith('ending'))
        .map(({ daemon }) => daemon),
    ).toEqual([false, false, false]);
    busy.go.set();
    executor.shutdown();
    expect(threadsOf('ending')).toEqual([]);
    expect(active_count()).toBe(before);
  });

  test('arguments of the constructor', () => {
    expect(() => new ThreadPoolExecutor(0)).toThrow(ValueError);
    expect(() => new ThreadPoolExecutor('2' as never)).toThrow(TypeError);
    expect(() => new ThreadPoolExecutor({ max_worker: 2 } as never)).toThrow(TypeError);
    expect(() => new ThreadPoolExecutor(1, 3 as never)).toThrow(TypeError);
    expect(thrown(() => new ThreadPoolExecutor({ initializer: task('initialize'), initargs: [() => {}] })).name).toBe(
      'DataCloneError',
    );
    using executor = new ThreadPoolExecutor(1, { thread_name_prefix: 'second' });
    expect(executor.submit(task('threadName')).result(LIMIT)).toBe('second_0');
    using byDefault = new ThreadPoolExecutor();
    expect(String((byDefault as unknown as { settings: { max: number } }).settings.max)).toBe(
      String(Math.min(32, cpus().length + 4)),
    );
  });

  test('what a task leaves for the event loop is done while the thread is idle', async () => {
    using executor = new ThreadPoolExecutor(1);
    const words = new Int32Array(new SharedArrayBuffer(4));
    executor.submit(task('micro'), words).result(LIMIT);
    until(() => Atomics.load(words, 0) === 2);
    executor.submit(task('timer'), words, 20).result(LIMIT);
    until(() => Atomics.load(words, 0) === 3);
    executor.submit(task('callsBack'), new ThreadPoolExecutor(1), words).result(LIMIT);
    await eventually(() => Atomics.load(words, 0) === 4);
    expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
  });
});

describe('a broken pool', () => {
  const stderr = jest.spyOn(process.stderr, 'write');
  beforeEach(() => stderr.mockReturnValue(true));
  afterAll(() => stderr.mockRestore());

  test('is a RuntimeError', () => {
    expect(new BrokenThreadPool('x')).toBeInstanceOf(BrokenExecutor);
    expect(new BrokenThreadPool('x')).toBeInstanceOf(RuntimeError);
  });

  test('by an error that nobody catches, which is the cause of all that fails', () => {
    const executor = new ThreadPoolExecutor(1);
    const go = new Event();
    const fs: Future[] = [
      executor.submit(async (go: Event) => {
        await go.wait_async();
        void Promise.reject(new RangeError('not awaited'));
        await new Promise((resolve) => setTimeout(resolve, 10_000));
      }, go),
      executor.submit(task('same'), 1),
      executor.submit(task('same'), 'x'.repeat(10_000)),
    ];
    go.set();
    const errors = fs.map((f) => f.exception(LIMIT) as Error);
    errors.push(thrown(() => executor.submit(task('same'), 1)));
    const causes = errors.map((error) => [error.name, error.cause]);
    expect(causes).toEqual(Array.from({ length: 4 }, () => ['BrokenThreadPool', new RangeError('not awaited')]));
    executor.shutdown();
  });

  test('by an initializer that fails, which is the cause', () => {
    const executor = new ThreadPoolExecutor(1, { initializer: task('fails'), initargs: ['at once'] });
    const f = executor.submit(task('same'), 1);
    expect((f.exception(LIMIT) as Error).cause).toMatchObject({ name: 'Error', message: 'at once' });
    const later = thrown(() => executor.submit(task('same'), 1)) as Error;
    expect(later.cause).toMatchObject({ message: 'at once' });
  });

  test('by an initializer that fails', () => {
    const executor = new ThreadPoolExecutor(2, { initializer: task('failsToInitialize') });
    const fs = [1, 2, 3].map((n) => {
      try {
        return executor.submit(task('same'), n);
      } catch (error) {
        return error as Error;
      }
    });
    for (const f of fs) expect(f instanceof Future ? f.exception(LIMIT) : f).toBeInstanceOf(BrokenThreadPool);
    expect(() => executor.submit(task('same'), 1)).toThrow(BrokenThreadPool);
    expect(() => executor.submit(task('same'), 1)).toThrow(/initializer failed/);
    expect(() => executor.map(task('same'), [1])).toThrow(BrokenThreadPool);
    executor.shutdown();
  });

  test.each(['exits', 'unhandled'])('by a task that ends its thread (%s)', (how) => {
    const executor = new ThreadPoolExecutor(1);
    const busy = new Busy(executor);
    const fs = [executor.submit(task(how), 3), executor.submit(task('same'), 1), executor.submit(task('same'), 2)];
    busy.go.set();
    const errors = fs.map((f) => f.exception(LIMIT));
    for (const error of errors) expect(error).toBeInstanceOf(BrokenThreadPool);
    expect(new Set(errors).size).toBe(3);
    expect(busy.futures[0].result()).toBe('done');
    until(() => thrown(() => executor.submit(task('same'), 1)) instanceof BrokenThreadPool);
    executor.shutdown();
  });

  test('lets the tasks of other threads end', () => {
    const executor = new ThreadPoolExecutor(2);
    const busy = new Busy(executor);
    expect(executor.submit(task('exits'), 1).exception(LIMIT)).toBeInstanceOf(BrokenThreadPool);
    busy.go.set();
    expect(busy.futures[0].result(LIMIT)).toBe('done');
    executor.shutdown();
  });

  test('does not concern other pools', () => {
    const broken = new ThreadPoolExecutor(1);
    expect(broken.submit(task('exits'), 1).exception(LIMIT)).toBeInstanceOf(BrokenThreadPool);
    using executor = new ThreadPoolExecutor(1);
    expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
    broken.shutdown();
  });
});

describe('from anywhere', () => {
  test('tasks submit tasks', async () => {
    using executor = new ThreadPoolExecutor(2);
    expect(executor.submit(task('submits'), executor, 5).result(LIMIT)).toBe(25);
    expect(await executor.submit(task('awaits'), executor, 5)).toBe(26);
    expect((executor.submit(task('returnsFuture'), executor, 6).result(LIMIT) as Future).result(LIMIT)).toBe(36);
  });

  // A pool's first thread may submit before the call that started it is back.
  test('a task of a new executor that submits another has a thread for it', () => {
    for (let i = 0; i < 100; i++) {
      using executor = new ThreadPoolExecutor(2);
      expect(executor.submit(task('submits'), executor, i).result(LIMIT)).toBe(i * i);
    }
  });

  test('an executor is passed to a thread, by handle to a worker, and nested in arguments', () => {
    using executor = new ThreadPoolExecutor(2, 'passed', {
      initializer: task('initialize'),
      initargs: [new Int32Array(1), new Lock()],
    });
    const submit = (e: unknown, file: unknown): number => {
      const { square } = require(file as string) as { square: (n: number) => number };
      return (e as { executor: ThreadPoolExecutor }[])[0].executor.submit(square, 7).result(20);
    };
    expect(start(submit, [{ executor }], TASKS).join()).toBe(49);
    const byHandle = (e: unknown, file: unknown): number => {
      const { square } = require(file as string) as { square: (n: number) => number };
      return (e as ThreadPoolExecutor).submit(square, 8).result(20);
    };
    expect(startForeign(byHandle, executor, TASKS).result()).toBe(64);
    const again = ThreadPoolExecutor.from(executor.handle);
    expect(again.submit(task('threadName')).result(LIMIT)).toMatch(/^passed_/);
    again.shutdown();
    expect(() => executor.submit(task('same'), 1)).toThrow(RuntimeError);
    expect(() => ThreadPoolExecutor.from(new Lock().handle)).toThrow(ValueError);
  });

  test('futures of tasks are waited for, cancelled and read elsewhere', () => {
    using executor = new ThreadPoolExecutor(1);
    const busy = new Busy(executor);
    const f = executor.submit(task('same'), [1, { a: 2 }]);
    const g = executor.submit(task('same'), 1);
    const reader = start((h) => (h as Future<[number, { a: number }]>).result(20)[1].a, f);
    expect(start((h) => (h as Future).cancel(), g).join()).toBe(true);
    busy.go.set();
    expect(reader.join()).toBe(2);
    expect(f.result()).toEqual([1, { a: 2 }]);
    expect(g.cancelled()).toBe(true);
    const h = executor.submit(task('same'), 'later');
    expect(h.result(LIMIT)).toBe('later');
    expect(start((k) => (k as Future<string>).result(), h).join()).toBe('later');
  });

  test('many threads submit to one pool', () => {
    using executor = new ThreadPoolExecutor(2);
    const calls = Array.from({ length: 4 }, (_, n) =>
      start(
        (e, file, base) => {
          const { square } = require(file) as { square: (n: number) => number };
          let sum = 0;
          const fs = Array.from({ length: 500 }, (_, i) => e.submit(square, base + i));
          for (const f of fs) sum += f.result(20);
          return sum;
        },
        executor,
        TASKS,
        n * 500,
      ),
    );
    const total = calls.map((call) => call.join()).reduce((a, b) => a + b);
    expect(total).toBe(Array.from({ length: 2000 }, (_, i) => i * i).reduce((a, b) => a + b));
  });

  test('a thread of the pool can not wait for its own end', () => {
    using executor = new ThreadPoolExecutor(1);
    expect(executor.submit(task('shutsDown'), executor).exception(LIMIT)).toBeInstanceOf(RuntimeError);
  });

  test('shared buffers in arguments and results', () => {
    using executor = new ThreadPoolExecutor(2);
    for (let i = 0; i < 3; i++) {
      const bytes = executor.submit(task('sharedBytes'), 16).result(LIMIT) as Uint8Array;
      expect([bytes.buffer.constructor.name, bytes[0]]).toEqual(['SharedArrayBuffer', 42]);
    }
  });

  test('threads that never come to work do not leave tasks waiting', () => {
    const begun = new Semaphore(0);
    const go = new Event();
    using executor = new ThreadPoolExecutor(1);
    const f = executor.submit(task('waits'), begun, go);
    expect(begun.acquire(true, LIMIT)).toBe(true);
    const worker = new Thread({ target: task('waitsFor'), args: [f] });
    worker.start();
    go.set();
    worker.join(LIMIT);
    expect(worker.is_alive()).toBe(false);
  });
});

describe('a pool that waits for itself', () => {
  const script = (body: string): string => `
    const { ThreadPoolExecutor, Future } = require('nogil/concurrent/futures');
    const { waitsFor, same } = require(${JSON.stringify(TASKS)});
    process.on('warning', (warning) => process.stdout.write(warning.code + ' '));
    const executor = new ThreadPoolExecutor(1);
    ${body}`;
  const deadlock = (e: ThreadPoolExecutor): number => e.submit((n: number) => n, 1).result(0.5);

  test('is warned of', async () => {
    const { stdout, stderr, code } = await runScript(
      script(`
        const f = executor.submit(${deadlock.toString()}, executor);
        setTimeout(() => { console.log(f.exception(20).name); executor.shutdown(); }, 700);`),
    );
    expect(stdout).toBe('NOGIL_POOL_STARVED TimeoutError\n');
    expect(stderr).toContain('wait for ever');
    expect(code).toBe(0);
  });

  test('not where it waits for others', async () => {
    const { stdout, stderr } = await runScript(
      script(`
        const other = new Future();
        const f = executor.submit(waitsFor, other);
        const g = executor.submit(same, 1);
        setTimeout(() => { other.set_result(5); console.log(f.result(20), g.result(20)); executor.shutdown(); }, 200);`),
    );
    expect([stdout, stderr]).toEqual(['5 1\n', '']);
  });
});
