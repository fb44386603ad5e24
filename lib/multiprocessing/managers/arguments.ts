/** What users give to the methods of proxies, as the objects in the manager's process take it. */
import { booleanArgument, keywords } from '../../internal/arguments';
import { typeError } from '../../internal/errors';
import { ITEM_METHODS } from './set_object';

/** The entries of what `dict()` and `update()` take: an object, a Map, or pairs. */
export function entriesOf(given: unknown): [unknown, unknown][] {
  if (given === undefined || given === null) return [];
  if (given instanceof Map) return [...given];
  if (typeof given === 'object' && Symbol.iterator in given) return [...(given as Iterable<[unknown, unknown]>)];
  return Object.entries(given);
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
  if (kind === 'dict' && method === 'update') return [args.flatMap(entriesOf)];
  if (kind === 'set' && !ITEM_METHODS.includes(method)) return args.map((other) => [...(other as Iterable<unknown>)]);
  if (kind === 'list' && method === 'extend') return [[...(args[0] as Iterable<unknown>)]];
  if (kind === 'list' && method === 'sort') return sortArguments(args);
  return args;
}
