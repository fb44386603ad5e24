import { argumentList, booleanArgument, describe, functionArgument, isOptions, keywords } from '../internal/arguments';
import type { AnyFunction } from '../internal/callables/reference';
import { AssertionError, typeError } from '../internal/errors';
import { running } from '../internal/worker/state';

/**
 * A function that another thread can run: one that is exported from a module, one that uses nothing
 * of the code around it, or an `importable`.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a target may take anything
export type Target<A extends unknown[] = any[], R = unknown> = (...args: A) => R;

/** Keywords of `Thread`'s constructor. */
export interface ThreadOptions {
  /** Must not be given; Python reserves it. */
  group?: null | undefined;
  /** What the thread runs. */
  target?: Target | null | undefined;
  /** Default: `Thread-N`, with the target's name in brackets. */
  name?: string | null | undefined;
  /** The target's arguments. */
  args?: Iterable<unknown> | null | undefined;
  /** Where not empty, passed as one last options object. */
  kwargs?: object | null | undefined;
  /** Whether the process may end while the thread lives. Default: as the thread that makes it. */
  daemon?: boolean | null | undefined;
}

export interface ThreadArguments {
  target: AnyFunction | undefined;
  name: string | undefined;
  args: unknown[];
  kwargs: Record<string, unknown> | undefined;
  daemon: boolean;
}

const KEYWORDS = ['group', 'target', 'name', 'args', 'kwargs', 'daemon'] as const;
const KWARGS = KEYWORDS.indexOf('kwargs');

/** Reads `(group, target, name, args, kwargs, { daemon })`, or one options object. */
export function readArguments(method: string, given: unknown[]): ThreadArguments {
  // At the place of `kwargs` an object is that.
  const byPosition = given.length === KWARGS + 1 && isOptions(given[KWARGS]);
  const [group, target, name, args, kwargs, daemon] = byPosition ? given : keywords(method, KEYWORDS, given);
  if (group !== undefined && group !== null) throw groupGiven(method, group);
  return {
    target: target === undefined || target === null ? undefined : functionArgument(method, 'target', target),
    name: name === undefined || name === null ? undefined : String(name),
    args: argumentList(method, args),
    kwargs: argumentOptions(method, kwargs),
    daemon: booleanArgument(method, 'daemon', daemon, running.daemon),
  };
}

/** Python has a `group` in the first place, of which nothing has come yet. */
export function groupGiven(method: string, group: unknown): AssertionError {
  const hint = typeof group === 'function' ? `; what to run goes by name: new ${method}({ target })` : '';
  return new AssertionError(`group argument must be None for now${hint}`);
}

/** The keyword arguments of a target; undefined where there are none. */
export function argumentOptions(method: string, kwargs: unknown): Record<string, unknown> | undefined {
  if (kwargs === undefined || kwargs === null) return undefined;
  if (!isOptions(kwargs))
    throw typeError(`${method}(): 'kwargs' must be an object of keyword arguments, not ${describe(kwargs)}`);
  return Object.keys(kwargs).length === 0 ? undefined : { ...kwargs };
}
