/**
 * Writing: from a value to bytes, by the structured clone algorithm.
 *
 * @see https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializeinternal
 */
/* eslint-disable @typescript-eslint/unbound-method -- built-in methods, kept from before anyone could replace them, and used with call() */
import { types } from 'node:util';
import { proxied } from '../handles';
import { CloneFailure } from './failure';
import { HARD_RECURSION_LIMIT, RECURSION_LIMIT, Tag } from './format';
import { Kind, kindOf } from './kinds';
import { writeArray, writeElements } from './write-arrays';
import { writeBuffer, writeShared, writeView } from './write-buffers';
import { writeDOMException, writeError } from './write-errors';
import { writePrimitive } from './write-primitives';
import { likeArguments, shapeOf, shapeOfKeys, undefinedOrAbsent, writeShape } from './write-shapes';
import type { Writer } from './writer';

const { isProxy } = types;
const { isArray } = Array;
const getPrototypeOf = Object.getPrototypeOf as (value: object) => object | null;
const objectPrototype = Object.prototype;
const mapForEach = Map.prototype.forEach;
const setForEach = Set.prototype.forEach;
const getTime = Date.prototype.getTime;
const regExpGetter = (name: string) => Object.getOwnPropertyDescriptor(RegExp.prototype, name)!.get!;
const getSource = regExpGetter('source');
const getFlags = regExpGetter('flags');

/** @throws CloneFailure */
export function writeValue(w: Writer, value: unknown): void {
  switch (typeof value) {
    case 'number':
      w.number(value);
      break;
    case 'string':
      w.string(value);
      break;
    case 'object':
      if (value === null) w.tag(Tag.NULL);
      else writeObject(w, value);
      break;
    case 'boolean':
      w.tag(value ? Tag.TRUE : Tag.FALSE);
      break;
    case 'undefined':
      w.tag(Tag.UNDEFINED);
      break;
    case 'bigint':
      w.bigint(value);
      break;
    default:
      throw new CloneFailure(value);
  }
}

function writeObject(w: Writer, value: object): void {
  if (isProxy(value)) {
    const inner = proxied.get(value);
    if (inner === undefined) throw new CloneFailure(value);
    value = inner;
  }
  if (w.isKnown(value)) return;
  if (isArray(value)) {
    if (isTooDeep(w)) defer(w, value, Tag.DEFERRED_ARRAY);
    else writeArray(w, value);
    return;
  }
  const proto = getPrototypeOf(value);
  if (proto === objectPrototype && !w.polluted) writePlain(w, value, shapeOf(value, writeValue));
  else writeSpecial(w, value, proto);
}

function isTooDeep(w: Writer): boolean {
  if (w.depth < RECURSION_LIMIT) return false;
  if (w.tentative === 0) return true;
  if (w.depth > HARD_RECURSION_LIMIT) throw new RangeError('a value is nested too deeply within an error or a primitive');
  return false;
}

function defer(w: Writer, value: object, tag: Tag): void {
  w.tag(tag);
  w.deferred.push({ value, tag });
}

function writePlain(w: Writer, value: object, shape: ReturnType<typeof shapeOf>): void {
  if (w.depth >= RECURSION_LIMIT && isTooDeep(w)) {
    if (types.isArgumentsObject(value)) throw new CloneFailure(value);
    defer(w, value, Tag.DEFERRED_OBJECT);
  } else if (shape === undefined) {
    const keys = Object.keys(value);
    if (likeArguments(keys) && types.isArgumentsObject(value)) throw new CloneFailure(value);
    w.tag(Tag.DICTIONARY);
    writeProperties(w, value as Record<string, unknown>, keys);
  } else {
    if (shape.likeArguments && types.isArgumentsObject(value)) throw new CloneFailure(value);
    writeShape(w, shape);
    w.depth++;
    shape.write(w, value as Record<string, unknown>);
    w.depth--;
  }
}

/** A count, then keys and values. */
export function writeProperties(w: Writer, value: Record<string, unknown>, keys: readonly string[]): void {
  w.uint32(keys.length);
  w.depth++;
  for (const key of keys) {
    w.string(key);
    const item = value[key];
    if (item === undefined) undefinedOrAbsent(w, value, key);
    else writeValue(w, item);
  }
  w.depth--;
}

function writeSpecial(w: Writer, value: object, proto: object | null): void {
  if (ArrayBuffer.isView(value)) {
    writeView(w, value);
    return;
  }
  const kind = kindOf(value, proto);
  switch (kind) {
    case Kind.PLAIN:
      writePlain(w, value, shapeOfKeys(Object.keys(value), writeValue));
      break;
    case Kind.MAP:
      writeContainer(w, value, Tag.MAP, Tag.DEFERRED_MAP);
      break;
    case Kind.SET:
      writeContainer(w, value, Tag.SET, Tag.DEFERRED_SET);
      break;
    case Kind.PRIMITIVE:
      writePrimitive(w, value as never);
      break;
    case Kind.ERROR:
      writeError(w, value as Error);
      break;
    case Kind.DOM_EXCEPTION:
      writeDOMException(w, value as DOMException);
      break;
    case Kind.BUFFER:
      writeBuffer(w, value as ArrayBuffer);
      break;
    case Kind.SHARED:
      writeShared(w, value);
      break;
    case Kind.PLATFORM:
      throw new CloneFailure(value, `a ${value.constructor.name} can not be cloned into a message`);
    case Kind.NONE:
      throw new CloneFailure(value);
    default:
      writeLeaf(w, value, kind);
  }
}

function writeLeaf(w: Writer, value: object, kind: Kind.DATE | Kind.REGEXP | Kind.BOXED): void {
  if (kind === Kind.DATE) {
    w.tag(Tag.DATE);
    w.float64(getTime.call(value as Date));
  } else if (kind === Kind.REGEXP) {
    w.tag(Tag.REGEXP);
    w.string(getSource.call(value) as string);
    w.string(getFlags.call(value) as string);
  } else {
    w.tag(Tag.BOXED);
    writeValue(w, unboxed(value));
  }
}

function unboxed(value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  return BigInt.prototype.valueOf.call(value);
}

function writeContainer(w: Writer, value: object, tag: Tag, deferredTag: Tag): void {
  if (isTooDeep(w)) {
    defer(w, value, deferredTag);
    return;
  }
  w.tag(tag);
  writeContents(w, value, deferredTag);
}

/** The contents of the containers that were deferred, from the `first` on. */
export function writeDeferred(w: Writer, first: number): void {
  // The list grows while it is written.
  for (let i = first; i < w.deferred.length; i++) {
    const { value, tag } = w.deferred[i];
    w.depth = 0;
    writeContents(w, value, tag);
  }
}

/** What lies within a container that is not an object with a shape; the same whether deferred or not. */
function writeContents(w: Writer, value: object, deferredTag: Tag): void {
  if (deferredTag === Tag.DEFERRED_ARRAY) {
    writeElements(w, value as unknown[]);
    return;
  }
  if (deferredTag === Tag.DEFERRED_OBJECT) {
    writeProperties(w, value as Record<string, unknown>, Object.keys(value));
    return;
  }
  // A copy first: a getter that runs below may change the collection.
  const items: unknown[] = [];
  if (deferredTag === Tag.DEFERRED_MAP) mapForEach.call(value as Map<unknown, unknown>, (item, key) => items.push(key, item));
  else setForEach.call(value as Set<unknown>, (item) => items.push(item));
  w.uint32(items.length);
  w.depth++;
  for (const item of items) writeValue(w, item);
  w.depth--;
}
