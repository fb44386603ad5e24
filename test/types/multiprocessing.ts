/** Types of what is made with and without `new`. */
import { Array as SharedArray, Manager, type RawArray, Value } from 'nogil/multiprocessing';
import type { SetProxy } from 'nogil/multiprocessing/managers';
import type { Equal, Expect } from './expect';

export const called = Value('i', 0);
export const made = new Value('i', 0);
export const big = new Value('q', 0n);
export const raw = new Value('d', 1.5, { lock: false });
export const array = new SharedArray('i', [1, 2]);
export const calledArray = SharedArray('i', 2);
export const unlocked = new SharedArray('d', 3, { lock: false });
export const set = Manager().set([1]);
export type Made = [
  Expect<Equal<typeof called, typeof made>>,
  Expect<Equal<typeof made.value, number>>,
  Expect<Equal<typeof big.value, bigint>>,
  Expect<Equal<typeof array, typeof calledArray>>,
  Expect<Equal<ReturnType<typeof array.at>, number>>,
  Expect<Equal<typeof unlocked, ReturnType<typeof RawArray<'d'>>>>,
  Expect<Equal<typeof set, SetProxy>>,
];
made.get_lock();
// @ts-expect-error without a lock there is none
raw.get_lock();
// @ts-expect-error not a type code
new Value('z', 0);
