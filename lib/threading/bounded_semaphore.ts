import { CellClass, DATA } from '../internal/cell';
import { ValueError } from '../internal/errors';
import { fromHandle, type NameOptions, registerClass } from '../internal/handles';
import { Semaphore, type SemaphoreOptions } from './semaphore';

/**
 * A semaphore whose count never exceeds what it started with.
 *
 * @see https://docs.python.org/3/library/threading.html#threading.BoundedSemaphore
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
    return fromHandle(handle, 'BoundedSemaphore') as BoundedSemaphore;
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

  /** @internal */
  protected override _overflow(): never {
    throw new ValueError('Semaphore released too many times');
  }
}

registerClass(CellClass.BoundedSemaphore, 'BoundedSemaphore', BoundedSemaphore);
