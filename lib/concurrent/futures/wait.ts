import { type AsyncOptions, FOREVER, keywords, waitTimeout } from '../../internal/arguments';
import { dispatchBlocking, unwatch, watch } from '../../internal/async_waits';
import { ValueError } from '../../internal/errors';
import { native, type Token } from '../../internal/native';
import { asyncArguments } from '../../threading/lockable';
import type { Future } from './future';
import { futureArgument, futuresArgument } from './future_arguments';
import { waitingForWork } from './starvation';
import { State } from './states';

/** Return when all are done; the default. */
export const ALL_COMPLETED = 'ALL_COMPLETED';
/** Return when any is done. */
export const FIRST_COMPLETED = 'FIRST_COMPLETED';
/** Return when any threw, else when all are done. */
export const FIRST_EXCEPTION = 'FIRST_EXCEPTION';

/** When {@link wait} returns. */
export type ReturnWhen = typeof ALL_COMPLETED | typeof FIRST_COMPLETED | typeof FIRST_EXCEPTION;

/** What {@link wait} gives: `{ done, not_done }`, or `[done, not_done]`. */
export class DoneAndNotDone<T> {
  constructor(
    readonly done: Set<Future<T>>,
    readonly not_done: Set<Future<T>>,
  ) {}

  /** `done`, then `not_done`: for `const [done, not_done] = wait(fs)`. */
  *[Symbol.iterator](): Iterator<Set<Future<T>>> {
    yield this.done;
    yield this.not_done;
  }
}

const WAIT = ['fs', 'timeout', 'return_when'] as const;

/** Options of {@link wait}. */
export interface WaitOptions {
  timeout?: number | null | undefined;
  return_when?: ReturnWhen | undefined;
}

/**
 * Waits for futures. One that was cancelled counts once its executor has seen that.
 *
 * @param fs - an iterable of futures; one given twice counts once
 * @param timeout - seconds to wait at most, after which it returns what is done; nothing waits for ever
 * @param return_when - {@link ALL_COMPLETED}, {@link FIRST_COMPLETED} or {@link FIRST_EXCEPTION}
 * @throws ValueError on another `return_when`
 * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.wait
 */
export function wait<T>(
  fs: Iterable<Future<T>>,
  timeout?: number | null | WaitOptions,
  return_when?: ReturnWhen | WaitOptions,
): DoneAndNotDone<T>;
export function wait<T>(options: WaitOptions & { fs: Iterable<Future<T>> }): DoneAndNotDone<T>;
export function wait<T>(...args: unknown[]): DoneAndNotDone<T> {
  const [fs, seconds, when] = keywords('wait', WAIT, args);
  const ms = waitTimeout('wait', seconds);
  const waiting = new Waiting<T>('wait', fs, when);
  const end = ms === FOREVER ? Infinity : performance.now() + ms;
  try {
    while (!waiting.over) {
      const left = end === Infinity ? FOREVER : Math.max(0, end - performance.now());
      const some = waitingForWork(
        () => waiting.pending(),
        () => dispatchBlocking(left),
      );
      if (!some && left === 0) break;
    }
    return waiting.result();
  } finally {
    waiting.close();
  }
}

/** {@link wait} without blocking the event loop. */
export function wait_async<T>(
  fs: Iterable<Future<T>>,
  timeout?: number | null | (WaitOptions & AsyncOptions),
  return_when?: ReturnWhen | AsyncOptions,
  options?: AsyncOptions,
): Promise<DoneAndNotDone<T>>;
export function wait_async<T>(options: WaitOptions & AsyncOptions & { fs: Iterable<Future<T>> }): Promise<DoneAndNotDone<T>>;
export async function wait_async<T>(...args: unknown[]): Promise<DoneAndNotDone<T>> {
  const [[fs, seconds, when], signal] = asyncArguments('wait_async', WAIT, args);
  const ms = waitTimeout('wait_async', seconds);
  signal?.throwIfAborted();
  const waiting = new Waiting<T>('wait_async', fs, when);
  try {
    await waiting.promise(ms, signal);
    return waiting.result();
  } finally {
    waiting.close();
  }
}

/** One wait for many futures: each has a record in native memory, none a thread or a timer. */
class Waiting<T> {
  over = false;
  private readonly all: Set<Future<T>>;
  private readonly tokens = new Map<Future<T>, Token>();
  private readonly when: unknown;
  private wake: (() => void) | undefined;

  constructor(method: string, fs: unknown, when: unknown) {
    this.all = new Set(futuresArgument<T>(method, fs));
    this.when = when ?? ALL_COMPLETED;
    for (const f of this.all) {
      futureArgument(method, f);
      if (!f._settled) this.tokens.set(f, 0);
    }
    if (this.tokens.size === 0) {
      this.over = true;
      return;
    }
    if (this.when === FIRST_COMPLETED) this.over = this.tokens.size < this.all.size;
    else if (this.when === FIRST_EXCEPTION) this.over = [...this.all].some(threw);
    else if (this.when !== ALL_COMPLETED) throw new ValueError(`${method}(): invalid return condition: '${String(this.when)}'`);
    if (!this.over) this.watch();
  }

  pending(): Iterable<Future<T>> {
    return this.tokens.keys();
  }

  private watch(): void {
    for (const f of this.tokens.keys()) {
      if (this.over) return;
      const token = native.futureWaitAsync(f._promote(), true, false);
      if (token === 0) {
        this.settled(f);
        continue;
      }
      this.tokens.set(f, token);
      f._watches++;
      watch(token, f, () => {
        f._watches--;
        this.settled(f);
      });
    }
  }

  private settled(f: Future<T>): void {
    this.tokens.delete(f);
    if (this.tokens.size === 0 || this.when === FIRST_COMPLETED || (this.when === FIRST_EXCEPTION && threw(f))) {
      this.over = true;
      this.wake?.();
    }
  }

  promise(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.over) {
        resolve();
        return;
      }
      // The iterable may have done it.
      signal?.throwIfAborted();
      const timer = ms === FOREVER ? undefined : setTimeout(() => this.wake?.(), Math.min(Math.ceil(ms), 2 ** 31 - 1));
      const end = (): void => {
        this.wake = undefined;
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        native.unhold();
      };
      const onAbort = (): void => {
        end();
        reject(signal!.reason as Error);
      };
      this.wake = () => {
        end();
        resolve();
      };
      signal?.addEventListener('abort', onAbort);
      native.hold();
    });
  }

  result(): DoneAndNotDone<T> {
    const done = new Set<Future<T>>();
    const not_done = new Set<Future<T>>();
    for (const f of this.all) {
      // Of one that was done before, the event loop may yet have to tell.
      if (f._settled) f._runCallbacks();
      (f._settled ? done : not_done).add(f);
    }
    return new DoneAndNotDone(done, not_done);
  }

  close(): void {
    for (const [f, token] of this.tokens) {
      if (token === 0) continue;
      unwatch(token);
      f._watches--;
    }
    this.tokens.clear();
  }
}

function threw(f: Future): boolean {
  return f._state === State.exception;
}
