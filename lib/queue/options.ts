/** The arguments of the queues' methods, and what their answers mean. */
import { acquireArguments, booleanArgument, nonNegativeTimeout } from '../internal/arguments';
import { ValueError, typeError } from '../internal/errors';
import { Empty, Full, ShutDown } from './errors';
import { Refusal, SHUT_DOWN } from './items';

/** Options of `get`, in place of its positional arguments. */
export interface GetOptions {
  /** Whether to wait at all. Default `true`. */
  block?: boolean | undefined;
  /** Seconds to wait at most; nothing, the default, waits for ever. Ignored where `block` is false. */
  timeout?: number | null | undefined;
}

/** Options of `put`, in place of what follows the item. */
export interface PutOptions extends GetOptions {
  /** Buffers within the item that move instead of being copied: detached here once the item is in the queue. */
  transfer?: readonly ArrayBuffer[] | undefined;
}

export const PUT = ['block', 'timeout', 'transfer'] as const;
export const GET = ['block', 'timeout'] as const;

/** @returns milliseconds, 0 where the call must not wait */
export function waitingTime(method: string, block: unknown, timeout: unknown): number {
  return booleanArgument(method, 'block', block, true) ? nonNegativeTimeout(method, timeout) : 0;
}

/** `block` and `timeout` of what `get` was given. */
export function getArguments(method: string, block: unknown, timeout: unknown): readonly [unknown, unknown] {
  return acquireArguments(method, GET, block, timeout);
}

/** @throws ValueError where `max`, a number of items, is less than 1 */
export function checkMax(method: string, max: unknown): void {
  if (typeof max !== 'number' || (!Number.isInteger(max) && max !== Infinity)) {
    throw typeError(`${method}(): 'max' must be an integer or Infinity, not ${String(max)}`);
  }
  if (max < 1) throw new ValueError(`${method}(): 'max' must be one or more, not ${max}`);
}

/**
 * Throws what a refused put means.
 *
 * @param done - of several items, how many are in the queue
 */
export function refuse(method: string, refusal: Refusal, done?: number): never {
  if (refusal === Refusal.INCOMPARABLE) {
    throw typeError(`${method}(): the item's order does not compare with that of an item in the queue`);
  }
  const error =
    refusal === Refusal.SHUT_DOWN
      ? new ShutDown(`${method}(): the queue is shut down`)
      : new Full(`${method}(): the queue is full`);
  if (done !== undefined) error.done = done;
  throw error;
}

/** Throws what it means that there was no item. */
export function none(method: string, came: symbol): never {
  if (came === SHUT_DOWN) throw new ShutDown(`${method}(): the queue is shut down and empty`);
  throw new Empty(`${method}(): the queue is empty`);
}
