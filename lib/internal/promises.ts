/** What callbacks return to those that can not wait for a promise. */
import { types } from 'node:util';
import { typeError } from './errors';

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/**
 * Refuses the promise of an async callback where the call blocks the very event loop that would settle it.
 *
 * @param way - what to do instead
 * @throws TypeError where `result` is a promise
 */
export function refusePromise(method: string, callback: string, result: unknown, way: string): void {
  if (!isPromiseLike(result)) return;
  // The TypeError is the one error to hear of, and an unhandled rejection would end the process.
  watchRejection(result, () => undefined);
  throw typeError(`${method}(): '${callback}' must not return a promise; ${way}`);
}

/** Has `report` called where a callback that nobody waits for turns out to have failed. */
export function watchRejection(result: unknown, report: (error: unknown) => void): void {
  // Only JavaScript's own promises end the process by their rejection; the `then` of others may begin something.
  if (types.isPromise(result)) result.catch(report);
}
