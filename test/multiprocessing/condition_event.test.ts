/** Conditions, events and barriers between processes. Behaviour 32 of the contract's samples, and the rest. */
import { AssertionError, from_handle } from 'nogil';
import { Barrier, Condition, Event, Lock, RLock, Semaphore } from 'nogil/multiprocessing';
import { Condition as ThreadCondition, Lock as ThreadLock, Thread } from 'nogil/threading';
import { eventually, seconds, until, waiting } from '../helpers/peers';
import { endPeers, LIMIT, Peer } from './peer';

let peers: Peer[];
beforeAll(() => {
  peers = [new Peer(), new Peer()];
});
afterAll(endPeers);

test('32: notify() wakes as many as it says, in whatever process', () => {
  const condition = new Condition();
  const woken = new Semaphore(0);
  const wait = (c: Condition, s: Semaphore): void => {
    c.acquire();
    c.wait(20);
    s.release();
    c.release();
  };
  const threads = [0, 1].map(() => new Thread({ target: wait, args: [condition, woken] }));
  for (const thread of threads) thread.start();
  for (const peer of peers) peer.begin(wait, condition, woken);
  until(() => waiting(condition) === 4);
  condition.with(() => condition.notify(3));
  until(() => woken.get_value() === 3);
  expect([woken.acquire() && woken.acquire() && woken.acquire(), woken.acquire(true, 0.3)]).toEqual([true, false]);
  condition.with(() => condition.notify(5));
  expect(woken.acquire(true, LIMIT)).toBe(true);
  for (const thread of threads) thread.join(LIMIT);
  for (const peer of peers) peer.result();
  condition.with(() => {
    condition.notify_all();
    expect(seconds(() => expect(condition.wait(0.2)).toBe(false))).toBeGreaterThan(0.19);
  });
});

test('32: un-acquired use throws AssertionError', async () => {
  for (const condition of [new Condition(), new Condition(new Lock()), new Condition(new RLock())]) {
    expect(() => condition.wait()).toThrow(AssertionError);
    expect(() => condition.notify()).toThrow(AssertionError);
    await expect(condition.wait_async()).rejects.toThrow(AssertionError);
    // Held by somebody else does not do either.
    peers[0].call((c) => c.acquire(), condition);
    expect(() => condition.notify_all()).toThrow(AssertionError);
    peers[0].call((c) => c.release(), condition);
  }
});

test('32: Event', async () => {
  const event = new Event();
  expect(event.wait(0.1)).toBe(false);
  peers[0].begin((e) => e.wait(20), event);
  const mine = event.wait_async(LIMIT);
  await eventually(() => waiting(event) === 2);
  peers[1].call((e) => e.set(), event);
  expect([peers[0].result(), await mine, event.wait(0), event.is_set()]).toEqual([true, true, true, true]);
  peers[1].call((e) => e.clear(), event);
  expect(event.is_set()).toBe(false);
});

test("32: wait_for() returns the predicate's value", () => {
  const condition = new Condition();
  condition.acquire();
  expect(condition.wait_for(() => 'v')).toBe('v');
  expect(condition.wait_for(() => 0, 0.05)).toBe(0);
  condition.release();
});

test('a condition takes the locks of its own module', () => {
  expect(() => new Condition(new ThreadLock() as never)).toThrow(/multiprocessing\.Lock/);
  expect(() => new ThreadCondition(new Lock())).toThrow(/threading\.Lock/);
  expect(() => new Condition(3 as never)).toThrow(TypeError);
  const lock = new Lock();
  const two = [new Condition(lock), new Condition({ lock })];
  two[0].acquire();
  expect(two[1].acquire(false)).toBe(false);
  two[1].release();
});

test('a condition that is waited for with promises, and its handle', async () => {
  const condition = new Condition();
  peers[0].begin(async (h) => {
    const { Condition: Class } = require('nogil/multiprocessing') as { Condition: typeof Condition };
    const c = Class.from(h);
    await c.acquire_async();
    const notified = await c.wait_async(20);
    c.release();
    return notified;
  }, condition.handle);
  await eventually(() => waiting(condition) === 1);
  condition.with(() => condition.notify());
  expect(peers[0].result()).toBe(true);
  expect(from_handle(condition.handle)).toBeInstanceOf(Condition);
});

test('a barrier of three processes, with an action', () => {
  const barrier = new Barrier(3, () => {
    (globalThis as { ran?: number }).ran = ((globalThis as { ran?: number }).ran ?? 0) + 1;
  });
  const wait = (b: Barrier): [number, number] => {
    const index = b.wait(20);
    return [index, (globalThis as { ran?: number }).ran ?? 0];
  };
  for (const peer of peers) peer.begin(wait, barrier);
  const mine = wait(barrier);
  const all = [mine, ...peers.map((peer) => peer.result() as [number, number])];
  expect(all.map(([index]) => index).sort()).toEqual([0, 1, 2]);
  expect(all.reduce((sum, [, ran]) => sum + ran, 0)).toBe(1);
  for (const peer of peers) peer.begin((b) => b.wait(20), barrier);
  until(() => barrier.n_waiting === 2);
  barrier.abort();
  for (const peer of peers) expect(() => peer.result()).toThrow(expect.objectContaining({ name: 'BrokenBarrierError' }));
  expect([barrier.broken, peers[0].call((b) => b.broken, barrier)]).toEqual([true, true]);
  barrier.reset();
  expect(barrier.broken).toBe(false);
});
