import type { AsyncOptions } from '../internal/arguments';
import { CellClass } from '../internal/cell';
import { OSError } from '../internal/errors';
import { fromHandle, internalFields, registerClass } from '../internal/handles';
import { SHARED_CLASS } from '../internal/native';
import type { GetOptions, PutOptions } from '../queue/options';
import { SimpleQueue as ThreadSimpleQueue } from '../queue/simple_queue';
import { waitingTime } from './arguments';

const INTERNAL = internalFields('_closed');

/**
 * An unbounded queue between the processes of the tree. `put` never waits.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.SimpleQueue
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export class SimpleQueue<T = any> extends ThreadSimpleQueue<T> {
  private _closed = false;

  /**
   * The queue of a handle.
   *
   * @throws ValueError where that queue is gone, or the handle is not one of this class
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  static override from<T = any>(handle: unknown): SimpleQueue<T> {
    return fromHandle(handle, 'multiprocessing.SimpleQueue') as SimpleQueue<T>;
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
  protected override _open(): void {
    if (this._closed) throw new OSError(`${this._kind}: the handle is closed`);
  }

  /**
   * Puts an item into the queue.
   *
   * @throws DataCloneError where the item can not be sent to another process; the queue is as before
   * @throws OSError after {@link close}
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.SimpleQueue.put
   */
  override put(item: T, block?: boolean | PutOptions, timeout?: number | null | PutOptions, options?: PutOptions): void {
    this._open();
    super.put(item, block, timeout, options);
  }

  /** The same: it never waits. */
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

  /**
   * Takes the next item, waiting while there is none.
   *
   * @throws OSError after {@link close}
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.SimpleQueue.get
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

  /** This object puts and takes no more. Others on the same queue go on. */
  close(): void {
    this._closed = true;
  }

  /** What `multiprocessing.connection.wait` takes: ready when there is an item. */
  get _reader(): this {
    return this;
  }
}

registerClass(CellClass.SimpleQueue + SHARED_CLASS, 'multiprocessing.SimpleQueue', SimpleQueue);
