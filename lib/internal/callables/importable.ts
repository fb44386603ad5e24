import { types } from 'node:util';
import { typeError } from '../errors';
import { baseName } from './context';
import { scriptUrl } from './loaders';
import { remember, type ModuleRef } from './reference';
import { resolveTarget } from './resolve';

/**
 * Names an export as a target, without importing anything: for bundlers, whose output has functions where no export leads, and
 * for modules that only the other thread should load.
 *
 * @param base the module: `import.meta.url`, `__filename`, or `new URL('./work.js', import.meta.url)`
 * @param name the export: `'work'`, nested as `'api.work'` or `'Class.method'`, or `'default'`
 * @typeParam F - what the export is
 * @returns a function that is accepted wherever a target is. Called here it runs the export in this thread, and returns a
 *   promise of the result when the module can only be imported asynchronously.
 * @throws TypeError when `base` is not absolute or `name` is empty
 * @example new Thread({ target: importable(import.meta.url, 'work') })
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the export takes and gives is not known here
export function importable<F extends (...args: any[]) => unknown = (...args: any[]) => any>(base: string | URL, name: string): F {
  const given = baseName(base, 'importable()');
  const url = given.startsWith('node:') ? given : scriptUrl(given);
  if (!url) throw typeError(`importable(): 'base' must be a file or data URL or an absolute path, not '${given}'`);
  const path = typeof name === 'string' ? name.split('.') : [];
  if (path.length === 0 || path.includes('')) throw typeError("importable(): 'name' must be the name of an export");
  const ref: ModuleRef = { kind: 'module', url, path, name: path.at(-1)! };
  function call(this: unknown, ...args: unknown[]): unknown {
    const fn = resolveTarget(ref);
    if (types.isPromise(fn)) return fn.then((found) => Reflect.apply(found, this, args) as unknown);
    return Reflect.apply(fn, this, args);
  }
  Object.defineProperty(call, 'name', { value: ref.name, configurable: true });
  remember(call, ref);
  return call as F;
}
