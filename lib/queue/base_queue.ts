import { type AsyncOptions, booleanArgument, FOREVER, isOptions, keywords, nonNegativeTimeout } from '../internal/arguments';
import { asyncArguments } from '../threading/lockable';
import { checkTransfer, detach } from '../internal/codec/transfer';
import { ValueError } from '../internal/errors';
import { type Attached, type NameOptions, Primitive } from '../internal/handles';
import { stopHere } from '../internal/interruption';
import { Answer, type CellId, native } from '../internal/native';
import { DATA } from '../internal/cell';
import { joinAsync, putAsync, takeAsync } from './async';
import { BATCH, NOTHING, put, putDone, Refusal, settled, SHUT_DOWN, take } from './items';
import { BatchWriter, takeMany } from './batch';
import { Empty, Full, ShutDown } from './errors';

/** Options of `get`, in place of its positional arguments. */
export interface GetOptions {
  /** Whether to wait at all. Default `true`. */
  block?: boolean | undefined;
  /** Seconds to wait at most; nothing, the default, waits for ever. Ignored where `block` is false. */
  timeout?: number | null | undefined;
}

/** Options of `put`, in place of what follows the item. */
export interface PutOptions extends GetOptions {
  /** Buffers within the item that move instead of being copied: detached here once the item is in the queue. */
  transfer?: readonly ArrayBuffer[] | undefined;
}

const PUT = ['block', 'timeout', 'transfer'] as const;
const GET = ['block', 'timeout'] as const;

/** What the four queues have in common. Items are copied on their way, by the structured clone algorithm. */
export abstract class BaseQueue<T> extends Primitive implements Iterable<T>, AsyncIterable<T> {
  /** @internal */
  constructor(cellClass: number, kind: string, maxsize: number, options: NameOptions | Attached | undefined) {
    super(cellClass, kind, options, (words) => {
      words[DATA] = maxsize | 0;
      words[DATA + 1] = Math.floor(maxsize / 2 ** 32);
    });
  }

  /** @internal The name of the class, for messages. */
  abstract get _kind(): string;

  /** @internal Until the queue is in shared memory. */
  protected get _localMaxsize(): number {
    return this._w[DATA + 1]! * 2 ** 32 + (this._w[DATA]! >>> 0);
  }
  protected set _localMaxsize(maxsize: number) {
    this._w[DATA] = maxsize | 0;
    this._w[DATA + 1] = Math.floor(maxsize / 2 ** 32);
  }

  /** @internal */
  protected override _allocate(cellClass: number): CellId {
    return native.queueCreate(cellClass, this._localMaxsize);
  }

  /** @internal */
  _put(item: unknown, ms: number): Refusal | undefined {
    return put(this._cell || this._promote(), item, ms);
  }

  /** @internal One item of a batch. */
  protected _write(writer: BatchWriter, item: unknown): void {
    writer.item(item);
  }

  /** @internal The bytes of an item's order, in a priority queue. */
  _key?(item: unknown): { bytes: Uint8Array; length: number };

  /**
   * Puts an item into the queue, waiting while it is full.
   *
   * @param block - `false`: do not wait
   * @param timeout - seconds to wait at most; nothing waits for ever
   * @throws Full where there is no room, or none comes in time
   * @throws ShutDown where the queue was shut down
   * @throws DataCloneError where the item can not be cloned; the queue is as before
   * @throws RangeError where there is no memory for it; the queue is as before
   * @throws ValueError where the timeout is negative
   * @see https://docs.python.org/3/library/queue.html#queue.Queue.put
   */
  put(item: T, block?: boolean | PutOptions, timeout?: number | null | PutOptions, options?: PutOptions): void;
  put(item: T, ...given: unknown[]): void {
    if (given.length === 0) {
      const refusal = this._put(item, FOREVER);
      if (refusal !== undefined) this._refuse('put', refusal);
      return;
    }
    const [block, timeout, transfer] = keywords(`${this._kind}.put`, PUT, given);
    const ms = this._milliseconds('put', block, timeout);
    if (transfer) checkTransfer(transfer as ArrayBuffer[]);
    const refusal = this._put(item, ms);
    if (refusal !== undefined) this._refuse('put', refusal);
    if (transfer) detach(transfer as ArrayBuffer[]);
  }

  /**
   * `put(item, false)`.
   *
   * @see https://docs.python.org/3/library/queue.html#queue.Queue.put_nowait
   */
  put_nowait(item: T, options?: Pick<PutOptions, 'transfer'>): void {
    if (options !== undefined) {
      this.put(item, { ...options, block: false });
      return;
    }
    const refusal = this._put(item, 0);
    if (refusal !== undefined) this._refuse('put_nowait', refusal);
  }

  /** {@link put} without blocking the event loop. */
  put_async(
    item: T,
    block?: boolean | (PutOptions & AsyncOptions),
    timeout?: number | null | (PutOptions & AsyncOptions),
    options?: PutOptions & AsyncOptions,
  ): Promise<void>;
  async put_async(item: T, ...given: unknown[]): Promise<void> {
    const [[block, timeout, transfer], signal] = asyncArguments(`${this._kind}.put_async`, PUT, given);
    const ms = this._milliseconds('put_async', block, timeout);
    signal?.throwIfAborted();
    if (transfer) checkTransfer(transfer as ArrayBuffer[]);
    const refusal = await putAsync(this, item, ms, signal);
    if (refusal !== undefined) this._refuse('put_async', refusal);
    if (transfer) detach(transfer as ArrayBuffer[]);
  }

  /**
   * Puts several items, in order, with less effort than one by one. Each is seen as soon as it is in;
   * other threads' items may come in between.
   *
   * @param timeout - seconds for all of them together
   * @throws Full, ShutDown where not all of them came in: the error's `done` tells how many, from the first on, did
   * @throws DataCloneError where one can not be cloned; none was put then
   */
  put_many(items: Iterable<T>, block?: boolean | PutOptions, timeout?: number | null | PutOptions, options?: PutOptions): void;
  put_many(items: Iterable<T>, ...given: unknown[]): void {
    const [block, timeout, transfer] = keywords(`${this._kind}.put_many`, PUT, given);
    const ms = this._milliseconds('put_many', block, timeout);
    if (transfer) checkTransfer(transfer as ArrayBuffer[]);
    const writer = this._batch(items);
    if (writer.count === 0) return;
    const refusal = native.queuePutMany(this._promote(), writer.bytes, writer.length, writer.count, ms, this._key !== undefined);
    if (refusal !== undefined) {
      const done = putDone();
      writer.discard(done);
      settled(refusal);
      this._refuse('put_many', refusal, done);
    }
    if (transfer) detach(transfer as ArrayBuffer[]);
  }

  /** {@link put_many} without blocking the event loop. */
  put_many_async(
    items: Iterable<T>,
    block?: boolean | (PutOptions & AsyncOptions),
    timeout?: number | null | (PutOptions & AsyncOptions),
    options?: PutOptions & AsyncOptions,
  ): Promise<void>;
  async put_many_async(items: Iterable<T>, ...given: unknown[]): Promise<void> {
    const [[block, timeout, transfer], signal] = asyncArguments(`${this._kind}.put_many_async`, PUT, given);
    const ms = this._milliseconds('put_many_async', block, timeout);
    signal?.throwIfAborted();
    if (transfer) checkTransfer(transfer as ArrayBuffer[]);
    const end = performance.now() + ms;
    const all = [...items];
    // All of them or none at all can be cloned, as in `put_many`.
    this._batch(all).discard(0);
    for (let done = 0; done < all.length; done++) {
      const left = ms <= 0 ? ms : Math.max(end - performance.now(), 0);
      const refusal = await putAsync(this, all[done], left, signal);
      if (refusal !== undefined) this._refuse('put_many_async', refusal, done);
    }
    if (transfer) detach(transfer as ArrayBuffer[]);
  }

  private _batch(items: Iterable<T>): BatchWriter {
    const writer = new BatchWriter();
    try {
      for (const item of items) this._write(writer, item);
    } catch (error) {
      writer.discard(0);
      throw error;
    }
    return writer;
  }

  /**
   * Takes the next item out of the queue, waiting while there is none.
   *
   * @param block - `false`: do not wait
   * @param timeout - seconds to wait at most; nothing waits for ever
   * @throws Empty where there is none, or none comes in time
   * @throws ShutDown where the queue was shut down and is empty
   * @throws ValueError where the timeout is negative
   * @see https://docs.python.org/3/library/queue.html#queue.Queue.get
   */
  get(block?: boolean | GetOptions, timeout?: number | null | GetOptions): T {
    const ms = block === undefined && timeout === undefined ? FOREVER : this._readGet('get', block, timeout);
    const item = take(this._cell || this._promote(), ms);
    if (item === NOTHING || item === SHUT_DOWN) this._none('get', item);
    return item as T;
  }

  /**
   * `get(false)`.
   *
   * @see https://docs.python.org/3/library/queue.html#queue.Queue.get_nowait
   */
  get_nowait(): T {
    const item = this._cell === 0 ? NOTHING : take(this._cell, 0);
    if (item === NOTHING || item === SHUT_DOWN) this._none('get_nowait', item);
    return item as T;
  }

  /** {@link get} without blocking the event loop. */
  get_async(block?: boolean | (GetOptions & AsyncOptions), timeout?: number | null | (GetOptions & AsyncOptions), options?: AsyncOptions): Promise<T>;
  async get_async(...given: unknown[]): Promise<T> {
    const [[block, timeout], signal] = asyncArguments(`${this._kind}.get_async`, GET, given);
    const ms = this._milliseconds('get_async', block, timeout);
    signal?.throwIfAborted();
    const taken = await takeAsync(this, ms, signal);
    if (taken.item === NOTHING || taken.item === SHUT_DOWN) this._none('get_async', taken.item);
    return taken.item as T;
  }

  /**
   * Waits for one item and takes what else is there, up to `max` items.
   *
   * @param max - 1 or more; `Infinity` for all that is there
   * @returns at least one item, in order
   * @throws as {@link get}
   */
  get_many(max: number, block?: boolean | GetOptions, timeout?: number | null | GetOptions): T[] {
    const ms = block === undefined && timeout === undefined ? FOREVER : this._readGet('get_many', block, timeout);
    checkMax(`${this._kind}.get_many`, max);
    const items = takeMany(this, this._promote(), max, ms);
    if (items === NOTHING || items === SHUT_DOWN) this._none('get_many', items);
    return this._more(items as T[], max);
  }

  /** {@link get_many} without blocking the event loop. */
  get_many_async(
    max: number,
    block?: boolean | (GetOptions & AsyncOptions),
    timeout?: number | null | (GetOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<T[]>;
  async get_many_async(max: number, ...given: unknown[]): Promise<T[]> {
    const [[block, timeout], signal] = asyncArguments(`${this._kind}.get_many_async`, GET, given);
    const ms = this._milliseconds('get_many_async', block, timeout);
    checkMax(`${this._kind}.get_many_async`, max);
    signal?.throwIfAborted();
    const items = takeMany(this, this._promote(), max, 0);
    if (Array.isArray(items)) return this._more(items as T[], max);
    const { item } = items === SHUT_DOWN ? { item: SHUT_DOWN } : await takeAsync(this, ms, signal);
    if (item === NOTHING || item === SHUT_DOWN) this._none('get_many_async', item);
    if (max === 1) return [item as T];
    const rest = takeMany(this, this._cell, max - 1, 0);
    return Array.isArray(rest) ? this._more([item, ...rest] as T[], max) : [item as T];
  }

  /** What else is there: a native call takes a batch at most. A short batch was the last one. */
  private _more(items: T[], max: number): T[] {
    for (let n = items.length; n === BATCH && items.length < max; ) {
      const more = takeMany(this, this._cell, max - items.length, 0);
      if (!Array.isArray(more)) break;
      for (const item of more) items.push(item as T);
      n = more.length;
    }
    return items;
  }
