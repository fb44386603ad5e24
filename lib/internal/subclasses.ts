/**
 * Instances of a program's own subclasses of what this library has, in other threads and processes: of
 * the same class there, with copies of the fields that they had here. No constructor runs.
 */
import { describeClass } from './callables';
import type { AnyFunction } from './callables/reference';
import { discard, encode, holdsCells } from './codec';
import { ValueError } from './errors';
import { refText, resolveText } from './worker/message';

/** What makes an instance of a subclass again. */
export interface InstanceMessage {
  /** The class as {@link refText}. */
  class: string;
  /** Its own fields, as far as they can be cloned. */
  fields: Record<string, unknown>;
}

/** Classes of this isolate's objects, by {@link refText}: those need no look at a module that may be running still. */
const here = new Map<string, AnyFunction>();

/**
 * The class of `object` as {@link refText}, where that is not `Base` itself.
 *
 * @param optional - undefined rather than an error where no module exports it
 * @throws TypeError where no module exports it
 */
export function instanceClass(object: object, Base: AnyFunction, optional: boolean): string | undefined {
  const Class = (Object.getPrototypeOf(object) as { constructor: unknown }).constructor;
  if (Class === Base || typeof Class !== 'function') return undefined;
  const ref = describeClass(Class, `the class of this ${Base.name}`, optional);
  if (ref === undefined) return undefined;
  const text = refText(ref);
  here.set(text, Class);
  return text;
}

/** The own fields of an object, without those that the library's class has. */
export function ownFields(object: object, internal: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !internal.has(key)));
}

/** Those that another thread can have. */
export function cloneableFields(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => messageOf(value) !== Message.none));
}

/** Those that are what they are to `structuredClone` as well: it would take objects of this library to pieces. */
export function plainFields(object: object, internal: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(ownFields(object, internal)).filter(([, value]) => messageOf(value) === Message.plain),
  );
}

const enum Message {
  none,
  plain,
  withCells,
}

function messageOf(value: unknown): Message {
  if (typeof value === 'function' || typeof value === 'symbol') return Message.none;
  if (typeof value !== 'object' || value === null) return Message.plain;
  try {
    const bytes = encode(value);
    const cells = holdsCells(bytes);
    discard(bytes);
    return cells ? Message.withCells : Message.plain;
  } catch {
    return Message.none;
  }
}

/** The class of a {@link refText}; a promise where its module has to be imported asynchronously. */
export function classOf(text: string): AnyFunction | Promise<AnyFunction> {
  return here.get(text) ?? resolveText(text);
}

/**
 * {@link classOf} for a handle, which anybody can write: it may name an export of a module that is there, but bring no code.
 *
 * @throws ValueError where it names none
 */
export function classOfHandle(subclass: unknown): AnyFunction | Promise<AnyFunction> {
  const { class: text, fields } = (subclass ?? {}) as { class?: unknown; fields?: unknown };
  let cause: unknown;
  if (typeof text === 'string' && typeof fields === 'object' && fields !== null && isModuleText(text)) {
    try {
      const Class = classOf(text);
      if (typeof Class !== 'function' || typeof Class.prototype === 'object') return Class;
    } catch (error) {
      cause = error;
    }
  }
  throw new ValueError('from_handle(): this handle names no class that an object can be of', { cause });
}

function isModuleText(text: string): boolean {
  try {
    const { kind, url, path } = JSON.parse(text) as { kind?: unknown; url?: unknown; path?: unknown };
    const { protocol } = new URL(url as string);
    const isPath = Array.isArray(path) && path.every((key) => typeof key === 'string');
    return kind === 'module' && (protocol === 'file:' || protocol === 'node:') && isPath;
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

/** Gives an object the fields that it had there, but for those in `internal`. */
export function assignFields(object: object, fields: Record<string, unknown>, internal?: ReadonlySet<string>): void {
  for (const [key, value] of Object.entries(fields)) {
    if (internal?.has(key)) continue;
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  }
}
