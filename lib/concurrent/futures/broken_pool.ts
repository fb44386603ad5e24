/**
 * Why a ThreadPoolExecutor is broken. Native code fails all futures of a pool that breaks at once, with errors
 * that were made with the pool. They say which it was; the thread that broke it tells the main thread what
 * happened, which has the one as the cause of the other.
 */
import { isMainThread, threadId } from 'node:worker_threads';
import { hearOfBroken, takeMail } from '../../internal/worker/report';
import { BrokenThreadPool } from './errors';

export const INITIALIZER_FAILED = 'A thread initializer failed, the thread pool is not usable anymore';
export const THREAD_DIED = 'A thread of the pool ended abruptly while its work was running or pending';

let made = 0;

/** A name for a pool that is to be made. */
export function newPoolId(): string {
  return `nogil pool ${threadId}.${++made}`;
}

const CAUSES_MAX = 64;
const causes = new Map<string, unknown>();

if (isMainThread) {
  hearOfBroken((pool, error) => {
    if (causes.size >= CAUSES_MAX) causes.clear();
    causes.set(pool, error);
  });
}

/** What futures of the pool will fail with: {@link withCause} has yet to see it. */
export function unexplained(message: string, pool: string): BrokenThreadPool {
  return new BrokenThreadPool(message, { cause: pool });
}

/** An outcome of a future, with the cause that is known here in the place of the pool's name. */
export function withCause(outcome: unknown): unknown {
  if (!(outcome instanceof BrokenThreadPool) || typeof outcome.cause !== 'string') return outcome;
  // It was told before the pool broke.
  if (isMainThread) takeMail();
  if (causes.has(outcome.cause)) outcome.cause = causes.get(outcome.cause);
  else delete outcome.cause;
  return outcome;
}
