/**
 * Reading Python-style arguments: positional in Python's order, or one trailing options object with
 * Python's keyword names; times in seconds.
 */
import { OverflowError, ValueError, typeError } from './errors';

/**
 * The longest time, in seconds, that a wait may be given: 2^63 - 1 nanoseconds, as in CPython.
 *
 * @see https://docs.python.org/3/library/threading.html#threading.TIMEOUT_MAX
 */
export const TIMEOUT_MAX = 9223372036;

/** What native waits take as "for ever". */
export const FOREVER = -1;

/** Options that every `_async` twin takes beside those of its blocking method. */
export interface AsyncOptions {
  /** Aborting rejects with the signal's reason and leaves the primitive as if the wait had never been. */
  signal?: AbortSignal | undefined;
}

/** Whether `value` is an options object rather than a positional argument. */
export function isOptions(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const proto: unknown = Object.getPrototypeOf(value);
  // By constructor name, not identity: an options object may come from another realm.
  return proto === null || proto === Object.prototype || Object.getPrototypeOf(proto) === null;
}

/**
 * Spreads the arguments of a call over `names`: positional ones in order, then what a trailing
 * options object names.
 *
 * @param method - as it should appear in messages, e.g. `Lock.acquire`
 * @throws TypeError on too many arguments, on an unknown keyword, and on one given twice
 */
export function keywords(method: string, names: readonly string[], args: readonly unknown[]): unknown[] {
  const last = args.length - 1;
  const options = last >= 0 && isOptions(args[last]) ? args[last] : undefined;
  const positional = options ? last : args.length;
  if (positional > names.length) {
    throw typeError(`${method}() takes at most ${names.length} arguments (${positional} given)`);
  }
  const out = args.slice(0, positional);
  out.length = names.length;
  if (!options) return out;
  for (const key of Object.keys(options)) {
    const at = names.indexOf(key);
    if (at < 0) throw typeError(`${method}() got an unexpected option '${key}' (known: ${names.join(', ')})`);
    if (at < positional && out[at] !== undefined) throw typeError(`${method}() got '${key}' twice: by position and as an option`);
    out[at] = options[key];
  }
  return out;
}

/**
 * The `(blocking, timeout)` of an `acquire` or a `get` by position, where an options object takes the place of the
 * first or of the second.
 */
export function acquireArguments(
  method: string,
  names: readonly [string, string],
  blocking: unknown,
  timeout: unknown,
): [unknown, unknown] {
  return keywords(method, names, timeout === undefined ? [blocking] : [blocking, timeout]) as [unknown, unknown];
}

/** An optional boolean; anything but a boolean or nothing is a `TypeError`. */
export function booleanArgument(method: string, name: string, value: unknown, byDefault: boolean): boolean {
  return value === undefined || value === null ? byDefault : requiredBoolean(method, name, value);
}

/** {@link booleanArgument} where nothing is not enough. */
export function requiredBoolean(method: string, name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw typeError(`${method}(): '${name}' must be a boolean, not ${describe(value)}`);
  return value;
}

/** A whole number within the safe range; `byDefault` where nothing is given. */
export function integerArgument(method: string, name: string, value: unknown, byDefault?: number): number {
  if (value === undefined && byDefault !== undefined) return byDefault;
  if (typeof value !== 'number' || (!Number.isInteger(value) && Number.isFinite(value))) {
    throw typeError(`${method}(): '${name}' must be an integer, not ${describe(value)}`);
  }
  if (!Number.isSafeInteger(value)) throw new ValueError(`${method}(): '${name}' is out of range: ${value}`);
  return value;
}

const INT_MAX = 2 ** 31 - 1;

/** A number that the system's functions take. */
export function intArgument(method: string, name: string, value: unknown): number {
  const n = integerArgument(method, name, value);
  if (n < -INT_MAX - 1 || n > INT_MAX) throw new OverflowError(`${method}(): '${name}' is out of range: ${n}`);
  return n;
}

/** An optional string; anything else is a `TypeError`. */
export function stringArgument(method: string, name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw typeError(`${method}(): '${name}' must be a string, not ${describe(value)}`);
  return value;
}

/** The `name` of what is made with `{ name }` and nothing else. */
export function nameArgument(method: string, options: unknown): string | undefined {
  if (options === undefined || options === null) return undefined;
  if (!isOptions(options)) throw typeError(`${method}(): options are an object such as { name }, not ${describe(options)}`);
  return objectName(method, keywords(method, ['name'], [options])[0]);
}

/** A `name` by which threads find one object. */
export function objectName(method: string, value: unknown): string | undefined {
  const name = stringArgument(method, 'name', value);
  // Halves of surrogate pairs have no UTF-8: all of them would be one name.
  if (name !== undefined && /\p{Surrogate}/u.test(name)) {
    throw new ValueError(`${method}(): 'name' must be well-formed text: it has a half of a surrogate pair`);
  }
  return name;
}

/** The arguments of a target or an initializer: any iterable, copied. */
export function argumentList(method: string, args: unknown, name = 'args'): unknown[] {
  return args === undefined || args === null ? [] : requiredList(method, args, name);
}

/** {@link argumentList} where nothing is not enough. */
export function requiredList(method: string, args: unknown, name: string): unknown[] {
  // A text is hardly meant as its characters here.
  if (typeof args !== 'string') return iterableArgument(method, name, args);
  throw typeError(`${method}(): '${name}' must be an array or another iterable, not ${describe(args)}`);
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof (value as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === 'function';
}

/** The items of any iterable, a string too, copied. */
export function iterableArgument(method: string, name: string, value: unknown): unknown[] {
  if (isIterable(value)) return [...value];
  throw typeError(`${method}(): '${name}' must be an array or another iterable, not ${describe(value)}`);
}

/** A function, or a `TypeError` that says what came instead. */
export function functionArgument(method: string, name: string, value: unknown): (...args: never[]) => unknown {
  if (typeof value !== 'function') throw typeError(`${method}(): '${name}' must be a function, not ${describe(value)}`);
  return value as (...args: never[]) => unknown;
}

function seconds(method: string, value: unknown, name = 'timeout'): number {
  if (typeof value !== 'number') throw typeError(`${method}(): '${name}' must be a number of seconds, not ${describe(value)}`);
  if (Number.isNaN(value)) throw new ValueError(`${method}(): '${name}' must not be NaN`);
  if (value > TIMEOUT_MAX)
    throw new OverflowError(`${method}(): '${name}' of ${value} s is longer than TIMEOUT_MAX (${TIMEOUT_MAX} s)`);
  return value;
}

/**
 * The timeout of `Condition.wait`, `Thread.join` and their like: nothing means for ever, a negative
 * one is over at once.
 *
 * @returns milliseconds, {@link FOREVER} where there is no limit
 */
export function waitTimeout(method: string, value: unknown): number {
  if (value === undefined || value === null) return FOREVER;
  const s = seconds(method, value);
  return s <= 0 ? 0 : s * 1000;
}

/**
 * The timeout of `Queue.get` and its like: nothing means for ever, a negative one is an error.
 *
 * @returns milliseconds, {@link FOREVER} where there is no limit
 * @throws ValueError where it is negative or NaN
 */
export function nonNegativeTimeout(method: string, value: unknown): number {
  if (value === undefined || value === null) return FOREVER;
  const s = seconds(method, value);
  if (s < 0) throw new ValueError(`${method}(): 'timeout' must be a non-negative number, not ${s}`);
  return s * 1000;
}

/**
 * The pair `(blocking, timeout)` of `Lock.acquire`: -1 is "for ever", other negative times and any
 * time with `blocking = false` are errors.
 *
 * @returns milliseconds, 0 where the call must not block, {@link FOREVER} where there is no limit
 * @see https://docs.python.org/3/library/threading.html#threading.Lock.acquire
 */
export function lockTimeout(method: string, blocking: unknown, timeout: unknown): number {
  const block = booleanArgument(method, 'blocking', blocking, true);
  if (timeout === undefined || timeout === null) return block ? FOREVER : 0;
  const s = seconds(method, timeout);
  if (s === -1) return block ? FOREVER : 0;
  if (!block) throw new ValueError(`${method}(): can't specify a timeout for a non-blocking call`);
  if (s < 0) throw new ValueError(`${method}(): 'timeout' must be a non-negative number or -1, not ${s}`);
  return s * 1000;
}

/** How a value is called in a message: its class, or itself where it is short. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'object') {
    const name = nameOf(value, 'constructor');
    return name ? `an instance of ${name}` : 'an object';
  }
  if (typeof value === 'function') return `function ${nameOf(value) || '(anonymous)'}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  return String(value);
}

/** The name of a function, or of the one that `key` of an object is: nothing where code of the program's own says nonsense. */
function nameOf(value: object, key?: 'constructor'): string {
  try {
    const { name } = (key === undefined ? value : (value as Record<string, object>)[key]) as { name?: unknown };
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}
