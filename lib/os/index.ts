/**
 * The part of Python's `os` that concerns processes.
 *
 * @see https://docs.python.org/3/library/os.html#process-management
 * @packageDocumentation
 */
export { fork } from './fork';
export { _exit, abort, cpu_count, getpid, getppid, kill, process_cpu_count } from './process';
export {
  waitstatus_to_exitcode,
  WCOREDUMP,
  WEXITSTATUS,
  WIFCONTINUED,
  WIFEXITED,
  WIFSIGNALED,
  WIFSTOPPED,
  WSTOPSIG,
  WTERMSIG,
} from './wait_status';
export { wait, wait_async, waitpid, waitpid_async, WCONTINUED, WNOHANG, WUNTRACED, type WaitResult } from './wait';
export { OSError as error } from '../internal/errors';
