import { cpus } from 'node:os';
import { stringArgument } from '../internal/arguments';
import { typeError } from '../internal/errors';
import { aboutMe, noteAbout } from '../internal/process/about';

/**
 * How many processors the machine has; this process may use fewer: see `os.process_cpu_count`.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.cpu_count
 */
export function cpu_count(): number {
  return cpus().length;
}

/**
 * Does nothing: Python needs it in frozen Windows programs.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.freeze_support
 */
export function freeze_support(): void {}

/**
 * Says which Node runs the processes that are spawned from now on, here and in children that are started after this;
 * otherwise it is the one that runs this process.
 *
 * @param executable - its path
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.set_executable
 */
export function set_executable(executable: string): void {
  const path = stringArgument('set_executable', 'executable', executable);
  if (!path) throw typeError("set_executable(): 'executable' must be a path");
  noteAbout({ ...aboutMe(), executable: path });
}
