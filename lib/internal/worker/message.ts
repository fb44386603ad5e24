/**
 * What a started thread takes with it: a message of the value codec, handed over by native code.
 */
import { describeClass, type TargetRef } from '../callables';
import type { AnyFunction } from '../callables/reference';
import { resolveTarget } from '../callables/resolve';
import { discard, encode } from '../codec';

/** An array rather than an object: it is made and read once for every start. */
export type StartMessage = [
  /** The target as {@link refText}; '' for a class that overrides `run`. */
  target: string,
  args: unknown[],
  /** Only where there are any. */
  kwargs: Record<string, unknown> | undefined,
  /** Of a subclass: what makes an instance of it again. */
  instance: InstanceMessage | undefined,
  /** Of `ThreadFlag`. */
  flags: number,
];

/** A subclass of Thread on its way. */
export interface InstanceMessage {
  /** The class as {@link refText}. */
  class: string;
  /** Its own fields, as far as they can be cloned. */
  fields: Record<string, unknown>;
}

const texts = new WeakMap<TargetRef, string>();

/** A reference as a string, which is also its key at the other end. */
export function refText(ref: TargetRef): string {
  let text = texts.get(ref);
  if (text === undefined) texts.set(ref, (text = JSON.stringify(ref)));
  return text;
}

/** Calls a target, with the keyword arguments last. */
export function applyTarget(fn: AnyFunction, args: unknown[], kwargs: Record<string, unknown> | undefined): unknown {
  const call = fn as (...args: unknown[]) => unknown;
  return kwargs === undefined ? call(...args) : call(...args, kwargs);
}

const functions = new Map<string, AnyFunction>();
const FUNCTIONS_MAX = 1000;

/** The function of a {@link refText}; a promise where its module has to be imported asynchronously. */
export function resolveText(text: string): AnyFunction | Promise<AnyFunction> {
  const known = functions.get(text);
  if (known) return known;
  const found = resolveTarget(JSON.parse(text) as TargetRef);
  if (typeof found === 'function') {
    if (functions.size >= FUNCTIONS_MAX) functions.clear();
    functions.set(text, found);
  }
  return found;
}

/**
 * The class of `thread` where that is not `Base` itself.
 *
 * @param optional - undefined rather than an error where no module exports it
 */
export function instanceClass(thread: object, Base: AnyFunction, optional: boolean): TargetRef | undefined {
  const Class = (Object.getPrototypeOf(thread) as { constructor: AnyFunction }).constructor;
  return Class === Base ? undefined : describeClass(Class, `the class of this ${Base.name}`, optional);
}

const INTERNAL = new Set(['_w', '_i', '_cell']);

/** The own fields of an object that another thread can have. */
export function cloneableFields(object: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) if (!INTERNAL.has(key) && isCloneable(value)) fields[key] = value as unknown;
  return fields;
}

function isCloneable(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null) return true;
  try {
    discard(encode(value));
    return true;
  } catch {
    return false;
  }
}

/** Makes an object what it was where it came from. */
export function becomeInstance(object: object, Class: AnyFunction, message: InstanceMessage): void {
  Object.setPrototypeOf(object, Class.prototype as object);
  for (const [key, value] of Object.entries(message.fields)) {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  }
}
