/** What every executor does. Behaviours 23, 24, 25 and 28 of the contract's samples. */
import { RuntimeError, TimeoutError, ValueError } from 'nogil';
import { as_completed, CancelledError, Executor, Future, wait } from 'nogil/concurrent/futures';
import { Lock } from 'nogil/threading';
import { seconds, thrown, until } from '../helpers/peers';
import { Busy, executors, LIMIT, task, TASKS } from './executors';

const { TaskError } = require(TASKS) as { TaskError: new () => Error & { detail: object } };

describe.each(executors)('$name', ({ make }) => {
  describe('submit', () => {
    test('gives the future of what the task returns', () => {
      using executor = make(2);
      expect(executor).toBeInstanceOf(Executor);
      const f = executor.submit(task('add'), 2, 3);
      expect(f).toBeInstanceOf(Future);
      expect(f.result(LIMIT)).toBe(5);
      expect(executor.submit((a: string, b: number) => a.repeat(b), 'ab', 2).result(LIMIT)).toBe('abab');
      expect(executor.submit(task('count')).result(LIMIT)).toBe(0);
      expect(executor.submit(task('count'), undefined, undefined, 1).result(LIMIT)).toBe(3);
      expect(executor.submit(task('nothing')).result(LIMIT)).toBeUndefined();
    });

    test.each([
      0,
      -0.5,
      null,
      true,
      'text',
      'ünïcode ☃',
      10n ** 30n,
      [1, [2, { a: new Map([[1, new Set(['x'])]]) }]],
      new Date(5),
      'long '.repeat(2000),
    ])('copies %p there and back', (value) => {
      using executor = make(1);
      const result: unknown = executor.submit(task('same'), value).result(LIMIT);
      expect(result).toEqual(value);
    });

    test('a large argument and a large result', () => {
      using executor = make(1);
      expect(executor.submit(task('length'), new Uint8Array(3_000_000)).result(LIMIT)).toBe(3_000_000);
      expect((executor.submit(task('bytes'), 3_000_000).result(LIMIT) as Uint8Array).length).toBe(3_000_000);
    });

    test('an async task is done when its promise settles', async () => {
      using executor = make(1);
      const f = executor.submit(task('later'), 30, 'late');
      expect(f.done()).toBe(false);
      expect(f.result(LIMIT)).toBe('late');
      expect(await executor.submit(async (n: number) => Promise.resolve(n + 1), 1)).toBe(2);
      await expect(executor.submit(task('laterFails'), 5, 'in the end')).rejects.toThrow('in the end');
    });

    test('an error keeps class, properties, cause and stack', () => {
      using executor = make(1);
      const f = executor.submit(task('fails'), 'far away');
      const error = f.exception(LIMIT) as Error & { detail: object };
      expect(error).toBeInstanceOf(TaskError);
      expect([error.message, error.detail]).toEqual(['far away', { level: 3 }]);
      expect(error.cause).toBeInstanceOf(TypeError);
      expect(error.stack).toContain('fails');
      expect(thrown(() => f.result())).toBe(error);
      // The pool goes on.
      expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
    });

    test('what is thrown need not be an error', () => {
      using executor = make(1);
      for (const value of [5, 'text', { a: 1 }, false]) {
        expect(executor.submit(task('throws'), value).exception(LIMIT)).toEqual(value);
      }
    });

    test('28: what can not be sent hurts only its own future', () => {
      using executor = make(1);
      const argument = executor.submit(task('same'), () => {});
      expect((argument.exception(LIMIT) as Error).name).toBe('DataCloneError');
      const result = executor.submit(task('uncloneable'));
      expect((result.exception(LIMIT) as Error).name).toBe('DataCloneError');
      const part = executor.submit(task('throwsUncloneable')).exception(LIMIT) as Error;
      expect([part.constructor, part.message]).toEqual([TaskError, 'with a function']);
      expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
    });

    test('what can not run elsewhere is refused at once', () => {
      using executor = make(1);
      const captured = 3;
      expect(() => executor.submit(() => captured)).toThrow(/captured/);
      expect(() => executor.submit(3 as never)).toThrow(TypeError);
      expect(() => executor.submit(parseInt, '1')).toThrow(TypeError);
    });

    test('a promise that can never settle fails', () => {
      using executor = make(1);
      expect(() => executor.submit(task('endless')).result(LIMIT)).toThrow(/never settle/);
      expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
    });

    test('a future that is cancelled in time is not run', () => {
      using executor = make(1);
      const words = new Int32Array(new SharedArrayBuffer(64));
      const busy = new Busy(executor);
      const f = executor.submit(task('record'), words, 1);
      const g = executor.submit(task('record'), words, 2);
      expect(f.cancel()).toBe(true);
      expect(busy.futures[0].cancel()).toBe(false);
      expect(busy.futures[0].running()).toBe(true);
      busy.go.set();
      expect(g.result(LIMIT)).toBe(2);
      expect(wait([f], LIMIT).done.size).toBe(1);
      expect([...words.slice(0, 3)]).toEqual([1, 2, 0]);
      expect(() => f.result()).toThrow(CancelledError);
    });

    test('tasks begin in order', () => {
      using executor = make(1);
      const words = new Int32Array(new SharedArrayBuffer(1024));
      const fs = Array.from({ length: 100 }, (_, i) => executor.submit(task('record'), words, i));
      wait(fs, LIMIT);
      expect([...words.slice(1, 101)]).toEqual(fs.map((_, i) => i));
    });
  });

  describe('map', () => {
    test('23: gives results in order', async () => {
      using executor = make(3);
      expect([...executor.map(task('sleepy'), [0.2, 0, 0.05], [0, 1, 2])]).toEqual([0, 1, 2]);
      const all: unknown[] = [];
      for await (const n of executor.map(task('later'), [50, 1, 20], ['a', 'b', 'c'])) all.push(n);
      expect(all).toEqual(['a', 'b', 'c']);
    });

    test('is an iterator', () => {
      using executor = make(1);
      const results = executor.map(task('same'), [1, 2, 3]);
      expect(results.next()).toEqual({ done: false, value: 1 });
      expect([...results]).toEqual([2, 3]);
      expect(results.next()).toEqual({ done: true, value: undefined });
    });

    test('23: an error ends the iteration', async () => {
      using executor = make(2);
      const results = executor.map(task('inverse'), [1, 2, 0, 4])[Symbol.iterator]();
      expect([results.next().value, results.next().value]).toEqual([1, 0.5]);
      expect(() => results.next()).toThrow('division by zero');
      expect(results.next().done).toBe(true);
      const later = executor.map(task('inverse'), [1, 0, 4])[Symbol.asyncIterator]();
      expect((await later.next()).value).toBe(1);
      await expect(later.next()).rejects.toThrow('division by zero');
      expect((await later.next()).done).toBe(true);
    });

    test('23: stops at the shortest input', () => {
      using executor = make(2);
      expect([...executor.map(task('power'), [2, 3, 4], [3, 2])]).toEqual([8, 9]);
      expect([...executor.map(task('power'), new Set([2, 3]), 'ab'.repeat(3).split(''))]).toHaveLength(2);
      expect([...executor.map(task('same'), [])]).toEqual([]);
    });

    test('24: is eager', () => {
      const words = new Int32Array(new SharedArrayBuffer(64));
      const executor = make(2);
      executor.map(task('record'), new Array<Int32Array>(10).fill(words), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      executor.shutdown();
      expect(words[0]).toBe(10);
    });

    test('24: buffersize takes so many items ahead', () => {
      using executor = make(2);
      const taken: number[] = [];
      function* source(): Generator<number> {
        for (let i = 0; i < 100; i++) {
          taken.push(i);
          yield i;
        }
      }
      const results = executor.map(task('square'), source(), { buffersize: 3 })[Symbol.iterator]();
      until(() => executor.submit(task('same'), 1).result(LIMIT) === 1);
      expect(taken).toEqual([0, 1, 2]);
      expect(results.next().value).toBe(0);
      expect(taken).toEqual([0, 1, 2, 3]);
      expect(results.next().value).toBe(1);
      expect(taken).toEqual([0, 1, 2, 3, 4]);
      expect([...{ [Symbol.iterator]: () => results }]).toEqual(Array.from({ length: 98 }, (_, i) => (i + 2) ** 2));
    });

    test('24: a bad buffersize is refused at the call', () => {
      using executor = make(1);
      for (const buffersize of [0, -1]) expect(() => executor.map(task('same'), [1], { buffersize })).toThrow(ValueError);
      for (const buffersize of [1.5, '2']) {
        expect(() => executor.map(task('same'), [1], { buffersize: buffersize as number })).toThrow(TypeError);
      }
      expect(() => executor.map(task('same'), [1], { chunksize: 0 })).toThrow(ValueError);
      expect(() => executor.map(task('same'), 3 as never)).toThrow(TypeError);
      expect(() => executor.map(task('same'), [1], { size: 1 } as never)).toThrow(TypeError);
      expect([...executor.map(task('same'), [1, 2, 3], { chunksize: 2, buffersize: null, timeout: null })]).toEqual([1, 2, 3]);
    });

    test('24: needs the executor while it has items to submit', () => {
      const executor = make(1);
      const results = executor.map(task('same'), [1, 2, 3, 4], { buffersize: 2 });
      executor.shutdown();
      expect(() => [...results]).toThrow(RuntimeError);
    });

    test('has one timeout for all, and cancels the rest', async () => {
      using executor = make(1);
      const busy = new Busy(executor);
      const took = seconds(() => expect(() => [...executor.map(task('same'), [1, 2], { timeout: 0.1 })]).toThrow(TimeoutError));
      expect(took).toBeGreaterThan(0.09);
      await expect(
        (async () => {
          for await (const n of executor.map(task('same'), [1, 2], { timeout: 0.05 })) expect(n).toBe(0);
        })(),
      ).rejects.toThrow(TimeoutError);
      busy.go.set();
    });

    test('a loop that is left cancels the rest', () => {
      using executor = make(1);
      const words = new Int32Array(new SharedArrayBuffer(64));
      const busy = new Busy(executor);
      const results = executor.map(task('record'), new Array<Int32Array>(3).fill(words), [1, 2, 3]);
      const last = executor.submit(task('same'), 0);
      busy.go.set();
      for (const n of results) {
        expect(n).toBe(1);
        break;
      }
      last.result(LIMIT);
      expect(words[0]).toBeLessThan(4);
      expect([...results]).toEqual([]);
    });

    test('closes the inputs', () => {
      using executor = make(1);
      let closed = 0;
      function* source(): Generator<number> {
        try {
          yield 1;
          yield 2;
        } finally {
          closed++;
        }
      }
      for (const n of executor.map(task('same'), source(), { buffersize: 1 })) {
        expect(n).toBe(1);
        break;
      }
      expect(closed).toBe(1);
      function* bad(): Generator<number> {
        yield 1;
        throw new RangeError('from the input');
      }
      expect(() => executor.map(task('same'), bad())).toThrow('from the input');
    });
  });

  describe('25: shutdown', () => {
    test('without waiting, cancelling what has not begun', () => {
      const executor = make(1);
      const busy = new Busy(executor);
      const queued = Array.from({ length: 5 }, () => executor.submit(task('same'), 1));
      const heard: number[] = [];
      queued.forEach((f, i) => f.add_done_callback(() => heard.push(i)));
      executor.shutdown(false, { cancel_futures: true });
      // Within the call, as in Python.
      expect(heard).toEqual([0, 1, 2, 3, 4]);
      expect(queued.map((f) => f.cancelled())).toEqual([true, true, true, true, true]);
      expect(wait(queued, LIMIT).done.size).toBe(5);
      expect(busy.futures[0].cancelled()).toBe(false);
      expect(() => executor.submit(task('same'), 1)).toThrow(RuntimeError);
      expect(() => executor.submit(task('same'), 1)).toThrow('cannot schedule new futures after shutdown');
      expect(() => executor.map(task('same'), [1])).toThrow(RuntimeError);
      busy.go.set();
      expect(busy.futures[0].result(LIMIT)).toBe('done');
      executor.shutdown({ wait: false });
      executor.shutdown();
      executor.shutdown(true);
    });

    test('without waiting, what is queued is still done', () => {
      const executor = make(1);
      const words = new Int32Array(new SharedArrayBuffer(64));
      const busy = new Busy(executor);
      const queued = [1, 2, 3, 4, 5].map((n) => executor.submit(task('record'), words, n));
      executor.shutdown(false);
      expect(queued.some((f) => f.done())).toBe(false);
      expect(() => executor.submit(task('same'), 1)).toThrow(RuntimeError);
      busy.go.set();
      expect(queued.map((f) => f.result(LIMIT))).toEqual([1, 2, 3, 4, 5]);
      expect([...words.slice(1, 6)]).toEqual([1, 2, 3, 4, 5]);
      executor.shutdown();
    });

    test('leaving the block waits', async () => {
      let f: Future | undefined;
      {
        using executor = make(1);
        f = executor.submit(task('sleepy'), 0.3, 'slept');
      }
      expect(f.done()).toBe(true);
      {
        await using executor = make(1);
        f = executor.submit(task('sleepy'), 0.1, 'slept');
      }
      expect(f.done()).toBe(true);
      expect(f.result()).toBe('slept');
    });

    test('shutdown_async does not block the event loop', async () => {
      const executor = make(1);
      const busy = new Busy(executor);
      let ended = false;
      const end = executor.shutdown_async().then(() => (ended = true));
      await new Promise(setImmediate);
      expect(ended).toBe(false);
      busy.go.set();
      await end;
      expect(busy.futures[0].done()).toBe(true);
    });

    test('of an executor that was never used, and its arguments', async () => {
      make(1).shutdown();
      await make(1).shutdown_async();
      const executor = make(1);
      expect(() => executor.shutdown(1 as never)).toThrow(TypeError);
      expect(() => executor.shutdown(true, { cancel: true } as never)).toThrow(TypeError);
      expect(executor.submit(task('same'), 2).result(LIMIT)).toBe(2);
      executor.shutdown({ cancel_futures: true });
      expect(() => make(0)).toThrow(ValueError);
      expect(() => make(-1)).toThrow(ValueError);
      expect(() => make(1.5)).toThrow(TypeError);
    });
  });

  test('as_completed and wait with tasks', async () => {
    using executor = make(3);
    const fs = [0.2, 0.01, 0.1].map((s) => executor.submit(task('sleepy'), s, s));
    expect([...as_completed(fs)].map((f) => f.result())).toEqual([0.01, 0.1, 0.2]);
    const gs = [1, 2, 3].map((n) => executor.submit(task('same'), n));
    const results: unknown[] = [];
    for await (const g of as_completed(gs)) results.push(g.result());
    expect(results.sort()).toEqual([1, 2, 3]);
    expect(wait(fs).done.size).toBe(3);
  });

  test('a result that is a future is handed on, done or not', () => {
    using executor = make(1);
    const [pending, done] = [new Future<number>(), new Future<number>()];
    done.set_result(5);
    for (const f of [pending, done]) {
      const back = executor.submit(task('same'), f).result(LIMIT) as Future<number>;
      expect([back instanceof Future, back.done()]).toEqual([true, f.done()]);
    }
  });

  test('shutdown_async can be aborted, and goes on', async () => {
    const executor = make(1);
    const busy = new Busy(executor);
    const controller = new AbortController();
    const end = executor.shutdown_async(true, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(end).rejects.toThrow('enough');
    busy.go.set();
    await executor.shutdown_async({ signal: new AbortController().signal });
    await expect(executor.shutdown_async(true, { signal: AbortSignal.abort(new Error('at once')) })).rejects.toThrow('at once');
    await expect(executor.shutdown_async(true, { signal: 5 as never })).rejects.toThrow(TypeError);
  });

  test('an initializer runs once in each worker, before its tasks', () => {
    const words = new Int32Array(new SharedArrayBuffer(64));
    const lock = new Lock();
    using executor = make(2, { initializer: task('initialize'), initargs: [words, { lock, n: 3 }] });
    expect(words[0]).toBe(0);
    expect(executor.submit(task('initializedWith')).result(LIMIT)).toEqual({ lock: expect.any(Lock) as Lock, n: 3 });
    expect(executor.submit(task('same'), 1).result(LIMIT)).toBe(1);
    expect(words[0]).toBe(1);
    using other = make(1, { initializer: task('initializeLater') });
    expect(other.submit(task('initializedWith')).result(LIMIT)).toBe('later');
    expect(() => make(1, { initializer: 3 as never })).toThrow(TypeError);
  });
});
