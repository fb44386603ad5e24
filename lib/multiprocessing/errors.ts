/** Errors of `multiprocessing`. */
import { registerErrorClass } from '../internal/codec';

/**
 * What all errors of this module's own are.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.ProcessError
 */
export class ProcessError extends Error {
  code = 'ERR_PROCESS';
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'ProcessError', writable: true, configurable: true });
  }
}

/** A message is larger than the buffer it was to be read into; `args[0]` is the message. */
export class BufferTooShort extends ProcessError {
  override code = 'ERR_BUFFER_TOO_SHORT';
  args: unknown[];
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'BufferTooShort', writable: true, configurable: true });
  }
  constructor(message: unknown) {
    super('the buffer is too short for the message');
    this.args = [message];
  }
}

/** Two ends of a connection do not have the same key. */
export class AuthenticationError extends ProcessError {
  override code = 'ERR_AUTHENTICATION';
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'AuthenticationError', writable: true, configurable: true });
  }
}

/** A result of a pool did not come in time. Not the built-in `TimeoutError`. */
export class TimeoutError extends ProcessError {
  override code = 'ERR_PROCESS_TIMEOUT';
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'TimeoutError', writable: true, configurable: true });
  }
}

for (const Class of [ProcessError, BufferTooShort, AuthenticationError, TimeoutError]) {
  registerErrorClass(Class, `multiprocessing.${Class.name}`, __filename);
}
