import { inspect } from 'node:util';
import { OverflowError, RuntimeError, ValueError } from 'nogil';
import { Lock } from 'nogil/threading';
import { type Kind, seconds, shared, starter, terminatePeers, thrown, until, untilWaiting } from '../helpers/peers';

afterAll(terminatePeers);

describe('Lock', () => {
  it('takes no argument but options', () => {
    expect(new Lock().locked()).toBe(false);
    expect(() => new Lock({ name: 5 as never })).toThrow("'name' must be a string, not 5");
  });

  it.each<[unknown[], string]>([
    [['yes'], "Lock.acquire(): 'blocking' must be a boolean, not 'yes'"],
    [[true, '1'], "Lock.acquire(): 'timeout' must be a number of seconds, not '1'"],
    [[true, []], "'timeout' must be a number of seconds, not an instance of Array"],
    [[true, { blocking: false }], "Lock.acquire() got 'blocking' twice: by position and as an option"],
    [[true, { timeot: 1 }], "Lock.acquire() got an unexpected option 'timeot' (known: blocking, timeout)"],
    [[true, { timeout: '1' }], "'timeout' must be a number of seconds, not '1'"],
    [[{ timeout: 1 }, { timeout: 1 }], "'blocking' must be a boolean, not an instance of Object"],
    [[{ timeot: 1 }], "Lock.acquire() got an unexpected option 'timeot' (known: blocking, timeout)"],
    [[new Lock()], "'blocking' must be a boolean, not an instance of Lock"],
    [[true, 1n], "'timeout' must be a number of seconds, not 1"],
  ])('acquire(...%o) is a TypeError, before anything happens', (args, message) => {
    const lock = new Lock();
    const error = thrown(() => lock.acquire(...(args as never[])));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(message);
    expect(lock.locked()).toBe(false);
    lock.acquire();
    expect(() => lock.acquire(...(args as never[]))).toThrow(TypeError);
  });

  it('takes keywords for positions', () => {
    const lock = new Lock();
    expect(lock.acquire({ blocking: true, timeout: 1 })).toBe(true);
    expect(lock.acquire({ blocking: false })).toBe(false);
    expect(lock.acquire({ timeout: 0 })).toBe(false);
    expect(lock.acquire(true, 0)).toBe(false);
    lock.release();
    expect(lock.acquire(null as never, null)).toBe(true);
  });

  it('takes keywords after positions', async () => {
    const lock = new Lock();
    expect(lock.acquire(true, { timeout: 1 })).toBe(true);
    expect(lock.acquire(true, { timeout: 0 })).toBe(false);
    expect(lock.acquire(false, {})).toBe(false);
    expect(lock.acquire(undefined, { timeout: 0 })).toBe(false);
    expect(thrown(() => lock.acquire(false, { timeout: 1 }))).toBeInstanceOf(ValueError);
    const { signal } = new AbortController();
    expect(await lock.acquire_async(true, { timeout: 0.001 })).toBe(false);
    expect(await lock.acquire_async(true, { timeout: 0.001, signal })).toBe(false);
    expect(await lock.acquire_async(false, { signal })).toBe(false);
    await expect(lock.acquire_async(true, { timeout: 60, signal: AbortSignal.timeout(1) })).rejects.toThrow('timeout');
    lock.release();
  });

  it('says what is wrong with errors that have a code', () => {
    expect(thrown(() => new Lock().release())).toMatchObject({
      name: 'RuntimeError',
      code: 'ERR_RUNTIME',
      message: 'release unlocked lock',
    });
    expect(thrown(() => new Lock().release())).toBeInstanceOf(RuntimeError);
    expect(thrown(() => new Lock().acquire(false, 1))).toBeInstanceOf(ValueError);
    expect(thrown(() => new Lock().acquire(true, Infinity))).toBeInstanceOf(OverflowError);
    expect(thrown(() => new Lock().acquire(true, Infinity))).toBeInstanceOf(RangeError);
    expect(thrown(() => new Lock().acquire(true, -Infinity))).toMatchObject({ name: 'ValueError', code: 'ERR_VALUE' });
  });

  it('times out, not too soon', () => {
    const lock = new Lock();
    lock.acquire();
    const passed = seconds(() => expect(lock.acquire(true, 0.05)).toBe(false));
    expect(passed).toBeGreaterThan(0.045);
    lock.release();
    expect(lock.acquire(true, 1e-9)).toBe(true);
    expect(lock.acquire(true, 1e-9)).toBe(false);
  });

  it('holds for the time of `with`, whatever its function does', async () => {
    const lock = new Lock();
    expect(lock.with(() => lock.locked())).toBe(true);
    expect(lock.locked()).toBe(false);
    expect(() =>
      lock.with(() => {
        throw new Error('boom');
      }),
    ).toThrow('boom');
    expect(lock.locked()).toBe(false);
    const promise = lock.with(async () => {
      await new Promise(setImmediate);
      return lock.locked();
    });
    expect(lock.locked()).toBe(true);
    expect(await promise).toBe(true);
    expect(lock.locked()).toBe(false);
    await expect(lock.with(() => Promise.reject(new Error('later')))).rejects.toThrow('later');
    expect(lock.locked()).toBe(false);
  });

  it('is released once by what `enter` gives', async () => {
    const lock = new Lock();
    const held = lock.enter();
    expect(lock.locked()).toBe(true);
    held[Symbol.dispose]();
    expect(lock.locked()).toBe(false);
    lock.acquire();
    held[Symbol.dispose]();
    expect(lock.locked()).toBe(true);
    lock.release();
    const other = await lock.enter_async();
    expect(lock.locked()).toBe(true);
    await other[Symbol.asyncDispose]();
    expect(lock.locked()).toBe(false);
    {
      using _held = lock.enter();
      expect(lock.locked()).toBe(true);
    }
    expect(lock.locked()).toBe(false);
  });

  it('is released by with() whatever is wrong with what its function returned', () => {
    const lock = new Lock();
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(() => lock.with(() => proxy)).toThrow(TypeError);
    expect(lock.locked()).toBe(false);
  });

  it('shows its state', () => {
    const lock = new Lock({ name: 'shown' });
    expect(inspect(lock)).toBe("<unlocked Lock 'shown'>");
    lock.acquire();
    expect(inspect(lock)).toBe("<locked Lock 'shown'>");
    lock.release();
    expect(inspect(new Lock())).toBe('<unlocked Lock>');
  });

  it('may be released by a reference other than the one that took it', () => {
    const lock = new Lock();
    lock.acquire();
    Lock.from(lock.handle).release();
    expect(lock.locked()).toBe(false);
  });
});

describe.each<Kind>(['Thread', 'worker'])('Lock between threads (%s)', (kind) => {
  const start = starter(kind, __filename);

  it('is released by another thread than took it', () => {
    const lock = new Lock();
    lock.acquire();
    const other = start((l: Lock) => {
      l.release();
      l.acquire();
    }, lock);
    other.join();
    expect(lock.locked()).toBe(true);
    lock.release();
  });

  it('blocks until it is released, and no longer than asked', () => {
    const lock = new Lock();
    lock.acquire();
    const blocked = start((l: Lock) => l.acquire(), lock);
    untilWaiting(lock, 1);
    const late = start((l: Lock) => l.acquire(true, 0.05), lock);
    expect(late.join()).toBe(false);
    expect(blocked.done).toBe(false);
    lock.release();
    expect(blocked.join()).toBe(true);
    expect(lock.locked()).toBe(true);
  });

  it('keeps a held lock held when it first leaves its thread', () => {
    const lock = new Lock();
    lock.acquire();
    expect(start((l: Lock) => [l.locked(), l.acquire(false)], lock).join()).toEqual([true, false]);
    lock.release();
    expect(start((l: Lock) => [l.locked(), l.acquire(false)], lock).join()).toEqual([false, true]);
  });

  it('excludes: four threads count without losing one', () => {
    const lock = new Lock();
    const counter = shared(1);
    const rounds = 3000;
    const count = (l: Lock, c: Int32Array, n: number) => {
      for (let i = 0; i < n; i++) {
        l.acquire();
        c[0] = c[0] + 1;
        l.release();
      }
    };
    const calls = [0, 1, 2, 3].map(() => start(count, lock, counter, rounds));
    for (const call of calls) call.join();
    expect(counter[0]).toBe(4 * rounds);
  });

  it('serves every waiter, in whatever way each of them waits', () => {
    const lock = new Lock();
    lock.acquire();
    const calls = [
      start((l: Lock) => l.with(() => 'with'), lock),
      start((l: Lock) => (l.acquire(true, 20), l.release(), 'timeout'), lock),
      start(async (l: Lock) => (await l.acquire_async(), l.release(), 'async'), lock),
      start((l: Lock) => (l.acquire({ timeout: -1 }), l.release(), 'keyword'), lock),
    ];
    untilWaiting(lock, 4);
    lock.release();
    expect(calls.map((call) => call.join())).toEqual(['with', 'timeout', 'async', 'keyword']);
    until(() => !lock.locked());
  });
});
