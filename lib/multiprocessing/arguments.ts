/** What the classes of `multiprocessing` do with their arguments otherwise than those of `threading`. */
import { booleanArgument, waitTimeout } from '../internal/arguments';

/** The keywords of `acquire`, which are not those of `threading`. */
export const ACQUIRE = ['block', 'timeout'] as const;

/** Options of `acquire`, in place of its positional arguments. */
export interface AcquireOptions {
  /** Whether to wait at all. Default `true`. */
  block?: boolean | undefined;
  /** Seconds to wait at most; nothing, the default, waits for ever. Ignored where `block` is false. */
  timeout?: number | null | undefined;
}

/** Options of `acquire` after a first positional argument. */
export type TimeoutOptions = Pick<AcquireOptions, 'timeout'>;

/**
 * What `block` and `timeout` mean to all that waits here: a negative time is none, and no error.
 *
 * @returns milliseconds, 0 where the call must not wait
 */
export function waitingTime(method: string, block: unknown, timeout: unknown): number {
  const ms = waitTimeout(method, timeout);
  return booleanArgument(method, 'block', block, true) ? ms : 0;
}
