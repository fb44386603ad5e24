import { Barrier, BoundedSemaphore, BrokenBarrierError, Condition, Event, Lock, RLock, RWLock, Semaphore } from 'nogil/threading';
import { eventually, starter, terminatePeers, untilWaiting, waiting } from '../helpers/peers';

afterAll(terminatePeers);

const start = starter('Thread', __filename);

interface Options {
  timeout?: number;
  signal?: AbortSignal;
}
interface Case {
  /** What the wait is counted at. */
  primitive: object;
  wait(options?: Options): Promise<unknown>;
  /** Lets one wait that is pending pass. */
  grant(): unknown;
  /** Whether the primitive is as it was before any wait. */
  untouched(): boolean;
  passed: unknown;
  timedOut: unknown;
}

const CASES: [string, () => Case][] = [
  [
    'Lock',
    () => {
      const lock = new Lock();
      lock.acquire();
      return {
        primitive: lock,
        wait: (o) => lock.acquire_async({ ...o }),
        grant: () => lock.release(),
        untouched: () => (lock.release(), lock.acquire(false)),
        passed: true,
        timedOut: false,
      };
    },
  ],
  [
    'RLock',
    () => {
      const lock = new RLock({ name: `held elsewhere ${Math.random()}` });
      const done = new Semaphore(0);
      const holder = () =>
        start(
          (l: RLock, s: Semaphore) => {
            l.acquire();
            while (!s.acquire(true, 0.005));
            l.release();
          },
          lock,
          done,
        );
      holder();
      while (lock.acquire(false)) lock.release();
      return {
        primitive: lock,
        wait: (o) => lock.acquire_async({ ...o }),
        grant: () => done.release(),
        untouched: () => {
          done.release();
          const free = lock.acquire(true, 10);
          lock.release();
          return free && !lock.locked();
        },
        passed: true,
        timedOut: false,
      };
    },
  ],
  [
    'Semaphore',
    () => {
      const semaphore = new Semaphore(0);
      return {
        primitive: semaphore,
        wait: (o) => semaphore.acquire_async({ ...o }),
        grant: () => semaphore.release(),
        untouched: () => (semaphore.release(), semaphore.acquire(false)) && !semaphore.acquire(false),
        passed: true,
        timedOut: false,
      };
    },
  ],
  [
    'BoundedSemaphore',
    () => {
      const semaphore = new BoundedSemaphore(1);
      semaphore.acquire();
      return {
        primitive: semaphore,
        wait: (o) => semaphore.acquire_async({ ...o }),
        grant: () => semaphore.release(),
        untouched: () => (semaphore.release(), semaphore.acquire(false)) && !semaphore.acquire(false),
        passed: true,
        timedOut: false,
      };
    },
  ],
  [
    'Event',
    () => {
      const event = new Event();
      return {
        primitive: event,
        wait: (o) => event.wait_async({ ...o }),
        grant: () => {
          event.set();
          event.clear();
        },
        untouched: () => !event.is_set(),
        passed: true,
        timedOut: false,
      };
    },
  ],
  [
    'Condition',
    () => {
      const condition = new Condition(new Lock());
      return {
        primitive: condition,
        wait: async (o) => {
          await condition.acquire_async();
          try {
            return await condition.wait_async({ ...o });
          } finally {
            // Whatever happened, the lock is back.
            condition.release();
          }
        },
        grant: () => condition.with(() => condition.notify()),
        untouched: () => condition.acquire(false) && (condition.release(), true),
        passed: true,
        timedOut: false,
      };
    },
  ],
  [
    'Condition.wait_for',
    () => {
      const condition = new Condition(new Lock());
      return {
        primitive: condition,
        wait: async (o) => {
          await condition.acquire_async();
          let asked = 0;
          try {
            return await condition.wait_for_async(async () => {
              await Promise.resolve();
              return asked++ > 0 && 'truth';
            }, o);
          } finally {
            condition.release();
          }
        },
        grant: () => condition.with(() => condition.notify()),
        untouched: () => condition.acquire(false) && (condition.release(), true),
        passed: 'truth',
        timedOut: 'truth', // the predicate is asked once more
      };
    },
  ],
  [
    'Barrier',
    () => {
      const barrier = new Barrier(2);
      return {
        primitive: barrier,
        wait: (o) => barrier.wait_async({ ...o }),
        grant: () => barrier.wait_async(),
        untouched: () => barrier.n_waiting === 0 && !barrier.broken,
        passed: 0,
        timedOut: BrokenBarrierError,
      };
    },
  ],
  [
    'RWLock to read',
    () => {
      const lock = new RWLock();
      lock.write().acquire();
      return {
        primitive: lock,
        wait: (o) => lock.read().acquire_async({ ...o }),
        grant: () => lock.write().release(),
        untouched: () => (lock.write().release(), lock.write().acquire(false)),
        passed: true,
        timedOut: false,
      };
    },
  ],
  [
    'RWLock to write',
    () => {
      const lock = new RWLock();
      lock.read().acquire();
      return {
        primitive: lock,
        wait: (o) => lock.write().acquire_async({ ...o }),
        grant: () => lock.read().release(),
        untouched: () => (lock.read().release(), lock.write().acquire(false)),
        passed: true,
        timedOut: false,
      };
    },
  ],
];

describe.each(CASES)('%s', (_name, make) => {
  it('gives what the blocking call gives, while the event loop runs', async () => {
    const { primitive, wait, grant, passed } = make();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const promise = wait();
    await eventually(() => waiting(primitive) === 1 && turns > 2);
    void grant();
    expect(await promise).toEqual(passed);
    clearInterval(timer);
    expect(waiting(primitive)).toBe(0);
  });

  it('times out', async () => {
    const { primitive, wait, timedOut } = make();
    const begun = performance.now();
    const promise = wait({ timeout: 0.03 });
    if (typeof timedOut === 'function') await expect(promise).rejects.toBeInstanceOf(timedOut);
    else expect(await promise).toBe(timedOut);
    expect(performance.now() - begun).toBeGreaterThan(25);
    expect(waiting(primitive)).toBe(0);
  });

  it('is aborted: the primitive is as if it had never waited', async () => {
    const { primitive, wait, untouched } = make();
    const controller = new AbortController();
    const promise = wait({ signal: controller.signal });
    // Two would open a barrier for each other.
    const timed = primitive instanceof Barrier ? promise : wait({ signal: controller.signal, timeout: 1000 });
    await eventually(() => waiting(primitive) >= 1);
    const reason = new RangeError('enough');
    controller.abort(reason);
    expect(await Promise.allSettled([promise, timed])).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
    expect(waiting(primitive)).toBe(0);
    expect(untouched()).toBe(true);
  });

  it('does not begin with a signal that was aborted before', async () => {
    const { primitive, wait, untouched } = make();
    await expect(wait({ signal: AbortSignal.abort('late') })).rejects.toBe('late');
    expect(waiting(primitive)).toBe(0);
    expect(untouched()).toBe(true);
  });

  it('is granted to somebody else when it is aborted in the turn of its grant', async () => {
    const { primitive, wait, grant, passed } = make();
    if (primitive instanceof Barrier) return;
    const controller = new AbortController();
    const aborted = wait({ signal: controller.signal });
    await eventually(() => waiting(primitive) === 1);
    const patient = wait();
    await eventually(() => waiting(primitive) === 2);
    void grant();
    controller.abort('too late to hear of it');
    const results = await Promise.allSettled([aborted, patient]);
    if (primitive instanceof Event) return; // an event is for everybody
    // Granted first or aborted first: in both cases one grant served one wait.
    const served = results.filter(({ status }) => status === 'fulfilled');
    if (results[0].status === 'rejected') expect(served).toEqual([{ status: 'fulfilled', value: passed }]);
    expect(waiting(primitive)).toBe(0);
  });

  it('leaves no listener at the signal', async () => {
    const { primitive, wait, grant } = make();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const promise = wait({ signal });
    await eventually(() => waiting(primitive) === 1);
    void grant();
    await promise;
    expect(listeners).toBe(0);
  });

  it.each<[string, unknown]>([
    ['signal', { signal: 5 }],
    ['signal', { signal: {} }],
    ['unexpected option', { sgnal: AbortSignal.abort() }],
    ['timeout', { timeout: '1' }],
  ])('rejects with a TypeError for %s: %p', async (text, options) => {
    const { primitive, wait, untouched } = make();
    const error: Error = await wait(options as never).then(
      () => new Error('it resolved'),
      (reason: unknown) => reason as Error,
    );
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(text);
    expect(waiting(primitive)).toBe(0);
    expect(untouched()).toBe(true);
  });
});

describe('Lock.acquire_async', () => {
  it('takes arguments as acquire does', async () => {
    const lock = new Lock();
    expect(await lock.acquire_async()).toBe(true);
    expect(await lock.acquire_async(false)).toBe(false);
    expect(await lock.acquire_async(true, 0)).toBe(false);
    expect(await lock.acquire_async(true, 0.01, { signal: new AbortController().signal })).toBe(false);
    expect(await lock.acquire_async(true, { timeout: 0.01 })).toBe(false);
    await expect(lock.acquire_async(false, 1)).rejects.toMatchObject({ name: 'ValueError' });
    await expect(lock.acquire_async(true, -3)).rejects.toMatchObject({ name: 'ValueError' });
    await expect(lock.acquire_async(true, 1e10)).rejects.toMatchObject({ name: 'OverflowError' });
    await expect(lock.enter_async({ signal: AbortSignal.abort('no') })).rejects.toBe('no');
  });

  it('serves first who came first, threads and promises alike', async () => {
    const lock = new Lock();
    lock.acquire();
    const order: string[] = [];
    const serve = async (name: string) => {
      await lock.acquire_async();
      order.push(name);
      lock.release();
    };
    const first = serve('first');
    const thread = start((l: Lock) => l.with(() => l.locked()), lock);
    untilWaiting(lock, 2);
    const last = serve('last');
    lock.release();
    await Promise.all([first, last]);
    expect(thread.join()).toBe(true);
    expect(order).toEqual(['first', 'last']);
    expect(lock.locked()).toBe(false);
  });
});

describe('Barrier.wait_async', () => {
  it('passes with threads and promises mixed', async () => {
    const barrier = new Barrier(4);
    const thread = start((b: Barrier) => b.wait(), barrier);
    const promises = [barrier.wait_async(), barrier.wait_async(), barrier.wait_async()];
    const numbers = await Promise.all(promises);
    expect([...numbers, thread.join()].sort()).toEqual([0, 1, 2, 3]);
  });

  it('moves those up that came after one that is aborted', async () => {
    const barrier = new Barrier(3);
    const controller = new AbortController();
    const aborted = barrier.wait_async({ signal: controller.signal });
    const second = barrier.wait_async();
    expect(barrier.n_waiting).toBe(2);
    controller.abort('gone');
    await expect(aborted).rejects.toBe('gone');
    expect([barrier.n_waiting, barrier.broken]).toEqual([1, false]);
    expect(await Promise.all([second, barrier.wait_async(), barrier.wait_async()])).toEqual([0, 1, 2]);
  });

  it('runs its action once, awaits it, and breaks when it rejects', async () => {
    let acted = 0;
    const barrier = new Barrier(2, async () => {
      await new Promise(setImmediate);
      acted++;
    });
    expect((await Promise.all([barrier.wait_async(), barrier.wait_async()])).sort()).toEqual([0, 1]);
    expect((await Promise.all([barrier.wait_async(), barrier.wait_async()])).sort()).toEqual([0, 1]);
    expect(acted).toBe(2);
    const failing = new Barrier(2, () => Promise.reject(new RangeError('boom')));
    const results = await Promise.allSettled([failing.wait_async(), failing.wait_async()]);
    const names = results.map((result) => ((result as PromiseRejectedResult).reason as Error).name).sort();
    expect(names).toEqual(['BrokenBarrierError', 'RangeError']);
    expect(failing.broken).toBe(true);
  });

  it('keeps who comes during an async action for the next round', async () => {
    let open = (): void => {};
    const barrier = new Barrier(2, () => new Promise<void>((resolve) => (open = resolve)));
    const first = [barrier.wait_async(), barrier.wait_async()];
    const second = [barrier.wait_async(), barrier.wait_async()];
    await eventually(() => waiting(barrier) === 3);
    open();
    expect((await Promise.all(first)).sort()).toEqual([0, 1]);
    await eventually(() => barrier.n_waiting === 2);
    open();
    expect((await Promise.all(second)).sort()).toEqual([0, 1]);
  });
});

describe('Condition.wait_async', () => {
  it('needs the lock', async () => {
    const condition = new Condition();
    await expect(condition.wait_async()).rejects.toMatchObject({ name: 'RuntimeError' });
    await expect(condition.wait_for_async(() => 0)).rejects.toMatchObject({ name: 'RuntimeError' });
    expect(await condition.wait_for_async(() => 'yes')).toBe('yes');
    const { signal } = new AbortController();
    expect(await condition.wait_for_async(() => 'yes', { signal })).toBe('yes');
    const asked = condition.wait_for_async(() => 'yes', { signal: AbortSignal.abort('late') });
    await expect(asked).rejects.toBe('late');
    await expect(condition.wait_for_async('x' as never)).rejects.toBeInstanceOf(TypeError);
  });

  it('puts the depth back, notified, late or aborted', async () => {
    const condition = new Condition();
    const free = () => start((c: Condition) => c.acquire(false) && (c.release(), true), condition).join();
    for (const how of ['notified', 'late', 'aborted']) {
      condition.acquire();
      condition.acquire();
      const controller = new AbortController();
      const wait = condition.wait_async({ timeout: how === 'late' ? 0.01 : 20, signal: controller.signal });
      expect(free()).toBe(true);
      if (how === 'notified') start((c: Condition) => c.with(() => c.notify()), condition).join();
      if (how === 'aborted') controller.abort('aborted');
      expect(await wait.catch((reason: unknown) => reason)).toBe(how === 'aborted' ? 'aborted' : how === 'notified');
      condition.release();
      expect(free()).toBe(false);
      condition.release();
      expect(free()).toBe(true);
      expect(() => condition.release()).toThrow('un-acquired');
    }
  });

  it('is notified in one row with threads', async () => {
    const condition = new Condition(new Lock());
    const order: string[] = [];
    const promise = condition.with(() => condition.wait_async(20).then((got) => (order.push('promise'), got)));
    await eventually(() => waiting(condition) === 1);
    const thread = start((c: Condition) => c.with(() => c.wait(20)), condition);
    untilWaiting(condition, 2);
    condition.with(() => condition.notify());
    expect(await promise).toBe(true);
    expect(thread.done).toBe(false);
    condition.with(() => condition.notify());
    expect(thread.join()).toBe(true);
  });
});
