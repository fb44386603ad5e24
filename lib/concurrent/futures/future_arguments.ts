import { describe } from '../../internal/arguments';
import { typeError } from '../../internal/errors';
import { Future } from './future';

/** What is given as several futures; each is looked at by itself. */
export function futuresArgument<T>(method: string, fs: unknown): Iterable<Future<T>> {
  if (typeof (fs as Partial<Iterable<Future<T>>> | null | undefined)?.[Symbol.iterator] === 'function')
    return fs as Iterable<Future<T>>;
  throw typeError(`${method}(): 'fs' must be an iterable of futures, not ${describe(fs)}`);
}

/** A Future, or a `TypeError`. */
export function futureArgument(method: string, value: unknown): Future {
  if (!(value instanceof Future)) throw typeError(`${method}(): 'fs' must hold futures only, not ${describe(value)}`);
  return value;
}
