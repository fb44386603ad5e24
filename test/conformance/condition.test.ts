/** Behaviours 04 to 08 of `threading`. */
import { Condition, Semaphore } from 'nogil/threading';
import { Log, seconds, starter, thrown, until, waiting } from '../helpers/peers';

const start = starter('Thread', __filename);

const sleeper = (c: Condition, log: Int32Array, n: number, timeout: number) => {
  c.acquire();
  Atomics.add(log, 255, 1);
  const notified = c.wait(timeout);
  log[1 + Atomics.load(log, 0)] = n;
  Atomics.add(log, 0, 1);
  c.release();
  return notified;
};

/** A worker that is certainly in `wait`. */
function confirmed(condition: Condition, log: Log, n: number, timeout = 10) {
  const before = Atomics.load(log.words, 255);
  const call = start(sleeper, condition, log.words, n, timeout);
  until(() => Atomics.load(log.words, 255) > before);
  condition.acquire();
  condition.release();
  return call;
}

/** What a helper worker's non-blocking attempt gives. */
function another(condition: Condition): boolean {
  return start((c: Condition) => c.acquire(false) && (c.release(), true), condition).join();
}

describe('04. ownership is required, but wait_for looks at the predicate first', () => {
  const calls: [string, (c: Condition) => unknown][] = [
    ['wait()', (c) => c.wait()],
    ['wait(0)', (c) => c.wait(0)],
    ['notify()', (c) => c.notify()],
    ['notify(0)', (c) => c.notify(0)],
    ['notify_all()', (c) => c.notify_all()],
  ];

  it.each(calls)('%s needs the lock', (_name, call) => {
    expect(thrown(() => call(new Condition())).name).toBe('RuntimeError');
  });

  it('wait_for needs it only if it has to wait', () => {
    const condition = new Condition();
    expect(condition.wait_for(() => 'yes')).toBe('yes');
    let asked = 0;
    expect(thrown(() => condition.wait_for(() => (asked++, 0))).name).toBe('RuntimeError');
    expect(asked).toBe(1);
  });

  it('it must be held by the caller', () => {
    const condition = new Condition();
    const [held, leave] = [new Semaphore(0), new Semaphore(0)];
    const holder = start(
      (c: Condition, h: Semaphore, l: Semaphore) => {
        c.acquire();
        h.release();
        l.acquire();
        c.release();
      },
      condition,
      held,
      leave,
    );
    held.acquire();
    expect(thrown(() => condition.notify()).name).toBe('RuntimeError');
    expect(thrown(() => condition.wait(0)).name).toBe('RuntimeError');
    leave.release();
    holder.join();
  });

  it('notifying nobody does nothing', () => {
    const condition = new Condition();
    condition.acquire();
    condition.notify(0);
    condition.notify(-3);
    condition.notify_all();
    expect(condition.wait(0)).toBe(false);
    condition.release();
  });
});

describe('05. wait lets go of the whole depth and puts it back', () => {
  it('after a notification', () => {
    const condition = new Condition();
    const [told, tried] = [new Semaphore(0), new Semaphore(0)];
    const worker = start(
      (c: Condition, t: Semaphore, go: Semaphore) => {
        for (let i = 0; i < 3; i++) c.acquire();
        t.release();
        const got: unknown[] = [c.wait()];
        for (let i = 0; i < 3; i++) {
          t.release();
          go.acquire();
          c.release();
        }
        t.release();
        try {
          c.release();
        } catch (error) {
          got.push((error as Error).name);
        }
        return got;
      },
      condition,
      told,
      tried,
    );
    told.acquire();
    expect(condition.acquire(true, 5)).toBe(true);
    until(() => waiting(condition) === 1);
    condition.notify();
    condition.release();
    for (let i = 0; i < 3; i++) {
      told.acquire();
      expect(another(condition)).toBe(false);
      tried.release();
    }
    told.acquire();
    expect(another(condition)).toBe(true);
    expect(worker.join()).toEqual([true, 'RuntimeError']);
  });

  it('after a timeout', () => {
    const condition = new Condition();
    condition.acquire();
    condition.acquire();
    expect(condition.wait(0.05)).toBe(false);
    condition.release();
    expect(another(condition)).toBe(false);
    condition.release();
    expect(thrown(() => condition.release()).name).toBe('RuntimeError');
  });
});

describe('06. notifications', () => {
  it('are not stored', () => {
    const condition = new Condition();
    condition.acquire();
    condition.notify();
    condition.notify_all();
    const passed = seconds(() => expect(condition.wait(0.15)).toBe(false));
    expect(passed).toBeGreaterThanOrEqual(0.135);
    expect(passed).toBeLessThan(60);
    condition.release();
  });

  it('are not eaten by a waiter that timed out', () => {
    const condition = new Condition();
    const log = new Log();
    const a = confirmed(condition, log, 0, 0.1);
    const b = confirmed(condition, log, 1);
    expect(a.join()).toBe(false);
    condition.acquire();
    condition.notify(1);
    condition.release();
    expect(b.join()).toBe(true);
    expect(log.values).toEqual([0, 1]);
  });
});

it.each([1, 2, 3, 4, 5])('07. waiters are woken in the order in which they began to wait (%p)', () => {
  const condition = new Condition();
  const log = new Log();
  const calls = [0, 1, 2, 3, 4].map((n) => confirmed(condition, log, n));
  for (let n = 0; n < 5; n++) {
    condition.acquire();
    condition.notify();
    condition.release();
    until(() => log.values.length > n);
    expect(log.values.length).toBe(n + 1);
    expect(waiting(condition)).toBe(4 - n);
  }
  expect(log.values).toEqual([0, 1, 2, 3, 4]);
  for (const call of calls) expect(call.join()).toBe(true);
});

describe('08. wait_for: what it returns, and how often it asks', () => {
  it.each<[unknown, number, number]>([
    ['abc', 0, 1],
    ['', 0, 2],
    [0, 0.05, 2],
    [undefined, -5, 2],
  ])('%p, timeout %p: asked %p times', (value, timeout, times) => {
    const condition = new Condition();
    condition.acquire();
    let asked = 0;
    const ask = () => {
      asked++;
      return value;
    };
    expect(condition.wait_for(ask, timeout)).toBe(value);
    expect(asked).toBe(times);
    condition.release();
  });
});
