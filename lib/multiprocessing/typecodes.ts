/** The types of shared values and arrays, by Python's typecodes. */
import { describe } from '../internal/arguments';
import { IndexError, OverflowError, typeError, ValueError } from '../internal/errors';

/** The typed arrays that a `RawArray` is one of. */
export type Numbers =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** Bytes of a C string: what `RawArray('c', …)` gives. */
export class CharArray extends Uint8Array {
  /** The bytes up to the first 0; when set, a 0 follows where there is room. */
  get value(): Uint8Array {
    const end = this.indexOf(0);
    return Uint8Array.from(end < 0 ? this : super.subarray(0, end));
  }
  set value(bytes: Uint8Array | string) {
    const given = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    if (given.length > this.length) throw new ValueError('byte string too long');
    this.set(given);
    if (given.length < this.length) this[given.length] = 0;
  }
  /** All bytes. */
  get raw(): Uint8Array {
    return Uint8Array.from(this);
  }
  set raw(bytes: Uint8Array) {
    if (bytes.length > this.length) throw new ValueError('byte string too long');
    this.set(bytes);
  }
}

/** Characters, each by its code point: what `RawArray('u', …)` gives. */
export class TextArray extends Uint32Array {
  /** The text up to the first 0; when set, a 0 follows where there is room. */
  get value(): string {
    const end = this.indexOf(0);
    return String.fromCodePoint(...(end < 0 ? this : super.subarray(0, end)));
  }
  set value(text: string) {
    const points = Array.from(text, (character) => character.codePointAt(0)!);
    if (points.length > this.length) throw new ValueError('string too long');
    this.set(points);
    if (points.length < this.length) this[points.length] = 0;
  }
}

type View<T extends Numbers = Numbers> = new (buffer: ArrayBufferLike, byteOffset?: number, length?: number) => T;

/** What a typecode stands for. */
export interface Type {
  code: string;
  /** Of {@link code}, in the memory of what is made for it. */
  number: number;
  Class: View;
  bytes: number;
  kind: 'integer' | 'bigint' | 'float' | 'bytes' | 'text';
}

const CODES: [code: string, name: string, Class: { BYTES_PER_ELEMENT: number }, kind: Type['kind']][] = [
  ['c', 'char', CharArray, 'bytes'],
  ['b', 'int8', Int8Array, 'integer'],
  ['B', 'uint8', Uint8Array, 'integer'],
  ['h', 'int16', Int16Array, 'integer'],
  ['H', 'uint16', Uint16Array, 'integer'],
  ['i', 'int32', Int32Array, 'integer'],
  ['I', 'uint32', Uint32Array, 'integer'],
  ['l', 'long', Int32Array, 'integer'],
  ['L', 'ulong', Uint32Array, 'integer'],
  ['q', 'int64', BigInt64Array, 'bigint'],
  ['Q', 'uint64', BigUint64Array, 'bigint'],
  ['f', 'float32', Float32Array, 'float'],
  ['d', 'float64', Float64Array, 'float'],
  ['u', 'text', TextArray, 'text'],
];

const types = new Map<string, Type>();
CODES.forEach(([code, name, Class, kind], number) => {
  const type = { code, number, Class: Class as unknown as View, bytes: Class.BYTES_PER_ELEMENT, kind };
  types.set(code, type);
  types.set(name, type);
});

/** @throws TypeError where it is no typecode */
export function typeArgument(method: string, typecode: unknown): Type {
  const type = typeof typecode === 'string' ? types.get(typecode) : undefined;
  if (type) return type;
  throw typeError(`${method}(): 'typecode' must be one of ${[...types.keys()].join(' ')}, not ${describe(typecode)}`);
}

export function typeOf(code: string): Type {
  return typeArgument('multiprocessing', code);
}

/** Gives a view on memory that was made for a typecode the methods that belong to it. */
export function dressed(number: number, view: ArrayBufferView): void {
  const [, , Class, kind] = CODES[number] ?? CODES[1];
  if (kind !== 'bytes' && kind !== 'text') return;
  const bare = kind === 'bytes' ? Uint8Array : Uint32Array;
  if (Object.getPrototypeOf(view) === bare.prototype) {
    Object.setPrototypeOf(view, (Class as { BYTES_PER_ELEMENT: number; prototype?: object }).prototype!);
  }
}

/** What is stored for `value`. @throws TypeError where it is of another type */
export function toElement(method: string, type: Type, value: unknown): number | bigint {
  switch (type.kind) {
    case 'float':
      if (typeof value === 'number') return value;
      if (typeof value === 'bigint') return Number(value);
      break;
    case 'bigint':
      if (typeof value === 'bigint') return value;
      if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
      break;
    case 'bytes':
      if (value instanceof Uint8Array && value.length === 1) return value[0];
      if (typeof value === 'number' && Number.isInteger(value)) return value;
      break;
    case 'text': {
      const characters = typeof value === 'string' ? Array.from(value) : [];
      if (characters.length === 1) return characters[0].codePointAt(0)!;
      break;
    }
    default:
      if (typeof value === 'number' && Number.isInteger(value)) return value;
  }
  throw typeError(`${method}: ${WANTED[type.kind]} is needed for '${type.code}', not ${describe(value)}`);
}

const WANTED = {
  integer: 'an integer',
  bigint: 'a bigint or an integer',
  float: 'a number',
  bytes: 'one byte',
  text: 'one character',
};

/**
 * What memory of that type would give for `value`.
 *
 * @throws TypeError where it is of another type
 * @throws OverflowError where it is out of range
 */
export function storable(method: string, type: Type, value: unknown): number | bigint | string {
  const element = toElement(method, type, value);
  const [stored] = new type.Class(new ArrayBuffer(type.bytes)).fill(element as never) as ArrayLike<number | bigint> &
    Iterable<number | bigint>;
  if (type.kind !== 'float' && stored !== element)
    throw new OverflowError(`${method}: ${element} is out of range for '${type.code}'`);
  return fromElement(type, stored);
}

/** What a stored element is to programs. */
export function fromElement(type: Type, element: number | bigint): number | bigint | string {
  return type.kind === 'text' ? String.fromCodePoint(Number(element)) : element;
}

const INDEX = /^(0|-?[1-9]\d*)$/;

/** The index that the name of a property is, from the end where negative; undefined where it is none. */
export function indexKey(key: string | symbol): number | undefined {
  return typeof key === 'string' && INDEX.test(key) ? Number(key) : undefined;
}

export function indexError(): IndexError {
  return new IndexError('invalid index');
}
