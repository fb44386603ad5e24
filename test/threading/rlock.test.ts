import { inspect } from 'node:util';
import { Condition, RLock, Semaphore, ThreadError } from 'nogil/threading';
import { eventually, type Kind, shared, starter, terminatePeers, thrown, untilWaiting, waiting } from '../helpers/peers';

afterAll(terminatePeers);

const free = (lock: RLock) => starter('worker', __filename)((l: RLock) => l.acquire(false) && (l.release(), true), lock).join();

describe('RLock', () => {
  it('is its owner’s as often as that one takes it', () => {
    const lock = new RLock();
    expect(lock.locked()).toBe(false);
    for (let i = 0; i < 1000; i++) expect(lock.acquire()).toBe(true);
    for (let i = 0; i < 1000; i++) {
      expect(lock.locked()).toBe(true);
      lock.release();
    }
    expect(lock.locked()).toBe(false);
    expect(thrown(() => lock.release())).toMatchObject({
      name: 'RuntimeError',
      code: 'ERR_RUNTIME',
      message: 'cannot release un-acquired lock',
    });
    expect(lock.acquire(true, 1)).toBe(true);
    expect(lock.acquire(false)).toBe(true);
    expect(lock.acquire({ timeout: 0 })).toBe(true);
    expect(lock.acquire(true, { timeout: 1 })).toBe(true);
    expect(thrown(() => lock.acquire(false, { timeout: 1 })).name).toBe('ValueError');
  });

  it('nests `with` and `enter`', () => {
    const lock = new RLock();
    lock.with(() => {
      using _held = lock.enter();
      lock.with(() => expect(free(lock)).toBe(false));
      expect(free(lock)).toBe(false);
    });
    expect(lock.locked()).toBe(false);
    expect(free(lock)).toBe(true);
  });

  it('shows its state', () => {
    const lock = new RLock();
    lock.acquire();
    expect(inspect(lock)).toBe('<locked RLock>');
  });

  it('is one lock for all tasks of a thread', async () => {
    const lock = new RLock();
    await Promise.all([lock.acquire_async(), lock.acquire_async(), lock.acquire_async(false)]);
    lock.release();
    lock.release();
    expect(free(lock)).toBe(false);
    lock.release();
    expect(free(lock)).toBe(true);
  });
});

describe.each<Kind>(['Thread', 'worker'])('RLock between threads (%s)', (kind) => {
  const start = starter(kind, __filename);

  it('is not another thread’s to take or to release', () => {
    const lock = new RLock();
    lock.acquire();
    lock.acquire();
    const stranger = (l: RLock) => {
      const got = [l.acquire(false), l.acquire(true, 0.02), l.locked()];
      try {
        l.release();
      } catch (error) {
        got.push((error as Error).name as never);
      }
      return got;
    };
    for (let depth = 2; depth > 0; depth--) {
      expect(start(stranger, lock).join()).toEqual([false, false, true, 'RuntimeError']);
      lock.release();
    }
    expect(() => lock.release()).toThrow(ThreadError);
  });

  it('keeps its depth when it first leaves its thread', () => {
    const lock = new RLock();
    lock.acquire();
    lock.acquire();
    start((l: RLock) => l.locked(), lock).join();
    lock.release();
    expect(lock.locked()).toBe(true);
    lock.release();
    expect(lock.locked()).toBe(false);
  });

  it('starts anew at depth one with each owner', () => {
    const lock = new RLock();
    lock.acquire();
    lock.acquire();
    const waiter = start((l: RLock) => {
      l.acquire();
      l.release();
      return l.locked();
    }, lock);
    untilWaiting(lock, 1);
    lock.release();
    lock.release();
    expect(waiter.join()).toBe(false);
    lock.acquire();
    lock.release();
    expect(lock.locked()).toBe(false);
  });

  it('excludes at every depth', () => {
    const lock = new RLock();
    const counter = shared(1);
    const count = (l: RLock, c: Int32Array) => {
      for (let i = 0; i < 1500; i++) {
        l.acquire();
        l.acquire();
        c[0] = c[0] + 1;
        l.release();
        c[0] = c[0] + 1;
        l.release();
      }
    };
    const calls = [0, 1, 2].map(() => start(count, lock, counter));
    for (const call of calls) call.join();
    expect(counter[0]).toBe(9000);
  });

  // The lock belongs to the thread from the moment of the hand-over, before its event loop can tell.
  it('counts what a thread takes before it hears that the lock is its own', async () => {
    const lock = new RLock();
    const handed = new Semaphore(0);
    const holder = start(
      (l: RLock, s: Semaphore) => {
        l.acquire();
        s.release();
        while (!(l as unknown as { _w: Int32Array; _i: number })._w[(l as unknown as { _i: number })._i + 5]);
        l.release();
        s.release();
      },
      lock,
      handed,
    );
    handed.acquire();
    const later = lock.acquire_async();
    handed.acquire(); // released, and so handed over; the event loop has not run since
    expect(() => lock.release()).toThrow(ThreadError);
    expect(lock.acquire(true, 5)).toBe(true);
    lock.release();
    expect(free(lock)).toBe(false);
    expect(lock.acquire()).toBe(true);
    expect(await later).toBe(true);
    lock.release();
    expect(free(lock)).toBe(false);
    lock.release();
    expect(() => lock.release()).toThrow(ThreadError);
    expect(free(lock)).toBe(true);
    holder.join();
  });

  it('comes to a thread that blocks for it behind tasks of its own', async () => {
    const lock = new RLock();
    const held = new Semaphore(0);
    const holder = start(
      (l: RLock, h: Semaphore) => {
        l.acquire();
        h.release();
        while (Atomics.load((l as unknown as { _w: Int32Array })._w, (l as unknown as { _i: number })._i + 5) < 2);
        l.release();
      },
      lock,
      held,
    );
    held.acquire();
    const later = lock.acquire_async();
    expect(lock.acquire()).toBe(true);
    expect(await later).toBe(true);
    lock.release();
    expect(free(lock)).toBe(false);
    lock.release();
    expect(free(lock)).toBe(true);
    holder.join();
  });

  it('counts them, too, while a task of that thread takes it again after a wait', async () => {
    const lock = new RLock();
    const condition = new Condition(lock);
    lock.acquire();
    lock.acquire();
    const waited = condition.wait_async(0);
    await eventually(() => lock.acquire(false), 'the lock is given up');
    // Its time is over; now it has to take the lock, which is held.
    await eventually(() => waiting(lock) === 1);
    const first = waited.then(() => lock.acquire());
    lock.release();
    expect(await waited).toBe(false);
    expect(await first).toBe(true);
    for (let i = 0; i < 2; i++) {
      lock.release();
      expect(free(lock)).toBe(false);
    }
    lock.release();
    expect(free(lock)).toBe(true);
  });
});
