import { CellClass } from '../internal/cell';
import { fromHandle, type NameOptions, registerClass } from '../internal/handles';
import { SHARED_CLASS } from '../internal/native';
import { Barrier as ThreadBarrier, type BarrierOptions } from '../threading/barrier';

/**
 * A meeting point of processes: they wait at it until as many as it has parties have come, then all go
 * on. Errors are those of `threading.Barrier`.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Barrier
 */
export class Barrier extends ThreadBarrier {
  /**
   * @param parties - how many meet, 1 or more
   * @param action - called by one of them when all have come, before any goes on; a target, which is found
   *   or made again in whatever process comes last
   * @param timeout - seconds, for `wait` without a timeout of its own
   * @throws ValueError where `parties` is less than 1
   */
  constructor(
    parties: number | BarrierOptions,
    action?: (() => unknown) | null,
    timeout?: number | null,
    options?: NameOptions,
  ) {
    super(parties, action, timeout, options);
  }

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

registerClass(
  CellClass.Barrier + SHARED_CLASS,
  'multiprocessing.Barrier',
  (attached) => new Barrier(attached as BarrierOptions),
);
