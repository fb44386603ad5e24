/** The reading half's state: a position in the bytes, and the objects and shapes read so far. */
import { typeError } from '../errors';
import type { Attached } from '../handles';
import { native } from '../native';
import { ID_BYTES, type Tag } from './format';
import type { ReadShape } from './read-shapes';

/** Larger memory is not kept alive for the next message. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** From here on a buffer's memory would come from the system each time, and faulting it in be what takes the time. */
const LARGE_BYTES = 128 * 1024;
let largeSeen = false;

/** The bodies of a message that are elsewhere than the rest of it. */
export interface Bodies {
  copy(to: Uint8Array, at: number): void;
  /** There is no memory for them here. */
  refuse(): void;
}

const { fromCharCode } = String;
const floats = new Float64Array(1);
const floatBytes = new Uint8Array(floats.buffer);
// All supported platforms are little-endian, as V8 on them is.

/** Larger memory is not filled with zeros first. */
function newBytes(size: number): Uint8Array<ArrayBuffer> {
  if (size >= LARGE_BYTES && !largeSeen) {
    largeSeen = true;
    native.keepLargeBlocks();
  }
  return size < 4096 ? new Uint8Array(size) : Buffer.allocUnsafeSlow(size);
}

export class Reader {
  bytes: Uint8Array = new Uint8Array(0);
  pos = 0;
  /** Objects by number; `undefined` where the message refers to none, and they need not be kept. */
  objects: (object | undefined)[] | undefined;
  /** Shapes by number; entries from `shapeCount` on are an earlier message's. */
  readonly shapes: ReadShape[] = [];
  shapeCount = 0;
  readonly deferred: { value: object; tag: Tag }[] = [];
  /** Primitives whose fields are still to be read. */
  readonly fields: Attached[] = [];
  /** Cells whose references have gone over to what was read. */
  readonly adopted: number[] = [];
  private bodies: Bodies | undefined;
  private bodyAt = 0;
  private buffer: Buffer | undefined;
  private dataView: DataView | undefined;

  begin(bytes: Uint8Array, pos: number, numbered: boolean, bodyAt: number, bodies: Bodies | undefined): void {
    this.bytes = bytes;
    this.pos = pos;
    this.objects = numbered ? [] : undefined;
    this.bodyAt = bodyAt;
    this.bodies = bodies;
  }

  clear(): void {
    this.objects = undefined;
    this.bodies = undefined;
    if (this.buffer !== undefined && this.buffer.length > KEPT_BYTES) this.buffer = undefined;
    this.dataView = undefined;
    this.shapeCount = 0;
    if (this.deferred.length > 0) this.deferred.length = 0;
    if (this.fields.length > 0) this.fields.length = 0;
    if (this.adopted.length > 0) this.adopted.length = 0;
  }

  /** Gives `value`, which is yet to be filled, the next number. */
  add<T extends object>(value: T): T {
    if (this.objects !== undefined) this.objects.push(value);
    return value;
  }

  /** Takes the number of an object that can be made only after what lies within it was read. */
  reserve(): number {
    return this.objects === undefined ? 0 : this.objects.push(undefined) - 1;
  }

  fill(number: number, value: object): void {
    if (this.objects !== undefined) this.objects[number] = value;
  }

  object(number: number): object {
    const value = this.objects![number];
    if (value === undefined) throw typeError('what a primitive of nogil sends along may not refer to the primitive itself');
    return value;
  }

  view(): DataView {
    const { bytes } = this;
    return (this.dataView ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  uint16(): number {
    const { bytes, pos } = this;
    this.pos = pos + 2;
    return bytes[pos] | (bytes[pos + 1] << 8);
  }

  int32(): number {
    const { bytes, pos } = this;
    this.pos = pos + 4;
    return bytes[pos] | (bytes[pos + 1] << 8) | (bytes[pos + 2] << 16) | (bytes[pos + 3] << 24);
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  // By way of one fixed double: making a DataView for each message would cost more.
  float64(): number {
    const { bytes, pos } = this;
    floatBytes[0] = bytes[pos]!;
    floatBytes[1] = bytes[pos + 1]!;
    floatBytes[2] = bytes[pos + 2]!;
    floatBytes[3] = bytes[pos + 3]!;
    floatBytes[4] = bytes[pos + 4]!;
    floatBytes[5] = bytes[pos + 5]!;
    floatBytes[6] = bytes[pos + 6]!;
    floatBytes[7] = bytes[pos + 7]!;
    this.pos = pos + 8;
    return floats[0];
  }

  bigint64(): bigint {
    const value = this.view().getBigInt64(this.pos, true);
    this.pos += 8;
    return value;
  }

  /** A Latin-1 string of fewer than 64 characters. */
  shortString(length: number): string {
    const { bytes: b, pos: p } = this;
    this.pos = p + length;
    let text = '';
    let i = p;
    const end = p + length;
    // Few calls with several codes each: a call into the engine's string table is what costs.
    for (; i + 8 <= end; i += 8) {
      text += fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7]);
    }
    if (i === end) return text;
    if (i + 4 <= end) {
      text += fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3]);
      i += 4;
    }
    switch (end - i) {
      case 1:
        return text + fromCharCode(b[i]);
      case 2:
        return text + fromCharCode(b[i], b[i + 1]);
      case 3:
        return text + fromCharCode(b[i], b[i + 1], b[i + 2]);
      default:
        return text;
    }
  }

  longString(size: number, encoding: 'latin1' | 'utf16le'): string {
    const { bytes, pos } = this;
    // Messages often come in the same memory, one after another: a Buffer on it is kept.
    if (this.buffer?.buffer !== bytes.buffer) this.buffer = Buffer.from(bytes.buffer);
    const at = bytes.byteOffset + pos;
    this.pos = pos + size;
    return this.buffer.toString(encoding, at, at + size);
  }

  /** The next `size` bytes in a buffer of their own. */
  copy(size: number, into?: ArrayBuffer): ArrayBuffer {
    const target = into ? new Uint8Array(into, 0, size) : newBytes(size);
    const { bytes, pos } = this;
    if (size > 32) target.set(bytes.subarray(pos, pos + size));
    else for (let i = 0; i < size; i++) target[i] = bytes[pos + i]!;
    this.pos = pos + size;
    return target.buffer;
  }

  /** The next `size` bytes of the bodies, likewise. */
  body(size: number): ArrayBuffer {
    const { bodies, bodyAt, bytes } = this;
    let target;
    try {
      target = newBytes(size);
    } catch (error) {
      bodies?.refuse();
      throw error;
    }
    this.bodyAt += size;
    if (bodies !== undefined) bodies.copy(target, bodyAt);
    else target.set(bytes.subarray(bodyAt, this.bodyAt));
    return target.buffer;
  }

  id(): string {
    let id = '';
    for (let i = 0; i < ID_BYTES; i++) id += fromCharCode(this.bytes[this.pos++]);
    return id;
  }
}
