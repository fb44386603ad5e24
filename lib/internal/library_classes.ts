/**
 * Which classes are the library's own, and which a program's, built on them. What it takes to send an
 * instance of those is in `subclasses.ts`, loaded when there is one.
 */
import type { AnyFunction } from './callables/reference';
import type * as Subclasses from './subclasses';

const classes = new WeakSet<AnyFunction>();

/** Required when first needed: few programs have subclasses, and that module is built on those that use this one. */
export function subclasses(): typeof Subclasses {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('./subclasses') as typeof Subclasses;
}

/** Makes a class known as one of the library's, which the other side has without being told. */
export function noteClass(Class: AnyFunction): void {
  classes.add(Class);
}

const unsendable = new WeakSet<object>();

/** Has instances of `Class`, and of what extends it, refused in messages: without what they stand for here they are nothing. */
export function neverSent(Class: { readonly prototype: object }): void {
  unsendable.add(Class.prototype);
}

export function isNeverSent(proto: object): boolean {
  return unsendable.has(proto);
}

const awaited = new Set<Promise<unknown>>();

/**
 * Makes `object`, new and of one of the library's classes, an instance of `Class`; where that is a promise,
 * as soon as that settles.
 *
 * @returns what gives it its fields
 */
export function makeInstance(object: object, Class: AnyFunction | Promise<AnyFunction>): (fields: unknown) => void {
  const { assignFields, becomeInstance } = subclasses();
  // Native code trusts what is in these: no message or handle may set them.
  const internal = new Set(Object.keys(object));
  if (typeof Class !== 'function') {
    const done = (): void => {
      awaited.delete(Class);
    };
    awaited.add(Class);
    Class.then(done, done);
  }
  becomeInstance(object, Class);
  return (fields) => {
    assignFields(object, fields as Record<string, unknown>, internal);
  };
}

/** A promise for the end of all imports of classes that objects here wait for; undefined where there are none. */
export function awaitedClasses(): Promise<unknown> | undefined {
  return awaited.size === 0 ? undefined : Promise.allSettled(awaited);
}

/** The library's class that the one of `object` extends; undefined where that is the library's itself. */
export function libraryClass(object: object): AnyFunction | undefined {
  const own = Object.getPrototypeOf(object) as object;
  if (classes.has(own.constructor) || typeof own.constructor !== 'function') return undefined;
  let proto: object | null = own;
  while (proto !== null && !classes.has(proto.constructor)) proto = Object.getPrototypeOf(proto) as object | null;
  return proto?.constructor;
}

/**
 * The class of an instance of a program's own subclass, as `refText`.
 *
 * @throws TypeError where no module exports it
 */
export function subclassText(object: object): string | undefined {
  const Base = libraryClass(object);
  return Base && subclasses().instanceClass(object, Base, false);
}

/** What an instance of a subclass takes with it in a message. */
export function ownFields(object: object, internal: ReadonlySet<string>): Record<string, unknown> {
  return subclasses().ownFields(object, internal);
}

/** The same in a handle. */
export function instanceMessage(object: object, subclass: string, internal: ReadonlySet<string>): Subclasses.InstanceMessage {
  return { class: subclass, fields: subclasses().plainFields(object, internal) };
}
