/**
 * What a started thread takes with it: a message of the value codec, handed over by native code.
 */
import { describeClass, type TargetRef } from '../callables';
import type { AnyFunction } from '../callables/reference';
import { resolveTarget } from '../callables/resolve';
import { discard, encode } from '../codec';
import type { Thread } from '../../threading/thread';

/** An array rather than an object: it is made and read once for every start. */
export type StartMessage = [
  /** The target as {@link refText}; '' for a class that overrides `run`. */
  target: string,
  args: unknown[],
  /** Only where there are any. */
  kwargs: Record<string, unknown> | undefined,
  /** Of a subclass: the class as {@link refText}, and the thread itself, which has its fields with it. */
  instance: [Class: string, thread: Thread] | undefined,
  /** Of `ThreadFlag`. */
  flags: number,
];

/** What makes an instance of a subclass of Thread or Process again. */
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

/** The own fields of an object. */
export function ownFields(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !INTERNAL.has(key)));
}

/** Those that another thread can have. */
export function cloneableFields(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(ownFields(object)).filter(([, value]) => isCloneable(value)));
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

/** Makes an object one of the class that it had where it came from. */
export function becomeInstance(object: object, Class: AnyFunction): void {
  Object.setPrototypeOf(object, Class.prototype as object);
}

/** Gives an object the fields that it had there. */
export function assignFields(object: object, fields: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(fields)) {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  }
}
