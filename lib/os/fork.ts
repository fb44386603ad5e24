import { exitAsChild, forkProcess } from '../internal/fork';

/**
 * Makes a child process that is a copy of this one, and goes on in both: on Linux, from the main thread, where
 * no other thread runs JavaScript. Idle workers of this library are ended first.
 *
 * The child has its own copy of all memory: locks, queues and variables are those of the parent as they were,
 * and not shared any more. It also has the parent's timers, servers and sockets, as everything that is open;
 * what must go on in one of the two only has to be closed in the other. It runs to the end of the program,
 * or to `process.exit()`, unless it ends by `_exit`.
 *
 * @returns the child's number in the parent, 0 in the child
 * @throws RuntimeError where the child could not work: not on Linux, in a thread, while another thread, a
 *   `Worker` or the inspector runs, or while a file operation or the like waits for something
 * @throws OSError where the system has no room for another process
 * @see https://docs.python.org/3/library/os.html#os.fork
 */
export function fork(): number {
  const pid = forkProcess(true);
  if (pid === 0) exitAsChild();
  return pid;
}
