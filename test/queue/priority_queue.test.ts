import fc from 'fast-check';
import { ThreadPoolExecutor } from 'nogil/concurrent/futures';
import { PriorityQueue } from 'nogil/queue';
import { Lock, Thread } from 'nogil/threading';
import { byLength } from './fixtures/keys.cjs';

function drained<T>(items: Iterable<T>): T[] {
  const queue = new PriorityQueue<T>();
  for (const item of items) queue.put(item);
  return queue.empty() ? [] : queue.get_many(Infinity);
}

/** As Python compares. */
function compare(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = compare(a[i], b[i]);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  if (typeof a === 'string' && typeof b === 'string') return compare(Array.from(a, point), Array.from(b, point));
  const [x, y] = [a, b].map((value) => (typeof value === 'boolean' ? Number(value) : value)) as [number, number];
  return x < y ? -1 : x > y ? 1 : 0;
}

function point(character: string): number {
  return character.codePointAt(0)!;
}

/** Stable, as sort is: equal ones as they came. */
function sorted<T>(items: readonly T[]): T[] {
  return [...items].sort(compare);
}

const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.boolean(),
  fc.constantFrom<number | bigint>(
    0,
    -0,
    0n,
    2 ** 53,
    2n ** 53n + 1n,
    5e-324,
    -5e-324,
    Infinity,
    -Infinity,
    2n ** 1024n,
    -(10n ** 400n),
  ),
);
const string = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', '\0', '\u0800', '\ud800', '\udfff', '\uffff', '😀') }),
);

it.each<[string, fc.Arbitrary<unknown>]>([
  ['numbers, bigints and booleans', number],
  ['strings by code point', string],
  ['arrays element by element', fc.tuple(fc.integer({ max: 3, min: 0 }), string, fc.array(number, { maxLength: 3 }))],
  ['arrays of any length', fc.array(fc.constantFrom(1, 2, true, 1n), { maxLength: 4 })],
])('orders %s as Python does, equal ones as they came', (_what, arbitrary) => {
  fc.assert(fc.property(fc.array(arbitrary, { maxLength: 60 }), (items) => expect(drained(items)).toStrictEqual(sorted(items))));
});

it('gives equal ones in order of arrival', () => {
  const items = Array.from({ length: 300 }, (_, i) => ({ order: i % 3, i }));
  const queue = new PriorityQueue<{ order: number; i: number }>({ key: (item) => item.order });
  for (const item of items) queue.put(item);
  expect(queue.get_many(Infinity)).toEqual(items.sort((a, b) => a.order - b.order));
  expect(drained([1, true, 1n, 0, false, -0])).toEqual([0, false, -0, 1, true, 1n]);
});

it.each<[string, unknown[]]>([
  ['an object', [{}]],
  ['a function', [() => 1]],
  ['null', [null]],
  ['undefined', [undefined]],
  ['NaN', [NaN]],
  ['NaN within an array', [[1, NaN]]],
  ['a string among numbers', [1, 'a']],
  ['a number among strings', ['a', 1]],
  ['an array among numbers', [1, [1]]],
  [
    'arrays that differ in kind',
    [
      [1, 'a'],
      [1, 2],
    ],
  ],
  [
    'arrays with objects in the same place',
    [
      [1, {}],
      [1, {}],
    ],
  ],
  ['null and a number', [[null], [1]]],
])('refuses %s, and is as before', (_what, items) => {
  const queue = new PriorityQueue();
  const last = items.pop();
  for (const item of items) queue.put(item);
  expect(() => queue.put(last)).toThrow(TypeError);
  expect(() => queue.put_many([last])).toThrow(TypeError);
  expect(() => queue.put_nowait(last)).toThrow(TypeError);
  expect(queue.qsize()).toBe(items.length);
  expect(queue.unfinished_tasks).toBe(items.length);
});

it('looks at what has no order only where it must', () => {
  const items = [
    [3, { c: 1 }],
    [1, { a: 1 }],
    [2, null],
    [2, null],
  ];
  expect(drained(items)).toEqual([items[1], items[2], items[3], items[0]]);
});

it('orders by a key', () => {
  const queue = new PriorityQueue<string>({ key: byLength });
  queue.put_many(['ccc', 'a', 'bb', 'b']);
  expect(queue.get_many(9)).toEqual(['a', 'b', 'bb', 'ccc']);
  expect(() => new PriorityQueue({ key: 1 as never })).toThrow(TypeError);
  const failing = new PriorityQueue({
    key: () => {
      throw new Error('no key');
    },
  });
  expect(() => failing.put(1)).toThrow('no key');
  expect(failing.qsize()).toBe(0);
});

it('refuses a key that is a promise', () => {
  const queue = new PriorityQueue({ key: (async (item: number) => Promise.reject(new Error(String(item)))) as never });
  expect(() => queue.put(1)).toThrow("PriorityQueue.put(): 'key' must not return a promise");
  expect(queue.empty()).toBe(true);
});

it('takes its key along to other threads', () => {
  const queue = new PriorityQueue<string>({ key: byLength });
  const thread = new Thread({ target: (q: PriorityQueue<string>) => q.put_many(['ccc', 'a', 'bb']), args: [queue] });
  thread.start();
  thread.join();
  expect(queue.get_many(9)).toEqual(['a', 'bb', 'ccc']);
  const captured = 1;
  const closed = new PriorityQueue<number>({ key: (item) => item + captured });
  closed.put(1);
  expect(() => closed.handle).toThrow(TypeError);
});

it('calls the key once for an item, before anything else', () => {
  let calls = 0;
  const queue = new PriorityQueue<{ n: number }>({ key: ({ n }) => (calls++, n) });
  queue.put({ n: 1 });
  queue.put_many([{ n: 2 }, { n: 0 }]);
  expect([calls, queue.get().n]).toEqual([3, 0]);
});

it('carries primitives, and gives back those of an item that was refused', () => {
  const queue = new PriorityQueue<[number, Lock]>();
  const lock = new Lock();
  queue.put([1, lock]);
  expect(() => queue.put([1, lock])).toThrow(TypeError);
  lock.acquire();
  expect(queue.get()[1].locked()).toBe(true);
});

it('waits for room with its place in the order', async () => {
  const queue = new PriorityQueue<number>(2);
  queue.put_many([5, 7]);
  const pending = [queue.put_async(6), queue.put_async(1)];
  expect(queue.get()).toBe(5);
  await pending[0];
  expect(queue.get()).toBe(6);
  await pending[1];
  expect(queue.get_many(2)).toEqual([1, 7]);
  queue.put(1);
  queue.put(2);
  const refused = queue.put_async('a' as never);
  queue.get();
  await expect(refused).rejects.toThrow(TypeError);
});

describe('arrays within arrays', () => {
  const nested = (depth: number, core: unknown[] = []): unknown[] => {
    let array = core;
    for (let i = 1; i < depth; i++) array = [array];
    return array;
  };

  it('compares them up to the depth at which Python gives up', () => {
    expect(drained([nested(1000, [2]), nested(1000, [1])])).toEqual([nested(1000, [1]), nested(1000, [2])]);
  });

  const cycle: unknown[] = [1];
  cycle.push(cycle);
  it.each<[string, unknown]>([
    ['one that is within itself', cycle],
    ['one that is a little too deep', nested(1001)],
    ['one that is very deep', nested(20_000)],
  ])('refuses %s, and is as before', async (_what, array) => {
    const queue = new PriorityQueue<any>();
    queue.put([3]);
    expect(() => queue.put(array)).toThrow(TypeError);
    expect(() => queue.put_nowait([1, array])).toThrow(TypeError);
    expect(() => queue.put_many([[1], array])).toThrow(TypeError);
    await expect(queue.put_async(array)).rejects.toThrow(TypeError);
    expect([queue.qsize(), queue.unfinished_tasks]).toEqual([1, 1]);
    queue.put([2, [5]]);
    expect(queue.get_many(9)).toEqual([[2, [5]], [3]]);
    const byKey = new PriorityQueue<number>({ key: () => array as never });
    expect(() => byKey.put(1)).toThrow(TypeError);
    expect(byKey.empty()).toBe(true);
  });
});

it('keeps the place of an item whose putter waits while a callback there puts into another queue', () => {
  const queue = new PriorityQueue<string>(2);
  queue.put_many(['m', 'n']);
  const other = new PriorityQueue<string>();
  using executor = new ThreadPoolExecutor(1);
  // The limit passes within the wait below, and calls back there.
  const future = executor.options({ timeout: 0.3 }).submit(() => {
    for (;;);
  });
  const taken: string[] = [];
  future.add_done_callback(() => {
    other.put('zzzz');
    taken.push(queue.get());
  });
  queue.put('a');
  expect(taken).toEqual(['m']);
  expect(queue.get_many(9)).toEqual(['a', 'n']);
});
