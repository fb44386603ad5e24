import { cpus } from 'node:os';

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
