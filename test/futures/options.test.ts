/** executor.options: time limits, abort signals, transferred buffers. */
import { TimeoutError, ValueError } from 'nogil';
import { type Future, ThreadPoolExecutor, wait } from 'nogil/concurrent/futures';
import { enumerate, Event, Lock, Semaphore } from 'nogil/threading';
import { Queue } from 'nogil/queue';
import { seconds, starter, thrown, until } from '../helpers/peers';
import { runScript } from '../helpers/script';
import { Busy, LIMIT, task, TASKS } from './executors';

const start = starter('Thread', __filename);

/** That a task runs now. */
function begins(executor: { submit: ThreadPoolExecutor['submit'] }, name: string, ...args: unknown[]): Future {
  const f = executor.submit(task(name), ...args) as Future;
  until(() => f.running() || f.done());
  return f;
}

describe('a time limit', () => {
  test.each(['spin', 'endlessTimer', 'endlessWait'])('stops a task that runs (%s), and its thread is replaced', (how) => {
    using executor = new ThreadPoolExecutor(1, `limit-${how}`);
    const limited = executor.options({ timeout: 0.2 });
    const f = begins(limited, how, new Event());
    const after = executor.submit(task('threadName'));
    const took = seconds(() => expect(() => f.result(LIMIT)).toThrow(TimeoutError));
    expect(took).toBeLessThan(LIMIT);
    expect((f.exception() as Error).message).toBe('the task was not done after 0.2 s');
    expect(after.result(LIMIT)).toMatch(/^limit-/);
    expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
    until(() => enumerate().filter(({ name }) => name.startsWith(`limit-${how}`)).length === 1);
  });

  test('has a task that has not begun never run', () => {
    using executor = new ThreadPoolExecutor(1);
    const words = new Int32Array(new SharedArrayBuffer(64));
    const busy = new Busy(executor);
    const f = executor.options({ timeout: 0.05 }).submit(task('record'), words, 1);
    expect(f.exception(LIMIT)).toBeInstanceOf(TimeoutError);
    busy.go.set();
    expect(busy.futures[0].result(LIMIT)).toBe('done');
    expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
    expect(words[0]).toBe(0);
  });

  test('does nothing to a task that is done in time, or cancelled', async () => {
    using executor = new ThreadPoolExecutor(1);
    // Long enough for a machine that has much else to do.
    const limited = executor.options({ timeout: 2 });
    const fs = [1, 2, 3].map((n) => limited.submit(task('same'), n));
    expect(fs.map((f) => f.result(LIMIT))).toEqual([1, 2, 3]);
    const busy = new Busy(executor);
    const cancelled = limited.submit(task('same'), 4);
    cancelled.cancel();
    // A later one's limit passes after theirs.
    const last = limited.submit(task('same'), 5);
    while (!last.done()) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(last.exception()).toBeInstanceOf(TimeoutError);
    expect(fs.map((f) => f.result())).toEqual([1, 2, 3]);
    expect(cancelled.cancelled()).toBe(true);
    busy.go.set();
  });

  test.each<[string, (f: Future) => void]>([
    ['result()', (f) => void thrown(() => f.result(LIMIT))],
    ['wait()', (f) => void wait([f], LIMIT)],
    [
      'a lock',
      (f) => {
        const lock = new Lock();
        lock.acquire();
        f.add_done_callback(() => lock.release());
        expect(lock.acquire(true, LIMIT)).toBe(true);
      },
    ],
    [
      'a queue',
      (f) => {
        const q = new Queue<number>();
        f.add_done_callback(() => q.put(1));
        expect(q.get(true, LIMIT)).toBe(1);
      },
    ],
  ])('passes while the submitter is blocked in %s', (_name, block) => {
    using executor = new ThreadPoolExecutor(1);
    const f = begins(executor.options({ timeout: 0.1 }), 'spin');
    const watcher = new ThreadPoolExecutor(1);
    block(f);
    expect(f.exception(0)).toBeInstanceOf(TimeoutError);
    watcher.shutdown();
  });

  test('of tasks that a thread submits, and of map', () => {
    using executor = new ThreadPoolExecutor(2);
    const call = start(
      (e, file) => {
        const { spin } = require(file) as { spin: () => void };
        return (e.options({ timeout: 0.1 }).submit(spin).exception(20) as Error).name;
      },
      executor,
      TASKS,
    );
    expect(call.join()).toBe('TimeoutError');
    const results = executor.options({ timeout: 2 }).map(task('sleepy'), [0, 30], [1, 2])[Symbol.iterator]();
    expect(results.next().value).toBe(1);
    expect(() => results.next()).toThrow(TimeoutError);
    expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
  });

  test('what the stopped task held passes on', () => {
    using executor = new ThreadPoolExecutor(1);
    const lock = new Lock();
    const begun = new Semaphore(0);
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const f = executor.options({ timeout: 0.2 }).submit(task('holds'), lock, begun);
    expect(begun.acquire(true, LIMIT)).toBe(true);
    expect(f.exception(LIMIT)).toBeInstanceOf(TimeoutError);
    expect(lock.acquire(true, LIMIT)).toBe(true);
    warn.mockRestore();
  });

  test('shutdown waits for what replaces stopped threads', () => {
    const executor = new ThreadPoolExecutor(1);
    const limited = executor.options({ timeout: 0.15 });
    const stuck = begins(limited, 'spin');
    const queued = [1, 2, 3].map((n) => executor.submit(task('same'), n));
    executor.shutdown();
    expect(stuck.exception(0)).toBeInstanceOf(TimeoutError);
    expect(queued.map((f) => f.done() && f.result())).toEqual([1, 2, 3]);
  });

  test('many at once', () => {
    using executor = new ThreadPoolExecutor(2);
    const fs = Array.from({ length: 3000 }, (_, i) => executor.options({ timeout: 20 + i / 1000 }).submit(task('same'), i));
    expect(fs.map((f) => f.result(LIMIT))).toEqual(fs.map((_, i) => i));
  });

  test('arguments', () => {
    using executor = new ThreadPoolExecutor(1);
    expect(() => executor.options({ timeout: -1 })).toThrow(ValueError);
    expect(() => executor.options({ timeout: '1' as never })).toThrow(TypeError);
    expect(() => executor.options({ signal: {} as never })).toThrow(TypeError);
    expect(() => executor.options({ timeot: 1 } as never)).toThrow(TypeError);
    expect(executor.options({ timeout: null, signal: null, transfer: null }).submit(task('same'), 1).result(LIMIT)).toBe(1);
  });
});

describe('a signal', () => {
  test('stops what runs and what has not begun, with its reason', () => {
    using executor = new ThreadPoolExecutor(1);
    const controller = new AbortController();
    const stoppable = executor.options({ signal: controller.signal });
    const running = begins(stoppable, 'spin');
    const queued = stoppable.submit(task('same'), 1);
    const free = executor.submit(task('same'), 2);
    const reason = new RangeError('enough');
    controller.abort(reason);
    expect(thrown(() => running.result(LIMIT))).toBe(reason);
    expect(thrown(() => queued.result(LIMIT))).toBe(reason);
    expect(free.result(LIMIT)).toBe(2);
    expect(thrown(() => stoppable.submit(task('same'), 3).result())).toBe(reason);
  });

  test('has stopped all that it stops before callbacks run', () => {
    using executor = new ThreadPoolExecutor(1);
    const controller = new AbortController();
    const running = begins(executor.options({ signal: controller.signal }), 'spin');
    const log: unknown[] = [];
    running.add_done_callback(() => log.push(executor.submit(task('same'), 1).result(LIMIT)));
    controller.abort();
    expect(log).toEqual([1]);
    const late = begins(executor.options({ timeout: 0.5 }), 'spin');
    late.add_done_callback(() => log.push(executor.submit(task('same'), 2).result(LIMIT)));
    expect(thrown(() => late.result(LIMIT))).toBeInstanceOf(TimeoutError);
    expect(log).toEqual([1, 2]);
  });

  test('that an argument aborts on its way', () => {
    using executor = new ThreadPoolExecutor(1);
    const controller = new AbortController();
    const reason = new RangeError('enough');
    const aborting = {
      get value(): number {
        controller.abort(reason);
        return 1;
      },
    };
    const f = executor.options({ signal: controller.signal }).submit(task('spin'), aborting);
    expect(thrown(() => f.result(LIMIT))).toBe(reason);
    expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
  });

  test('that aborts later than its tasks ended does nothing', () => {
    using executor = new ThreadPoolExecutor(1);
    const controller = new AbortController();
    const stoppable = executor.options({ signal: controller.signal });
    const fs = Array.from({ length: 300 }, (_, i) => stoppable.submit(task('same'), i));
    for (const [i, f] of fs.entries()) expect(f.result(LIMIT)).toBe(i);
    controller.abort();
    expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
    expect(fs[7].result()).toBe(7);
  });

  test('with a reason that can not be copied', () => {
    using executor = new ThreadPoolExecutor(1);
    const controller = new AbortController();
    const f = begins(executor.options({ signal: controller.signal }), 'spin');
    const reason = (): void => {};
    controller.abort(reason);
    expect(thrown(() => f.result(LIMIT))).toBe(reason);
  });
});

describe('transfer', () => {
  test('moves buffers to the task', () => {
    using executor = new ThreadPoolExecutor(1);
    const buffer = new ArrayBuffer(1000);
    expect(
      executor
        .options({ transfer: [buffer] })
        .submit(task('length'), buffer)
        .result(LIMIT),
    ).toBe(1000);
    expect(buffer.byteLength).toBe(0);
    const again = executor.options({ transfer: [buffer] }).submit(task('length'), 1);
    expect((again.exception(LIMIT) as Error).name).toBe('DataCloneError');
  });

  test('of map: each task takes its own', () => {
    using executor = new ThreadPoolExecutor(2);
    const buffers = [new ArrayBuffer(1), new ArrayBuffer(2), new ArrayBuffer(3)];
    expect([...executor.options({ transfer: buffers }).map(task('length'), buffers)]).toEqual([1, 2, 3]);
    expect(buffers.map(({ byteLength }) => byteLength)).toEqual([0, 0, 0]);
  });
});

describe('limits outlive the thread that submitted', () => {
  test.each<[string, { timeout?: number; signal?: number }]>([
    ['a time limit', { timeout: 0.2 }],
    ['AbortSignal.timeout', { signal: 200 }],
  ])('%s of a thread that ends', (_, limits) => {
    using executor = new ThreadPoolExecutor(1);
    const futures = new Queue<{ f: Future }>();
    const thread = start(
      (e, q, file, { timeout, signal }) => {
        const { spin } = require(file) as { spin: () => void };
        const limited = e.options({ timeout, signal: signal === undefined ? undefined : AbortSignal.timeout(signal) });
        q.put({ f: limited.submit(spin) });
      },
      executor,
      futures,
      TASKS,
      limits,
    );
    thread.join();
    const { f } = futures.get(true, LIMIT);
    expect((f.exception(LIMIT) as Error).name).toBe('TimeoutError');
    expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
  });

  test('and a pool that is shut down', () => {
    using executor = new ThreadPoolExecutor(1);
    const futures = new Queue<Future>();
    const submitter = new ThreadPoolExecutor(1);
    submitter
      .submit(
        (e, q, file) => {
          const { spin } = require(file) as { spin: () => void };
          q.put(e.options({ timeout: 0.2 }).submit(spin));
        },
        executor,
        futures,
        TASKS,
      )
      .result(LIMIT);
    submitter.shutdown();
    expect(futures.get(true, LIMIT).exception(LIMIT)).toBeInstanceOf(TimeoutError);
  });
});

describe('a view of a view', () => {
  test('has the limits of both', () => {
    using executor = new ThreadPoolExecutor(1);
    const controller = new AbortController();
    const limited = executor.options({ timeout: 0.2 }).options({ signal: controller.signal });
    expect(limited.submit(task('spin')).exception(LIMIT)).toBeInstanceOf(TimeoutError);
    controller.abort(new RangeError('enough'));
    expect(limited.submit(task('same'), 1).exception(LIMIT)).toEqual(new RangeError('enough'));
    const patient = executor.options({ timeout: LIMIT }).options({ signal: controller.signal });
    expect(patient.options({ signal: null }).submit(task('same'), 1).result(LIMIT)).toBe(1);
    expect(() => limited.options({ timeout: -1 })).toThrow(ValueError);
  });
});

test('a process with a task that never ends, ends where that has a limit', async () => {
  const { code, stdout, stderr } = await runScript(`
    const { ThreadPoolExecutor } = require('nogil/concurrent/futures');
    const { spin } = require(${JSON.stringify(TASKS)});
    new ThreadPoolExecutor(1).options({ timeout: 0.3 }).submit(spin).add_done_callback((f) => console.log(f.exception().name));
  `);
  expect([code, stdout, stderr]).toEqual([0, 'TimeoutError\n', '']);
});
