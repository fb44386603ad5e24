import { Empty, Full, LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue } from 'nogil/queue';
import { Lock } from 'nogil/threading';
import { collected, native } from '../helpers/memory';
import { type Kind, seconds, starter, terminatePeers, thrown } from '../helpers/peers';
import { untilWaitingAt } from './waiting';

afterAll(terminatePeers);

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe.each([Queue, SimpleQueue, PriorityQueue].map((Class) => [Class.name, Class] as const))('%s', (_name, Class) => {
  it('puts and gets many, in order', () => {
    const queue = new Class<number>();
    queue.put_many(numbers(5000));
    expect(queue.qsize()).toBe(5000);
    expect(queue.get_many(3)).toEqual([0, 1, 2]);
    expect(queue.get_many(3000)).toEqual(numbers(3003).slice(3));
    expect(queue.get_many(Infinity)).toEqual(numbers(5000).slice(3003));
    expect(() => queue.get_many(1, false)).toThrow(Empty);
    queue.put_many([]);
    queue.put_many(new Set([1, 2]));
    expect(queue.get_many(10, { timeout: 1 })).toEqual([1, 2]);
    expect(queue.unfinished_tasks).toBe(5002);
  });

  it('waits for the first only', () => {
    const queue = new Class<number>();
    expect(seconds(() => expect(() => queue.get_many(2, true, 0.05)).toThrow(Empty))).toBeGreaterThan(0.045);
    queue.put(1);
    expect(queue.get_many(2)).toEqual([1]);
    queue.shutdown();
    expect(() => queue.get_many(1)).toThrow(ShutDown);
  });
});

it('refuses what has no items', async () => {
  const queue = new Queue<number>();
  const message = "'items' must be an array or another iterable, not 5";
  expect(() => queue.put_many(5 as never)).toThrow(new TypeError(`Queue.put_many(): ${message}`));
  await expect(queue.put_many_async(5 as never)).rejects.toThrow(new TypeError(`Queue.put_many_async(): ${message}`));
  expect(queue.qsize()).toBe(0);
});

it('carries items of all kinds in one batch', () => {
  const queue = new LifoQueue<unknown>();
  const items = [
    1,
    'seven77',
    'longer than that',
    true,
    false,
    null,
    undefined,
    -0,
    2n,
    { a: [1] },
    'x'.repeat(300_000),
    new Map([[1, 2]]),
  ];
  queue.put_many(items);
  expect(queue.get_many(100)).toStrictEqual(items.reverse());
});

it('tells how many came in', () => {
  const queue = new Queue<number>(3);
  expect(thrown(() => queue.put_many([1, 2, 3, 4, 5], false))).toMatchObject({ name: 'Full', done: 3 });
  expect(thrown(() => queue.put_many([6], { timeout: 0.02 }))).toMatchObject({ name: 'Full', done: 0 });
  expect(() => queue.put_many([6], true, 0.02)).toThrow(Full);
  expect(queue.get_many(9)).toEqual([1, 2, 3]);
  queue.shutdown();
  expect(thrown(() => queue.put_many([1]))).toMatchObject({ name: 'ShutDown', done: 0 });
});

it('gives back what the items hold that did not come in', async () => {
  const cells = native.liveCells();
  const queue = new Queue<unknown>(1);
  expect(() => queue.put_many([1, new Lock(), { lock: new Lock() }], false)).toThrow(Full);
  expect(() => queue.put_many([new Lock(), () => 1])).toThrow(DOMException);
  expect(queue.get()).toBe(1);
  await collected(() => native.liveCells() <= cells + 1);
});

describe.each<Kind>(['Thread', 'worker'])('with another %s', (kind) => {
  const start = starter(kind, __filename);

  it('goes through a queue that is smaller than the batch', () => {
    const queue = new Queue<number>(7);
    const put = start((q) => q.put_many(Array.from({ length: 5000 }, (_, i) => i)), queue);
    const got: number[] = [];
    while (got.length < 5000) got.push(...queue.get_many(100));
    expect(got).toEqual(numbers(5000));
    put.join();
  });

  it('is stopped by shutdown in the midst of it', () => {
    const queue = new Queue<number>(2);
    const put = start((q) => {
      try {
        q.put_many([1, 2, 3, 4]);
        return 'all';
      } catch (error) {
        return `${(error as Error).name} after ${(error as { done: number }).done}`;
      }
    }, queue);
    untilWaitingAt(queue, { put: 1 });
    queue.shutdown();
    expect(put.join()).toBe('ShutDown after 2');
    expect([...queue]).toEqual([1, 2]);
  });
});
