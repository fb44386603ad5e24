/** Types of the primitives' classes. */
import {
  Barrier,
  BoundedSemaphore,
  BrokenBarrierError,
  Condition,
  Event,
  Lock,
  RLock,
  RWLock,
  Semaphore,
  type ThreadError,
} from 'nogil/threading';
import type { Equal, Expect } from './expect';

const signal = new AbortController().signal;

// --- Lock and RLock ---
export const lock = new Lock({ name: 'lock' });
export const rlock = new RLock();
export type Locks = [
  Expect<Equal<ReturnType<typeof lock.acquire>, boolean>>,
  Expect<Equal<ReturnType<typeof lock.acquire_async>, Promise<boolean>>>,
  Expect<Equal<ReturnType<typeof rlock.release>, void>>,
  Expect<Equal<ReturnType<typeof rlock.locked>, boolean>>,
  Expect<Equal<typeof lock.name, string | undefined>>,
  Expect<Equal<ReturnType<typeof Lock.from>, Lock>>,
  Expect<Equal<ReturnType<typeof RLock.from>, RLock>>,
];
lock.acquire();
lock.acquire(false);
lock.acquire(true, null);
lock.acquire({ timeout: undefined });
lock.acquire(true, { timeout: 1 });
rlock.acquire(true, { timeout: null });
void lock.acquire_async(true, 1, { signal });
void lock.acquire_async(true, { timeout: 1 });
void lock.acquire_async(true, { timeout: 1, signal });
void lock.acquire_async(false, { signal });
// @ts-expect-error: given by position already
lock.acquire(true, { blocking: true });
void lock.acquire_async({ blocking: true, timeout: 1, signal });
void lock.acquire_async({ signal: undefined });
// @ts-expect-error: a blocking call takes no signal
lock.acquire({ signal });
// @ts-expect-error: no such option
new Lock({ nam: 'x' });
// @ts-expect-error: a name is a string
new Lock({ name: 1 });
// @ts-expect-error: `release` of a lock takes no number
lock.release(2);

// --- with and enter ---
export const value = lock.with(() => 'text' as const);
export const promised = lock.with(async () => Promise.resolve(5));
export type Withs = [Expect<Equal<typeof value, 'text'>>, Expect<Equal<typeof promised, Promise<number>>>];
export async function block(): Promise<void> {
  using _a = lock.enter();
  using _b = new Semaphore(1).enter();
  await using _c = await new Condition().enter_async({ signal });
  using _d = new RWLock().read().enter();
}

// --- Condition ---
export const condition = new Condition(lock);
export const found = condition.wait_for(() => [1, 2], 5);
export const foundLater = condition.wait_for_async(async () => Promise.resolve('x'), { timeout: 1, signal });
export type Conditions = [
  Expect<Equal<ReturnType<typeof condition.wait>, boolean>>,
  Expect<Equal<ReturnType<typeof condition.wait_async>, Promise<boolean>>>,
  Expect<Equal<typeof found, number[]>>,
  Expect<Equal<typeof foundLater, Promise<string>>>,
];
new Condition(new RLock(), { name: 'c' });
new Condition({ lock: rlock, name: 'c' });
new Condition(null);
condition.acquire(true, { timeout: 1 });
condition.notify({ n: 2 });
condition.wait({ timeout: null });
// @ts-expect-error: a predicate is a function
condition.wait_for(true);
// @ts-expect-error: notify takes a number
condition.notify('all');

// --- Event ---
export const event = new Event();
export type Events = [
  Expect<Equal<ReturnType<typeof event.wait>, boolean>>,
  Expect<Equal<ReturnType<typeof event.wait_async>, Promise<boolean>>>,
  Expect<Equal<ReturnType<typeof event.is_set>, boolean>>,
];
void event.wait_async(1, { signal });
// @ts-expect-error: an event has no value
new Event(1);

// --- Semaphore and BoundedSemaphore ---
export const semaphore: Semaphore = new BoundedSemaphore({ value: 2, name: 's' });
semaphore.acquire(true, { timeout: 1 });
semaphore.release(2);
semaphore.release({ n: 2 });
void semaphore.acquire_async({ timeout: 1, signal });
export type Semaphores = [Expect<Equal<ReturnType<typeof BoundedSemaphore.from>, BoundedSemaphore>>];
// @ts-expect-error: a value is a number
new Semaphore('1');
// @ts-expect-error: no such option
new Semaphore({ values: 1 });

// --- Barrier ---
export const barrier = new Barrier(2, () => 'ignored', 5);
new Barrier({ parties: 2, action: null, timeout: 1, name: 'b' });
new Barrier(2, { timeout: 1 });
new Barrier(2, null, { timeout: 1, name: 'b' });
// @ts-expect-error: given by position already
new Barrier(2, { parties: 2 });
export type Barriers = [
  Expect<Equal<ReturnType<typeof barrier.wait>, number>>,
  Expect<Equal<ReturnType<typeof barrier.wait_async>, Promise<number>>>,
  Expect<Equal<typeof barrier.parties, number>>,
  Expect<Equal<typeof barrier.broken, boolean>>,
];
// @ts-expect-error: how many have come is not to be set
barrier.n_waiting = 1;
// @ts-expect-error: an action is a function
new Barrier(2, 'action');
export const broken: ThreadError = new BrokenBarrierError();

// --- RWLock ---
export const rw = new RWLock();
export const read: boolean = rw.read().acquire(true, 1);
export const readInTime: boolean = rw.read().acquire(true, { timeout: 1 });
export const written: Promise<boolean> = rw.write().acquire_async({ signal });
// @ts-expect-error: one locks a view of it
rw.acquire();
