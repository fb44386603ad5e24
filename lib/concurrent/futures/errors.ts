import { registerErrorClass } from '../../internal/codec';
import { RuntimeError } from '../../internal/errors';

/**
 * The future was cancelled.
 *
 * @see https://docs.python.org/3/library/concurrent.futures.html#exception-classes
 */
export class CancelledError extends Error {
  code = 'ERR_CANCELLED';
}

/** The future's state does not allow the operation: it has its result already. */
export class InvalidStateError extends Error {
  code = 'ERR_INVALID_STATE';
}

/** The executor is broken and takes no more work. */
export class BrokenExecutor extends RuntimeError {
  override code = 'ERR_BROKEN_EXECUTOR';
}

/** A worker of a ThreadPoolExecutor failed to initialise, or died. */
export class BrokenThreadPool extends BrokenExecutor {
  override code = 'ERR_BROKEN_THREAD_POOL';
}

/** A worker of a ProcessPoolExecutor failed to initialise, or died. */
export class BrokenProcessPool extends BrokenExecutor {
  override code = 'ERR_BROKEN_PROCESS_POOL';
}

for (const Class of [CancelledError, InvalidStateError, BrokenExecutor, BrokenThreadPool, BrokenProcessPool]) {
  Object.defineProperty(Class.prototype, 'name', { value: Class.name, writable: true, configurable: true });
  registerErrorClass(Class, `futures.${Class.name}`, __filename);
}
