import { realpathSync } from 'node:fs';
import { typeError } from '../errors';
import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { core } from '../core_modules';

// On the global object, so that a second copy of the library in the same thread knows as well.
const WORKER = Symbol.for('nogil.worker');
const flags = globalThis as unknown as Record<symbol, boolean | undefined>;

/** Says that this thread or process was started by the library to run targets. Called once, by its bootstrap. */
export function setWorkerContext(): void {
  flags[WORKER] = true;
}

/** Whether this thread runs targets: it was started by the library, or is a worker thread of someone else's. */
export function inWorker(): boolean {
  return !isMainThread || flags[WORKER] === true;
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}

/** Files that may be the program's: the main module, and what is on the command line, with the extension that is missing there. */
function* mainFiles(): Generator<string> {
  if (require.main?.filename) yield require.main.filename;
  const argument = process.argv[1];
  if (!argument) return;
  const path = resolve(argument);
  yield path;
  try {
    yield core.module.createRequire(core.url.pathToFileURL(path)).resolve(path);
  } catch {
    // Not a file that `require` would find: an extension that only a loader knows.
  }
  for (const extension of ['.mjs', '.ts', '.mts', '.cts', '.tsx']) yield path + extension;
}

/**
 * Whether a module is the program's entry, as `__name__ == '__main__'` in Python: false in threads and processes that the
 * library starts, which import the module again, and in every worker thread.
 *
 * @param base `import.meta.url`, or `__filename` in CommonJS
 * @example if (is_main(import.meta.url)) main();
 * @throws TypeError when `base` is neither a string nor a URL
 * @see https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods
 */
export function is_main(base: string | URL): boolean {
  const name = baseName(base, 'is_main()');
  return !inWorker() && isProgram(name);
}

/** Whether a file, by path or URL, is the one that the program was started with, in whichever thread or process this is asked. */
export function isProgram(name: string): boolean {
  const path = name.startsWith('file:') ? core.url.fileURLToPath(name) : name;
  if (/\[eval\d*\]$/.test(path)) return true;
  const real = realPath(path);
  for (const file of mainFiles()) if (realPath(file) === real) return true;
  return false;
}

/** Checks the first argument of {@link is_main} and of `importable`. */
export function baseName(base: unknown, what: string): string {
  if (base instanceof URL) return base.href;
  if (typeof base !== 'string' || base === '') {
    const hint = base === undefined ? '; import.meta.url is undefined where a bundler has made CommonJS of an ES module' : '';
    throw typeError(`${what}: 'base' must be import.meta.url, __filename or a URL${hint}`);
  }
  return base;
}
