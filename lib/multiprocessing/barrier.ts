import { CellClass } from '../internal/cell';
import { fromHandle, registerClass } from '../internal/handles';
import { SHARED_CLASS } from '../internal/native';
import { Barrier as ThreadBarrier } from '../threading/barrier';

/**
 * A meeting point of processes: they wait at it until as many as it has parties have come, then all go
 * on. Errors are those of `threading.Barrier`.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Barrier
 */
export class Barrier extends ThreadBarrier {
  /**
   * The barrier of a handle.
   *
   * @throws ValueError where that barrier is gone, or the handle is not one of this class
   */
  static override from(handle: unknown): Barrier {
    return fromHandle(handle, 'multiprocessing.Barrier') as Barrier;
  }

  /** @internal */
  override get _shared(): boolean {
    return true;
  }
}

registerClass(CellClass.Barrier + SHARED_CLASS, 'multiprocessing.Barrier', Barrier);
