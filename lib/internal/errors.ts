/**
 * The error classes that the library throws and JavaScript does not have. Each carries Python's
 * name and a stable `code`.
 *
 * @see https://docs.python.org/3/library/exceptions.html
 */

/** Gives instances of `Class` Python's name without an own property on each of them. */
function named(Class: { prototype: Error }, name: string): void {
  Object.defineProperty(Class.prototype, 'name', { value: name, writable: true, configurable: true });
}

/** The state of an object does not allow the call: releasing a free lock, starting a thread twice. */
export class RuntimeError extends Error {
  code = 'ERR_RUNTIME';
  static {
    named(this, 'RuntimeError');
  }
}

/** An argument has the right type but a value that can not be used. */
export class ValueError extends Error {
  code = 'ERR_VALUE';
  static {
    named(this, 'ValueError');
  }
}

/** A time that is too long for the clock, as `OverflowError` in Python. */
export class OverflowError extends RangeError {
  code = 'ERR_OVERFLOW';
  static {
    named(this, 'OverflowError');
  }
}

/** Python's built-in `TimeoutError`: a future's result did not come in time. */
export class TimeoutError extends Error {
  code = 'ERR_TIMEOUT';
  static {
    named(this, 'TimeoutError');
  }
}

/** A barrier was reset or aborted while a thread waited at it, or is broken already. */
export class BrokenBarrierError extends RuntimeError {
  override code = 'ERR_BROKEN_BARRIER';
  static {
    named(this, 'BrokenBarrierError');
  }
}

/** An internal check of an argument or of an order of calls failed. */
export class AssertionError extends Error {
  code = 'ERR_ASSERTION';
  static {
    named(this, 'AssertionError');
  }
}

/** End of a stream: nothing is left to receive and the other end is closed. */
export class EOFError extends Error {
  code = 'ERR_EOF';
  static {
    named(this, 'EOFError');
  }
}

/** A mapping has no such key. */
export class KeyError extends Error {
  code = 'ERR_KEY';
  static {
    named(this, 'KeyError');
  }
}

/** An object has no such attribute. */
export class AttributeError extends Error {
  code = 'ERR_ATTRIBUTE';
  static {
    named(this, 'AttributeError');
  }
}

/** A sequence has no such index. */
export class IndexError extends Error {
  code = 'ERR_INDEX';
  static {
    named(this, 'IndexError');
  }
}

/** Asks the thread that throws it to end; {@link SystemExit.exit_code} is what it ends with. */
export class SystemExit extends Error {
  code = 'ERR_SYSTEM_EXIT';
  /** The argument of `exit`: a number, a text, or nothing. */
  exit_code: unknown;
  static {
    named(this, 'SystemExit');
  }
  constructor(exit_code?: unknown) {
    super(exit_code === undefined || exit_code === null ? '' : String(exit_code));
    this.exit_code = exit_code;
  }
}

/** An operating-system call failed; `errno` is the system's number where it is known. */
export class OSError extends Error {
  code = 'ERR_OS';
  errno?: number;
  static {
    named(this, 'OSError');
  }
}

/** A name that should be new exists. */
export class FileExistsError extends OSError {
  override code = 'EEXIST';
  static {
    named(this, 'FileExistsError');
  }
}

/** Nothing has that name. */
export class FileNotFoundError extends OSError {
  override code = 'ENOENT';
  static {
    named(this, 'FileNotFoundError');
  }
}

/** The system does not allow this user to do that. */
export class PermissionError extends OSError {
  override code = 'EPERM';
  static {
    named(this, 'PermissionError');
  }
}

/** There is no such process. */
export class ProcessLookupError extends OSError {
  override code = 'ESRCH';
  static {
    named(this, 'ProcessLookupError');
  }
}

/** There is no such child process. */
export class ChildProcessError extends OSError {
  override code = 'ECHILD';
  static {
    named(this, 'ChildProcessError');
  }
}

/** The other end of a pipe is closed. */
export class BrokenPipeError extends OSError {
  override code = 'EPIPE';
  static {
    named(this, 'BrokenPipeError');
  }
}

/**
 * A value that the structured clone algorithm can not copy. The same class that `structuredClone`
 * throws, so that `instanceof DOMException` and `name === 'DataCloneError'` hold.
 */
export function dataCloneError(message: string): DOMException {
  return new DOMException(message, 'DataCloneError');
}

/** JavaScript's own TypeError, with a code as all errors here have. */
export function typeError(message: string, options?: { cause?: unknown }): TypeError {
  const error = new TypeError(message, options);
  Error.captureStackTrace(error, typeError);
  return Object.assign(error, { code: 'ERR_TYPE' });
}
