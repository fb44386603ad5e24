import { start_new_thread } from 'nogil/_thread';
import { Process } from 'nogil/multiprocessing';
import { Condition, Event, Lock, RLock, Semaphore, Thread, Timer } from 'nogil/threading';
import type { Equal, Expect } from './expect';

const lock = new Lock();
export const acquired = lock.acquire(true, 1.5);
export const byKeyword = lock.acquire({ blocking: true, timeout: 1.5 });
export const later = lock.acquire_async({ timeout: 1, signal: AbortSignal.timeout(10) });
export type Acquire = [
  Expect<Equal<typeof acquired, boolean>>,
  Expect<Equal<typeof byKeyword, boolean>>,
  Expect<Equal<typeof later, Promise<boolean>>>,
];

export const guarded = lock.with(() => 1);
export type With = Expect<Equal<typeof guarded, number>>;

export function guard(): void {
  using _held = lock.enter();
}

// @ts-expect-error: a timeout is a number of seconds
lock.acquire(true, '1');
// @ts-expect-error: no such keyword
lock.acquire({ timeot: 1 });

export const condition = new Condition(new RLock());
// @ts-expect-error: a condition is made on a lock
export const wrong = new Condition(new Semaphore(1));

export const set: boolean = new Event().wait({ timeout: 1 });

export const thread = new Thread({ target: (n: number, s: string) => s.repeat(n), args: [2, 'a'], daemon: true });

interface Settings {
  depth: number;
}
const settings: Settings = { depth: 1 };
export const withKeywords = [
  new Thread({ target: (n: number, o: Settings) => n + o.depth, args: [1], kwargs: settings }),
  new Timer(1, (o: Settings) => o.depth, [], settings),
  new Process({ target: (o: Settings) => o.depth, kwargs: settings }),
];
start_new_thread((o: Settings) => o.depth, [], settings);
// @ts-expect-error: keyword arguments are an object
export const noKeywords = new Thread({ kwargs: 5 });

export const ident: number = start_new_thread((n: number) => n, [1]);
// @ts-expect-error: a function without arguments is given an empty list of them
start_new_thread(() => {});
