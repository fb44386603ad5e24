import { functionArgument, keywords } from '../internal/arguments';
import { describeTarget } from '../internal/callables';
import { CellClass } from '../internal/cell';
import { RuntimeError } from '../internal/errors';
import { Attached, fromHandle, registerClass } from '../internal/handles';
import { refusePromise } from '../internal/promises';
import { refText, resolveText } from '../internal/worker/message';
import type { BatchWriter } from './batch';
import { encodeItem, putKeyed, type Refusal } from './items';
import { encodeKey, keyBytes, keyCount } from './key';
import { given, Queue, type QueueOptions } from './queue';

/** What orders an item: compared as Python compares ints, floats, strs, bools, and lists of these. */
export type Comparable = number | bigint | string | boolean | readonly unknown[];

/** Options of {@link PriorityQueue}. */
export interface PriorityQueueOptions<T> extends QueueOptions {
  /**
   * What an item is ordered by; the item itself where not given. Called once for each item, in the thread
   * that puts it. A queue that is sent to other threads takes it along, so it must be exported from a
   * module, or use nothing but its parameter.
   */
  key?: ((item: T) => Comparable) | undefined;
}

/**
 * A queue between threads, lowest first. Items of the same order leave as they came.
 *
 * Numbers, bigints and booleans (which are 0 and 1) compare by value, exactly; strings by code point;
 * arrays element by element, the shorter first where one is the beginning of the other. `null` and
 * `undefined` within arrays equal each other. Anything else has no order: alone it is refused, and
 * within an array it may stand only where it need not be compared, as `[priority, item]` with
 * priorities that differ. An array that is within itself, or nested more than 1000 deep, has no order.
 *
 * @see https://docs.python.org/3/library/queue.html#queue.PriorityQueue
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export class PriorityQueue<T = any> extends Queue<T> {
  #key: ((item: T) => unknown) | undefined;
  /** The key function as a reference, at the other end of a message. */
  #ref: string | undefined;

  /** Arguments as those of {@link Queue}, and `{ key }`. */
  constructor(maxsize?: number | PriorityQueueOptions<T>, options?: PriorityQueueOptions<T>) {
    if (maxsize instanceof Attached) {
      super(maxsize, undefined, CellClass.PriorityQueue, 'PriorityQueue');
      this.#ref = maxsize.extra as string | undefined;
      return;
    }
    const [size, name, key] = keywords('PriorityQueue', ['maxsize', 'name', 'key'], given(maxsize, options));
    const fn = key === undefined || key === null ? undefined : functionArgument('PriorityQueue', 'key', key);
    super(size, { name: name as string }, CellClass.PriorityQueue, 'PriorityQueue');
    this.#key = fn as ((item: T) => unknown) | undefined;
  }

  /**
   * The queue of a handle.
   *
   * @throws ValueError where that queue is gone, or the handle is not one of this class
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  static override from<T = any>(handle: unknown): PriorityQueue<T> {
    return fromHandle(handle, 'PriorityQueue') as PriorityQueue<T>;
  }

  /** @internal */
  override get _class(): number {
    return CellClass.PriorityQueue;
  }

  /** @internal */
  override get _kind(): string {
    return 'PriorityQueue';
  }

  /** @internal */
  protected override _extra(): unknown {
    if (this.#ref === undefined && this.#key !== undefined)
      this.#ref = refText(describeTarget(this.#key, "PriorityQueue: 'key'"));
    return this.#ref;
  }

  /** @internal */
  override _key(item: unknown): { bytes: Uint8Array; length: number } {
    const length = encodeKey('PriorityQueue.put', this.#order(item));
    return { bytes: keyBytes(), length };
  }

  #order(item: unknown): unknown {
    if (this.#key === undefined) {
      if (this.#ref === undefined) return item;
      const found = resolveText(this.#ref);
      if (typeof found !== 'function') {
        throw new RuntimeError(
          "PriorityQueue.put(): the module of 'key' is still being imported; import it in this thread first",
        );
      }
      this.#key = found as (item: T) => unknown;
    }
    const order = this.#key(item as T);
    refusePromise('PriorityQueue.put', 'key', order, 'the item is ordered as it is put');
    return order;
  }

  /** @internal */
  override _put(item: unknown, ms: number): Refusal | undefined {
    const order = this.#order(item);
    // First: what has no order must be refused before anything is done.
    let length = encodeKey('PriorityQueue.put', order);
    const count = keyCount();
    const message = typeof item === 'number' ? undefined : encodeItem(item);
    // Getters that ran meanwhile may have put into a priority queue too.
    if (count !== keyCount()) length = encodeKey('PriorityQueue.put', order);
    return putKeyed(this._promote(), item, ms, message, keyBytes(), length);
  }

  /** @internal */
  override _write(writer: BatchWriter, item: unknown): void {
    const key = this._key(item);
    writer.key(key.bytes, key.length);
    writer.item(item);
  }
}

registerClass(CellClass.PriorityQueue, 'PriorityQueue', PriorityQueue);
