/**
 * Functions as references that other threads and processes resolve: what may be a target, and how it gets there.
 *
 * In the caller, {@link describeTarget} finds the export that a function is, or takes its source when it needs nothing from where
 * it was written; {@link resolveTarget} makes a function of that on the other side.
 */
export { describeClass, describeTarget } from './describe';
export { importable } from './importable';
export { is_main, setWorkerContext } from './context';
export { isImporting, resolveTarget } from './resolve';
export type { ModuleRef, SourceRef, TargetRef } from './reference';
