/**
 * Functions as references that other threads and processes resolve: what may be a target, and how it gets there.
 *
 * In the caller, {@link describeTarget} finds the export that a function is, or takes its source when it needs nothing from where
 * it was written; {@link resolveTarget} makes a function of that on the other side.
 */
import { pooled } from '../pooled';
import type { Destination } from './complaints';
import type * as Description from './describe';
import type { AnyFunction, TargetRef } from './reference';

let description: typeof Description | undefined;

/** Not loaded by our workers before it is needed: most threads start no others. */
function describer(): typeof Description {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (description ??= require('./describe') as typeof Description);
}

if (!pooled) describer();

/** {@link Description.describeTarget} */
export function describeTarget(fn: unknown, what: string, to?: Destination): TargetRef {
  return describer().describeTarget(fn, what, to);
}

/** {@link Description.describeClass} */
export function describeClass(ctor: AnyFunction, what: string, optional = false): TargetRef | undefined {
  return describer().describeClass(ctor, what, optional);
}

export { importable } from './importable';
export { is_main, setWorkerContext } from './context';
export { isImporting, resolveTarget } from './resolve';
export type { ModuleRef, SourceRef, TargetRef } from './reference';
