/**
 * Instances of a program's own subclasses of what this library has, in other threads and processes: of
 * the same class there, with copies of the fields that they had here. No constructor runs.
 */
import { describeClass } from './callables';
import type { AnyFunction, ModuleRef } from './callables/reference';
import { discard, encode } from './codec';
import { ValueError } from './errors';
import { refText, resolveText } from './worker/message';

/** What makes an instance of a subclass again. */
export interface InstanceMessage {
  /** The class as {@link refText}. */
  class: string;
  /** Its own fields, as far as they can be cloned. */
  fields: Record<string, unknown>;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * The class of `object` as {@link refText}, where that is not `Base` itself.
 *
 * @param optional - undefined rather than an error where no module exports it
 * @throws TypeError where no module exports it
 */
export function instanceClass(object: object, Base: AnyFunction, optional: boolean): string | undefined {
  const Class = (Object.getPrototypeOf(object) as { constructor: AnyFunction }).constructor;
  if (Class === Base) return undefined;
  const ref = describeClass(Class, `the class of this ${Base.name}`, optional);
  return ref && refText(ref);
}

/** The own fields of an object, without those that the library's class has. */
export function ownFields(object: object, internal: ReadonlySet<string> = NONE): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !internal.has(key)));
}

/** Those that another thread can have. */
export function cloneableFields(object: object, internal: ReadonlySet<string> = NONE): Record<string, unknown> {
  return Object.fromEntries(Object.entries(ownFields(object, internal)).filter(([, value]) => isCloneable(value)));
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

/** The class of a {@link refText}; a promise where its module has to be imported asynchronously. */
export function classOf(text: string): AnyFunction | Promise<AnyFunction> {
  return resolveText(text);
}

/**
 * {@link classOf} for a handle.
 *
 * @throws ValueError where that was not written by {@link Primitive.handle}: it may name a module's export, but bring no code
 */
export function classOfHandle(subclass: unknown): AnyFunction | Promise<AnyFunction> {
  const { class: text, fields } = (subclass ?? {}) as { class?: unknown; fields?: unknown };
  if (typeof text === 'string' && typeof fields === 'object' && fields !== null && isModuleText(text)) return resolveText(text);
  throw new ValueError('from_handle(): this is not a handle of this library');
}

function isModuleText(text: string): boolean {
  try {
    const { kind, url, path } = JSON.parse(text) as Partial<ModuleRef>;
    return kind === 'module' && typeof url === 'string' && Array.isArray(path);
  } catch {
    return false;
  }
}

/** Makes an object one of the class that it had where it came from. */
export function becomeInstance(object: object, Class: AnyFunction | Promise<AnyFunction>): void {
  if (typeof Class === 'function') {
    const proto = Object.getPrototypeOf(object) as object;
    // The module may have another copy of this library, on which its class is built.
    if (Object.prototype.isPrototypeOf.call(proto, Class.prototype as object))
      Object.setPrototypeOf(object, Class.prototype as object);
    return;
  }
  // To be imported asynchronously: one of the library's class until then, and for good where that fails.
  const become = (Loaded: AnyFunction): void => {
    becomeInstance(object, Loaded);
  };
  Class.then(become, () => {});
}

/** Gives an object the fields that it had there. */
export function assignFields(object: object, fields: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(fields)) {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  }
}
