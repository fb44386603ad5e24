/** Behaviours 01 to 03 of `threading`. */
import { Lock, RLock, TIMEOUT_MAX } from 'nogil/threading';
import { Log, starter, thrown, until, untilWaiting } from '../helpers/peers';

const start = starter('Thread', __filename);

describe.each<[string, () => Lock | RLock]>([
  ['Lock', () => new Lock()],
  ['RLock', () => new RLock()],
])('01. %s: which timeouts are legal', (_name, make) => {
  const lock = make();

  it.each([
    ['ValueError', [false, 1]],
    ['ValueError', [false, 0]],
    ['ValueError', [true, -2]],
    ['ValueError', [true, -0.5]],
    ['ValueError', [true, NaN]],
    ['OverflowError', [true, TIMEOUT_MAX + 1]],
  ] as [string, [boolean, number]][])('%s: acquire(%p)', (name, args) => {
    expect(thrown(() => lock.acquire(...args)).name).toBe(name);
    expect(lock.locked()).toBe(false);
  });

  it.each([
    [true, 0],
    [true, -1],
    [false, -1],
    [true, TIMEOUT_MAX],
  ])('acquire(%p, %p) takes it', (blocking, timeout) => {
    expect(lock.acquire(blocking, timeout)).toBe(true);
    lock.release();
  });

  it('a release too many is a RuntimeError', () => {
    expect(thrown(() => lock.release()).name).toBe('RuntimeError');
  });
});

it('02. a thread that acquires its own Lock twice is stuck until someone else releases', () => {
  const lock = new Lock();
  const log = new Log();
  const worker = start(
    (l: Lock, words: Int32Array) => {
      for (const n of [1, 2]) {
        l.acquire();
        words[n] = n;
        Atomics.add(words, 0, 1);
      }
    },
    lock,
    log.words,
  );
  untilWaiting(lock, 1);
  expect(log.values).toEqual([1]);
  expect(worker.thread!.is_alive()).toBe(true);
  lock.release();
  worker.join();
  expect(log.values).toEqual([1, 2]);
  expect(worker.thread!.is_alive()).toBe(false);
  expect(lock.locked()).toBe(true);
  expect(lock.acquire(false)).toBe(false);
});

describe('03. RLock', () => {
  it('depth and strangers', () => {
    const lock = new RLock();
    expect(lock.locked()).toBe(false);
    expect([lock.acquire(), lock.acquire(), lock.acquire()]).toEqual([true, true, true]);
    for (let depth = 3; depth > 0; depth--) {
      const stranger = start((l: RLock) => {
        const got: unknown[] = [l.acquire(false), l.acquire(true, 0.05)];
        try {
          l.release();
        } catch (error) {
          got.push((error as Error).name);
        }
        return [...got, l.locked()];
      }, lock);
      expect(stranger.join()).toEqual([false, false, 'RuntimeError', true]);
      lock.release();
    }
    expect(lock.locked()).toBe(false);
    expect(thrown(() => lock.release()).name).toBe('RuntimeError');
  });

  it('an owner that dies: it passes on, with a warning', async () => {
    const warned = new Promise<Error & { code?: string }>((resolve) => process.once('warning', resolve));
    const lock = new RLock({ name: 'of a thread that ends' });
    const owner = start((l: RLock) => l.acquire(), lock);
    expect(owner.join()).toBe(true);
    expect(lock.acquire(true, 5)).toBe(true);
    const warning = await warned;
    expect(warning.code).toBe('NOGIL_OWNER_DIED');
    expect(warning.message).toContain("RLock 'of a thread that ends'");
    expect(warning.message).toContain(`'${owner.thread!.name}'`);
    lock.release();
    expect(lock.locked()).toBe(false);
    until(() => !owner.thread!.is_alive());
  });
});
