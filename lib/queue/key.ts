/**
 * Order-preserving bytes: comparing two keys byte by byte compares the values that they were made of,
 * as Python compares them. So the native side keeps a priority queue in order without running any
 * JavaScript.
 *
 *   key      = number | string | array | NULL | OTHER
 *   number   = NUMBER sign [exponent mantissa]     both complemented where the sign is negative
 *   string   = STRING (byte of a code point's UTF-8 + 1)* 0
 *   array    = ARRAY key* 0
 *
 * Content is always below the tags and above the 0 that ends it, hence:
 * - a prefix sorts first;
 * - where two keys first differ and both bytes are tags, values of kinds that do not compare met;
 * - OTHER stands for a value without an order and ends the key: two keys that are equal up to an OTHER
 *   do not compare either.
 * `native/queue` relies on these three.
 */
import { typeError } from '../internal/errors';
import { describe } from '../internal/arguments';

/** The least tag. */
const NUMBER = 0xf8;
const STRING = 0xf9;
const ARRAY = 0xfa;
const NULL = 0xfb;
const OTHER = 0xff;
/** The largest byte of content. */
const CONTENT = 0xf7;

const enum Sign {
  NEGATIVE_INFINITY = 1,
  NEGATIVE,
  ZERO,
  POSITIVE,
  INFINITY,
}

/** Added to exponents of doubles, the least of which is -1074. Larger ones follow a mark in 35 bits. */
const EXPONENT_BIAS = 1075;
const DOUBLE_EXPONENT_MAX = 1023;
const LARGE_EXPONENT = 0x7f;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const [LOW, HIGH] = new Uint32Array(new Float64Array([1]).buffer)[0] === 0 ? [0, 1] : [1, 0];

let key = new Uint8Array(256);
let length = 0;
let count = 0;
/** An OTHER was written: nothing that follows could be compared. */
let closed = false;
/** How many arrays the value that is written is in. */
let depth = 0;
/** Python's recursion limit, which ends a comparison there; also what ends an array that is within itself. */
const DEPTH_MAX = 1000;

/** What {@link encodeKey} writes to; the same until a longer key needs more room. */
export function keyBytes(): Uint8Array {
  return key;
}

/** How many keys were made: tells whether {@link keyBytes} has been overwritten. */
export function keyCount(): number {
  return count;
}

/**
 * Makes a key of `value` in {@link keyBytes}, where it stays until the next call.
 *
 * @param method - as it should appear in messages
 * @param others - what the message says of values without an order
 * @returns how long it is
 * @throws TypeError where `value` has no order: not a number, bigint, string, boolean, or array, or one too deep
 */
export function encodeKey(method: string, value: unknown, others = ", and whatever else with a 'key' function"): number {
  length = 0;
  count++;
  closed = false;
  depth = 0;
  write(method, value);
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- callers may break the types
  if (closed && length === 1) {
    throw typeError(
      `${method}(): ${describe(value)} has no order; numbers, bigints, strings, booleans and arrays of these have one${others}`,
    );
  }
  return length;
}

/**
 * Compares two keys, as `native/queue` does.
 *
 * @returns below 0, 0 or above 0; undefined where the values do not compare
 */
export function compareKeys(a: Uint8Array, b: Uint8Array): number | undefined {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    if (a[i] === b[i]) continue;
    return a[i] >= NUMBER && b[i] >= NUMBER ? undefined : a[i] - b[i];
  }
  return common > 0 && a[common - 1] === OTHER ? undefined : a.length - b.length;
}

function byte(value: number): void {
  if (length === key.length) {
    const larger = new Uint8Array(length * 2);
    larger.set(key);
    key = larger;
  }
  key[length++] = value;
}

function write(method: string, value: unknown): void {
  switch (typeof value) {
    case 'number':
      writeNumber(method, value);
      return;
    case 'boolean':
      // As in Python, true is 1.
      writeNumber(method, value ? 1 : 0);
      return;
    case 'bigint':
      writeBigint(value);
      return;
    case 'string':
      writeString(value);
      return;
    default:
  }
  if (Array.isArray(value)) {
    byte(ARRAY);
    if (++depth > DEPTH_MAX) throw typeError(`${method}(): an array that is nested more than ${DEPTH_MAX} deep has no order`);
    for (let i = 0; i < value.length && !closed; i++) {
      if (value[i] === undefined || value[i] === null) byte(NULL);
      else write(method, value[i]);
    }
    if (!closed) byte(0);
    depth--;
    return;
  }
  byte(OTHER);
  closed = true;
}

function writeNumber(method: string, value: number): void {
  byte(NUMBER);
  if (value === 0) {
    byte(Sign.ZERO);
  } else if (value === Infinity) {
    byte(Sign.INFINITY);
  } else if (value === -Infinity) {
    byte(Sign.NEGATIVE_INFINITY);
  } else if (value !== value) {
    throw typeError(`${method}(): NaN has no order`);
  } else {
    byte(value > 0 ? Sign.POSITIVE : Sign.NEGATIVE);
    const start = length;
    writeDouble(Math.abs(value));
    if (value < 0) complement(start);
  }
}

function writeDouble(value: number): void {
  let shift = 0;
  if (value < 2 ** -1022) {
    value *= 2 ** 54;
    shift = 54;
  }
  double[0] = value;
  const high = words[HIGH];
  const low = words[LOW];
  writeExponent((high >>> 20) - 1023 - shift);
  const fraction = high & 0xfffff;
  // The 52 bits below the leading one, seven at a time; zeros at the end are left out.
  const at = length;
  byte((fraction >>> 13) + 1);
  byte(((fraction >>> 6) & 0x7f) + 1);
  byte((((fraction & 0x3f) << 1) | (low >>> 31)) + 1);
  if (low !== 0) {
    byte(((low >>> 24) & 0x7f) + 1);
    byte(((low >>> 17) & 0x7f) + 1);
    byte(((low >>> 10) & 0x7f) + 1);
    byte(((low >>> 3) & 0x7f) + 1);
    byte(((low & 7) << 4) + 1);
  }
  while (length > at && key[length - 1] === 1) length--;
  byte(0);
}

function writeBigint(value: bigint): void {
  const near = Number(value);
  if (Number.isFinite(near) && BigInt(near) === value) {
    writeNumber('', near);
    return;
  }
  byte(NUMBER);
  byte(value > 0n ? Sign.POSITIVE : Sign.NEGATIVE);
  const start = length;
  const bits = (value > 0n ? value : -value).toString(2);
  writeExponent(bits.length - 1);
  const end = bits.lastIndexOf('1') + 1;
  for (let i = 1; i < end; i += 7) byte(Number.parseInt(bits.slice(i, i + 7).padEnd(7, '0'), 2) + 1);
  byte(0);
  if (value < 0n) complement(start);
}

function writeExponent(exponent: number): void {
  if (exponent <= DOUBLE_EXPONENT_MAX) {
    byte((exponent + EXPONENT_BIAS) >>> 7);
    byte((exponent + EXPONENT_BIAS) & 0x7f);
    return;
  }
  byte(LARGE_EXPONENT);
  for (let shift = 28; shift >= 0; shift -= 7) byte((exponent >>> shift) & 0x7f);
}

function complement(start: number): void {
  for (let i = start; i < length; i++) key[i] = CONTENT - key[i];
}

function writeString(value: string): void {
  byte(STRING);
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit < 0x80) {
      byte(unit + 1);
    } else if (unit < 0x800) {
      byte((0xc0 | (unit >>> 6)) + 1);
      byte((0x80 | (unit & 0x3f)) + 1);
    } else {
      // A lone surrogate is a code point of its own, as in Python.
      const point = value.codePointAt(i)!;
      if (point > 0xffff) {
        i++;
        byte((0xf0 | (point >>> 18)) + 1);
        byte((0x80 | ((point >>> 12) & 0x3f)) + 1);
      } else {
        byte((0xe0 | (point >>> 12)) + 1);
      }
      byte((0x80 | ((point >>> 6) & 0x3f)) + 1);
      byte((0x80 | (point & 0x3f)) + 1);
    }
  }
  byte(0);
}
