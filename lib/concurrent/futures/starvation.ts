import { native } from '../../internal/native';

let warned = false;

/**
 * Runs a blocking wait for futures. In a thread of a pool, it says so to the pool: when all of its
 * threads wait while tasks are queued, nothing may be left to do what they wait for. That is
 * Python's deadlock too, and no error: somebody else may complete the futures.
 */
export function waitingForWork<R>(wait: () => R): R {
  if (native.poolBlocked(true) && !warned) {
    warned = true;
    process.emitWarning(
      'all threads of a ThreadPoolExecutor wait for futures while tasks are queued: if they wait for those tasks, they wait for ever. ' +
        'Give the executor more threads, or do not wait within tasks',
      { type: 'Warning', code: 'NOGIL_POOL_STARVED' },
    );
  }
  try {
    return wait();
  } finally {
    native.poolBlocked(false);
  }
}
