/** Behaviours 09 to 12 of `threading`. */
import { Barrier, BrokenBarrierError, Semaphore } from 'nogil/threading';
import { shared, starter, thrown, until, untilWaiting } from '../helpers/peers';

const start = starter('Thread', __filename);
const wait = (b: Barrier) => b.wait();

it('09. Semaphore: release(3) with five blocked', () => {
  const semaphore = new Semaphore(0);
  const calls = Array.from({ length: 5 }, () => start((s: Semaphore) => s.acquire(), semaphore));
  untilWaiting(semaphore, 5);
  semaphore.release(3);
  until(() => calls.filter((call) => call.done).length === 3);
  untilWaiting(semaphore, 2);
  expect(calls.filter((call) => call.done).length).toBe(3);
  expect(semaphore.acquire(false)).toBe(false);
  semaphore.release(4);
  for (const call of calls) expect(call.join()).toBe(true);
  expect([semaphore.acquire(false), semaphore.acquire(false), semaphore.acquire(false)]).toEqual([true, true, false]);
});

describe('10. Barrier', () => {
  it('ten rounds in lockstep, numbers and action', () => {
    const action = () => {
      const { Semaphore: Counter } = require('nogil/threading') as { Semaphore: typeof Semaphore };
      new Counter(0, { name: 'actions of the barrier' }).release();
    };
    const actions = new Semaphore(0, { name: 'actions of the barrier' });
    const barrier = new Barrier(5, action);
    const rounds = shared(11);
    const calls = Array.from({ length: 5 }, () =>
      start(
        (b: Barrier, count: Int32Array, acted: Semaphore) => {
          const { _w, _i } = acted as unknown as { _w: Int32Array; _i: number };
          const got: number[] = [];
          for (let round = 0; round < 10; round++) {
            Atomics.add(count, round, 1);
            got.push(b.wait());
            if (Atomics.load(count, round) !== 5 || Atomics.load(_w, _i) < round + 1) Atomics.add(count, 10, 1);
          }
          return got;
        },
        barrier,
        rounds,
        actions,
      ),
    );
    const numbers = calls.map((call) => call.join());
    for (let round = 0; round < 10; round++) expect(numbers.map((of) => of[round]).sort()).toEqual([0, 1, 2, 3, 4]);
    expect([...rounds]).toEqual([5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0]);
    for (let round = 0; round < 10; round++) expect(actions.acquire(false)).toBe(true);
    expect(actions.acquire(false)).toBe(false);
    expect([barrier.n_waiting, barrier.broken]).toEqual([0, false]);
  });

  it('of one, and of none', () => {
    const one = new Barrier(1);
    expect([one.wait(), one.wait(), one.wait()]).toEqual([0, 0, 0]);
    expect(thrown(() => new Barrier(0)).name).toBe('ValueError');
  });
});

it('11. Barrier: abort, then reset', () => {
  const barrier = new Barrier(3);
  const two = [start(wait, barrier), start(wait, barrier)];
  until(() => barrier.n_waiting === 2);
  barrier.abort();
  expect(two.map((call) => call.error())).toEqual(['BrokenBarrierError', 'BrokenBarrierError']);
  expect(barrier.broken).toBe(true);
  expect(() => barrier.wait()).toThrow(BrokenBarrierError);
  barrier.reset();
  expect(barrier.broken).toBe(false);
  const three = [start(wait, barrier), start(wait, barrier), start(wait, barrier)];
  expect(three.map((call) => call.join()).sort()).toEqual([0, 1, 2]);
  barrier.abort();
  barrier.abort();
  expect(barrier.broken).toBe(true);
  barrier.reset();
  barrier.reset();
  expect(barrier.broken).toBe(false);
});

it('12. Barrier: the action raises', () => {
  const barrier = new Barrier(3, () => {
    throw Object.assign(new Error('from the action'), { name: 'Boom' });
  });
  const calls = [1, 2, 3].map(() => start(wait, barrier));
  expect(calls.map((call) => call.error()).sort()).toEqual(['Boom', 'BrokenBarrierError', 'BrokenBarrierError']);
  expect(barrier.broken).toBe(true);
});
