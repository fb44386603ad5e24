/**
 * The writing half's state: a growing scratch buffer, and what the message refers to so far.
 */
import { constants } from 'node:buffer';
import { SHORT_STRING, SHORT_STRING_LIMIT, SMALL_INTEGER, Tag } from './format';
import type { SharedEntry } from './shared-buffers';

const INITIAL_BYTES = 64 * 1024;
/** A larger scratch buffer is let go of after its message. */
export const KEPT_BYTES = 4 * 1024 * 1024;
/** So many objects are looked for one by one; hashing pays from there on. */
const RECENT = 16;

/** A hit means two bytes a character. The engine answers without looking for strings that it stores in one byte. */

const NOT_LATIN1 = /[^\x00-\xff]/;

/** Where a writer stood, to go back to when a part of a message turns out not to be cloneable. */
export interface Savepoint {
  pos: number;
  objects: number;
  cells: number;
  shared: number;
  shapes: number;
  depth: number;
  bodies: number;
  tentative: number;
  deferred: number;
  fields: number;
}

let stamps = 0;

const NONE: Uint8Array[] = [];

export class Writer {
  bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  view = new DataView(this.bytes.buffer);
  capacity = INITIAL_BYTES;
  pos = 0;
  depth = 0;
  /** Whether a reference back was written. */
  referred = false;
  toProcess = false;
  /** `Object.prototype` has enumerable properties, which for-in would show in every object. */
  polluted = false;
  /** There was no memory: not a fault of the value, and nothing to go on from. */
  exhausted = false;
  /** Containers must not be deferred while a part may still be taken back. */
  tentative = 0;
  /** Containers whose contents follow the root value. */
  readonly deferred: { value: object; tag: Tag }[] = [];
  /** Fields of primitives, which follow those. */
  readonly fields: Record<string, unknown>[] = [];
  /** Cells whose references the message holds. */
  readonly cells: number[] = [];
  readonly shared: SharedEntry[] = [];
  /** Large buffers are not copied but listed, for whoever makes a message of it. */
  gathers = false;
  bodies = NONE;
  bodyBytes = 0;
  /** Tells the shapes named in this message from those of others. */
  stamp = 0;
  shapes = 0;

  private readonly recent = new Array<object | undefined>(RECENT).fill(undefined);
  private objects = 0;
  private numbers: Map<object, number> | undefined;

  begin(toProcess: boolean, gathers: boolean): void {
    this.pos = 2;
    this.toProcess = toProcess;
    this.gathers = gathers;
    this.stamp = ++stamps;
    this.polluted = false;

    for (const _ in Object.prototype) this.polluted = true;
  }

  /** Forgets the message, so that nothing it held stays alive. */
  clear(): void {
    for (let i = Math.min(this.objects, RECENT) - 1; i >= 0; i--) this.recent[i] = undefined;
    this.objects = 0;
    this.numbers = undefined;
    this.depth = 0;
    this.tentative = 0;
    this.referred = false;
    this.exhausted = false;
    this.shapes = 0;
    this.bodies = NONE;
    this.bodyBytes = 0;
    if (this.cells.length > 0) this.cells.length = 0;
    if (this.shared.length > 0) this.shared.length = 0;
    if (this.deferred.length > 0) this.deferred.length = 0;
    if (this.fields.length > 0) this.fields.length = 0;
    if (this.capacity > KEPT_BYTES) this.use(Buffer.allocUnsafeSlow(INITIAL_BYTES));
  }

  private use(bytes: Buffer<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.capacity = bytes.length;
  }

  /** @throws RangeError where there is no memory for `more` bytes; what is written stays as it is */
  grow(more: number): void {
    const needed = this.pos + more;
    this.exhausted = true;
    if (needed > constants.MAX_LENGTH)
      throw new RangeError(`a message of ${needed} bytes is larger than a buffer can be (${constants.MAX_LENGTH})`);
    let larger: Buffer<ArrayBuffer>;
    try {
      larger = Buffer.allocUnsafeSlow(Math.min(Math.max(needed + 1024, this.capacity * 2), constants.MAX_LENGTH));
    } catch {
      larger = Buffer.allocUnsafeSlow(needed);
    }
    larger.set(this.bytes.subarray(0, this.pos));
    this.use(larger);
    this.exhausted = false;
  }

  ensure(more: number): void {
    if (this.pos + more > this.capacity) this.grow(more);
  }

  /**
   * Numbers `value`, or writes a reference back where it has a number already.
   *
   * @returns whether it was known, so that nothing is left to write
   */
  isKnown(value: object): boolean {
    const n = this.objects;
    let number: number | undefined;
    if (n <= RECENT) {
      const { recent } = this;
      let i = n - 1;
      while (i >= 0 && recent[i] !== value) i--;
      if (i >= 0) number = i;
      else if (n < RECENT) recent[n] = value;
      else this.numbers = new Map(recent.map((object, at) => [object!, at])).set(value, n);
    } else {
      number = this.numbers!.get(value);
      if (number === undefined) this.numbers!.set(value, n);
    }
    if (number === undefined) {
      this.objects = n + 1;
      return false;
    }
    this.referred = true;
    this.tagged(Tag.REFERENCE, number);
    return true;
  }

  save(): Savepoint {
    return {
      pos: this.pos,
      objects: this.objects,
      cells: this.cells.length,
      shared: this.shared.length,
      shapes: this.shapes,
      depth: this.depth,
      bodies: this.bodies.length,
      tentative: this.tentative,
      deferred: this.deferred.length,
      fields: this.fields.length,
    };
  }

  /** Forgets all that was written since `point`; the references taken since are the caller's to give back. */
  rewind(point: Savepoint): void {
    this.pos = point.pos;
    this.depth = point.depth;
    this.tentative = point.tentative;
    this.deferred.length = point.deferred;
    this.fields.length = point.fields;
    if (this.objects > RECENT) {
      const all = [...this.numbers!.keys()].slice(0, point.objects);
      this.numbers = point.objects > RECENT ? new Map(all.map((object, at) => [object, at])) : undefined;
    }
    for (let i = point.objects; i < RECENT; i++) this.recent[i] = undefined;
    this.objects = point.objects;
    this.cells.length = point.cells;
    this.shared.length = point.shared;
    while (this.bodies.length > point.bodies) this.bodyBytes -= this.bodies.pop()!.length;
    // Shapes named in the part that is gone must be named again; those before it may be, too.
    this.shapes = point.shapes;
    this.stamp = ++stamps;
  }

  /** One byte: a {@link Tag}, or what belongs to one. */
  tag(byte: number): void {
    if (this.pos === this.capacity) this.grow(1);
    this.bytes[this.pos++] = byte;
  }

  uint32(value: number): void {
    if (this.pos + 4 > this.capacity) this.grow(4);
    this.view.setUint32(this.pos, value, true);
    this.pos += 4;
  }

  float64(value: number): void {
    if (this.pos + 8 > this.capacity) this.grow(8);
    this.view.setFloat64(this.pos, value, true);
    this.pos += 8;
  }

  tagged(tag: Tag, value: number): void {
    if (this.pos + 5 > this.capacity) this.grow(5);
    this.bytes[this.pos] = tag;
    this.view.setUint32(this.pos + 1, value, true);
    this.pos += 5;
  }

  number(value: number): void {
    if (this.pos + 9 > this.capacity) this.grow(9);
    const at = this.pos;
    // -0 | 0 === 0 === -0: minus zero goes as a float.
    if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
      if (value >= 0 && value < 128) {
        this.bytes[at] = SMALL_INTEGER | value;
        this.pos = at + 1;
      } else {
        this.bytes[at] = Tag.INT32;
        this.view.setInt32(at + 1, value, true);
        this.pos = at + 5;
      }
    } else {
      this.bytes[at] = Tag.FLOAT64;
      this.view.setFloat64(at + 1, value, true);
      this.pos = at + 9;
    }
  }

  string(value: string): void {
    const n = value.length;
    if (n >= SHORT_STRING_LIMIT) {
      this.longString(value);
      return;
    }
    if (this.pos + SHORT_STRING_LIMIT > this.capacity) this.grow(SHORT_STRING_LIMIT);
    const { bytes } = this;
    let at = this.pos;
    bytes[at++] = SHORT_STRING | n;
    for (let i = 0; i < n; i++) {
      const code = value.charCodeAt(i);
      if (code > 0xff) {
        this.longString(value);
        return;
      }
      bytes[at++] = code;
    }
    this.pos = at;
  }

  private longString(value: string): void {
    const n = value.length;
    const latin1 = !NOT_LATIN1.test(value);
    const size = latin1 ? n : 2 * n;
    this.ensure(5 + size);
    this.tagged(latin1 ? Tag.LATIN1 : Tag.UTF16, n);
    this.bytes.write(value, this.pos, size, latin1 ? 'latin1' : 'utf16le');
    this.pos += size;
  }

  bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) {
      this.ensure(9);
      this.tag(Tag.BIGINT64);
      this.view.setBigInt64(this.pos, value, true);
      this.pos += 8;
      return;
    }
    this.tag(Tag.BIGINT);
    this.tag(value < 0n ? 1 : 0);
    this.string((value < 0n ? -value : value).toString(16));
  }

  /** The bytes of a buffer, which stay where they are: what a later getter of the same value does to them is seen. */
  body(source: Uint8Array): void {
    this.ensure(9);
    this.tag(Tag.BODY);
    this.float64(source.length);
    if (this.bodies === NONE) this.bodies = [];
    this.bodies.push(source);
    this.bodyBytes += source.length;
  }

  raw(source: Uint8Array): void {
    this.ensure(source.length);
    this.bytes.set(source, this.pos);
    this.pos += source.length;
  }
}
