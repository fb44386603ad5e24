import type { AsyncOptions } from '../internal/arguments';
import { AssertionError, ValueError } from '../internal/errors';
import { fromHandle, internalFields } from '../internal/handles';
import { bytesWritten, type Refusal } from '../queue/items';
import type { GetOptions, PutOptions } from '../queue/options';
import { Queue as ThreadQueue } from '../queue/queue';
import { waitingTime } from './arguments';
import { Unread } from './unread';

const INTERNAL = internalFields('_closed', '_unread');

/**
 * A queue between the processes of the tree, first in, first out.
 *
 * There is no thread that feeds a pipe: items are in memory that all processes share as soon as `put`
 * returns, and an item that can not be sent throws there. A process that has put more than 64 KiB which
 * nobody has taken ends, as Python's, only when it was taken (see {@link cancel_join_thread}).
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Queue
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in Python, what is in a queue need not be said
export class Queue<T = any> extends ThreadQueue<T> {
  private _closed = false;
  private readonly _unread = new Unread(() => this._promote());

  /**
   * The queue of a handle.
   *
   * @throws ValueError where that queue is gone, or the handle is not one of this class
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  static override from<T = any>(handle: unknown): Queue<T> {
    return fromHandle(handle, 'multiprocessing.Queue') as Queue<T>;
  }

  /** @internal */
  protected override get _internal(): ReadonlySet<string> {
    return INTERNAL;
  }

  /** @internal */
  override get _shared(): boolean {
    return true;
  }

  /** @internal */
  protected override _time(method: string, block: unknown, timeout: unknown): number {
    return waitingTime(method, block, timeout);
  }

  /** @internal */
  override _put(item: unknown, ms: number): Refusal | undefined {
    const refusal = super._put(item, ms);
    if (refusal === undefined) this._unread.add(bytesWritten());
    return refusal;
  }

  /** @internal */
  protected override _open(): void {
    if (this._closed) throw new ValueError(`${this._kind} is closed`);
  }

  /**
   * Puts an item into the queue, waiting while the queue is full.
   *
   * @param block - `false`: do not wait
   * @param timeout - seconds to wait at most, none where negative; nothing waits for ever
   * @throws Full where there is no room, or none comes in time
   * @throws DataCloneError where the item can not be sent to another process; the queue is as before
   * @throws ValueError after {@link close}
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Queue.put
   */
  override put(item: T, block?: boolean | PutOptions, timeout?: number | null | PutOptions, options?: PutOptions): void {
    this._open();
    super.put(item, block, timeout, options);
  }

  /** `put(item, false)`. */
  override put_nowait(item: T, options?: Pick<PutOptions, 'transfer'>): void {
    this._open();
    super.put_nowait(item, options);
  }

  /** {@link put} without blocking the event loop. */
  override put_async(
    item: T,
    block?: boolean | (PutOptions & AsyncOptions),
    timeout?: number | null | (PutOptions & AsyncOptions),
    options?: PutOptions & AsyncOptions,
  ): Promise<void>;
  override async put_async(item: T, ...given: never[]): Promise<void> {
    this._open();
    await super.put_async(item, ...given);
  }

  /** Puts several items: see `queue.Queue`. */
  override put_many(
    items: Iterable<T>,
    block?: boolean | PutOptions,
    timeout?: number | null | PutOptions,
    options?: PutOptions,
  ): void;
  override put_many(items: Iterable<T>, ...given: never[]): void {
    this._open();
    super.put_many(items, ...given);
    this._unread.add(bytesWritten());
  }

  /** {@link put_many} without blocking the event loop. */
  override put_many_async(
    items: Iterable<T>,
    block?: boolean | (PutOptions & AsyncOptions),
    timeout?: number | null | (PutOptions & AsyncOptions),
    options?: PutOptions & AsyncOptions,
  ): Promise<void>;
  override async put_many_async(items: Iterable<T>, ...given: never[]): Promise<void> {
    this._open();
    await super.put_many_async(items, ...given);
  }

  /**
   * Takes the next item out of the queue, waiting while there is none.
   *
   * @param block - `false`: do not wait
   * @param timeout - seconds to wait at most, none where negative; nothing waits for ever
   * @throws Empty where there is none, or none comes in time
   * @throws ValueError after {@link close}
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Queue.get
   */
  override get(block?: boolean | GetOptions, timeout?: number | null | GetOptions): T {
    this._open();
    return super.get(block, timeout);
  }

  /** `get(false)`. */
  override get_nowait(): T {
    this._open();
    return super.get_nowait();
  }

  /** {@link get} without blocking the event loop. */
  override get_async(
    block?: boolean | (GetOptions & AsyncOptions),
    timeout?: number | null | (GetOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<T>;
  override async get_async(...given: never[]): Promise<T> {
    this._open();
    return super.get_async(...given);
  }

  /** Waits for one item and takes what else is there: see `queue.Queue`. */
  override get_many(max: number, block?: boolean | GetOptions, timeout?: number | null | GetOptions): T[] {
    this._open();
    return super.get_many(max, block, timeout);
  }

  /** {@link get_many} without blocking the event loop. */
  override get_many_async(
    max: number,
    block?: boolean | (GetOptions & AsyncOptions),
    timeout?: number | null | (GetOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<T[]>;
  override async get_many_async(max: number, ...given: never[]): Promise<T[]> {
    this._open();
    return super.get_many_async(max, ...given);
  }

  /**
   * This object puts and takes no more. Others on the same queue, here and in other processes, go on.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Queue.close
   */
  close(): void {
    this._closed = true;
  }

  /**
   * Waits until no more of what was put here is left than a pipe would hold: the rest of the wait that a
   * process otherwise has at its end.
   *
   * @throws AssertionError before {@link close}
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Queue.join_thread
   */
  join_thread(): void {
    if (!this._closed) throw new AssertionError(`${this._kind} not closed`);
    this._unread.wait(this._cell);
  }

  /** {@link join_thread} without blocking the event loop. */
  async join_thread_async(): Promise<void> {
    if (!this._closed) throw new AssertionError(`${this._kind} not closed`);
    await this._unread.wait_async(this._cell);
  }

  /**
   * Has the end of this process not wait until others have taken what it put.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Queue.cancel_join_thread
   */
  cancel_join_thread(): void {
    this._unread.cancel();
  }

  /** What `multiprocessing.connection.wait` takes: ready when there is an item. */
  get _reader(): this {
    return this;
  }
}
