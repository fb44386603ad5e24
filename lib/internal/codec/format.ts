/**
 * The wire format of the value codec.
 *
 * ```
 * message   := 0 body                                      no references
 *            | 1 0 0 0 count:u32 cell:u32*count body       reference table
 * body      := flags:u8 value contents* fields* trailer?   contents of the deferred containers, in order
 * fields    := (key value contents*)* UNDEFINED            of the primitives that have some, likewise
 * trailer   := (id:12 bytes)*n n:u32                       with Flag.SHARED_OBJECTS
 *            | bytes* at:u32                               with Flag.BODIES: those of the buffers, from `at` on
 * ```
 *
 * Each entry of the reference table stands for one reference that the message holds; native code
 * gives them back when it drops a message that nobody decodes. Numbers are little-endian. A value
 * begins with a tag: 0x80 to 0xff are the integers 0 to 127, 0x40 to 0x7f are Latin-1 strings of 0
 * to 63 characters, the rest is listed below. Objects are numbered in the order in which they begin,
 * and `REFERENCE` points back to such a number.
 *
 * Why a format of our own: speed, exactness, and references. How many times as long the others take
 * for one encode and one decode (`bench/codec.mjs`):
 *
 * | value | `v8.serialize` | msgpackr, structured clone mode | `structuredClone` |
 * |---|---|---|---|
 * | number, boolean, short string | 15 to 35 | 4 to 8 | 2 to 5 |
 * | `{ id: 1, name: 'abc', ok: true }` | 13 to 18 | 4 to 5 | 4 to 5 |
 * | `[1, 2, 3, 4]` | 9 to 13 | 1.7 | 2.4 |
 * | 100 integers, 1000 floats | 2.2 to 3 | 1.2 to 2 | 1.4 to 2.5 |
 * | 100 small objects | 3 to 3.6 | 1.3 to 1.6 | 2.6 to 3.1 |
 * | 1000 characters | 3.5 to 5 | 3 to 8 | 0.7 to 1.5 |
 * | 1 MiB of bytes | 1 | 1.5 | 1 |
 *
 * msgpackr is not exact (it loses holes, minus zero, further properties of arrays and errors, and lets
 * functions and proxies pass), and no other calls back for primitives at no cost to the rest.
 * About half of the time for arrays of 16 to 100 numbers goes into looking for further properties.
 */

/** What a value's first byte means. `const enum`: the numbers are compiled in. */
export const enum Tag {
  /** A hole of an array, or a property that a getter removed while the object was written. */
  ABSENT = 0,
  UNDEFINED,
  NULL,
  TRUE,
  FALSE,
  INT32,
  FLOAT64,
  /** i64 */
  BIGINT64,
  /** hexadecimal digits as a string, preceded by the sign (0 or 1) */
  BIGINT,
  /** u32 length, one byte a character */
  LATIN1,
  /** u32 length, two bytes a code unit */
  UTF16,
  /** u32 number of an object seen before */
  REFERENCE,
  /** hash:u32 size:u16 count:u8 keys, values: an object whose keys are named for the first time */
  OBJECT,
  /** u32 number of the shape in this message, values */
  OBJECT_AGAIN,
  /** u32 count, then key and value in turn */
  DICTIONARY,
  /** u32 length, elements */
  ARRAY,
  /** u32 length, then bare numbers */
  ARRAY_INT32,
  ARRAY_FLOAT64,
  /** an array, then the count, keys and values of its further properties */
  ARRAY_AND_PROPERTIES,
  /** u32: as many holes in a row (only within ARRAY) */
  HOLES,
  MAP,
  SET,
  DATE,
  REGEXP,
  /** a boxed primitive: the primitive */
  BOXED,
  ERROR,
  DOM_EXCEPTION,
  /** f64 length, bytes */
  BUFFER,
  /** f64 length, f64 largest length, bytes */
  RESIZABLE_BUFFER,
  /** kind:u8, the buffer (a value), f64 byteOffset, f64 length (NaN: follows the buffer's length) */
  VIEW,
  /** a SharedArrayBuffer, a shared WebAssembly.Memory, a WebAssembly.Module: id of 12 bytes */
  SHARED_OBJECT,
  /** u32 class, u32 cell, the extra (a value): a primitive of this library; with `SUBCLASS`, a string before the extra */
  PRIMITIVE,
  /** a container too deep to recurse into: its contents follow the root value */
  DEFERRED_OBJECT,
  DEFERRED_ARRAY,
  DEFERRED_MAP,
  DEFERRED_SET,
  /** f64 length: a buffer whose bytes stand in the trailer */
  BODY,
  /** as PRIMITIVE, then a value that may refer to the primitive */
  PRIMITIVE_AND_STATE,
  /** as PRIMITIVE; its fields come later */
  PRIMITIVE_AND_FIELDS,
}

/** In the class of a primitive: it is of a program's own subclass, whose `refText` follows. */
export const SUBCLASS = 0x10000;

export const SHORT_STRING = 0x40;
export const SHORT_STRING_LIMIT = 64;
export const SMALL_INTEGER = 0x80;

export const enum Flag {
  /** Some `REFERENCE` occurs: the reader has to number what it reads. */
  REFERENCES = 1,
  SHARED_OBJECTS = 2,
  /** `kBodies` in `native/binding/queue.h`. */
  BODIES = 4,
}

/** A buffer of so many bytes is not worth a copy to the message and another from there, where one will do. */
export const BODY_BYTES = 64 * 1024;

/** Length of the id of a shared object. */
export const ID_BYTES = 12;

/**
 * Containers nested deeper than this are written after the root value rather than inside it, so that
 * depth costs heap and not stack, at either end.
 */
export const RECURSION_LIMIT = 128;

/** Nested errors and primitives recurse in any case; more of them than this is a RangeError. */
export const HARD_RECURSION_LIMIT = 400;

/** Kinds of views by number; the order is part of the format. */
export const VIEWS = [
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
];
