import { integerArgument, isOptions, keywords } from '../internal/arguments';
import { CellClass } from '../internal/cell';
import { Attached, fromHandle, type NameOptions, registerClass } from '../internal/handles';
import { native } from '../internal/native';
import { BaseQueue, readMaxsize, writeMaxsize } from './base_queue';

/** Options of {@link Queue} and its kin. */
export interface QueueOptions extends NameOptions {
  /** How many items there may be before `put` waits; 0, the default, or less: any number. */
  maxsize?: number | undefined;
}

/**
 * A queue between threads, first in, first out.
 *
 * @see https://docs.python.org/3/library/queue.html#queue.Queue
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in Python, what is in a queue need not be said
export class Queue<T = any> extends BaseQueue<T> {
  /**
   * @param maxsize - how many items there may be before `put` waits; 0 or less, or Infinity: any number
   * @param options - `{ name }`: the same name is the same queue in every thread of the process, with the
   *   `maxsize` that it was first made with
   */
  constructor(maxsize?: number | QueueOptions, options?: NameOptions);
  /** @internal */
  constructor(maxsize: unknown, options: unknown, cellClass: number, kind: string);
  constructor(maxsize?: unknown, options?: unknown, cellClass: number = CellClass.Queue, kind = 'Queue') {
    if (maxsize instanceof Attached) {
      super(cellClass, kind, 0, maxsize);
      return;
    }
    const [size, name] = keywords(kind, ['maxsize', 'name'], given(maxsize, options));
    super(cellClass, kind, bound(kind, size), name === undefined ? undefined : { name: name as string });
  }

  /**
   * The queue of a handle.
   *
   * @throws ValueError where that queue is gone, or the handle is not one of this class
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  static from<T = any>(handle: unknown): Queue<T> {
    return fromHandle(handle, 'Queue') as Queue<T>;
  }

  /** @internal */
  get _class(): number {
    return CellClass.Queue;
  }

  /** @internal */
  get _kind(): string {
    return 'Queue';
  }

  /**
   * How many items there may be before `put` waits; 0 or less: any number. May be set at any time: a
   * higher one lets waiting `put`s go on, a lower one leaves items that are there.
   */
  get maxsize(): number {
    return this._cell === 0 ? readMaxsize(this._w) : native.queueMaxsize(this._cell);
  }
  set maxsize(maxsize: number) {
    const size = bound(this._kind, maxsize);
    if (this._cell === 0) writeMaxsize(this._w, size);
    else native.queueSetMaxsize(this._cell, size);
  }

  /**
   * Whether there are `maxsize` items at the moment.
   *
   * @see https://docs.python.org/3/library/queue.html#queue.Queue.full
   */
  full(): boolean {
    const { maxsize } = this;
    return maxsize > 0 && this.qsize() >= maxsize;
  }
}

/** A `maxsize`; either infinity is another way to say that there is no bound. */
function bound(kind: string, maxsize: unknown): number {
  return maxsize === Infinity || maxsize === -Infinity ? 0 : integerArgument(kind, 'maxsize', maxsize, 0);
}

/** The arguments of a constructor, where leading ones may be left out. */
export function given(maxsize: unknown, options: unknown): unknown[] {
  if (options === undefined) return maxsize === undefined ? [] : [maxsize];
  return isOptions(maxsize) ? [{ ...maxsize, ...(options as object) }] : [maxsize, options];
}

registerClass(CellClass.Queue, 'Queue', Queue);
