import { type Comparable, LifoQueue, PriorityQueue, Queue, SimpleQueue } from 'nogil/queue';
import type { Equal, Expect } from './expect';

const numbers = new Queue<number>(3);
export const one = numbers.get(true, 1.5);
export const same = numbers.get({ block: true, timeout: 1.5 });
export const later = numbers.get_async({ timeout: 1, signal: AbortSignal.timeout(10) });
export const some = numbers.get_many(10, false);
export type Gets = [
  Expect<Equal<typeof one, number>>,
  Expect<Equal<typeof same, number>>,
  Expect<Equal<typeof later, Promise<number>>>,
  Expect<Equal<typeof some, number[]>>,
];

numbers.put(1, true, 1.5);
numbers.put(1, { block: true, timeout: null });
numbers.maxsize = 4;
export const put: Promise<void> = numbers.put_async(1, { signal: new AbortController().signal });
for (const item of numbers) item.toFixed();

// @ts-expect-error: a number is wanted
numbers.put('1');
// @ts-expect-error: no such keyword
numbers.put(1, { timeot: 1 });
// @ts-expect-error: a signal is for the async twins
numbers.get({ signal: AbortSignal.timeout(1) });

new SimpleQueue<Uint8Array>({ name: 'frames' }).put(new Uint8Array(1), { transfer: [] });
new LifoQueue<string>({ maxsize: 2, name: 'stack' }).put_nowait('x');

export const tasks = new PriorityQueue<{ due: number }>({ key: (task) => task.due });
export const key: Comparable = [1, 'a', [true, 2n]];
// @ts-expect-error: an object has no order
export const noOrder = new PriorityQueue<{ due: number }>({ key: (task) => task });

export const untyped = new Queue();
untyped.put(1);
untyped.get().whatever;
