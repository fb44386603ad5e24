import { forwardWarning } from '../../internal/worker/report';
import { native } from '../../internal/native';
import type { Future } from './future';

let warned = false;

/**
 * Runs a blocking wait for futures. In a thread of a pool, it says so to the pool: when all of its
 * threads wait, and this one for a task that is queued there, nothing is left to do that. It is Python's
 * deadlock too, and no error: one of the others may come free for other reasons.
 *
 * @param futures - gives those that are waited for
 */
export function waitingForWork<R>(futures: () => Iterable<Future>, wait: () => R): R {
  if (native.poolBlocked(true) && !warned) warn(futures());
  try {
    return wait();
  } finally {
    native.poolBlocked(false);
  }
}

function warn(futures: Iterable<Future>): void {
  if (!native.poolQueued(Uint32Array.from(futures, (future) => future._cell))) return;
  warned = true;
  const message =
    'all threads of a ThreadPoolExecutor wait for futures, and one of them for a task that is queued behind them: ' +
    'if they wait for such tasks only, they wait for ever. Give the executor more threads, or do not wait within tasks';
  const code = 'NOGIL_POOL_STARVED';
  process.emitWarning(message, { type: 'Warning', code });
  forwardWarning(message, code);
}
