/** wait and as_completed. Behaviours 21 and 22 of the contract's samples. */
import { TimeoutError, ValueError } from 'nogil';
import {
  ALL_COMPLETED,
  as_completed,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  Future,
  wait,
  wait_async,
} from 'nogil/concurrent/futures';
import { seconds, starter, thrown, waiting } from '../helpers/peers';
import { LIMIT } from './executors';

const start = starter('Thread', __filename);

type Change = 'result' | 'exception' | 'cancel' | 'cancel and notify';

/** Has another thread change futures one after another. */
function change(...changes: [future: Future, after: number, how: Change][]): void {
  start((all) => {
    const { sleep } = require('nogil/time') as { sleep: (s: number) => void };
    for (const [future, after, how] of all) {
      sleep(after);
      if (how === 'result') future.set_result(1);
      else if (how === 'exception') future.set_exception(new RangeError('x'));
      else future.cancel();
      if (how === 'cancel and notify') future.set_running_or_notify_cancel();
    }
  }, changes);
}

const sets = (given: { done: Set<Future>; not_done: Set<Future> }): Set<Future>[] => [given.done, given.not_done];
function done(): Future {
  const f = new Future();
  f.set_result(1);
  return f;
}

describe.each([
  ['wait', (fs: Future[], timeout?: number, when?: never) => Promise.resolve(wait(fs, timeout, when))],
  ['wait_async', (fs: Future[], timeout?: number, when?: never) => wait_async(fs, timeout, when)],
])('21: %s', (_name, waits) => {
  test('folds duplicates, and a timeout is no error', async () => {
    const [a, b] = [new Future(), new Future()];
    const begun = performance.now();
    expect(sets(await waits([a, a, b], 0.1))).toEqual([new Set(), new Set([a, b])]);
    expect(performance.now() - begun).toBeGreaterThan(89);
  });

  test('returns at once what is done', async () => {
    const [a, b] = [done(), new Future()];
    expect(sets(await waits([a, b, a], undefined, FIRST_COMPLETED as never))).toEqual([new Set([a]), new Set([b])]);
    expect(sets(await waits([a, b], 0))).toEqual([new Set([a]), new Set([b])]);
    expect(sets(await waits([]))).toEqual([new Set(), new Set()]);
  });

  test('takes an exception for done', async () => {
    const [a, b] = [done(), new Future()];
    change([b, 0.2, 'exception']);
    expect(sets(await waits([a, b]))).toEqual([new Set([a, b]), new Set()]);
  });

  test('refuses another return_when, where it matters', async () => {
    await expect((async () => waits([new Future()], 1, 'SOME' as never))()).rejects.toThrow(ValueError);
    await expect((async () => waits([3 as never], 1))()).rejects.toThrow(TypeError);
    expect(sets(await waits([done()], 1, ALL_COMPLETED as never))[0].size).toBe(1);
  });

  test('counts a cancelled future once that was seen', async () => {
    const c = new Future();
    change([c, 0.1, 'cancel']);
    const begun = performance.now();
    expect(sets(await waits([c], 0.4, FIRST_COMPLETED as never))).toEqual([new Set(), new Set([c])]);
    expect(performance.now() - begun).toBeGreaterThan(350);
    expect(c.set_running_or_notify_cancel()).toBe(false);
    expect(sets(await waits([c]))).toEqual([new Set([c]), new Set()]);
    const d = new Future();
    change([d, 0.05, 'cancel and notify']);
    expect(sets(await waits([d], LIMIT))[0].size).toBe(1);
  });

  test('22: FIRST_EXCEPTION', async () => {
    const [ok, c, p, bad] = [done(), new Future(), new Future(), new Future()];
    c.cancel();
    c.set_running_or_notify_cancel();
    change([bad, 0.2, 'exception']);
    const begun = performance.now();
    expect(sets(await waits([ok, c, p, bad], 10, FIRST_EXCEPTION as never))).toEqual([new Set([ok, c, bad]), new Set([p])]);
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(sets(await waits([bad, p], 10, FIRST_EXCEPTION as never))).toEqual([new Set([bad]), new Set([p])]);
    const [x, y] = [new Future(), new Future()];
    change([x, 0.1, 'cancel and notify'], [y, 0.2, 'result']);
    expect(sets(await waits([x, y], 10, FIRST_EXCEPTION as never))).toEqual([new Set([x, y]), new Set()]);
  });

  test('leaves nothing behind', async () => {
    const f = new Future();
    await waits([f], 0.01);
    expect(waiting(f)).toBe(0);
    const g = new Future();
    change([g, 0.02, 'result']);
    await waits([f, g], LIMIT, FIRST_COMPLETED as never);
    expect(waiting(f)).toBe(0);
  });
});

describe('arguments of wait', () => {
  test('destructures both ways, and takes options', () => {
    const [a, b] = [done(), new Future()];
    const [finished, rest] = wait([a, b], { timeout: 0 });
    expect([finished, rest]).toEqual([new Set([a]), new Set([b])]);
    expect(wait([a, b], { return_when: FIRST_COMPLETED }).done.size).toBe(1);
    expect(wait([a, b], 1, { return_when: FIRST_COMPLETED }).not_done.size).toBe(1);
    expect(() => wait([a], { timeot: 1 } as never)).toThrow(TypeError);
    function* some(): Generator<Future> {
      yield a;
    }
    expect(wait(some()).done).toEqual(new Set([a]));
  });

  test('callbacks have run when it returns, also those of what was done before', () => {
    for (const look of [wait, (fs: Future[]) => [...as_completed(fs)]]) {
      const f = new Future();
      const log: unknown[] = [];
      f.add_done_callback(() => log.push('called'));
      change([f, 0, 'cancel and notify']);
      const end = performance.now() + LIMIT * 1000;
      while (!f.done() && performance.now() < end);
      look([f]);
      expect(log).toEqual(['called']);
    }
  });

  test('a signal ends wait_async', async () => {
    const f = new Future();
    const reason = new Error('enough');
    await expect(wait_async([f], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const pending = wait_async([f], 10, FIRST_COMPLETED, { signal: controller.signal });
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
    expect(waiting(f)).toBe(0);
  });

  test('a signal that the iterable itself aborts', async () => {
    const f = new Future();
    const controller = new AbortController();
    function* fs(): Generator<Future> {
      controller.abort(new Error('enough'));
      yield f;
    }
    await expect(wait_async(fs(), { signal: controller.signal })).rejects.toThrow('enough');
    expect(waiting(f)).toBe(0);
  });
});

describe('as_completed', () => {
  test('gives futures as they get done', () => {
    const [a, b, c] = [new Future(), new Future(), done()];
    change([b, 0.05, 'result'], [a, 0.1, 'exception']);
    const order: Future[] = [];
    for (const f of as_completed([a, b, c, a])) order.push(f);
    expect(order.map((f) => [a, b, c].indexOf(f))).toEqual([2, 1, 0]);
    expect([...as_completed([])]).toEqual([]);
    const futures = as_completed([a, b]);
    expect([futures.next().value, ...futures]).toEqual([a, b]);
    expect(futures.next().done).toBe(true);
  });

  test('the same for await, where a future is not taken for its result', async () => {
    const [a, b, c] = [new Future(), new Future(), done()];
    change([b, 0.05, 'exception'], [a, 0.1, 'cancel and notify']);
    const order: number[] = [];
    for await (const f of as_completed([a, b, c])) {
      expect(f).toBeInstanceOf(Future);
      order.push([a, b, c].indexOf(f as Future));
    }
    expect(order).toEqual([2, 1, 0]);
  });

  test('has one deadline for all', async () => {
    const [a, b] = [done(), new Future()];
    const got: Future[] = [];
    const took = seconds(() =>
      expect(() => {
        for (const f of as_completed([a, b, new Future()], 0.15)) got.push(f);
      }).toThrow('2 (of 3) futures unfinished'),
    );
    expect(took).toBeGreaterThan(0.13);
    expect(got).toEqual([a]);
    await expect(
      (async () => {
        for await (const f of as_completed([b, a], { timeout: 0.05 })) got.push(f as Future);
      })(),
    ).rejects.toThrow(TimeoutError);
    expect(got).toEqual([a, a]);
    expect(waiting(b)).toBe(0);
    expect(() => as_completed([3 as never])).toThrow(TypeError);
    expect(() => as_completed([], -1)).not.toThrow();
  });

  test('a loop that is left leaves nothing behind', () => {
    const [a, b] = [done(), new Future()];
    for (const f of as_completed([a, b])) {
      expect(f).toBe(a);
      break;
    }
    expect(waiting(b)).toBe(0);
  });

  test('several ask at once', async () => {
    const [a, b] = [new Future(), new Future()];
    const both = as_completed([a, b])[Symbol.asyncIterator]();
    const asked = [both.next(), both.next(), both.next()];
    a.set_result(1);
    b.set_result(2);
    const all = await Promise.all(asked);
    expect(all.map(({ done: over }) => over)).toEqual([false, false, true]);
  });

  test('who leaves ends what was asked before', async () => {
    const f = new Future();
    const futures = as_completed([f])[Symbol.asyncIterator]();
    const asked = [futures.next(), futures.next()];
    await futures.return!();
    expect((await Promise.all(asked)).map(({ done: over }) => over)).toEqual([true, true]);
    expect(waiting(f)).toBe(0);
  });
});

test('100,000 pending futures are waited for at once', () => {
  const fs = Array.from({ length: 100_000 }, () => new Future());
  const call = start(
    (all) => {
      for (const f of all) f.set_result(1);
    },
    fs.slice(0, 20_000),
  );
  // The last of those that get done is not the last in the list.
  const rest = fs.slice(20_000);
  expect(wait(rest, 0.05).not_done.size).toBe(80_000);
  expect(wait(fs.slice(0, 20_000), LIMIT).done.size).toBe(20_000);
  call.join();
  setImmediate(() => undefined);
  for (const f of rest) f.set_result(2);
  expect(wait(fs, LIMIT).done.size).toBe(100_000);
});

test.each([null, undefined, 5, {}])('%p is no iterable of futures', (fs) => {
  expect(() => wait(fs as never)).toThrow(TypeError);
  expect(() => as_completed(fs as never)).toThrow(TypeError);
  expect((thrown(() => wait(fs as never)) as { code?: string }).code).toBe('ERR_TYPE');
});
