import type { AsyncOptions } from '../internal/arguments';
import { CellClass } from '../internal/cell';
import { RuntimeError } from '../internal/errors';
import { fromHandle, type NameOptions, registerClass } from '../internal/handles';
import { native } from '../internal/native';
import { self } from '../internal/self';
import type { AcquireOptions, TimeoutOptions } from './lockable';
import { Mutex } from './mutex';

/**
 * A mutual-exclusion lock that any thread may release. A free lock is taken with one atomic
 * operation in JavaScript; a held one blocks the thread, without using CPU.
 *
 * When the thread that holds it dies abnormally (`worker.terminate()`, `process.exit()` in it, a
 * crash), it passes on, with the process warning `NOGIL_OWNER_DIED`.
 *
 * @see https://docs.python.org/3/library/threading.html#lock-objects
 */
export class Lock extends Mutex {
  /** @param options - `{ name }`: the same name is the same lock in every thread of the process */
  constructor(options?: NameOptions) {
    super(CellClass.Lock, 'Lock', options);
  }

  /**
   * The lock of a handle.
   *
   * @throws ValueError where that lock is gone, or the handle is not one of a Lock
   */
  static from(handle: unknown): Lock {
    return fromHandle(handle, 'Lock') as Lock;
  }

  /** @internal */
  get _class(): number {
    return CellClass.Lock;
  }

  /** @internal */
  protected get _kind(): string {
    return 'Lock';
  }

  /**
   * Takes the lock, waiting until it is free.
   *
   * @param blocking - `false`: do not wait
   * @param timeout - seconds to wait at most; -1 for ever
   * @returns whether the lock was taken
   * @throws ValueError on a negative timeout other than -1, and on any with `blocking = false`
   * @throws OverflowError on a timeout of more than `TIMEOUT_MAX`
   * @see https://docs.python.org/3/library/threading.html#threading.Lock.acquire
   */
  acquire(blocking?: boolean | AcquireOptions, timeout?: number | null | TimeoutOptions): boolean {
    // Acquire; pairs with the exchange in the last holder's release. JavaScript's atomics are
    // sequentially consistent.
    if (blocking === undefined && timeout === undefined && Atomics.compareExchange(this._w, this._i, 0, self.number) === 0)
      return true;
    return this._acquire(blocking, timeout);
  }

  /**
   * {@link acquire} without blocking the event loop.
   *
   * @throws the signal's reason, when it aborts first
   */
  acquire_async(
    blocking?: boolean | (AcquireOptions & AsyncOptions),
    timeout?: number | null | (TimeoutOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<boolean>;
  acquire_async(...args: unknown[]): Promise<boolean> {
    return this._acquireTwin(args);
  }

  /**
   * Frees the lock; a waiting thread gets it next.
   *
   * @throws RuntimeError where it is free
   * @see https://docs.python.org/3/library/threading.html#threading.Lock.release
   */
  release(): void {
    const was = Atomics.exchange(this._w, this._i, 0);
    if (was > 0) return;
    // Straight into native code: a thread is terminated at calls of JavaScript functions only, and
    // between the exchange and the wake-up it must not be. So this one is made at load (internal/native.ts).
    if (was < 0) native.mutexWake(this._cell);
    else throw new RuntimeError('release unlocked lock');
  }

  /** @internal A Lock has no owner: held by anybody counts, as in Python. */
  _owned(): boolean {
    return this.locked();
  }

  /** @internal */
  _suspend(): number {
    return 0;
  }

  /** @internal */
  _resume(): void {}

  /** @internal */
  protected _try(): boolean {
    return Atomics.compareExchange(this._w, this._i, 0, self.number) === 0;
  }
}

registerClass(CellClass.Lock, 'Lock', Lock);
