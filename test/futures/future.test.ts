/** Future: states, results, callbacks. Behaviours 19 and 20 of the contract's samples. */
import { RuntimeError, TimeoutError, ValueError } from 'nogil';
import { CancelledError, Future, InvalidStateError } from 'nogil/concurrent/futures';
import { Event, Lock } from 'nogil/threading';
import { collected } from '../helpers/memory';
import { starter, thrown, untilWaiting } from '../helpers/peers';
import { LIMIT, TASKS } from './executors';

const start = starter('Thread', __filename);
const startForeign = starter('worker', __filename);

describe('19: the state machine', () => {
  test('of one that is cancelled', () => {
    const f = new Future();
    expect([f.done(), f.running(), f.cancelled()]).toEqual([false, false, false]);
    expect([f.cancel(), f.cancel()]).toEqual([true, true]);
    expect([f.cancelled(), f.done(), f.running()]).toEqual([true, true, false]);
    expect(() => f.result()).toThrow(CancelledError);
    expect(() => f.exception()).toThrow(CancelledError);
    expect(() => f.set_result(1)).toThrow(InvalidStateError);
    expect(() => f.set_exception(new Error('x'))).toThrow(InvalidStateError);
    expect(f.set_running_or_notify_cancel()).toBe(false);
    expect(() => f.set_running_or_notify_cancel()).toThrow(RuntimeError);
    expect(f.cancel()).toBe(true);
    expect(f.cancelled()).toBe(true);
  });

  test('of one that runs', () => {
    const f = new Future<number>();
    expect(f.set_running_or_notify_cancel()).toBe(true);
    expect([f.running(), f.done(), f.cancel()]).toEqual([true, false, false]);
    expect(() => f.set_running_or_notify_cancel()).toThrow(RuntimeError);
    f.set_result(5);
    expect([f.cancel(), f.result(), f.exception(), f.cancelled(), f.running()]).toEqual([false, 5, undefined, false, false]);
    expect(() => f.set_result(6)).toThrow(InvalidStateError);
    expect(() => f.set_exception(new Error('x'))).toThrow(InvalidStateError);
    expect(() => f.set_running_or_notify_cancel()).toThrow(RuntimeError);
    expect(f.result()).toBe(5);
  });

  test.each([null, undefined])('set_exception(%p) is as in Python: there was none', (none) => {
    const f = new Future();
    f.set_exception(none);
    expect(f.result()).toBeUndefined();
    expect(f.exception()).toBeUndefined();
  });

  test('straight from pending', () => {
    const f = new Future();
    const error = new RangeError('no');
    f.set_exception(error);
    expect(thrown(() => f.result())).toBe(error);
    expect(f.exception()).toBe(error);
    expect(() => f.set_exception(new Error('x'))).toThrow(InvalidStateError);
    const g = new Future();
    g.set_result(undefined);
    expect(g.done()).toBe(true);
    expect(g.result()).toBeUndefined();
  });

  test('is the same in shared memory', () => {
    for (const share of [true, false]) {
      const f = new Future();
      if (share) f.handle;
      f.set_running_or_notify_cancel();
      if (!share) f.handle;
      expect([f.running(), f.cancel()]).toEqual([true, false]);
      f.set_result([1, { a: 2 }]);
      const g = Future.from(f.handle);
      expect([g.done(), g.cancel(), g.result()]).toEqual([true, false, [1, { a: 2 }]]);
      expect(() => g.set_result(1)).toThrow(InvalidStateError);
    }
  });

  test('what can not be shared is refused, and the future is as before', () => {
    const known = new Future();
    known.handle;
    for (const f of [new Future(), known]) {
      expect(thrown(() => f.set_result(() => {})).name).toBe('DataCloneError');
      expect(f.done()).toBe(false);
      f.set_result(3);
      expect(f.result()).toBe(3);
    }
  });
  test('an outcome is kept when the future is shared later, or again', () => {
    const f = new Future();
    f.set_result({ list: [1, 2] });
    expect(start((g) => (g as Future<{ list: number[] }>).result().list.length, f).result()).toBe(2);
    const g = new Future();
    g.set_exception(Object.assign(new RangeError('far'), { level: 2 }));
    expect(start((h) => String((h.exception() as { level: number }).level), g).result()).toBe('2');
    const c = new Future();
    c.cancel();
    expect(start((h) => h.cancelled(), c).result()).toBe(true);
  });

  test('an outcome may hold the future itself', () => {
    const outcomes = [(f: Future) => ({ f }), (f: Future) => [f], (f: Future) => f];
    for (const outcomeOf of outcomes) {
      const f = new Future();
      const called: unknown[] = [];
      f.add_done_callback((g) => called.push(g));
      const outcome = outcomeOf(f);
      f.set_result(outcome);
      expect(f.done()).toBe(true);
      expect(f.result()).toBe(outcome);
      expect(called).toEqual([f]);
      expect(() => f.set_result(1)).toThrow(InvalidStateError);
    }
    const f = new Future();
    f.set_result([f]);
    expect(start((g) => (g as Future<Future[]>).result()[0].done(), f).result()).toBe(true);
    const e = new Future();
    const error = Object.assign(new RangeError('own'), { future: e });
    e.set_exception(error);
    expect(e.exception()).toBe(error);
    expect(start((g) => (g.exception() as { future: Future }).future.done(), e).result()).toBe(true);
  });

  test('an outcome may hold the future by the time that it is shared', () => {
    const f = new Future<Future[]>();
    const outcome: Future[] = [];
    f.set_result(outcome);
    outcome.push(f);
    expect(start((g) => g.result()[0].done(), f).result()).toBe(true);
    const g = new Future<unknown[]>();
    const late: unknown[] = [];
    g.set_result(late);
    late.push(() => {});
    expect(thrown(() => g.handle).name).toBe('DataCloneError');
    expect([g.done(), g.result()]).toEqual([true, late]);
  });

  test('a getter within the result completes the future first', () => {
    const known = new Future();
    known.handle;
    for (const f of [new Future(), known]) {
      const result = {
        get x() {
          if (!f.done()) f.set_result(1);
          return 2;
        },
      };
      expect(() => f.set_result(result)).toThrow(InvalidStateError);
      expect(f.result()).toBe(1);
    }
  });

  test('shows itself', () => {
    const f = new Future();
    expect(String(f)).toBe('<Future state=pending>');
    f.set_result(new Map());
    expect(String(f)).toBe('<Future state=finished returned Map>');
    const g = new Future();
    g.set_exception(new RangeError('x'));
    expect(String(g)).toBe('<Future state=finished raised RangeError>');
  });
});

describe('between threads', () => {
  test.each([
    ['a thread', start],
    ['a worker of the program', startForeign],
  ])('%s completes what main waits for', (_name, begin) => {
    const f = new Future<{ n: number }>();
    const call = begin((g) => {
      (g as Future).set_result({ n: 7 });
    }, f);
    expect(f.result(LIMIT)).toEqual({ n: 7 });
    call.join();
    expect(f.result()).toBe(f.result());
  });

  test('many wait in many threads', () => {
    const f = new Future<string>();
    const waiting = Array.from({ length: 4 }, () => start((g) => g.result(20), f));
    untilWaiting(f, 4);
    f.set_result('to all');
    expect(waiting.map((call) => call.join())).toEqual(['to all', 'to all', 'to all', 'to all']);
  });

  test('cancel wakes who waits for the result', () => {
    const f = new Future();
    const call = start((g) => g.result(20), f);
    untilWaiting(f, 1);
    expect(f.cancel()).toBe(true);
    expect(call.error()).toBe('CancelledError');
  });

  test('exactly one of many sets the outcome', () => {
    for (let round = 0; round < 20; round++) {
      const f = new Future();
      const go = new Event();
      const calls = [1, 2, 3].map((n) =>
        start(
          (g, event, value) => {
            event.wait(20);
            try {
              g.set_result(value);
              return value;
            } catch (error) {
              if ((error as Error).name !== 'InvalidStateError') throw error;
              return 0;
            }
          },
          f,
          go,
          n,
        ),
      );
      go.set();
      const values = calls.map((call) => call.join()).filter((n) => n !== 0);
      expect(values).toEqual([f.result()]);
    }
  });

  test('an error keeps its class, properties, cause and stack', () => {
    const f = new Future();
    start(
      (g, file) => {
        const { fails } = require(file) as { fails: (text: string) => void };
        try {
          fails('far away');
        } catch (error) {
          g.set_exception(error);
        }
      },
      f,
      TASKS,
    ).join();
    const { TaskError } = require(TASKS) as { TaskError: new () => Error & { detail: object } };
    const error = f.exception() as Error & { detail: object };
    expect(error).toBeInstanceOf(TaskError);
    expect([error.message, error.detail]).toEqual(['far away', { level: 3 }]);
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(error.stack).toContain('fails');
    expect(thrown(() => f.result())).toBe(error);
  });

  test('a result holds primitives, and shared buffers for every reader', () => {
    const lock = new Lock();
    const f = new Future<{ lock: Lock; bytes: Uint8Array }>();
    f.handle;
    const bytes = new Uint8Array(new SharedArrayBuffer(8));
    f.set_result({ lock, bytes });
    const readers = Array.from({ length: 3 }, () =>
      start((g) => {
        const { lock, bytes } = (g as Future<{ lock: Lock; bytes: Uint8Array }>).result();
        lock.with(() => bytes[0]++);
      }, f),
    );
    for (const reader of readers) reader.join();
    expect(bytes[0]).toBe(3);
    expect(Future.from(f.handle).result()).toEqual({ lock: expect.any(Lock) as Lock, bytes });
  });

  test('a name is the same future everywhere', () => {
    const f = new Future({ name: 'test/futures: named' });
    start(() =>
      new (require('nogil/concurrent/futures') as { Future: typeof Future }).Future({ name: 'test/futures: named' }).set_result(
        4,
      ),
    ).join();
    expect(f.result(LIMIT)).toBe(4);
    expect(() => new Lock({ name: 'test/futures: named' })).toThrow(ValueError);
  });

  test('a handle of another class is refused, and one of a future that is gone', () => {
    expect(() => Future.from(new Lock().handle)).toThrow(ValueError);
    expect(() => Future.from({ nogil: 'Future', cell: 77_777, generation: 3 })).toThrow(ValueError);
  });
});

describe('timeouts', () => {
  test('result and exception give up', () => {
    const f = new Future();
    for (const wait of [() => f.result(0.1), () => f.exception({ timeout: 0.1 })]) {
      const begun = performance.now();
      expect(wait).toThrow(TimeoutError);
      expect(performance.now() - begun).toBeGreaterThan(90);
    }
    expect(() => f.result(0)).toThrow(TimeoutError);
    expect(() => f.result(-5)).toThrow(TimeoutError);
    expect(() => f.result(NaN)).toThrow(ValueError);
    expect(() => f.result('1' as never)).toThrow(TypeError);
    expect(() => f.result({ timeot: 1 } as never)).toThrow(TypeError);
    f.set_result(1);
    expect([f.result(0), f.result(-1), f.exception(0)]).toEqual([1, 1, undefined]);
  });

  test('of the async twins', async () => {
    const f = new Future();
    await expect(f.result_async(0.05)).rejects.toThrow(TimeoutError);
    await expect(f.exception_async({ timeout: 0 })).rejects.toThrow(TimeoutError);
    const reason = new Error('enough');
    await expect(f.result_async({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const pending = f.result_async(10, { signal: controller.signal });
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
    setTimeout(() => f.set_exception(new RangeError('late')), 10);
    await expect(f.exception_async(LIMIT)).resolves.toBeInstanceOf(RangeError);
    await expect(f.result_async()).rejects.toThrow('late');
    const c = new Future();
    setTimeout(() => c.cancel(), 10);
    await expect(c.result_async()).rejects.toThrow(CancelledError);
  });
});

describe('thenable', () => {
  test('await gives the result or throws', async () => {
    const f = new Future<number>();
    const call = start((g) => (g as Future).set_result(9), f);
    expect(await f).toBe(9);
    expect(await f).toBe(9);
    call.join();
    const g = new Future();
    g.set_exception(new RangeError('x'));
    await expect(g.then()).rejects.toThrow(RangeError);
    expect(await g.catch((error: unknown) => (error as Error).name)).toBe('RangeError');
    let last = 0;
    await f.finally(() => (last = 1));
    expect(last).toBe(1);
    expect(await Promise.all([f, f.then((n) => n + 1)])).toEqual([9, 10]);
  });
});

describe('20: done callbacks', () => {
  test('in order, with the future, whatever one throws', () => {
    const f = new Future();
    const log: unknown[] = [];
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    f.add_done_callback((g) => log.push(1, g === f));
    f.add_done_callback(() => {
      log.push(2);
      throw new RangeError('in a callback');
    });
    f.add_done_callback(() => log.push(3));
    start((g) => g.set_result(1), f).join();
    f.result();
    expect(log).toEqual([1, true, 2, 3]);
    expect(String(stderr.mock.calls[0][0])).toMatch(/exception calling callback[^]*RangeError: in a callback/);
    stderr.mockRestore();
  });

  test('one that throws what has no text', () => {
    const f = new Future();
    const log: unknown[] = [];
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const silent = Object.defineProperty(new Error(), 'stack', {
      get() {
        throw new Error('no stack');
      },
    });
    for (const thrown of [Object.create(null), silent]) {
      f.add_done_callback(() => {
        throw thrown;
      });
    }
    f.add_done_callback(() => log.push(3));
    f.set_result(1);
    expect(log).toEqual([3]);
    expect(stderr.mock.calls.map(([text]) => text)).toEqual(
      new Array(2).fill(
        'exception calling callback for <Future state=finished returned number>\na value that can not be shown\n',
      ),
    );
    stderr.mockRestore();
  });

  test('what the promise of one rejects with is reported as well', async () => {
    const f = new Future();
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    f.add_done_callback(async () => {
      await Promise.resolve();
      throw new RangeError('in an async callback');
    });
    f.set_result(1);
    await new Promise(setImmediate);
    expect(String(stderr.mock.calls[0][0])).toMatch(/exception calling callback[^]*RangeError: in an async callback/);
    stderr.mockRestore();
  });

  test('from the event loop of the thread that added them', async () => {
    const f = new Future();
    const seen = new Promise((resolve) => f.add_done_callback(resolve));
    start((g) => g.set_result(1), f).join();
    // A promise that is resolved with a future waits for its result.
    expect(await seen).toBe(1);
  });

  test('at once where it is done; twice where added twice', () => {
    const f = new Future();
    let n = 0;
    const count = (): number => n++;
    f.add_done_callback(count);
    f.add_done_callback(count);
    f.set_result(1);
    expect(n).toBe(2);
    f.add_done_callback(count);
    expect(n).toBe(3);
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    f.add_done_callback(() => {
      throw new Error('x');
    });
    expect(stderr).toHaveBeenCalledTimes(1);
    stderr.mockRestore();
    expect(f.result()).toBe(1);
    expect(() => f.add_done_callback(3 as never)).toThrow(TypeError);
  });

  test('on cancel, once', () => {
    const f = new Future();
    const log: boolean[] = [];
    f.add_done_callback((g) => log.push(g.cancelled()));
    f.cancel();
    f.cancel();
    f.set_running_or_notify_cancel();
    expect(log).toEqual([true]);
  });

  test('of a future that nobody else holds', async () => {
    let n = 0;
    for (let i = 0; i < 20; i++) {
      const f = new Future();
      f.add_done_callback(() => n++);
      start((g) => g.set_result(1), f);
    }
    await collected(() => n === 20);
  });

  test('a callback may add another, and wait for others', () => {
    const f = new Future();
    const g = new Future();
    const log: number[] = [];
    f.add_done_callback(() => {
      log.push(1);
      f.add_done_callback(() => log.push(2));
      log.push(g.result(LIMIT) as number);
    });
    f.add_done_callback(() => log.push(4));
    start(
      (f, g) => {
        f.set_result(0);
        g.set_result(3);
      },
      f,
      g,
    );
    f.result(LIMIT);
    expect(log).toEqual([1, 2, 3, 4]);
  });
});
