/** Which class an error has on the other side: built in, registered by name, or importable. */
import { core } from '../core_modules';
import * as libraryErrors from '../errors';

export type ErrorClass = abstract new (...args: never[]) => Error;

export const enum Origin {
  BUILT_IN,
  REGISTERED,
  IMPORTABLE,
}

/** How a message names an error's class. */
export interface ClassName {
  origin: Origin;
  /** The class itself or, of one that the other side may not find, its nearest relative that it will. */
  name: string;
  /** Of a registered class: the file that registers it when it is loaded. */
  file?: string | undefined;
  /** Of an importable class: a reference as `callables` makes it. */
  ref?: unknown;
}

interface Callables {
  describeClass(constructor: unknown, what: string, quiet: true): unknown;
  resolveTarget(ref: unknown): unknown;
}

const builtIn = new Map<string, ErrorClass>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError].map((Class) => [
    Class.name,
    Class,
  ]),
);
const registered = new Map<string, { Class: ErrorClass; file: string | undefined }>();
const names = new WeakMap<ErrorClass, string>();
/** Of classes that were looked at before. */
const classNames = new WeakMap<ErrorClass, ClassName>();

/**
 * Makes instances of `Class` keep their class across threads and processes.
 *
 * @param name - unique; where several modules have a class of one name, qualified (`queue.Empty`)
 * @param file - `__filename` of the module that registers the class, loaded where it is not yet
 */
export function registerErrorClass(Class: ErrorClass, name: string = Class.name, file?: string): void {
  registered.set(name, { Class, file });
  names.set(Class, name);
}

for (const value of Object.values<unknown>(libraryErrors)) {
  if (typeof value === 'function' && value.prototype instanceof Error) registerErrorClass(value as unknown as ErrorClass);
}

// Required when first needed: most programs never send an error of a class of their own.
let callables: Callables | undefined;
function loadCallables(): Callables {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (callables ??= require('../callables') as Callables);
}

function describe(Class: ErrorClass): unknown {
  try {
    return loadCallables().describeClass(Class, 'an error', true);
  } catch {
    return undefined; // not importable: the nearest class that is known stands for it
  }
}

/** The name that an error shows, '' where it has none that is text. */
export function shownName(error: { readonly name: unknown }): string {
  try {
    const { name } = error;
    return typeof name === 'string' ? name : '';
  } catch {
    return ''; // a getter that needs a state which the error does not have
  }
}

/** How to name the class of an error with prototype `proto`. */
export function nameOfClass(proto: object | null): ClassName {
  const own = (proto as { constructor?: unknown } | null)?.constructor;
  const known = typeof own === 'function' ? classNames.get(own as ErrorClass) : undefined;
  if (known) return known;
  let found: ClassName = { origin: Origin.BUILT_IN, name: 'Error' };
  for (let p = proto; p !== null; p = Object.getPrototypeOf(p) as object | null) {
    const Class = Object.getOwnPropertyDescriptor(p, 'constructor')?.value as ErrorClass | undefined;
    if (typeof Class !== 'function') continue;
    const name = names.get(Class);
    if (name !== undefined) found = { origin: Origin.REGISTERED, name, file: registered.get(name)?.file };
    // By name: errors of another realm (a vm context) become ours.
    else if (builtIn.has(Class.name) && Function.prototype.toString.call(Class).endsWith('{ [native code] }'))
      found = { origin: Origin.BUILT_IN, name: Class.name };
    else continue;
    break;
  }
  if (typeof own !== 'function' || names.has(own as ErrorClass) || builtIn.get(own.name) === own) return found;
  const ref = own.name === found.name && found.origin === Origin.BUILT_IN ? undefined : describe(own as ErrorClass);
  if (ref !== undefined) found = { ...found, origin: Origin.IMPORTABLE, ref };
  classNames.set(own as ErrorClass, found);
  return found;
}

function registeredClass(name: string, file: string | undefined): ErrorClass | undefined {
  if (!registered.has(name) && file !== undefined) {
    try {
      core.module.createRequire(file)(file);
    } catch {
      // Another version of the library on the other side: its relative will do.
    }
  }
  return registered.get(name)?.Class;
}

/** The class that a message names; `Error` where nothing better can be found without waiting. */
export function classOfName({ origin, name, file, ref }: ClassName): ErrorClass {
  if (origin === Origin.IMPORTABLE) {
    try {
      // An ES module that is not loaded yet comes as a promise: reading can not wait for it.
      const Class = loadCallables().resolveTarget(ref);
      if (typeof Class === 'function' && Class.prototype instanceof Error) return Class as unknown as ErrorClass;
    } catch {
      // The relative below.
    }
  }
  return registeredClass(name, file) ?? builtIn.get(name) ?? Error;
}
