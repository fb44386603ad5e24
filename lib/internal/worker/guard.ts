import { RuntimeError } from '../errors';
import { isImporting } from '../callables/resolve';

/**
 * Refuses to start a thread or process while a module is imported for a target: that module would
 * start it again in every thread that runs one of its functions.
 *
 * @throws RuntimeError as Python's spawn does
 * @see https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods
 */
export function checkBootstrapped(what: 'thread' | 'process'): void {
  if (!isImporting()) return;
  throw new RuntimeError(
    `An attempt has been made to start a new ${what} before the current ${what} has finished its bootstrapping phase.

This probably means that a module that starts one at its top level is imported again here, for one of its functions. ` +
      `Guard the program's entry:

    if (is_main(import.meta.url)) {  // is_main(__filename) in CommonJS
      ...
    }
`,
  );
}
