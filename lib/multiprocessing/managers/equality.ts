/** Python's `==` for the copies that a manager keeps. */
import { isDeepStrictEqual } from 'node:util';
import { isOptions } from '../../internal/arguments';
import { proxied } from '../../internal/handles';
import { Managed } from './calls';

type Pairs = readonly (readonly [object, object])[];

/**
 * Whether two values are equal, objects by what is in them. Proxies are equal where they stand for the same
 * object: to look into one here, in the manager's process, would be to wait for oneself.
 */
export function equals(a: unknown, b: unknown, within: Pairs = []): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [x, y] = [proxied.get(a), proxied.get(b)];
  if (x !== undefined || y !== undefined) {
    return x instanceof Managed && y instanceof Managed && x.object === y.object && x.queue === y.queue;
  }
  // A cycle that has been the same up to here.
  if (within.some(([c, d]) => a === c && b === d)) return true;
  const inside = [...within, [a, b] as const];
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, i) => equals(each, b[i], inside));
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, value]) => has(b, key, value, inside));
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((item) => finds(b, item, inside));
  if (isOptions(a) && isOptions(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equals(a[key], b[key], inside));
  }
  return isLeaf(a) && isLeaf(b) && isDeepStrictEqual(a, b);
}

function has(map: Map<unknown, unknown>, key: unknown, value: unknown, within: Pairs): boolean {
  if (map.has(key)) return equals(map.get(key), value, within);
  return [...map].some((entry) => equals(entry, [key, value], within));
}

function finds(set: Set<unknown>, item: unknown, within: Pairs): boolean {
  return set.has(item) || [...set].some((each) => equals(each, item, within));
}

/** Of a kind that holds no other objects. */
function isLeaf(value: object): boolean {
  return value instanceof Date || value instanceof RegExp || value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}
