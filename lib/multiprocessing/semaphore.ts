import type { AsyncOptions } from '../internal/arguments';
import { CellClass } from '../internal/cell';
import { ValueError } from '../internal/errors';
import { fromHandle, type NameOptions, registerClass } from '../internal/handles';
import { SHARED_CLASS } from '../internal/native';
import { Semaphore as ThreadSemaphore, type SemaphoreOptions } from '../threading/semaphore';
import { ACQUIRE, type AcquireOptions, type TimeoutOptions, waitingTime } from './arguments';

/**
 * A counter for all processes of the tree that `acquire` lowers by one and `release` raises; at 0,
 * `acquire` waits.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Semaphore
 */
export class Semaphore extends ThreadSemaphore {
  /**
   * @param value - the count to start with, 0 or more
   * @param options - `{ name }`: the same name is the same semaphore in every thread of the process
   * @throws ValueError where `value` is negative
   */
  constructor(value?: number | SemaphoreOptions, options?: NameOptions);
  /** @internal */
  constructor(value: unknown, options: unknown, cellClass: number, kind: string);
  constructor(value?: unknown, options?: unknown, cellClass: number = CellClass.Semaphore, kind = 'Semaphore') {
    super(value, options, cellClass, kind);
  }

  /**
   * The semaphore of a handle.
   *
   * @throws ValueError where that semaphore is gone, or the handle is not one of this class
   */
  static override from(handle: unknown): Semaphore {
    return fromHandle(handle, 'multiprocessing.Semaphore') as Semaphore;
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
   * Lowers the count by one, waiting while it is 0.
   *
   * @param block - `false`: do not wait
   * @param timeout - seconds to wait at most, none where negative; nothing waits for ever
   * @returns whether the count was lowered
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Semaphore
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
    return (super.acquire_async as (...args: unknown[]) => Promise<boolean>).apply(this, args);
  }

  /** The count, which may change at any moment. */
  get_value(): number {
    return this._count();
  }

  /** @internal */
  protected override _overflow(): never {
    throw new ValueError('semaphore or lock released too many times');
  }
}

registerClass(CellClass.Semaphore + SHARED_CLASS, 'multiprocessing.Semaphore', Semaphore);
