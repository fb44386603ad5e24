/** This process, and signals to others. */
import { cpus } from 'node:os';
import { intArgument } from '../internal/arguments';
import { OSError, PermissionError, ProcessLookupError, ValueError } from '../internal/errors';
import { native } from '../internal/native';
import { signalNumber } from '../internal/signals';

/** The number of this process. */
export function getpid(): number {
  return process.pid;
}

/** The number of the process that made this one; another's once that has ended. */
export function getppid(): number {
  return process.ppid;
}

/**
 * How many CPUs the machine has.
 *
 * @see https://docs.python.org/3/library/os.html#os.cpu_count
 */
export function cpu_count(): number | null {
  // Where the system does not list them, at least those that this process may use are known.
  return cpus().length || native.cpuCount() || null;
}

/**
 * How many CPUs the threads of this process may run on.
 *
 * @see https://docs.python.org/3/library/os.html#os.process_cpu_count
 */
export function process_cpu_count(): number | null {
  return native.cpuCount() || null;
}

/**
 * Ends the process at once, from any thread: no `exit` listener and no `finally` runs, nothing is flushed,
 * no thread is waited for.
 *
 * @param n - the exit code; its lowest eight bits count
 * @see https://docs.python.org/3/library/os.html#os._exit
 */
export function _exit(n: number): never {
  return native.exitNow(intArgument('_exit', 'n', n) & 0xff);
}

/**
 * Ends the process at once by `SIGABRT`, with a core dump where the system makes them.
 *
 * @see https://docs.python.org/3/library/os.html#os.abort
 */
export function abort(): never {
  return native.abortNow();
}

/**
 * Sends a signal to a process.
 *
 * @param pid - a process; 0 is this one's group, -1 all that may be signalled, another negative number the group of that number
 * @param sig - its number or its name, such as `'SIGTERM'`; 0 sends nothing and only looks whether that could be done
 * @throws ProcessLookupError where there is no such process
 * @throws PermissionError where it is somebody else's
 * @throws ValueError where no signal has that name
 * @throws OSError where none has that number
 * @see https://docs.python.org/3/library/os.html#os.kill
 */
export function kill(pid: number, sig: number | NodeJS.Signals): void {
  const target = intArgument('kill', 'pid', pid);
  const number = signalNumber('kill', 'sig', sig);
  if (number === undefined) throw new ValueError(`kill(): there is no signal '${sig}'`);
  try {
    process.kill(target, number);
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    throw systemError(code, -errno);
  }
}

const CLASSES: Record<string, new (message: string) => OSError> = { ESRCH: ProcessLookupError, EPERM: PermissionError };
const TEXTS: Record<string, string> = {
  ESRCH: 'No such process',
  EPERM: 'Operation not permitted',
  EINVAL: 'Invalid argument',
};

function systemError(code = 'ERR_OS', errno: number): OSError {
  const error = new (CLASSES[code] ?? OSError)(`[Errno ${errno}] ${TEXTS[code] ?? code}`);
  return Object.assign(error, { code, errno });
}
