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

/** `failure` as a DataCloneError that names the place below `root`. */
export function explain(failure: CloneFailure, root: unknown): DOMException {
  const path = pathTo(failure.culprit, root);
  const reason = failure.reason ?? `${nameOf(failure.culprit)} can not be cloned`;
  return dataCloneError(path === '' ? reason : `${path}: ${reason}`);
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
