import { type AsyncOptions, FOREVER, isOptions, keywords, waitTimeout } from '../internal/arguments';
import { CellClass, DATA } from '../internal/cell';
import { inCall } from '../internal/codec';
import { BrokenPipeError, EOFError, OSError } from '../internal/errors';
import { attachCell, type Attached, fromHandle, internalFields, Primitive, registerClass } from '../internal/handles';
import { type CellId, SHARED_CLASS } from '../internal/native';
import { putAsync, takeAsync } from '../queue/async';
import { NOTHING, put, type Refusal, SHUT_DOWN, take } from '../queue/items';
import { asyncArguments } from '../threading/lockable';
import {
  type BytesLike,
  filled,
  LENGTH,
  lengthOf,
  type LengthOptions,
  messageBytes,
  type OffsetOptions,
  PART,
  partOf,
  type PartOptions,
  ROOM,
  roomOf,
} from './connection_bytes';
import { ready, waitFor, waitForAsync } from './readiness';
import type { SimpleQueue } from './simple_queue';

const INTERNAL = internalFields('_in', '_out', '_reads', '_writes', '_closed');

/**
 * An end of a {@link Pipe}. It may be sent to other processes and threads; the other end learns that it is
 * closed when all who hold it have closed it or have ended, in whatever way.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.connection.Connection
 */
export class Connection extends Primitive {
  private _in: SimpleQueue | undefined;
  private _out: SimpleQueue | undefined;
  private _reads: boolean;
  private readonly _writes: boolean;
  private _closed = false;

  /** @internal */
  constructor(attached: Attached) {
    super(CellClass.Connection, 'Connection', attached);
    const end = (at: number): SimpleQueue | undefined => {
      const cell = this._w[this._i + at] >>> 0;
      return cell === 0 ? undefined : (attachCell(cell) as SimpleQueue);
    };
    this._in = end(DATA);
    this._out = end(DATA + 1);
    this._reads = this._in !== undefined;
    this._writes = this._out !== undefined;
  }

  /**
   * The connection of a handle.
   *
   * @throws ValueError where it is gone, or the handle is not one of this class
   */
  static from(handle: unknown): Connection {
    return fromHandle(handle, 'multiprocessing.Connection') as Connection;
  }

  /** @internal */
  protected override get _internal(): ReadonlySet<string> {
    return INTERNAL;
  }

  /** @internal */
  get _class(): number {
    return CellClass.Connection;
  }

  /** @internal */
  override get _shared(): boolean {
    return true;
  }

  /** @internal */
  override _promote(): CellId {
    if (this._closed) throw new OSError('Connection: the handle is closed');
    return this._cell;
  }

  /** @internal What is received comes from here. */
  get _reader(): SimpleQueue {
    this._promote();
    if (!this._in) throw new OSError('Connection: the connection is write-only');
    return this._in;
  }

  private get _writer(): SimpleQueue {
    this._promote();
    if (!this._out) throw new OSError('Connection: the connection is read-only');
    return this._out;
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this._closed;
  }

  /** Whether one can receive from it; as in Python, also of one that was closed. */
  get readable(): boolean {
    return this._reads;
  }

  /** Whether one can send by it; as in Python, also of one that was closed. */
  get writable(): boolean {
    return this._writes;
  }

  /**
   * Sends a copy of a value, waiting while thousands of messages have not been received.
   *
   * @throws BrokenPipeError where the other end is closed
   * @throws OSError where this one is, or can not be written to
   * @throws DataCloneError where the value can not be sent to another process
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.connection.Connection.send
   */
  send(value: unknown): void {
    try {
      sent('send', put(this._writer._promote(), value, FOREVER));
    } catch (error) {
      throw inCall(error, 'Connection.send', (path) => path.replace('item', 'value'));
    }
  }

  /** {@link send} without blocking the event loop. */
  async send_async(value: unknown, options?: AsyncOptions): Promise<void> {
    const [, signal] = asyncArguments('Connection.send_async', [], options === undefined ? [] : [options]);
    const writer = this._writer;
    signal?.throwIfAborted();
    sent('send_async', await putAsync(writer, value, FOREVER, signal));
  }

  /**
   * Takes the next value, waiting for it.
   *
   * @throws EOFError where nothing is left and the other end is closed
   * @throws OSError where this one is, or can not be read
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.connection.Connection.recv
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in Python, what comes need not be said
  recv(): any {
    return received('recv', take(this._reader._promote(), FOREVER));
  }

  /** {@link recv} without blocking the event loop. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async recv_async(options?: AsyncOptions): Promise<any> {
    const [, signal] = asyncArguments('Connection.recv_async', [], options === undefined ? [] : [options]);
    const reader = this._reader;
    signal?.throwIfAborted();
    const { item } = await takeAsync(reader, FOREVER, signal);
    return received('recv_async', item);
  }

  /**
   * Whether there is something to receive, or the other end is closed.
   *
   * @param timeout - seconds to wait for it at most; default 0, `null` waits for ever
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.connection.Connection.poll
   */
  poll(timeout: number | null | { timeout?: number | null | undefined } = 0): boolean {
    const [seconds = 0] = isOptions(timeout) ? keywords('Connection.poll', ['timeout'], [timeout]) : [timeout];
    const ms = waitTimeout('Connection.poll', seconds);
    const reader = this._reader;
    return ready(reader) || (ms !== 0 && waitFor([reader], ms).length > 0);
  }

  /** {@link poll} without blocking the event loop. */
  poll_async(
    timeout?: number | null | ({ timeout?: number | null | undefined } & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<boolean>;
  async poll_async(...given: unknown[]): Promise<boolean> {
    const [[seconds = 0], signal] = asyncArguments('Connection.poll_async', ['timeout'], given);
    const ms = waitTimeout('Connection.poll_async', seconds);
    const reader = this._reader;
    signal?.throwIfAborted();
    return ready(reader) || (ms !== 0 && (await waitForAsync([reader], ms, signal)).length > 0);
  }

  /**
   * Sends bytes as one message.
   *
   * @param offset - of the first byte in `buf`
   * @param size - how many; default: all that follow
   * @throws ValueError where `buf` does not hold them
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.connection.Connection.send_bytes
   */
  send_bytes(buf: BytesLike, offset?: number | null, size?: number | null): void;
  send_bytes(buf: BytesLike, options?: PartOptions): void;
  send_bytes(...given: unknown[]): void {
    const bytes = partOf('Connection.send_bytes', keywords('Connection.send_bytes', PART, given));
    sent('send_bytes', put(this._writer._promote(), bytes, FOREVER));
  }

  /** {@link send_bytes} without blocking the event loop. */
  send_bytes_async(buf: BytesLike, options?: PartOptions & AsyncOptions): Promise<void>;
  send_bytes_async(buf: BytesLike, offset?: number | null, size?: number | null, options?: AsyncOptions): Promise<void>;
  async send_bytes_async(...given: unknown[]): Promise<void> {
    const [values, signal] = asyncArguments('Connection.send_bytes_async', PART, given);
    const bytes = partOf('Connection.send_bytes_async', values);
    const writer = this._writer;
    signal?.throwIfAborted();
    sent('send_bytes_async', await putAsync(writer, bytes, FOREVER, signal));
  }

  /**
   * Takes the next message of bytes, waiting for it.
   *
   * @param maxlength - a longer one is an `OSError`, and this end is not readable any more
   * @throws EOFError where nothing is left and the other end is closed
   * @throws TypeError where the message is of `send`, and no Uint8Array
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.connection.Connection.recv_bytes
   */
  recv_bytes(maxlength?: number | null | LengthOptions): Uint8Array {
    const most = lengthOf('Connection.recv_bytes', keywords('Connection.recv_bytes', LENGTH, [maxlength]));
    return this._within('recv_bytes', most, take(this._reader._promote(), FOREVER));
  }

  /** {@link recv_bytes} without blocking the event loop. */
  recv_bytes_async(maxlength?: number | null | (LengthOptions & AsyncOptions), options?: AsyncOptions): Promise<Uint8Array>;
  async recv_bytes_async(...given: unknown[]): Promise<Uint8Array> {
    const [values, signal] = asyncArguments('Connection.recv_bytes_async', LENGTH, given);
    const most = lengthOf('Connection.recv_bytes_async', values);
    const reader = this._reader;
    signal?.throwIfAborted();
    const { item } = await takeAsync(reader, FOREVER, signal);
    return this._within('recv_bytes_async', most, item);
  }

  private _within(method: string, most: number, item: unknown): Uint8Array {
    const bytes = receivedBytes(method, item);
    if (bytes.length <= most) return bytes;
    if (this._out) {
      this._in = undefined;
      this._reads = false;
    } else {
      this.close();
    }
    throw new OSError(`Connection.${method}(): bad message length`);
  }

  /**
   * Takes the next message of bytes into a buffer.
   *
   * @param offset - of the first byte in it
   * @returns how many bytes came
   * @throws BufferTooShort where they do not fit; `args[0]` has them
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.connection.Connection.recv_bytes_into
   */
  recv_bytes_into(buf: BytesLike, offset?: number | null | OffsetOptions): number {
    const room = roomOf('Connection.recv_bytes_into', keywords('Connection.recv_bytes_into', ROOM, [buf, offset]));
    return filled(room, receivedBytes('recv_bytes_into', take(this._reader._promote(), FOREVER)));
  }

  /** {@link recv_bytes_into} without blocking the event loop. */
  recv_bytes_into_async(
    buf: BytesLike,
    offset?: number | null | (OffsetOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<number>;
  async recv_bytes_into_async(...given: unknown[]): Promise<number> {
    const [values, signal] = asyncArguments('Connection.recv_bytes_into_async', ROOM, given);
    const room = roomOf('Connection.recv_bytes_into_async', values);
    const reader = this._reader;
    signal?.throwIfAborted();
    const { item } = await takeAsync(reader, FOREVER, signal);
    return filled(room, receivedBytes('recv_bytes_into_async', item));
  }

  /**
   * Closes this object's hold of the end.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.connection.Connection.close
   */
  close(): void {
    if (this._closed) return;
    this._closed = true;
    this._in = undefined;
    this._out = undefined;
    this._unsettle();
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `<Connection ${this._closed ? 'closed' : `#${this._cell}`}>`;
  }
}

function sent(method: string, refusal: Refusal | undefined): void {
  if (refusal !== undefined) throw new BrokenPipeError(`Connection.${method}(): the other end is closed`);
}

function receivedBytes(method: string, item: unknown): Uint8Array {
  return messageBytes(method, received(method, item));
}

function received(method: string, item: unknown): unknown {
  if (item === SHUT_DOWN || item === NOTHING) throw new EOFError(`Connection.${method}(): the other end is closed`);
  return item;
}

registerClass(CellClass.Connection + SHARED_CLASS, 'multiprocessing.Connection', Connection);
