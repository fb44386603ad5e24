/** Reading errors. */
import { classOfName, shownName, type ErrorClass, type Origin } from './error-classes';
import { setProperty } from './read-shapes';
import { readValue } from './read-value';
import type { Reader } from './reader';

/** An error of class `Class`; a constructor of a user's does not run, as its arguments are not known. */
function make(Class: ErrorClass): Error {
  const limit = Error.stackTraceLimit;
  // The stack will be the remote one: none is collected here.
  Error.stackTraceLimit = 0;
  try {
    if (Class === Error || Class === TypeError || Class === RangeError) return new (Class as ErrorConstructor)();
    return Reflect.construct(Error, [], Class) as Error;
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function hide(error: object, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true });
}

export function readError(r: Reader): Error {
  const number = r.reserve();
  const origin = readValue(r) as Origin;
  const name = readValue(r) as string;
  const file = readValue(r) as string | undefined;
  const ref = readValue(r);
  const error = make(classOfName({ origin, name, file, ref }));
  r.fill(number, error);
  const expected = readValue(r) as string;
  readMembers(r, error);
  // Of a class that is not known here, at least the name.
  if (expected !== '' && shownName(error) !== expected) hide(error, 'name', expected);
  return error;
}

export function readDOMException(r: Reader): DOMException {
  const number = r.reserve();
  const message = readValue(r) as string;
  const error = new DOMException(message, readValue(r) as string);
  r.fill(number, error);
  readMembers(r, error);
  return error;
}

function readMembers(r: Reader, error: Error): void {
  for (let name = readValue(r); name !== undefined; name = readValue(r)) {
    const enumerable = readValue(r) as boolean;
    const value = readValue(r);
    if (enumerable) setProperty(error, name as string, value);
    // Much faster than to define it, and an own property that is not enumerable either way.
    else if (name === 'stack' && Object.hasOwn(error, 'stack')) error.stack = value as string;
    else hide(error, name as string, value);
  }
}
