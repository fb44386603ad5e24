import { functionArgument, isOptions, keywords, type AsyncOptions } from '../internal/arguments';
import { Primitive } from '../internal/handles';
import { signalOf } from '../internal/async_waits';
import { isPromiseLike } from '../internal/promises';

/** Options of `acquire`, in place of its positional arguments. */
export interface AcquireOptions {
  /** Whether to wait at all. Default `true`. */
  blocking?: boolean | undefined;
  /** Seconds to wait at most; -1, the default, waits for ever. */
  timeout?: number | null | undefined;
}

/** Options of `acquire` after a first positional argument. */
export type TimeoutOptions = Pick<AcquireOptions, 'timeout'>;

/** The keywords of `acquire`. */
export const ACQUIRE = ['blocking', 'timeout'] as const;

/** What `enter()` gives: holds the lock until the end of the block that `using` declares it in. */
export class Held implements Disposable, AsyncDisposable {
  private lock: { release(): void } | undefined;

  /** @internal */
  constructor(lock: { release(): void }) {
    this.lock = lock;
  }

  /** Releases the lock; a second call does nothing. */
  [Symbol.dispose](): void {
    const lock = this.lock;
    this.lock = undefined;
    lock?.release();
  }

  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    return Promise.resolve();
  }
}

/** Anything with the interface of a lock. */
export interface LockLike {
  acquire(...args: never[]): boolean;
  acquire_async(...args: never[]): Promise<boolean>;
  release(): void;
}

/** `with` of {@link Lockable}, for what is not a primitive of its own. */
export function withLock<R>(lock: LockLike, fn: () => R): R {
  functionArgument('with', 'fn', fn);
  lock.acquire();
  let result: R;
  try {
    result = fn();
    // Its `then` may be a getter that throws.
    if (isPromiseLike(result)) {
      return Promise.resolve(result).finally(() => {
        lock.release();
      }) as R;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
  lock.release();
  return result;
}

/** `with_async` of {@link Lockable}, for what is not a primitive of its own. */
export async function withLockAsync<R>(
  lock: LockLike,
  fn: () => R | PromiseLike<R>,
  options: AsyncOptions | undefined,
): Promise<Awaited<R>> {
  functionArgument('with_async', 'fn', fn);
  await (lock.acquire_async as (options?: AsyncOptions) => Promise<boolean>).call(lock, options);
  try {
    return await fn();
  } finally {
    lock.release();
  }
}

/** What Lock, RLock, Condition and the semaphores have in common: they are entered and left. */
export abstract class Lockable extends Primitive implements LockLike {
  abstract acquire(blocking?: boolean | AcquireOptions, timeout?: number | null | TimeoutOptions): boolean;
  abstract acquire_async(...args: never[]): Promise<boolean>;
  abstract release(): void;

  /**
   * Acquires, and releases at the end of the block: `using held = lock.enter()`.
   *
   * @see https://docs.python.org/3/library/threading.html#using-locks-conditions-and-semaphores-in-the-with-statement
   */
  enter(): Held {
    this.acquire();
    return new Held(this);
  }

  /** The same without blocking the event loop: `await using held = await lock.enter_async()`. */
  async enter_async(options?: AsyncOptions): Promise<Held> {
    await (this.acquire_async as (options?: AsyncOptions) => Promise<boolean>).call(this, options);
    return new Held(this);
  }

  /**
   * Runs `fn` with the lock held and releases it when `fn` returns, throws, or its promise settles.
   *
   * @returns what `fn` returns
   */
  with<R>(fn: () => R): R {
    return withLock(this, fn);
  }

  /** The same without blocking the event loop while the lock is held elsewhere. */
  with_async<R>(fn: () => R | PromiseLike<R>, options?: AsyncOptions): Promise<Awaited<R>> {
    return withLockAsync(this, fn, options);
  }
}

/** The arguments of an `_async` twin: those of its method, then `{ signal }`. */
export function asyncArguments(
  method: string,
  names: readonly string[],
  args: readonly unknown[],
): [unknown[], AbortSignal | undefined] {
  // Trailing options may hold keywords of the method and the signal at once.
  const trimmed = args.length > 1 && args[args.length - 1] === undefined ? args.slice(0, -1) : args;
  const last = trimmed[trimmed.length - 1];
  if (!isOptions(last)) return [keywords(method, names, trimmed), undefined];
  const { signal, ...rest } = last as AsyncOptions;
  return [keywords(method, names, [...trimmed.slice(0, -1), rest]), signalOf(method, { signal })];
}
