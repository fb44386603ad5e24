/** The reading side of shapes: a header's bytes are looked up, and a shape that comes often is compiled. */
import { readValue } from './read-value';
import type { Reader } from './reader';

type Read = (reader: Reader) => object;

/** Shapes are kept by hash, one a slot: a newcomer replaces what it meets. */
const SLOTS = 2048;
const HOT = 16;
const cache = new Array<ReadShape | undefined>(SLOTS).fill(undefined);

/** Marks a property that the writer did not find any more. */
export const ABSENT = Symbol('absent');

/** `object[key] = value` for any key: `__proto__` is one like others. */
export function setProperty(object: object, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else (object as Record<string, unknown>)[key] = value;
}

export class ReadShape {
  private readWhole: Read | undefined;
  private uses = 0;

  constructor(
    readonly hash: number,
    readonly keyBytes: Uint8Array,
    readonly keys: readonly string[],
  ) {}

  read(reader: Reader): object {
    // An object that others refer to must exist before its properties are read. (A message with an
    // ABSENT property claims to have references, so that it comes this way.)
    if (reader.objects !== undefined) return this.readSlowly(reader);
    if (this.readWhole !== undefined) return this.readWhole(reader);
    if (++this.uses === HOT) this.readWhole = compile(this.keys);
    return this.readSlowly(reader);
  }

  private readSlowly(reader: Reader): object {
    const object = reader.add({});
    for (const key of this.keys) {
      const value = readValue(reader);
      if (value !== ABSENT) setProperty(object, key, value);
    }
    return object;
  }
}

function compile(keys: readonly string[]): Read | undefined {
  // Computed, as `"__proto__": x` in a literal would set the prototype.
  const members = keys.map((key) => `${key === '__proto__' ? '["__proto__"]' : JSON.stringify(key)}: value(r)`);
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- built from keys only, each as a JSON string
    const make = new Function('value', `return function read(r) { return { ${members.join(', ')} }; }`);
    return (make as (value: typeof readValue) => Read)(readValue);
  } catch {
    return undefined; // --disallow-code-generation-from-strings
  }
}

function sameBytes(shape: ReadShape, bytes: Uint8Array, at: number, size: number): boolean {
  const { keyBytes } = shape;
  if (keyBytes.length !== size) return false;
  for (let i = 0; i < size; i++) if (keyBytes[i] !== bytes[at + i]) return false;
  return true;
}

/** Reads the header of a shape: hash, size, count, keys. */
export function readShape(reader: Reader): ReadShape {
  const hash = reader.int32();
  const size = reader.uint16();
  const count = reader.bytes[reader.pos++];
  const at = reader.pos;
  const slot = hash & (SLOTS - 1);
  let shape = cache[slot];
  if (shape?.hash === hash && sameBytes(shape, reader.bytes, at, size)) {
    reader.pos = at + size;
  } else {
    const keys: string[] = [];
    for (let i = 0; i < count; i++) keys.push(readValue(reader) as string);
    shape = cache[slot] = new ReadShape(hash, reader.bytes.slice(at, at + size), keys);
  }
  reader.shapes[reader.shapeCount++] = shape;
  return shape;
}
