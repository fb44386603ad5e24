import { describe, iterableArgument, keywords } from '../../internal/arguments';
import { IndexError, OverflowError, typeError, ValueError } from '../../internal/errors';
import { proxied, type Shared, share, type Shareable } from '../../internal/handles';
import { type Extra, registerKind } from '../memory';
import { indexKey } from '../typecodes';
import { release, SharedMemory } from './shared_memory';

/** What a {@link ShareableList} holds. */
export type ShareableItem = number | bigint | boolean | string | Uint8Array | null;

/** Everything begins at a multiple of so many bytes. */
const ALIGNMENT = 8;
/** How stored bytes are to be read; Python's codes. */
const enum Code {
  PLAIN,
  TEXT,
  BYTES,
  NONE,
}

interface Stored {
  format: string;
  code: Code;
  /** Of text and bytes. */
  bytes?: Uint8Array;
}

/** As Python's struct module would store it. */
function stored(value: unknown): Stored {
  if (typeof value === 'number') return { format: Number.isSafeInteger(value) ? 'q' : 'd', code: Code.PLAIN };
  if (typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) !== value)
      throw new OverflowError(`ShareableList: ${value} is out of range: integers are from -2^63 to 2^63 - 1`);
    return { format: 'q', code: Code.PLAIN };
  }
  if (typeof value === 'boolean') return { format: 'xxxxxxx?', code: Code.PLAIN };
  if (value === null || value === undefined) return { format: 'xxxxxx?x', code: Code.NONE };
  const bytes = typeof value === 'string' ? Buffer.from(value) : value instanceof Uint8Array ? value : undefined;
  if (bytes === undefined)
    throw typeError(`ShareableList: a number, boolean, string, Uint8Array or null is needed, not ${describe(value)}`);
  const room = ALIGNMENT * (Math.floor(bytes.length / ALIGNMENT) + 1);
  return { format: `${room}s`, code: typeof value === 'string' ? Code.TEXT : Code.BYTES, bytes };
}

function roomOf(format: string): number {
  return format.endsWith('s') ? parseInt(format, 10) : ALIGNMENT;
}

/**
 * A list of numbers, strings, bytes, booleans and nulls in named memory, of a fixed length. Items are read and
 * set by index (`list[0] = 'text'`, from the end where negative) without a lock; a string or bytes can not grow beyond the room that it was
 * made with. The memory is laid out as Python's, which can attach to it.
 *
 * @see https://docs.python.org/3/library/multiprocessing.shared_memory.html#multiprocessing.shared_memory.ShareableList
 */
export class ShareableList implements Shareable {
  [index: number]: ShareableItem;
  /** The memory that it is in. */
  readonly shm!: SharedMemory;
  private readonly _offsets!: number[];
  private readonly _view!: DataView;

  /**
   * @param sequence - the items, of any iterable; without them the list of that name, or an empty one without a name
   * @param options - `{ name }`
   */
  constructor(sequence?: Iterable<ShareableItem> | null | { name?: string | null }, options?: { name?: string | null });
  constructor(...args: unknown[]) {
    const [sequence, name] = keywords(
      'ShareableList',
      ['sequence', 'name'],
      args.filter((arg) => arg !== undefined),
    );
    const isGiven = sequence !== undefined && sequence !== null;
    if (!isGiven && name !== undefined && name !== null) {
      this.shm = new SharedMemory({ name: name as string });
      this._view = viewOf(this.shm);
      const length = Number(this._view.getBigInt64(0, true));
      this._offsets = Array.from({ length: length + 1 }, (_, i) => Number(this._view.getBigInt64((1 + i) * ALIGNMENT, true)));
    } else {
      const items = isGiven ? (iterableArgument('ShareableList', 'sequence', sequence) as ShareableItem[]) : [];
      const all = items.map(stored);
      this._offsets = [0];
      for (const { format } of all) this._offsets.push(this._offsets[this._offsets.length - 1] + roomOf(format));
      const data = this._offsets[items.length];
      const size = (items.length + 2) * ALIGNMENT + data + items.length * (ALIGNMENT + 1);
      this.shm = new SharedMemory({ name: name as string, create: true, size });
      this._view = viewOf(this.shm);
      this._view.setBigInt64(0, BigInt(items.length), true);
      this._offsets.forEach((offset, i) => this._view.setBigInt64((1 + i) * ALIGNMENT, BigInt(offset), true));
      items.forEach((item, i) => {
        this._write(i, all[i], item);
      });
    }
    const proxy = new Proxy(this, items);
    proxied.set(proxy, this);
    return proxy;
  }

  /** @hidden */
  [share](): Shared {
    const { classId, cell } = this.shm[share]();
    return { classId, cell, extra: ['shareable_list', this.shm.name] satisfies Extra };
  }

  /** How many items there are. */
  get length(): number {
    return this._offsets.length - 1;
  }

  /** How the items are stored, as Python's struct module names it. */
  get format(): string {
    return this._offsets.slice(1).reduce((all, _, i) => all + this._format(i), '');
  }

  private get _dataAt(): number {
    return (this.length + 2) * ALIGNMENT;
  }

  private get _formatsAt(): number {
    return this._dataAt + this._offsets[this.length];
  }

  private _bytes(at: number, length: number): Buffer {
    return Buffer.from(this._view.buffer, this._view.byteOffset + at, length);
  }

  private _format(i: number): string {
    return text(this._bytes(this._formatsAt + i * ALIGNMENT, ALIGNMENT));
  }

  /** @internal @throws IndexError where there is no such item */
  _index(index: number): number {
    const i = index < 0 ? index + this.length : index;
    if (!Number.isInteger(i) || i < 0 || i >= this.length) throw new IndexError('index out of range');
    return i;
  }

  /** One item; a negative index counts from the end. @throws IndexError where there is none */
  at(index: number): ShareableItem {
    const i = this._index(index);
    const at = this._dataAt + this._offsets[i];
    const format = this._format(i);
    const code = this._view.getInt8(this._formatsAt + this.length * ALIGNMENT + i) as Code;
    if (code === Code.NONE) return null;
    if (format === 'd') return this._view.getFloat64(at, true);
    if (format === 'xxxxxxx?') return this._view.getUint8(at + 7) !== 0;
    if (format === 'q') {
      const integer = this._view.getBigInt64(at, true);
      return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
    }
    const bytes = this._bytes(at, roomOf(format));
    return code === Code.TEXT ? text(bytes) : Uint8Array.from(trimmed(bytes));
  }

  /**
   * Sets one item, which may be of another type than before.
   *
   * @throws IndexError where there is none
   * @throws ValueError where a string or bytes need more room than the item has
   * @throws OverflowError where a bigint is not within 64 bits
   */
  set(index: number, value: ShareableItem): void {
    const i = this._index(index);
    const one = stored(value);
    if (one.bytes !== undefined) {
      const room = this._offsets[i + 1] - this._offsets[i];
      if (one.bytes.length > room) throw new ValueError('bytes/str item exceeds available storage');
      one.format = `${room}s`;
    }
    this._write(i, one, value);
  }

  private _write(i: number, { format, code, bytes }: Stored, value: unknown): void {
    const at = this._dataAt + this._offsets[i];
    this._bytes(at, roomOf(format)).fill(0);
    if (bytes !== undefined) this._bytes(at, bytes.length).set(bytes);
    else if (format === 'q') this._view.setBigInt64(at, BigInt(value as number), true);
    else if (format === 'd') this._view.setFloat64(at, value as number, true);
    else if (value === true) this._view.setUint8(at + 7, 1);
    this._bytes(this._formatsAt + i * ALIGNMENT, ALIGNMENT)
      .fill(0)
      .write(format, 'latin1');
    this._view.setInt8(this._formatsAt + this.length * ALIGNMENT + i, code);
  }

  /** How many items equal `value`. */
  count(value: ShareableItem): number {
    return [...this].filter((item) => same(item, value)).length;
  }

  /** The place of the first item that equals `value`. @throws ValueError where there is none */
  index(value: ShareableItem): number {
    const i = [...this].findIndex((item) => same(item, value));
    if (i < 0) throw new ValueError(`${describe(value)} not in this container`);
    return i;
  }

  /** The items, from the first to the last, as they are when each is asked for. */
  *[Symbol.iterator](): Generator<ShareableItem, void, undefined> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }
}

function viewOf(shm: SharedMemory): DataView {
  return new DataView(shm.buf.buffer);
}

function trimmed(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

function text(bytes: Buffer): string {
  return trimmed(bytes).toString();
}

function same(a: ShareableItem, b: ShareableItem): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) === 0 : a === b;
}

const items: ProxyHandler<ShareableList> = {
  get(list, key) {
    const index = indexKey(key);
    return index === undefined ? (Reflect.get(list, key, list) as unknown) : list.at(index);
  },
  set(list, key, value) {
    const index = indexKey(key);
    if (index === undefined) return Reflect.set(list, key, value, list);
    list.set(index, value as ShareableItem);
    return true;
  },
};

registerKind('shareable_list', (_memory, [, name], attached) => {
  release(attached);
  return new ShareableList(undefined, { name: name as string });
});
