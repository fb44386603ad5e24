import type { AsyncOptions } from '../internal/arguments';
import { booleanArgument, FOREVER, isOptions, keywords } from '../internal/arguments';
import { DATA } from '../internal/cell';
import { checkTransfer, detach } from '../internal/codec/transfer';
import { ValueError } from '../internal/errors';
import { type Attached, type NameOptions, Primitive } from '../internal/handles';
import { stopHere } from '../internal/interruption';
import { Answer, type CellId, native } from '../internal/native';
import { asyncArguments } from '../threading/lockable';
import { joinAsync, putAsync, takeAsync } from './async';
import type { BatchWriter } from './batch';
import { NOTHING, put, type Refusal, SHUT_DOWN, take } from './items';
import { getMany, getManyAsync, putMany, putManyAsync } from './many';
import { checkMax, GET, getArguments, none, PUT, refuse, waitingTime, type GetOptions, type PutOptions } from './options';

/** Where the words of a queue that is not in shared memory yet hold its bound, as two halves. */
export function writeMaxsize(words: Int32Array, maxsize: number): void {
  words[DATA] = maxsize | 0;
  words[DATA + 1] = Math.floor(maxsize / 2 ** 32);
}

export function readMaxsize(words: Int32Array): number {
  return words[DATA + 1] * 2 ** 32 + (words[DATA] >>> 0);
}

/** What the four queues have in common. Items are copied on their way, by the structured clone algorithm. */
export abstract class BaseQueue<T> extends Primitive implements Iterable<T>, AsyncIterable<T> {
  /** @internal */
  constructor(cellClass: number, kind: string, maxsize: number, options: NameOptions | Attached | undefined) {
    super(cellClass, kind, options, (words) => {
      writeMaxsize(words, maxsize);
    });
  }

  /** @internal The name of the class, for messages. */
  abstract get _kind(): string;

  /** @internal */
  protected override _allocate(cellClass: number): CellId {
    return native.queueCreate(cellClass, readMaxsize(this._w), this._shared);
  }

  /** @internal How long `block` and `timeout` allow to wait, in milliseconds. */
  protected _time(method: string, block: unknown, timeout: unknown): number {
    return waitingTime(method, block, timeout);
  }

  private _getTime(method: string, block: unknown, timeout: unknown): number {
    [block, timeout] = getArguments(method, block, timeout);
    return this._time(method, block, timeout);
  }

  /** @internal Puts one item; undefined: it is in the queue. */
  _put(item: unknown, ms: number): Refusal | undefined {
    return put(this._cell || this._promote(), item, ms);
  }

  /** @internal Adds one item to a batch. */
  _write(writer: BatchWriter, item: unknown): void {
    writer.item(item);
  }

  /** @internal The bytes that give an item its order, in a priority queue. */
  _key?(item: unknown): { bytes: Uint8Array; length: number };

  /**
   * Puts an item into the queue, waiting while the queue is full.
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
  put(item: T, block?: unknown, timeout?: unknown, options?: unknown): void {
    if (block === undefined && timeout === undefined && options === undefined) {
      const refusal = this._put(item, FOREVER);
      if (refusal !== undefined) refuse(`${this._kind}.put`, refusal);
    } else {
      this._putWith(
        'put',
        item,
        options !== undefined ? [block, timeout, options] : timeout !== undefined ? [block, timeout] : [block],
      );
    }
  }

  /** @internal {@link put} with arguments. */
  protected _putWith(method: string, item: T, given: unknown[]): void {
    const name = `${this._kind}.${method}`;
    const [block, timeout, transfer] = keywords(name, PUT, given);
    const ms = this._time(name, block, timeout);
    if (transfer) checkTransfer(transfer as ArrayBuffer[]);
    const refusal = this._put(item, ms);
    if (refusal !== undefined) refuse(name, refusal);
    if (transfer) detach(transfer as ArrayBuffer[]);
  }

  /**
   * `put(item, false)`.
   *
   * @see https://docs.python.org/3/library/queue.html#queue.Queue.put_nowait
   */
  put_nowait(item: T, options?: Pick<PutOptions, 'transfer'>): void {
    if (options !== undefined) {
      this._putWith('put_nowait', item, [false, undefined, options]);
      return;
    }
    const refusal = this._put(item, 0);
    if (refusal !== undefined) refuse(`${this._kind}.put_nowait`, refusal);
  }

  /** {@link put} without blocking the event loop. */
  put_async(
    item: T,
    block?: boolean | (PutOptions & AsyncOptions),
    timeout?: number | null | (PutOptions & AsyncOptions),
    options?: PutOptions & AsyncOptions,
  ): Promise<void>;
  async put_async(item: T, ...given: unknown[]): Promise<void> {
    const name = `${this._kind}.put_async`;
    const [[block, timeout, transfer], signal] = asyncArguments(name, PUT, given);
    const ms = this._time(name, block, timeout);
    signal?.throwIfAborted();
    if (transfer) checkTransfer(transfer as ArrayBuffer[]);
    const refusal = await putAsync(this, item, ms, signal);
    if (refusal !== undefined) refuse(name, refusal);
    if (transfer) detach(transfer as ArrayBuffer[]);
  }

  /**
   * Puts several items, in order, with less effort than one by one. Each may be taken as soon as it is
   * in, and other threads' items may come in between.
   *
   * @param timeout - seconds for all of them together
   * @throws Full, ShutDown where not all came in: the error's `done` tells how many, from the first on, did
   * @throws DataCloneError where one can not be cloned; none was put then
   */
  put_many(items: Iterable<T>, block?: boolean | PutOptions, timeout?: number | null | PutOptions, options?: PutOptions): void;
  put_many(items: Iterable<T>, ...given: unknown[]): void {
    const name = `${this._kind}.put_many`;
    const [block, timeout, transfer] = keywords(name, PUT, given);
    const ms = this._time(name, block, timeout);
    if (transfer) checkTransfer(transfer as ArrayBuffer[]);
    putMany(this, items, ms);
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
    const name = `${this._kind}.put_many_async`;
    const [[block, timeout, transfer], signal] = asyncArguments(name, PUT, given);
    const ms = this._time(name, block, timeout);
    signal?.throwIfAborted();
    if (transfer) checkTransfer(transfer as ArrayBuffer[]);
    await putManyAsync(this, items, ms, signal);
    if (transfer) detach(transfer as ArrayBuffer[]);
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
    const ms = block === undefined && timeout === undefined ? FOREVER : this._getTime(`${this._kind}.get`, block, timeout);
    const item = take(this._cell || this._promote(), ms);
    if (item === NOTHING || item === SHUT_DOWN) none(`${this._kind}.get`, item);
    return item as T;
  }

  /**
   * `get(false)`.
   *
   * @see https://docs.python.org/3/library/queue.html#queue.Queue.get_nowait
   */
  get_nowait(): T {
    const item = this._cell === 0 ? NOTHING : take(this._cell, 0);
    if (item === NOTHING || item === SHUT_DOWN) none(`${this._kind}.get_nowait`, item);
    return item as T;
  }

  /** {@link get} without blocking the event loop. */
  get_async(
    block?: boolean | (GetOptions & AsyncOptions),
    timeout?: number | null | (GetOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<T>;
  async get_async(...given: unknown[]): Promise<T> {
    const name = `${this._kind}.get_async`;
    const [[block, timeout], signal] = asyncArguments(name, GET, given);
    const ms = this._time(name, block, timeout);
    signal?.throwIfAborted();
    const { item } = await takeAsync(this, ms, signal);
    if (item === NOTHING || item === SHUT_DOWN) none(name, item);
    return item as T;
  }

  /**
   * Waits for one item and takes what else is there, up to `max` items.
   *
   * @param max - 1 or more; `Infinity` for all that is there
   * @returns at least one item, in order
   * @throws Empty, ShutDown, ValueError as {@link get}
   */
  get_many(max: number, block?: boolean | GetOptions, timeout?: number | null | GetOptions): T[] {
    const name = `${this._kind}.get_many`;
    checkMax(name, max);
    return getMany(this, max, this._getTime(name, block, timeout)) as T[];
  }

  /** {@link get_many} without blocking the event loop. */
  get_many_async(
    max: number,
    block?: boolean | (GetOptions & AsyncOptions),
    timeout?: number | null | (GetOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<T[]>;
  async get_many_async(max: number, ...given: unknown[]): Promise<T[]> {
    const name = `${this._kind}.get_many_async`;
    const [[block, timeout], signal] = asyncArguments(name, GET, given);
    checkMax(name, max);
    const ms = this._time(name, block, timeout);
    signal?.throwIfAborted();
    return (await getManyAsync(this, max, ms, signal)) as T[];
  }

  /**
   * How many items there are, which may change at any moment.
   *
   * @see https://docs.python.org/3/library/queue.html#queue.Queue.qsize
   */
  qsize(): number {
    return this._cell === 0 ? 0 : native.queueSize(this._cell);
  }

  /** Whether there are none at the moment. */
  empty(): boolean {
    return this.qsize() === 0;
  }

  /**
   * Tells that an item which was taken has been dealt with: {@link join} waits for that.
   *
   * @throws ValueError where that is more often than items were put
   * @see https://docs.python.org/3/library/queue.html#queue.Queue.task_done
   */
  task_done(): void {
    if (this._cell === 0 || !native.queueTaskDone(this._cell, 1))
      throw new ValueError(`${this._kind}.task_done() called too many times`);
  }

  /** How many items were put and {@link task_done} has not been called for. */
  get unfinished_tasks(): number {
    return this._cell === 0 ? 0 : native.queueUnfinished(this._cell);
  }

  /**
   * Waits until {@link task_done} has been called for every item that was put.
   *
   * @see https://docs.python.org/3/library/queue.html#queue.Queue.join
   */
  join(): void {
    if (this._cell !== 0 && native.queueJoin(this._cell, FOREVER) === Answer.interrupted) stopHere();
  }

  /** {@link join} without blocking the event loop. */
  join_async(options?: AsyncOptions): Promise<void>;
  async join_async(...given: unknown[]): Promise<void> {
    const [, signal] = asyncArguments(`${this._kind}.join_async`, [], given);
    signal?.throwIfAborted();
    await joinAsync(this, signal);
  }

  /**
   * Ends the queue: `put` throws `ShutDown` from now on, and so does `get` once the queue is empty. Calls
   * that wait do so at once.
   *
   * @param immediate - drops the items that are there and counts them as done
   * @see https://docs.python.org/3/library/queue.html#queue.Queue.shutdown
   */
  shutdown(immediate: boolean | { immediate?: boolean | undefined } = false): void {
    const name = `${this._kind}.shutdown`;
    const [now] = isOptions(immediate) ? keywords(name, ['immediate'], [immediate]) : [immediate];
    native.queueShutDown(this._promote(), booleanArgument(name, 'immediate', now, false));
  }

  /** Whether {@link shutdown} was called. */
  get is_shutdown(): boolean {
    return this._cell !== 0 && native.queueIsShutDown(this._cell);
  }

  /** Takes items, waiting for each, until the queue is shut down and empty. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (;;) {
      this._open();
      const item = take(this._promote(), FOREVER);
      if (item === SHUT_DOWN) return;
      yield item as T;
    }
  }

  /** The same without blocking the event loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      this._open();
      const { item } = await takeAsync(this, FOREVER, undefined);
      if (item === SHUT_DOWN) return;
      yield item as T;
    }
  }

  /** @internal For the queues of processes, which can be closed: throws where this one was. */
  protected _open(): void {}

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const name = this.name;
    return `<${this._kind}${name === undefined ? '' : ` '${name}'`}: ${this.qsize()} items${this.is_shutdown ? ', shut down' : ''}>`;
  }
}

/** @internal A queue of whatever. */
export type AnyQueue = Pick<BaseQueue<unknown>, '_put' | '_write' | '_key' | '_kind' | '_promote'>;
