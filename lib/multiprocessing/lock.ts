import type { AsyncOptions } from '../internal/arguments';
import { CellClass } from '../internal/cell';
import { ValueError } from '../internal/errors';
import { fromHandle, registerClass } from '../internal/handles';
import { native, SHARED_CLASS } from '../internal/native';
import { self } from '../internal/self';
import { Lock as ThreadLock } from '../threading/lock';
import { holderOf } from '../threading/mutex';
import { ACQUIRE, type AcquireOptions, type TimeoutOptions, waitingTime } from './arguments';

/**
 * A mutual-exclusion lock for the threads of all processes of the tree. Any of them may release it.
 *
 * When the process that holds it is killed, or ends in the midst of its target (`process.exit()`, an error that nothing
 * caught), or the thread that holds it dies abnormally, it passes on, with the process warning `NOGIL_OWNER_DIED`.
 * After a normal end it stays locked.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Lock
 */
export class Lock extends ThreadLock {
  /**
   * The lock of a handle.
   *
   * @throws ValueError where that lock is gone, or the handle is not one of this class
   */
  static override from(handle: unknown): Lock {
    return fromHandle(handle, 'multiprocessing.Lock') as Lock;
  }

  /** @internal */
  override get _shared(): boolean {
    return true;
  }

  /** @internal */
  protected override get _keywords(): readonly [string, string] {
    return ACQUIRE;
  }

  /** @internal */
  protected override _time(method: string, block: unknown, timeout: unknown): number {
    return waitingTime(method, block, timeout);
  }

  /**
   * Takes the lock, waiting until it is free.
   *
   * @param block - `false`: do not wait
   * @param timeout - seconds to wait at most, none where negative; nothing waits for ever
   * @returns whether the lock was taken
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Lock.acquire
   */
  override acquire(block?: boolean | AcquireOptions, timeout?: number | null | TimeoutOptions): boolean {
    return super.acquire(block, timeout);
  }

  /** {@link acquire} without blocking the event loop. */
  override acquire_async(
    block?: boolean | (AcquireOptions & AsyncOptions),
    timeout?: number | null | (TimeoutOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<boolean>;
  override acquire_async(...args: unknown[]): Promise<boolean> {
    return this._acquireTwin(args);
  }

  /**
   * Frees the lock, whoever holds it; one that waits gets it next.
   *
   * @throws ValueError where it is free
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Lock.release
   */
  override release(): void {
    const was = Atomics.exchange(this._w, this._i, 0);
    if (was > 0) return;
    // Straight into native code: see threading.Lock.release.
    if (was < 0) native.mutexWake(this._cell);
    else throw new ValueError('semaphore or lock released too many times');
  }

  /** @internal A condition is for the thread that acquired its lock. */
  override _owned(): boolean {
    return holderOf(Atomics.load(this._w, this._i)) === self.number;
  }
}

registerClass(CellClass.Lock + SHARED_CLASS, 'multiprocessing.Lock', Lock);
