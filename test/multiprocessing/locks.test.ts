/** Locks between processes: behaviour 31 of the contract's samples, and what else tells them from threading's. */
import { AssertionError, from_handle, ValueError } from 'nogil';
import { BoundedSemaphore, Condition, Lock, Pool, RLock, Semaphore, Value } from 'nogil/multiprocessing';
import { Lock as ThreadLock, Thread } from 'nogil/threading';
import { eventually, thrown, until, waiting } from '../helpers/peers';
import { runScript } from '../helpers/script';
import { endPeers, LIMIT, Peer } from './peer';

let peer: Peer;
beforeAll(() => {
  peer = new Peer();
});
afterAll(endPeers);

/** What another thread of this process gets. */
function elsewhere(lock: RLock): boolean {
  const { Queue } = require('nogil/queue');
  const answer = new Queue();
  const thread = new Thread({
    target: (l: RLock, q: { put(item: unknown): void }) => {
      q.put(l.acquire(false));
    },
    args: [lock, answer],
  });
  thread.start();
  return answer.get(true, LIMIT) as boolean;
}

describe('31: process locks', () => {
  test('a Lock is released by whichever process', () => {
    const lock = new Lock();
    expect(() => lock.release()).toThrow(ValueError);
    expect(lock.acquire()).toBe(true);
    peer.call((l) => l.release(), lock);
    expect(lock.locked()).toBe(false);
    expect(lock.acquire()).toBe(true);
    expect(peer.call((l) => l.acquire(false), lock)).toBe(false);
    lock.release();
    expect(peer.error((l) => l.release(), lock)).toBe('ValueError');
  });

  test('an RLock is released by its owner', () => {
    const lock = new RLock();
    expect(() => lock.release()).toThrow(AssertionError);
    lock.acquire();
    lock.acquire();
    expect(peer.error((l) => l.release(), lock)).toBe('AssertionError');
    expect(elsewhere(lock)).toBe(false);
    lock.release();
    lock.release();
    expect(() => lock.release()).toThrow(AssertionError);
    expect(peer.call((l) => l.acquire(false), lock)).toBe(true);
    expect(lock.acquire(false)).toBe(false);
    peer.call((l) => l.release(), lock);
  });

  test('the lock of a killed holder passes on, with a warning that names its process', async () => {
    const lock = new Lock();
    const rlock = new RLock();
    const other = new Peer();
    const { pid } = other.process;
    expect(other.call((l, r) => l.acquire() && r.acquire(), lock, rlock)).toBe(true);
    const warnings: (Error & { code?: string })[] = [];
    // Node has warnings of its own, about the process that the tests share.
    const note = (warning: Error & { code?: string }): void => {
      if (warning.code?.startsWith('NOGIL')) warnings.push(warning);
    };
    process.on('warning', note);
    other.kill();
    expect(lock.acquire(true, 5)).toBe(true);
    expect(rlock.acquire(true, 5)).toBe(true);
    await eventually(() => warnings.length === 2);
    process.off('warning', note);
    expect(warnings.map(({ code }) => code)).toEqual(['NOGIL_OWNER_DIED', 'NOGIL_OWNER_DIED']);
    expect(warnings[0].message).toMatch(new RegExp(`^Lock .* of process ${pid}, `));
    lock.release();
    rlock.release();
  });

  test.each(process.platform === 'linux' ? ['spawn', 'fork'] : ['spawn'])(
    'a Lock passes on only where its holder ended in the midst of things: %s',
    async (way) => {
      const { stdout } = await runScript(
        `
        const { get_context, Lock, RLock } = require('nogil/multiprocessing');
        const run = (target) => {
          const locks = [new Lock(), new RLock()];
          const holder = new (get_context('${way}').Process)({ target, args: locks });
          holder.start();
          holder.join();
          console.log(holder.exitcode, ...locks.map((lock) => lock.acquire(true, 0.1)));
        };
        run((lock, rlock) => { lock.acquire(); rlock.acquire(); });
        run((lock, rlock) => { lock.acquire(); rlock.acquire(); throw new Error('thrown'); });
        run((lock, rlock) => { lock.acquire(); rlock.acquire(); process.exit(4); });
        // What is granted to a promise as the process ends is nobody's.
        run((lock) => { lock.acquire(); void lock.acquire_async(); lock.release(); throw new Error('thrown'); });
      `,
        { timeout: 60_000 },
      );
      expect(stdout).toBe('0 false true\n1 false true\n4 true true\n1 true true\n');
    },
  );

  test("a pool's worker that ends normally leaves its Lock locked", () => {
    const lock = new Lock();
    const pool = new Pool(1);
    pool.apply((l: Lock) => l.acquire(), [lock]);
    pool.close();
    pool.join();
    expect(lock.locked()).toBe(true);
    lock.release();
  });

  test('one that waits gets the lock of a killed holder', () => {
    const lock = new Lock();
    const other = new Peer();
    other.call((l) => l.acquire(), lock);
    peer.begin((l) => l.acquire(true, 20), lock);
    until(() => waiting(lock) === 1);
    other.kill();
    expect(peer.result()).toBe(true);
    lock.release();
  });

  test('negative times, and one release too many', () => {
    const lock = new Lock();
    lock.acquire();
    expect(lock.acquire(true, -5)).toBe(false);
    expect(lock.acquire({ block: true, timeout: -1 })).toBe(false);
    expect(lock.acquire(false, 5)).toBe(false);
    expect(() => new BoundedSemaphore(1).release()).toThrow(ValueError);
    expect(() => new Semaphore(-1)).toThrow(ValueError);
  });
});

test('keywords are those of multiprocessing', () => {
  expect(new Lock().acquire({ block: true, timeout: 1 })).toBe(true);
  expect(new Semaphore(1).acquire({ block: false })).toBe(true);
  expect(thrown(() => new Lock().acquire({ blocking: true } as never)).name).toBe('TypeError');
  for (const lock of [new Lock(), new RLock(), new Semaphore(1), new BoundedSemaphore(1), new Condition(), Value('i')]) {
    expect(lock.acquire(true, { timeout: 1 })).toBe(true);
    expect(thrown(() => lock.acquire(true, { block: true } as never)).message).toContain("got 'block' twice");
    lock.release();
  }
});

test('waits between processes, and promises of them', async () => {
  const lock = new Lock();
  const rlock = new RLock();
  lock.acquire();
  rlock.acquire();
  peer.begin((l) => {
    l.acquire();
    return 'had it';
  }, lock);
  until(() => waiting(lock) === 1);
  lock.release();
  expect(peer.result()).toBe('had it');
  peer.begin((l) => l.acquire_async({ timeout: 20 }), rlock);
  const mine = lock.acquire_async(true, 20);
  await eventually(() => waiting(lock) === 1 && waiting(rlock) === 1);
  rlock.release();
  expect(peer.result()).toBe(true);
  peer.call(
    (...locks) => {
      for (const each of locks) each.release();
    },
    lock,
    rlock,
  );
  expect(await mine).toBe(true);
  expect(await lock.acquire_async(true, -1)).toBe(false);
  const abort = new AbortController();
  const aborted = lock.acquire_async({ signal: abort.signal });
  abort.abort(new Error('never mind'));
  await expect(aborted).rejects.toThrow('never mind');
  lock.release();
});

test('a semaphore counts over processes', () => {
  const semaphore = new Semaphore(2);
  const bounded = new BoundedSemaphore(2);
  expect(peer.call((s, b) => [s.acquire(), b.acquire(), s.get_value(), b.get_value()], semaphore, bounded)).toEqual([
    true,
    true,
    1,
    1,
  ]);
  expect([semaphore.acquire(), semaphore.acquire(true, 0.01), bounded.get_value()]).toEqual([true, false, 1]);
  peer.begin((s) => s.acquire(true, 20), semaphore);
  semaphore.release();
  expect(peer.result()).toBe(true);
  bounded.release();
  expect(peer.error((b) => b.release(), bounded)).toBe('ValueError');
});

test('`with`, `enter` and names', () => {
  const lock = new Lock({ name: 'mp-lock' });
  expect(lock.with(() => peer.call((l) => l.acquire(false), lock))).toBe(false);
  {
    using held = lock.enter();
    expect([typeof held, lock.locked()]).toEqual(['object', true]);
  }
  const same = new Lock({ name: 'mp-lock' });
  same.acquire();
  expect(lock.locked()).toBe(true);
  same.release();
  expect(() => new RLock({ name: 'mp-lock' })).toThrow(ValueError);
  expect(() => new ThreadLock({ name: 'mp-lock' })).toThrow(ValueError);
});

test('handles', () => {
  const made = [new Lock(), new RLock(), new Semaphore(3), new BoundedSemaphore(3)];
  for (const one of made) {
    const again = from_handle(structuredClone(one.handle)) as Lock;
    expect(again.constructor).toBe(one.constructor);
    expect((one.constructor as typeof Lock).from(one.handle)).toBeInstanceOf(one.constructor);
    expect(() => ThreadLock.from(one.handle)).toThrow(ValueError);
    again.acquire();
    expect(peer.call((h) => require('nogil').from_handle(h).constructor.name, one.handle)).toBe(one.constructor.name);
    again.release();
  }
});
