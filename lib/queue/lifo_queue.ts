import type { NameOptions } from '../internal/handles';
import { CellClass } from '../internal/cell';
import { fromHandle, registerClass } from '../internal/handles';
import { Queue, type QueueOptions } from './queue';

/**
 * A queue between threads, last in, first out.
 *
 * @see https://docs.python.org/3/library/queue.html#queue.LifoQueue
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export class LifoQueue<T = any> extends Queue<T> {
  /** Arguments as those of {@link Queue}. */
  constructor(maxsize?: number | QueueOptions, options?: NameOptions) {
    super(maxsize, options, CellClass.LifoQueue, 'LifoQueue');
  }

  /**
   * The queue of a handle.
   *
   * @throws ValueError where that queue is gone, or the handle is not one of this class
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  static override from<T = any>(handle: unknown): LifoQueue<T> {
    return fromHandle(handle, 'LifoQueue') as LifoQueue<T>;
  }

  /** @internal */
  override get _class(): number {
    return CellClass.LifoQueue;
  }

  /** @internal */
  override get _kind(): string {
    return 'LifoQueue';
  }
}

registerClass(CellClass.LifoQueue, 'LifoQueue', LifoQueue);
