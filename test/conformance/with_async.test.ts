/** `with_async`, and the async twins of what has a lock around it. */
import { Array as SharedArray, Lock as ProcessLock, Manager, Value } from 'nogil/multiprocessing';
import { BoundedSemaphore, Condition, Lock, RLock, RWLock, Semaphore } from 'nogil/threading';

const MAKERS = {
  Lock: () => new Lock(),
  RLock: () => new RLock(),
  Condition: () => new Condition(),
  Semaphore: () => new Semaphore(),
  BoundedSemaphore: () => new BoundedSemaphore(),
  'RWLock.read': () => new RWLock().read(),
  'RWLock.write': () => new RWLock().write(),
  'multiprocessing.Lock': () => new ProcessLock(),
  Value: () => Value('i', 0, { lock: new ProcessLock() }),
  Array: () => SharedArray('i', 1, { lock: new ProcessLock() }),
};

describe.each(Object.entries(MAKERS))('%s', (kind, make) => {
  it('with_async holds it until the promise settles', async () => {
    const lock = make();
    const held = 'locked' in lock ? () => lock.locked() : () => kind !== 'Semaphore' && kind !== 'BoundedSemaphore';
    const seen: boolean[] = [];
    await expect(
      lock.with_async(async () => {
        await Promise.resolve();
        seen.push(held());
        return 'done';
      }),
    ).resolves.toBe('done');
    await expect(lock.with_async(() => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
    // Free again, as often as it was taken.
    expect(lock.acquire(false)).toBe(true);
    lock.release();
    expect(() => {
      lock.release();
      if (kind === 'Semaphore') throw new Error('takes any number of releases');
    }).toThrow();
  });

  it('with and with_async take a function, and nothing is held otherwise', async () => {
    const lock = make();
    expect(() => lock.with(5 as never)).toThrow(/'fn' must be a function/);
    await expect(lock.with_async(5 as never)).rejects.toThrow(/'fn' must be a function/);
    expect(lock.acquire(false)).toBe(true);
    lock.release();
  });
});

it.each([
  ['Value', Value('i', 0, { lock: new ProcessLock() })],
  ['Array', SharedArray('i', 1, { lock: new ProcessLock() })],
] as const)('the lock of a %s is waited for without blocking', async (_, value) => {
  const waiting = value.acquire_async();
  expect(await waiting).toBe(true);
  expect(await value.acquire_async({ block: false })).toBe(false);
  const stop = new AbortController();
  const entering = value.enter_async({ signal: stop.signal });
  stop.abort(new RangeError('enough'));
  await expect(entering).rejects.toThrow('enough');
  value.release();
  {
    await using _ = await value.enter_async();
    expect(value.get_lock().locked()).toBe(true);
  }
  expect(value.get_lock().locked()).toBe(false);
});

it('the end of a manager is waited for without blocking', async () => {
  const manager = Manager();
  await manager.join_async(0);
  const stop = new AbortController();
  const waiting = manager.join_async({ signal: stop.signal });
  stop.abort(new RangeError('enough'));
  await expect(waiting).rejects.toThrow('enough');
  manager.join({ timeout: 0 });
  manager.shutdown();
  await manager.join_async();
});
