/**
 * Python's `concurrent.futures`.
 *
 * @see https://docs.python.org/3/library/concurrent.futures.html
 * @packageDocumentation
 */
import '../../internal/worker/services';

export { as_completed, type BothWays } from './as_completed';
export { BrokenExecutor, BrokenProcessPool, BrokenThreadPool, CancelledError, InvalidStateError } from './errors';
export { Executor, type MapOptions, type ShutdownOptions, type Task, type TaskOptions } from './executor';
export { Future } from './future';
export type { LimitedExecutor } from './limited_executor';
export { type ProcessContext, ProcessPoolExecutor, type ProcessPoolOptions } from './process_pool_executor';
export { ThreadPoolExecutor, type ThreadPoolOptions } from './thread_pool_executor';
export {
  ALL_COMPLETED,
  DoneAndNotDone,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  type ReturnWhen,
  wait,
  wait_async,
  type WaitOptions,
} from './wait';
export { TimeoutError } from '../../internal/errors';
