/** What users give to the methods of proxies, as the objects in the manager's process take it. */
import { booleanArgument, describe, integerArgument, isIterable, iterableArgument, keywords } from '../../internal/arguments';
import { typeError } from '../../internal/errors';
import { proxied } from '../../internal/handles';
import { call, Managed } from './calls';
import { ITEM_METHODS } from './set_object';

/** The entries of what `dict()` and `update()` take: an object, a Map, pairs, or another dict of a manager's. */
export function entriesOf(method: string, name: string, given: unknown): [unknown, unknown][] {
  if (given === undefined || given === null) return [];
  const wrong = (value: unknown): TypeError =>
    typeError(`${method}(): '${name}' must be an object, a Map, or pairs of a key and a value, not ${describe(value)}`);
  if (typeof given !== 'object') throw wrong(given);
  const managed = proxied.get(given);
  if (managed instanceof Managed && managed.kind === 'dict') return call(managed, 'items', []) as [unknown, unknown][];
  if (!isIterable(given)) return Object.entries(given);
  const pairs = [...given];
  for (const pair of pairs) if (!Array.isArray(pair) || pair.length !== 2) throw wrong(pair);
  return pairs as [unknown, unknown][];
}

/** The attributes that a namespace begins with. */
export function attributesOf(method: string, name: string, given: unknown): [unknown, unknown][] {
  if (typeof given === 'object' && given !== null && (given instanceof Map || !isIterable(given))) {
    const entries = entriesOf(method, name, given);
    if (entries.every(([key]) => typeof key === 'string')) return entries;
  }
  throw typeError(`${method}(): '${name}' must be an object, not ${describe(given)}`);
}

/** Methods of lists and arrays whose first argument is an index. */
const INDEXED = ['insert', 'pop', 'getitem', 'setitem', 'delitem'];

function listArguments(kind: string, method: string, args: unknown[]): unknown[] {
  const name = `${kind}.${method}`;
  if (method === 'sort') return sortArguments(args);
  if (method === 'extend') return [iterableArgument(name, 'items', args[0])];
  // Only `pop` goes without.
  if (INDEXED.includes(method) && (method !== 'pop' || args[0] !== undefined)) integerArgument(name, 'index', args[0]);
  return args;
}

function sortArguments(args: unknown[]): [reverse: boolean] {
  const [reverse, key] = keywords('list.sort', ['reverse', 'key'], args);
  if (key !== undefined && key !== null) {
    throw typeError(
      "list.sort(): 'key' can not be sent to the manager's process; sort a copy() and put it in place of the items",
    );
  }
  return [booleanArgument('list.sort', 'reverse', reverse, false)];
}

/** The arguments of a method as the object takes them. */
export function adapt(kind: string, method: string, args: unknown[]): unknown[] {
  const name = `${kind}.${method}`;
  if (kind === 'list' || kind === 'Array') return listArguments(kind, method, args);
  if (kind === 'dict' && method === 'update') return [args.flatMap((entries) => entriesOf(name, 'entries', entries))];
  if (kind === 'set' && !ITEM_METHODS.includes(method)) return args.map((other) => iterableArgument(name, 'other', other));
  return args;
}
