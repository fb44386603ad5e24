/**
 * Why a value can not be cloned, and where it sits: `args[0].fn: a function can not be cloned`.
 */
import { types } from 'node:util';
import { dataCloneError } from '../errors';

/**
 * Thrown inside the codec only; {@link explain} turns it into the error that the caller sees. The
 * path is searched for when something has failed, so that success does not pay for keeping it.
 */
export class CloneFailure extends Error {
  /**
   * @param culprit - the value that can not be cloned
   * @param reason - the whole sentence, where "a X can not be cloned" would not do
   */
  constructor(
    readonly culprit: unknown,
    readonly reason?: string,
  ) {
    super(reason);
  }
}

interface Explanation {
  path: string;
  reason: string;
}

const explanations = new WeakMap<object, Explanation>();

function explained(call: string, explanation: Explanation): DOMException {
  const { path, reason } = explanation;
  const error = dataCloneError(call + (path === '' ? reason : `${path}: ${reason}`));
  explanations.set(error, explanation);
  return error;
}

/** `failure` as a DataCloneError that names the place below `root`. */
export function explain(failure: CloneFailure, root: unknown): DOMException {
  const reason = failure.reason ?? `${nameOf(failure.culprit)} can not be cloned`;
  return explained('', { path: pathTo(failure.culprit, root), reason });
}

/**
 * What an encoding threw, in the words of whoever was called: a DataCloneError says `Thread.start(): args[0]: a
 * function can not be cloned`. Anything else is as it was.
 *
 * @param call - such as `Thread.start`; nothing where there was none
 * @param rename - of the place, which is '' for the value itself: what it is called in the arguments of that call
 */
export function inCall(error: unknown, call: string, rename: (path: string) => string = (path) => path): unknown {
  const found = typeof error === 'object' && error !== null ? explanations.get(error) : undefined;
  return found ? explained(call === '' ? '' : `${call}(): `, { ...found, path: rename(found.path) }) : error;
}

/** For {@link inCall}: the value is called `name`. */
export function named(name: string): (path: string) => string {
  return (path) => (path === '' || path.startsWith('[') ? name + path : `${name}.${path}`);
}

/** For {@link inCall}: the value is an array of what is called so. */
export function listed(...names: string[]): (path: string) => string {
  return (path) => path.replace(/^\[(\d+)\]/, (whole, at: string) => names[Number(at)] ?? whole);
}

/** For {@link inCall}: the value is an array of arguments, of which the first is number `-before`. */
export function counted(before = 0): (path: string) => string {
  return (path) => path.replace(/^\[(\d+)\]/, (_, at: string) => `args[${Number(at) - before}]`);
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  if (types.isProxy(value)) return 'a Proxy';
  if (types.isArgumentsObject(value)) return 'an arguments object';
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  const { constructor } = value as { constructor?: unknown };
  // What a class says of itself, unless that is no more than what it is derived from.
  const derived = (tag === 'Object' || tag === 'EventTarget') && typeof constructor === 'function' && constructor.name !== '';
  const name = derived ? constructor.name : tag;
  return /^[AEIOU]/.test(name) ? `an ${name}` : `a ${name}`;
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

function step(key: string, inArray: boolean): string {
  if (inArray && /^\d+$/.test(key)) return `[${key}]`;
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** What lies directly below `value`, without running getters. */
function* below(value: object): Generator<[string, unknown]> {
  if (types.isProxy(value) || ArrayBuffer.isView(value)) return;
  if (types.isMap(value)) {
    for (const [key, item] of Map.prototype.entries.call(value)) {
      const name =
        typeof key === 'object' || typeof key === 'symbol' || typeof key === 'function' ? '…' : JSON.stringify(String(key));
      yield ['.keys()', key];
      yield [`.get(${name})`, item];
    }
    return;
  }
  if (types.isSet(value)) {
    for (const item of Set.prototype.values.call(value)) yield ['.values()', item];
    return;
  }
  const inArray = Array.isArray(value);
  const keys = types.isNativeError(value) ? ['cause', 'errors', ...Object.keys(value)] : Object.keys(value);
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property && 'value' in property) yield [step(key, inArray), property.value];
  }
}

/** Breadth first, so that the shortest path is named; '' where it is the root or can not be found. */
function pathTo(culprit: unknown, root: unknown): string {
  if (culprit === root || typeof root !== 'object' || root === null) return '';
  const queue: { value: object; path: string }[] = [{ value: root, path: '' }];
  const seen = new Set<object>([root]);
  // A path is for people to read: in a huge message give up rather than search for minutes.
  for (let i = 0; i < queue.length && i < 100_000; i++) {
    const { value, path } = queue[i];
    for (const [name, item] of below(value)) {
      if (item === culprit) return (path + name).replace(/^\./, '');
      if (typeof item !== 'object' || item === null || seen.has(item)) continue;
      seen.add(item);
      queue.push({ value: item, path: path.length < 500 ? path + name : path });
    }
  }
  return '';
}
