import type { AsyncOptions } from '../internal/arguments';
import { CellClass } from '../internal/cell';
import { AssertionError } from '../internal/errors';
import { fromHandle, registerClass } from '../internal/handles';
import { SHARED_CLASS } from '../internal/native';
import { RLock as ThreadRLock } from '../threading/rlock';
import { ACQUIRE, type AcquireOptions, type TimeoutOptions, waitingTime } from './arguments';

/**
 * A lock that its owner, one thread of one process of the tree, may take again and again, and has to
 * release as often.
 *
 * When its owner ends in whatever way without releasing it, it passes on, with the process warning
 * `NOGIL_OWNER_DIED`.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.RLock
 */
export class RLock extends ThreadRLock {
  /**
   * The lock of a handle.
   *
   * @throws ValueError where that lock is gone, or the handle is not one of this class
   */
  static override from(handle: unknown): RLock {
    return fromHandle(handle, 'multiprocessing.RLock') as RLock;
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
   * Takes the lock, or takes it once more where this thread owns it already.
   *
   * @param block - `false`: do not wait
   * @param timeout - seconds to wait at most, none where negative; nothing waits for ever
   * @returns whether the lock was taken
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.RLock.acquire
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
   * Takes back one acquisition; with the last one, one that waits gets the lock.
   *
   * @throws AssertionError where this thread does not own it
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.RLock.release
   */
  override release(): void {
    if (!this._owned()) throw new AssertionError('attempt to release recursive lock not owned by thread');
    super.release();
  }
}

registerClass(CellClass.RLock + SHARED_CLASS, 'multiprocessing.RLock', RLock);
