/** Reading: from bytes to a value. */
import { typeError } from '../errors';
import { Tag, SHORT_STRING, SMALL_INTEGER } from './format';
import { readBody, readBuffer, readResizable, readView } from './read-buffers';
import { readDOMException, readError } from './read-errors';
import { ABSENT, readShape, setProperty } from './read-shapes';
import type { Reader } from './reader';
import { lookUp } from './shared-buffers';
import { readPrimitive } from './write-primitives';

/** As the plain number that it is in the bytes. */
const HOLES: number = Tag.HOLES;

/** Longer arrays grow as they are read: an array that long and made at once would be a hash table. */
const PREALLOCATED = 1 << 24;

export function readValue(r: Reader): unknown {
  const byte = r.bytes[r.pos++];
  if (byte >= SMALL_INTEGER) return byte & 0x7f;
  if (byte >= SHORT_STRING) return r.shortString(byte & 0x3f);

  const tag = byte as Tag;
  switch (tag) {
    case Tag.ABSENT:
      return ABSENT;
    case Tag.UNDEFINED:
      return undefined;
    case Tag.NULL:
      return null;
    case Tag.TRUE:
      return true;
    case Tag.FALSE:
      return false;
    case Tag.INT32:
      return r.int32();
    case Tag.FLOAT64:
      return r.float64();
    case Tag.OBJECT:
      return readShape(r).read(r);
    case Tag.OBJECT_AGAIN:
      return r.shapes[r.uint32()].read(r);
    case Tag.ARRAY:
      return readElements(r, newArray(r));
    case Tag.REFERENCE:
      return r.object(r.uint32());
    default:
      return readRare(r, tag);
  }
}

function readRare(r: Reader, tag: Tag): unknown {
  switch (tag) {
    case Tag.BIGINT64:
      return r.bigint64();
    case Tag.BIGINT: {
      const negative = r.bytes[r.pos++] === 1;
      const value = BigInt(`0x${readValue(r) as string}`);
      return negative ? -value : value;
    }
    case Tag.LATIN1:
      return r.longString(r.uint32(), 'latin1');
    case Tag.UTF16:
      return r.longString(2 * r.uint32(), 'utf16le');
    case Tag.DICTIONARY:
      return readProperties(r, r.add({}));
    case Tag.ARRAY_INT32:
    case Tag.ARRAY_FLOAT64:
      return readNumbers(r, tag);
    case Tag.ARRAY_AND_PROPERTIES:
      return readProperties(r, readValue(r) as object);
    case Tag.MAP:
      return readMap(r, r.add(new Map()));
    case Tag.SET:
      return readSet(r, r.add(new Set()));
    case Tag.DATE:
      return r.add(new Date(r.float64()));
    case Tag.REGEXP: {
      const source = readValue(r) as string;
      return r.add(new RegExp(source, readValue(r) as string));
    }
    case Tag.BOXED:
      return r.add(Object(readValue(r)) as object);
    case Tag.ERROR:
      return readError(r);
    case Tag.DOM_EXCEPTION:
      return readDOMException(r);
    case Tag.BUFFER:
      return readBuffer(r);
    case Tag.BODY:
      return readBody(r);
    case Tag.RESIZABLE_BUFFER:
      return readResizable(r);
    case Tag.VIEW:
      return readView(r);
    case Tag.SHARED_OBJECT:
      return r.add(lookUp(r.id()));
    case Tag.PRIMITIVE:
    case Tag.PRIMITIVE_AND_STATE:
    case Tag.PRIMITIVE_AND_FIELDS:
      return readPrimitive(r, tag);
    default:
      return readDeferred(r, tag);
  }
}

function newArray(r: Reader): unknown[] {
  const length = r.uint32();
  const array: unknown[] = length <= PREALLOCATED ? new Array<unknown>(length) : [];
  array.length = length;
  return r.add(array);
}

function readElements(r: Reader, array: unknown[]): unknown[] {
  const n = array.length;
  for (let i = 0; i < n; i++) {
    if (r.bytes[r.pos] === HOLES) {
      r.pos++;
      i += r.uint32() - 1;
    } else {
      array[i] = readValue(r);
    }
  }
  return array;
}

function readNumbers(r: Reader, tag: Tag): number[] {
  const length = r.uint32();
  // Elements are not looked at one by one, so that the end of the bytes would go unnoticed.
  if (length * (tag === Tag.ARRAY_INT32 ? 4 : 8) > r.bytes.length - r.pos)
    throw typeError('a message is damaged: it ends too early');
  const array = r.add(length <= PREALLOCATED ? new Array<number>(length) : []);
  if (tag === Tag.ARRAY_INT32) for (let i = 0; i < length; i++) array[i] = r.int32();
  else for (let i = 0; i < length; i++) array[i] = r.float64();
  return array;
}

function readProperties(r: Reader, object: object): object {
  const n = r.uint32();
  for (let i = 0; i < n; i++) {
    const key = readValue(r) as string;
    const value = readValue(r);
    if (value !== ABSENT) setProperty(object, key, value);
  }
  return object;
}

function readMap(r: Reader, map: Map<unknown, unknown>): object {
  const n = r.uint32();
  for (let i = 0; i < n; i += 2) {
    const key = readValue(r);
    map.set(key, readValue(r));
  }
  return map;
}

function readSet(r: Reader, set: Set<unknown>): object {
  const n = r.uint32();
  for (let i = 0; i < n; i++) set.add(readValue(r));
  return set;
}

function emptyContainer(tag: Tag): object | undefined {
  switch (tag) {
    case Tag.DEFERRED_OBJECT:
      return {};
    case Tag.DEFERRED_ARRAY:
      return [];
    case Tag.DEFERRED_MAP:
      return new Map();
    case Tag.DEFERRED_SET:
      return new Set();
    default:
      return undefined;
  }
}

function readDeferred(r: Reader, tag: Tag): object {
  const value = emptyContainer(tag);
  if (value === undefined) throw typeError(`a message is damaged: tag ${tag} at byte ${r.pos - 1}`);
  r.deferred.push({ value, tag });
  return r.add(value);
}

/** Fills the containers that were nested too deeply to be read in their place, from the `first` on; may meet further ones. */
export function readContents(r: Reader, first: number): void {
  // The list grows while it is read.
  for (let i = first; i < r.deferred.length; i++) {
    const { value, tag } = r.deferred[i];
    if (tag === Tag.DEFERRED_MAP) readMap(r, value as Map<unknown, unknown>);
    else if (tag === Tag.DEFERRED_SET) readSet(r, value as Set<unknown>);
    else {
      if (tag === Tag.DEFERRED_ARRAY) {
        (value as unknown[]).length = r.uint32();
        readElements(r, value as unknown[]);
      }
      readProperties(r, value);
    }
  }
}
