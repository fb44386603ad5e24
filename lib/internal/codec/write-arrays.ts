/** Writing arrays: bare numbers where all elements are, holes, and properties that are not elements. */
/* eslint-disable @typescript-eslint/unbound-method -- built-in methods, kept from before anyone could replace them, and used with call() */
import { inspect } from 'node:util';
import { Tag } from './format';
import { writeProperties, writeValue } from './write-value';
import type { Writer } from './writer';

const isOwn = Object.prototype.hasOwnProperty;

/** From this length on, asking `inspect` (constant time) beats listing all keys. */
const LONG = 64;
/** So many holes in a row, and the rest is written key by key. */
const SPARSE = 256;

/** Shows an array's further properties, and none of its elements. */
const ONLY_PROPERTIES = { maxArrayLength: 0, depth: 0, customInspect: false, getters: false, breakLength: Infinity } as const;

function isIndex(key: string): boolean {
  const number = Number(key);
  return number >>> 0 === number && number !== 0xffffffff && String(number) === key;
}

/** The enumerable own properties that are not elements; nearly always none. */
function furtherKeys(array: readonly unknown[]): string[] | undefined {
  const n = array.length;
  if (n > LONG && inspect(array, ONLY_PROPERTIES) === `[ ... ${n} more items ]`) return undefined;
  const keys = Object.keys(array);
  // Indices come first: all is well if the last one is an index.
  if (keys.length === 0 || isIndex(keys[keys.length - 1])) return undefined;
  return keys.filter((key) => !isIndex(key));
}

export function writeArray(w: Writer, array: readonly unknown[]): void {
  const further = furtherKeys(array);
  if (further) w.tag(Tag.ARRAY_AND_PROPERTIES);
  writeBareElements(w, array);
  if (further) writeProperties(w, array as never, further);
}

/** The contents of a deferred array: length, elements, further properties. */
export function writeElements(w: Writer, array: readonly unknown[]): void {
  const further = furtherKeys(array);
  w.uint32(array.length);
  w.depth++;
  writeFrom(w, array, 0, array.length);
  w.depth--;
  writeProperties(w, array as never, further ?? []);
}

function writeBareElements(w: Writer, array: readonly unknown[]): void {
  const n = array.length;
  const start = w.pos;
  if (n === 0) {
    w.tagged(Tag.ARRAY, 0);
    return;
  }
  // Each element is read once only, as it may be a getter: an array that turns out to be mixed is
  // begun again from the numbers written so far.
  const first = array[0];
  w.depth++;
  if (typeof first === 'number') writeNumbers(w, array, first, start);
  else {
    w.tagged(Tag.ARRAY, n);
    if (first === undefined) writeFrom(w, array, 0, n);
    else {
      writeValue(w, first);
      writeFrom(w, array, 1, n);
    }
  }
  w.depth--;
}

function isInt32(value: number): boolean {
  return (value | 0) === value && (value !== 0 || 1 / value > 0);
}

function writeNumbers(w: Writer, array: readonly unknown[], first: number, start: number): void {
  const n = array.length;
  let value: unknown = first;
  let i = 0;
  if (isInt32(first)) {
    w.tagged(Tag.ARRAY_INT32, n);
    while (typeof value === 'number' && isInt32(value)) {
      if (w.pos + 4 > w.capacity) w.grow(4);
      w.view.setInt32(w.pos, value, true);
      w.pos += 4;
      if (++i === n) return;
      value = array[i];
    }
  }
  const { view } = w;
  const integers = Array.from({ length: i }, (_, k) => view.getInt32(start + 5 + k * 4, true));
  w.pos = start;
  if (typeof value !== 'number') {
    restart(w, array, integers, value);
    return;
  }
  w.tagged(Tag.ARRAY_FLOAT64, n);
  for (const integer of integers) w.float64(integer);
  while (typeof value === 'number') {
    if (w.pos + 8 > w.capacity) w.grow(8);
    w.view.setFloat64(w.pos, value, true);
    w.pos += 8;
    if (++i === n) return;
    value = array[i];
  }
  const numbers = Array.from({ length: i }, (_, k) => w.view.getFloat64(start + 5 + k * 8, true));
  w.pos = start;
  restart(w, array, numbers, value);
}

/** Writes an array with all kinds of elements, of which `numbers` and then `value` were read already. */
function restart(w: Writer, array: readonly unknown[], numbers: readonly number[], value: unknown): void {
  const n = array.length;
  w.tagged(Tag.ARRAY, n);
  for (const number of numbers) w.number(number);
  let from = numbers.length;
  if (value !== undefined) {
    writeValue(w, value);
    from++;
  }
  writeFrom(w, array, from, n);
}

function writeFrom(w: Writer, array: readonly unknown[], from: number, n: number): void {
  for (let i = from; i < n; i++) {
    const value = array[i];
    if (value !== undefined || isOwn.call(array, i)) {
      writeValue(w, value);
      continue;
    }
    let end = i + 1;
    while (end < n && end - i < SPARSE && !isOwn.call(array, end)) end++;
    if (end - i === SPARSE) {
      writeSparsely(w, array, i, n);
      return;
    }
    w.tagged(Tag.HOLES, end - i);
    i = end - 1;
  }
}

/** Goes by the keys, for arrays of a few elements far apart. */
function writeSparsely(w: Writer, array: readonly unknown[], from: number, n: number): void {
  let next = from;
  for (const key of Object.keys(array)) {
    const index = Number(key);
    if (!isIndex(key) || index < next || index >= n || !isOwn.call(array, index)) continue;
    if (index > next) w.tagged(Tag.HOLES, index - next);
    writeValue(w, array[index]);
    next = index + 1;
  }
  if (next < n) w.tagged(Tag.HOLES, n - next);
}
