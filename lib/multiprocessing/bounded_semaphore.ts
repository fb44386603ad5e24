import { CellClass, DATA } from '../internal/cell';
import { fromHandle, type NameOptions, registerClass } from '../internal/handles';
import { SHARED_CLASS } from '../internal/native';
import type { SemaphoreOptions } from '../threading/semaphore';
import { Semaphore } from './semaphore';

/**
 * A semaphore for all processes of the tree whose count never exceeds what it started with: one
 * `release` too many throws `ValueError`.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.BoundedSemaphore
 */
export class BoundedSemaphore extends Semaphore {
  /**
   * @param value - the count to start with, and the most that it can be
   * @param options - `{ name }`: the same name is the same semaphore in every thread of the process
   * @throws ValueError where `value` is negative
   */
  constructor(value?: number | SemaphoreOptions, options?: NameOptions) {
    super(value, options, CellClass.BoundedSemaphore, 'BoundedSemaphore');
  }

  /**
   * The semaphore of a handle.
   *
   * @throws ValueError where that semaphore is gone, or the handle is not one of this class
   */
  static override from(handle: unknown): BoundedSemaphore {
    return fromHandle(handle, 'multiprocessing.BoundedSemaphore') as BoundedSemaphore;
  }

  /** @internal */
  override get _class(): number {
    return CellClass.BoundedSemaphore;
  }

  /** @internal */
  protected override get _kind(): string {
    return 'BoundedSemaphore';
  }

  /** @internal */
  protected override _limit(): number {
    return this._w[this._i + DATA];
  }
}

registerClass(CellClass.BoundedSemaphore + SHARED_CLASS, 'multiprocessing.BoundedSemaphore', BoundedSemaphore);
