import { RWLock } from 'nogil/threading';
import { type Kind, Log, seconds, shared, starter, terminatePeers, thrown, until, untilWaiting, waiting } from '../helpers/peers';

afterAll(terminatePeers);

describe('RWLock', () => {
  it('is held by many to read, or by one to write', () => {
    const lock = new RWLock();
    const [read, write] = [lock.read(), lock.write()];
    expect([read.acquire(), read.acquire(), write.acquire(false), read.locked(), write.locked()]).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
    read.release();
    expect(write.acquire(true, 0.01)).toBe(false);
    read.release();
    expect([write.acquire(), read.acquire(false), write.acquire(false), read.locked(), write.locked()]).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
    write.release();
    expect([read.locked(), write.locked()]).toEqual([false, false]);
  });

  it('is released by the side that took it only', () => {
    const lock = new RWLock();
    expect(thrown(() => lock.read().release()).name).toBe('RuntimeError');
    expect(thrown(() => lock.write().release()).message).toBe('release of an RWLock that is not held for writing');
    lock.write().acquire();
    expect(thrown(() => lock.read().release()).message).toContain('for reading');
    lock.write().release();
    lock.read().acquire();
    expect(thrown(() => lock.write().release()).name).toBe('RuntimeError');
    lock.read().release();
    expect(thrown(() => lock.read().release()).name).toBe('RuntimeError');
  });

  it.each(['read', 'write'] as const)('checks the arguments of %s().acquire', (side) => {
    const view = new RWLock()[side]();
    expect(() => view.acquire('x' as never)).toThrow(TypeError);
    expect(() => view.acquire({ timout: 1 } as never)).toThrow(TypeError);
    expect(thrown(() => view.acquire(false, 1)).name).toBe('ValueError');
    expect(thrown(() => view.acquire(true, -2)).name).toBe('ValueError');
    expect(thrown(() => view.acquire(true, 1e10)).name).toBe('OverflowError');
    expect(view.locked()).toBe(false);
    expect(view.acquire({ blocking: true, timeout: 0 })).toBe(true);
    view.release();
    expect(view.acquire(true, { timeout: 1 })).toBe(true);
    view.release();
    expect(thrown(() => view.acquire(false, { timeout: 1 })).name).toBe('ValueError');
  });

  it.each(['read', 'write'] as const)('is held for the time of %s().with and enter', async (side) => {
    const view = new RWLock()[side]();
    expect(view.with(() => view.locked())).toBe(true);
    expect(await view.with(async () => view.locked())).toBe(true);
    using held = view.enter();
    expect(view.locked()).toBe(true);
    held[Symbol.dispose]();
    const other = await view.enter_async();
    expect(view.locked()).toBe(true);
    other[Symbol.dispose]();
    expect(view.locked()).toBe(false);
  });

  it('times out', () => {
    const lock = new RWLock();
    lock.write().acquire();
    expect(seconds(() => expect(lock.read().acquire(true, 0.05)).toBe(false))).toBeGreaterThan(0.045);
    expect(waiting(lock)).toBe(0);
    lock.write().release();
    expect(lock.read().acquire(false)).toBe(true);
  });
});

describe.each<Kind>(['Thread', 'worker'])('RWLock between threads (%s)', (kind) => {
  const start = starter(kind, __filename);
  const read = (l: RWLock, log: Int32Array, n: number) => {
    l.read().acquire();
    log[1 + Atomics.add(log, 0, 1)] = n;
    l.read().release();
  };
  const write = (l: RWLock, log: Int32Array, n: number) => {
    l.write().acquire();
    log[1 + Atomics.add(log, 0, 1)] = n;
    l.write().release();
  };

  it('lets readers that come after a waiting writer wait behind it', () => {
    const lock = new RWLock();
    const log = new Log();
    lock.read().acquire();
    const calls = [write, read, write, read].map((fn, n) => {
      const call = start(fn, lock, log.words, n);
      untilWaiting(lock, n + 1);
      return call;
    });
    expect(lock.read().acquire(false)).toBe(false);
    expect(log.values).toEqual([]);
    lock.read().release();
    for (const call of calls) call.join();
    expect(log.values).toEqual([0, 1, 2, 3]);
    expect([lock.read().locked(), lock.write().locked(), waiting(lock)]).toEqual([false, false, 0]);
  });

  it('lets readers in that waited behind a writer whose time has passed', () => {
    const lock = new RWLock();
    const log = new Log();
    lock.read().acquire();
    const writer = start((l: RWLock) => l.write().acquire(true, 0.2), lock);
    untilWaiting(lock, 1);
    const reader = start(read, lock, log.words, 7);
    expect(writer.join()).toBe(false);
    reader.join();
    expect(log.values).toEqual([7]);
    expect(lock.write().acquire(false)).toBe(false);
    lock.read().release();
    expect(lock.write().acquire(false)).toBe(true);
  });

  it('lets readers in side by side', () => {
    const lock = new RWLock();
    const inside = shared(1);
    lock.write().acquire();
    const calls = [1, 2, 3].map(() =>
      start(
        (l: RWLock, n: Int32Array) =>
          l.read().with(() => {
            Atomics.add(n, 0, 1);
            while (Atomics.load(n, 0) < 3);
          }),
        lock,
        inside,
      ),
    );
    untilWaiting(lock, 3);
    lock.write().release();
    for (const call of calls) call.join();
  });

  it('excludes writers from writers and readers', () => {
    const lock = new RWLock();
    const words = shared(3); // two halves that writers keep the same; errors
    const calls = [0, 1, 2, 3].map((n) =>
      start(
        (l: RWLock, w: Int32Array, writes: boolean) => {
          for (let i = 0; i < 1500; i++) {
            if (writes || i % 50 === 0) {
              l.write().acquire();
              w[0] = w[0] + 1;
              w[1] = w[1] + 1;
              l.write().release();
            } else {
              l.read().acquire();
              if (w[0] !== w[1]) Atomics.add(w, 2, 1);
              l.read().release();
            }
          }
        },
        lock,
        words,
        n === 0,
      ),
    );
    for (const call of calls) call.join();
    expect([...words]).toEqual([1590, 1590, 0]);
  });

  it('does not starve a writer behind readers that come and go', () => {
    const lock = new RWLock();
    const stop = shared(1);
    const readers = [1, 2].map(() =>
      start(
        (l: RWLock, s: Int32Array) => {
          while (!Atomics.load(s, 0)) l.read().with(() => {});
        },
        lock,
        stop,
      ),
    );
    for (let i = 0; i < 50; i++) {
      expect(lock.write().acquire(true, 20)).toBe(true);
      lock.write().release();
    }
    Atomics.store(stop, 0, 1);
    for (const reader of readers) reader.join();
    until(() => !lock.read().locked());
  });

  it.each(['read', 'write'] as const)('crosses threads as its %s() view', (side) => {
    if (kind === 'worker') return; // a view has no handle of its own
    const lock = new RWLock();
    const call = start((view: ReturnType<RWLock['read']>) => {
      view.acquire();
      return view.locked();
    }, lock[side]());
    expect(call.join()).toBe(true);
    expect(lock[side]().locked()).toBe(true);
    lock[side]().release();
  });
});
