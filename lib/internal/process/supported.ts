/** Where processes work: a waiter of one process can not yet be woken by another on Windows. */
import { RuntimeError } from '../errors';

/** @throws RuntimeError where this library can not start processes or share memory with them */
export function requireProcesses(what: string): void {
  if (process.platform !== 'win32') return;
  throw new RuntimeError(
    `${what}: processes are not supported on Windows yet; threads are (nogil/threading, ThreadPoolExecutor, nogil/multiprocessing/pool's ThreadPool)`,
  );
}
