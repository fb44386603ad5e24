/**
 * Shared memory as typed arrays, without a lock.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#module-multiprocessing.sharedctypes
 */
import { describe } from '../internal/arguments';
import { typeError, ValueError } from '../internal/errors';
import { Memory } from './memory';
import { type CharArray, type Numbers, type TextArray, toElement, type Type, typeArgument } from './typecodes';

/** The typed array of each typecode. */
export interface ArrayTypes {
  c: CharArray;
  b: Int8Array;
  B: Uint8Array;
  h: Int16Array;
  H: Uint16Array;
  i: Int32Array;
  I: Uint32Array;
  l: Int32Array;
  L: Uint32Array;
  q: BigInt64Array;
  Q: BigUint64Array;
  f: Float32Array;
  d: Float64Array;
  u: TextArray;
  char: CharArray;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  long: Int32Array;
  ulong: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  float32: Float32Array;
  float64: Float64Array;
  text: TextArray;
}

/**
 * A code of the types in memory: c (bytes), b B h H i I (integers of 1, 2 and 4 bytes; capitals have no sign),
 * l L (4 bytes on all systems), q Q (8 bytes, as bigints), f d (floats), u (characters); or a name.
 */
export type Typecode = keyof ArrayTypes;

/** A new array for `size` elements. One without any has memory all the same: it can be sent as all others. */
export function allocate(type: Type, size: number): Numbers {
  return new type.Class(Memory.create(Math.max(size, 1) * type.bytes, type.number).buffer, 0, size);
}

function elementsOf(method: string, type: Type, initializer: unknown): ArrayLike<number | bigint> {
  if (typeof initializer === 'string' && type.kind === 'bytes') return Buffer.from(initializer);
  if (typeof initializer === 'object' && initializer !== null && Symbol.iterator in initializer) {
    return Array.from(initializer as Iterable<unknown>, (value) => toElement(method, type, value));
  }
  if (typeof initializer === 'string') return Array.from(initializer, (value) => toElement(method, type, value));
  throw typeError(`${method}: a size or a sequence is needed, not ${describe(initializer)}`);
}

/** @internal What `RawArray` and `Array` make. */
export function newArray(method: string, typecode: unknown, size_or_initializer: unknown): [Type, Numbers] {
  const type = typeArgument(method, typecode);
  if (typeof size_or_initializer === 'number') {
    if (!Number.isInteger(size_or_initializer)) throw typeError(`${method}(): 'size' must be an integer`);
    if (size_or_initializer < 0) throw new ValueError(`${method}(): 'size' must not be negative`);
    return [type, allocate(type, size_or_initializer)];
  }
  const elements = elementsOf(`${method}()`, type, size_or_initializer);
  const array = allocate(type, elements.length);
  array.set(elements as ArrayLike<never>);
  return [type, array];
}

/**
 * A typed array in memory that all processes share. It can be sent, also as part of other values: the receiver
 * has the same memory.
 *
 * @param size_or_initializer - how many elements, all 0; or the elements
 * @throws RangeError where there is no memory
 * @throws TypeError where the typecode or an element does not fit
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.sharedctypes.RawArray
 */
export function RawArray<C extends Typecode>(
  typecode_or_type: C,
  size_or_initializer: number | string | Iterable<unknown>,
): ArrayTypes[C] {
  return newArray('RawArray', typecode_or_type, size_or_initializer)[1] as ArrayTypes[C];
}
