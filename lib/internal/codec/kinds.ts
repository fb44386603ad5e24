/**
 * What an object is to the structured clone algorithm: its internal slots decide, not its prototype.
 */
/* eslint-disable @typescript-eslint/unbound-method -- built-in methods, kept from before anyone could replace them, and used with call() */
import { types } from 'node:util';
import { share } from '../handles';
import { isNeverSent } from '../library_classes';

export const enum Kind {
  /** An ordinary object, also an instance of a user's class: its own enumerable properties travel. */
  PLAIN,
  PRIMITIVE,
  MAP,
  SET,
  DATE,
  REGEXP,
  ERROR,
  BOXED,
  BUFFER,
  SHARED,
  DOM_EXCEPTION,
  /** Can not be cloned. */
  NONE,
  /** Node's own structured clone copies it by means that bytes do not have (Blob, KeyObject, ...). */
  PLATFORM,
}

/** What an object's prototype says: enough for plain classes, a reason to look closer for the rest. */
const enum Hint {
  ORDINARY,
  PRIMITIVE,
  CAREFUL,
  NEVER,
}

const hints = new WeakMap<object, Hint>();
const functionText = Function.prototype.toString;
const getPrototypeOf = Object.getPrototypeOf as (value: object) => object | null;
const propertyOf = Object.getOwnPropertyDescriptor;

function isNative(value: unknown): value is () => void {
  return typeof value === 'function' && functionText.call(value).endsWith('{ [native code] }');
}

/** Whether `proto` is the `Object.prototype` of this or another realm. */
function isObjectPrototype(proto: object): boolean {
  if (getPrototypeOf(proto) !== null) return false;
  const constructor: unknown = propertyOf(proto, 'constructor')?.value;
  return isNative(constructor) && constructor.name === 'Object';
}

/** Whether `proto` belongs to a class whose instances may have internal slots. */
function looksBuiltIn(proto: object): boolean {
  if (types.isProxy(proto) || propertyOf(proto, Symbol.toStringTag) || isNative(propertyOf(proto, 'constructor')?.value))
    return true;
  // How classes of Node that clone in their own way (FileHandle, KeyObject, ...) are marked.
  return Object.getOwnPropertySymbols(proto).some((symbol) => symbol.description?.startsWith('messaging_'));
}

function hintOf(proto: object): Hint {
  const known = hints.get(proto);
  if (known !== undefined) return known;
  let hint = Hint.ORDINARY;
  if (typeof (proto as { [share]?: unknown })[share] === 'function') hint = Hint.PRIMITIVE;
  else {
    for (let p: object | null = proto; p !== null && !isObjectPrototype(p); p = getPrototypeOf(p)) {
      if (isNeverSent(p)) {
        hint = Hint.NEVER;
        break;
      }
      if (looksBuiltIn(p)) {
        hint = Hint.CAREFUL;
        break;
      }
    }
  }
  hints.set(proto, hint);
  return hint;
}

/** The kind of `value`, which is neither a proxy nor an array nor a view nor null. */
export function kindOf(value: object, proto: object | null): Kind {
  if (proto === null) return slotsOf(value);
  // The common classes of this realm first; a prototype alone proves nothing (Object.create(Map.prototype)).
  if (proto === Map.prototype && types.isMap(value)) return Kind.MAP;
  if (proto === Set.prototype && types.isSet(value)) return Kind.SET;
  if (proto === Date.prototype && types.isDate(value)) return Kind.DATE;
  const hint = hintOf(proto);
  if (hint === Hint.ORDINARY) return Kind.PLAIN;
  if (hint === Hint.PRIMITIVE) return Kind.PRIMITIVE;
  if (hint === Hint.NEVER) return Kind.NONE;
  const kind = slotsOf(value);
  return kind === Kind.PLAIN ? judge(value) : kind;
}

/** Tells the kinds apart by internal slots, whatever realm the object comes from. */
function slotsOf(value: object): Kind {
  if (types.isMap(value)) return Kind.MAP;
  if (types.isSet(value)) return Kind.SET;
  if (types.isDate(value)) return Kind.DATE;
  // Before errors: newer versions of Node count it among them.
  if (isDOMException(value)) return Kind.DOM_EXCEPTION;
  if (types.isNativeError(value)) return Kind.ERROR;
  if (types.isArrayBuffer(value)) return Kind.BUFFER;
  if (types.isSharedArrayBuffer(value)) return Kind.SHARED;
  if (types.isRegExp(value)) return Kind.REGEXP;
  if (types.isBoxedPrimitive(value)) return types.isSymbolObject(value) ? Kind.NONE : Kind.BOXED;
  if (isSharedWasm(value)) return Kind.SHARED;
  if (
    types.isPromise(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isGeneratorObject(value) ||
    types.isArgumentsObject(value) ||
    types.isModuleNamespaceObject(value) ||
    types.isMapIterator(value) ||
    types.isSetIterator(value) ||
    types.isExternal(value)
  ) {
    return Kind.NONE;
  }
  return types.isKeyObject(value) || types.isCryptoKey(value) ? Kind.PLATFORM : Kind.PLAIN;
}

const nameOfDOMException = propertyOf(DOMException.prototype, 'name')!.get!;

function isDOMException(value: object): value is DOMException {
  if (!(value instanceof DOMException)) return false;
  try {
    nameOfDOMException.call(value);
    return true;
  } catch {
    return false;
  }
}

// Not every supported `lib` names WebAssembly, and some builds run without it.
interface Wasm {
  Module: new (...args: never[]) => object;
  Memory: { prototype: { buffer: ArrayBufferLike }; new (...args: never[]): { buffer: ArrayBufferLike } };
}
const wasm = (globalThis as { WebAssembly?: Wasm }).WebAssembly;

/** A compiled module, or a memory that threads may share. */
function isSharedWasm(value: object): boolean {
  if (wasm === undefined) return false;
  if (value instanceof wasm.Module) return true;
  return value instanceof wasm.Memory && types.isSharedArrayBuffer(value.buffer);
}

/** Newer versions of Node refuse these, Node 20 makes empty objects of them: refused everywhere. */
const NEVER_PLAIN = new Set(['URL', 'URLSearchParams', 'Request', 'Response', 'Headers', 'FormData']);

/**
 * The rest has a prototype like a built-in class's and no slots that can be asked for: iterators,
 * Intl objects, WeakRef, classes of Node. Without own properties Node's own algorithm can be asked at
 * no risk; with some it is an ordinary object almost certainly.
 */
function judge(value: object): Kind {
  if (NEVER_PLAIN.has(Object.prototype.toString.call(value).slice(8, -1))) return Kind.PLATFORM;
  if (Object.keys(value).length > 0) return Kind.PLAIN;
  try {
    const proto = getPrototypeOf(structuredClone(value));
    return proto !== null && isObjectPrototype(proto) ? Kind.PLAIN : Kind.PLATFORM;
  } catch {
    return Kind.NONE;
  }
}
