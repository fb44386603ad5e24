import { CellClass } from '../internal/cell';
import { ValueError } from '../internal/errors';
import { type Attached, fromHandle, registerClass } from '../internal/handles';
import { noteClass } from '../internal/library_classes';
import { SHARED_CLASS } from '../internal/native';
import type { QueueOptions } from '../queue/queue';
import { Queue } from './queue';

/** Travels with a queue that is joinable. */
const JOINABLE = 1;

/**
 * A {@link Queue} with `task_done` and `join`: every item that was taken has to be reported as done, and
 * `join` waits for that.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.JoinableQueue
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in Python, what is in a queue need not be said
export class JoinableQueue<T = any> extends Queue<T> {
  /**
   * The queue of a handle.
   *
   * @throws ValueError where that queue is gone, or the handle is not one of this class
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  static override from<T = any>(handle: unknown): JoinableQueue<T> {
    const queue = fromHandle(handle, 'multiprocessing.Queue');
    if (queue instanceof JoinableQueue) return queue as JoinableQueue<T>;
    throw new ValueError('multiprocessing.JoinableQueue.from(): this is a handle of a multiprocessing.Queue');
  }

  /** @internal */
  override get _kind(): string {
    return 'JoinableQueue';
  }

  /** @internal */
  protected override _extra(): unknown {
    return JOINABLE;
  }
}

function make(attached: Attached): Queue {
  const Class = attached.extra === JOINABLE ? JoinableQueue : Queue;
  return new Class(attached as QueueOptions);
}

registerClass(CellClass.Queue + SHARED_CLASS, 'multiprocessing.Queue', Queue, make);
noteClass(JoinableQueue);
