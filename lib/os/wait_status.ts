/** What the status of `waitpid` says. */
import { describe } from '../internal/arguments';
import { OverflowError, typeError, ValueError } from '../internal/errors';

const CONTINUED = 0xffff;
const STOPPED = 0x7f;

function wordArgument(method: string, status: unknown): number {
  if (typeof status !== 'number' || !Number.isInteger(status)) {
    throw typeError(`${method}(): 'status' must be an integer, not ${describe(status)}`);
  }
  if (status < -(2 ** 31) || status >= 2 ** 31) throw new OverflowError(`${method}(): 'status' is out of range: ${status}`);
  return status;
}

/** Whether the process ended by itself. */
export function WIFEXITED(status: number): boolean {
  return (wordArgument('WIFEXITED', status) & 0x7f) === 0;
}

/** What it exited with, where {@link WIFEXITED}. */
export function WEXITSTATUS(status: number): number {
  return (wordArgument('WEXITSTATUS', status) >> 8) & 0xff;
}

/** Whether a signal ended the process. */
export function WIFSIGNALED(status: number): boolean {
  const signal = wordArgument('WIFSIGNALED', status) & 0x7f;
  return signal !== 0 && signal !== STOPPED;
}

/** The number of that signal, where {@link WIFSIGNALED}. */
export function WTERMSIG(status: number): number {
  return wordArgument('WTERMSIG', status) & 0x7f;
}

/** Whether it left a core dump, where {@link WIFSIGNALED}. */
export function WCOREDUMP(status: number): boolean {
  return (wordArgument('WCOREDUMP', status) & 0x80) !== 0;
}

/** Whether the process was stopped: told only where `waitpid` was given `WUNTRACED`. */
export function WIFSTOPPED(status: number): boolean {
  return (wordArgument('WIFSTOPPED', status) & 0xff) === STOPPED;
}

/** The number of the signal that stopped it, where {@link WIFSTOPPED}. */
export function WSTOPSIG(status: number): number {
  return (wordArgument('WSTOPSIG', status) >> 8) & 0xff;
}

/** Whether the process goes on after a stop: told only where `waitpid` was given `WCONTINUED`. */
export function WIFCONTINUED(status: number): boolean {
  return wordArgument('WIFCONTINUED', status) === CONTINUED;
}

/**
 * What the process exited with, or minus the number of the signal that ended it.
 *
 * @param status - of `waitpid` or `wait`
 * @throws ValueError where the process has not ended: it was stopped, or goes on
 * @see https://docs.python.org/3/library/os.html#os.waitstatus_to_exitcode
 */
export function waitstatus_to_exitcode(status: number): number {
  wordArgument('waitstatus_to_exitcode', status);
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  if (WIFSIGNALED(status) && !WIFCONTINUED(status)) return -WTERMSIG(status);
  if (WIFSTOPPED(status)) throw new ValueError(`process stopped by delivery of signal ${WSTOPSIG(status)}`);
  throw new ValueError(`invalid wait status: ${status}`);
}
