import { inspect } from 'node:util';
import { Condition, Lock, RLock, Semaphore } from 'nogil/threading';
import { runScript } from '../helpers/script';
import { type Kind, Log, seconds, shared, starter, terminatePeers, thrown, until, untilWaiting, waiting } from '../helpers/peers';

afterAll(terminatePeers);

describe('Condition', () => {
  it('is made on a Lock or an RLock, or makes its own RLock', () => {
    const condition = new Condition();
    expect(condition.acquire()).toBe(true);
    expect(condition.acquire(false)).toBe(true);
    condition.release();
    condition.release();
    const lock = new Lock();
    const onLock = new Condition(lock);
    onLock.acquire();
    expect(lock.locked()).toBe(true);
    expect(onLock.locked()).toBe(true);
    expect(onLock.acquire(false)).toBe(false);
    onLock.release();
    expect(new Condition({ lock }).locked()).toBe(false);
    expect(new Condition(null).locked()).toBe(false);
  });

  it('is shown with its lock and how many wait', () => {
    const condition = new Condition(new Lock());
    expect(inspect(condition)).toBe('<Condition: <unlocked Lock>, 0 waiting>');
    condition.acquire();
    void condition.wait_async();
    expect(inspect(condition)).toBe('<Condition: <unlocked Lock>, 1 waiting>');
    condition.acquire();
    condition.notify();
    condition.release();
  });

  it.each<[unknown, string]>([
    [new Semaphore(), "'lock' must be a Lock or an RLock, not an instance of Semaphore"],
    [new Condition(), "'lock' must be a Lock or an RLock, not an instance of Condition"],
    [true, "'lock' must be a Lock or an RLock, not true"],
    [{ name: 7 }, "'name' must be a string, not 7"],
  ])('is not made on %p', (lock, message) => {
    const error = thrown(() => new Condition(lock as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(message);
  });

  it('checks its arguments before it does anything', () => {
    const condition = new Condition();
    condition.acquire();
    expect(() => condition.wait('1' as never)).toThrow(TypeError);
    expect(thrown(() => condition.wait(NaN)).name).toBe('ValueError');
    expect(thrown(() => condition.wait(1e12)).name).toBe('OverflowError');
    expect(() => condition.notify(1.5)).toThrow(TypeError);
    expect(() => condition.notify('2' as never)).toThrow(TypeError);
    expect(() => condition.wait_for(1 as never)).toThrow(TypeError);
    expect(() => condition.wait({ tmeout: 1 } as never)).toThrow(TypeError);
    expect(condition.wait({ timeout: 0 })).toBe(false);
    condition.release();
    expect(condition.locked()).toBe(false);
  });

  it('lets an error of the predicate through, with the lock held', () => {
    const condition = new Condition(new Lock());
    condition.acquire();
    const boom = () => {
      throw new Error('boom');
    };
    expect(() => condition.wait_for(boom, 0)).toThrow('boom');
    expect(condition.locked()).toBe(true);
    condition.release();
  });

  it('refuses a predicate that returns a promise, for which wait_for can not wait', async () => {
    const { code, stdout, stderr } = await runScript(
      `const { Condition } = require('nogil/threading');
       const condition = new Condition();
       condition.acquire();
       for (const predicate of [async () => false, async () => { throw new Error('Boom'); }]) {
         try { condition.wait_for(predicate, 1); } catch (error) { console.log(error.name, error.code, error.message); }
       }
       condition.wait_for_async(async () => true, 1).then(console.log);`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const refused =
      "TypeError ERR_TYPE Condition.wait_for(): 'predicate' must not return a promise; wait_for_async() awaits it\n";
    expect(stdout).toBe(`${refused}${refused}true\n`);
    const condition = new Condition();
    condition.acquire();
    let asked = 0;
    // Only after a wait.
    const late = () => (asked++ === 0 ? false : Promise.resolve(true));
    expect(() => condition.wait_for<unknown>(late, 0)).toThrow("'predicate' must not return a promise");
    condition.release();
  });

  it('takes keywords after positions', () => {
    const condition = new Condition(new Lock());
    expect(condition.acquire(true, { timeout: 1 })).toBe(true);
    expect(condition.acquire(true, { timeout: 0 })).toBe(false);
    condition.release();
  });

  it('counts the time of wait_for over all its waits', () => {
    const condition = new Condition();
    condition.acquire();
    const start = starter('worker', __filename);
    const notifier = start((c: Condition) => {
      let n = 0;
      for (const end = Date.now() + 300; Date.now() < end; n++) c.with(() => c.notify_all());
      return n;
    }, condition);
    let asked = 0;
    const passed = seconds(() => expect(condition.wait_for(() => (asked++, 0), 0.15)).toBe(0));
    condition.release();
    notifier.join();
    expect(passed).toBeGreaterThan(0.14);
    expect(passed).toBeLessThan(60);
    // At the beginning, and at the end; and as often as the worker, once it has started, notified.
    expect(asked).toBeGreaterThanOrEqual(2);
  });
});

describe.each<Kind>(['Thread', 'worker'])('Condition between threads (%s)', (kind) => {
  const start = starter(kind, __filename);

  const sleeper = (c: Condition, log: Int32Array, n: number) => {
    c.acquire();
    const notified = c.wait(20);
    log[1 + Atomics.load(log, 0)] = n;
    Atomics.add(log, 0, 1);
    c.release();
    return notified;
  };

  function asleep(condition: Condition, log: Log, count: number) {
    return Array.from({ length: count }, (_, n) => {
      const call = start(sleeper, condition, log.words, n);
      untilWaiting(condition, n + 1);
      return call;
    });
  }

  it.each<[string, () => Lock | RLock]>([
    ['RLock', () => new RLock()],
    ['Lock', () => new Lock()],
  ])('notifies as many as it is told, the first first (%s)', (_name, lock) => {
    const condition = new Condition(lock());
    const log = new Log();
    const calls = asleep(condition, log, 6);
    condition.acquire();
    condition.notify(2);
    expect(waiting(condition)).toBe(4);
    condition.notify({ n: 1 });
    expect(waiting(condition)).toBe(3);
    condition.release();
    until(() => log.values.length === 3);
    expect(new Set(log.values)).toEqual(new Set([0, 1, 2]));
    condition.with(() => condition.notify_all());
    for (const call of calls) expect(call.join()).toBe(true);
    expect(new Set(log.values)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });

  it('does not run who was notified before the lock is free', () => {
    const condition = new Condition();
    const log = new Log();
    const [call] = asleep(condition, log, 1);
    condition.acquire();
    condition.acquire();
    condition.notify();
    condition.release();
    expect(call.done).toBe(false);
    expect(log.values).toEqual([]);
    condition.release();
    expect(call.join()).toBe(true);
  });

  it('does not take a lock that several conditions share for one of them', () => {
    const lock = new Lock();
    const full = new Condition(lock);
    const empty = new Condition(lock);
    const [a, b] = [new Log(), new Log()];
    const [waitsFull] = asleep(full, a, 1);
    const [waitsEmpty] = asleep(empty, b, 1);
    empty.with(() => empty.notify_all());
    expect(waitsEmpty.join()).toBe(true);
    expect([waitsFull.done, waiting(full)]).toEqual([false, 1]);
    full.with(() => full.notify());
    expect(waitsFull.join()).toBe(true);
  });

  it('takes the lock again after its time, however long that takes', () => {
    const lock = new RLock();
    const condition = new Condition(lock);
    const late = start((c: Condition) => c.with(() => c.wait(0.01)), condition);
    untilWaiting(condition, 1);
    condition.acquire();
    // Its time over, it stands in the list of the lock.
    until(() => waiting(condition) === 0);
    untilWaiting(lock, 1);
    condition.notify_all();
    expect(late.done).toBe(false);
    condition.release();
    expect(late.join()).toBe(false);
  });

  it('lends its waiters to each other: a notified one that notifies', () => {
    const condition = new Condition();
    const count = shared(1);
    const calls = Array.from({ length: 5 }, () =>
      start(
        (c: Condition, n: Int32Array) => {
          c.acquire();
          const got = c.wait(20);
          n[0] = n[0] + 1;
          c.notify();
          c.release();
          return got;
        },
        condition,
        count,
      ),
    );
    untilWaiting(condition, 5);
    condition.with(() => condition.notify());
    for (const call of calls) expect(call.join()).toBe(true);
    expect(count[0]).toBe(5);
  });

  it('passes everything through a buffer of three places', () => {
    const lock = new Lock();
    const [notFull, notEmpty] = [new Condition(lock), new Condition(lock)];
    const state = shared(3); // used, put, taken
    const rounds = 400;
    const put = (l: Lock, full: Condition, empty: Condition, s: Int32Array, n: number) => {
      for (let i = 0; i < n; i++) {
        l.with(() => {
          full.wait_for(() => s[0] < 3);
          s[0] = s[0] + 1;
          s[1] = s[1] + 1;
          empty.notify();
        });
      }
    };
    const take = (l: Lock, full: Condition, empty: Condition, s: Int32Array, n: number) => {
      for (let i = 0; i < n; i++) {
        l.with(() => {
          empty.wait_for(() => s[0] > 0);
          s[0] = s[0] - 1;
          s[2] = s[2] + 1;
          full.notify();
        });
      }
    };
    const calls = [put, take, put, take].map((fn) => start(fn, lock, notFull, notEmpty, state, rounds));
    for (const call of calls) call.join();
    expect([...state]).toEqual([0, 2 * rounds, 2 * rounds]);
  });
});
