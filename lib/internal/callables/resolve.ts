import { types } from 'node:util';
import { RuntimeError, typeError } from '../errors';
import { inWorker, isProgram } from './context';
import { core } from '../core_modules';
import type * as DynamicImport from './dynamic_import';
import type * as Evaluation from './evaluate';
import { shown } from '../text';
import { isTypeScript, prepareLoader } from './loaders';
import { type AnyFunction, keyOf, remember, type ModuleRef, type TargetRef } from './reference';

/** Errors with which `require` says that a file is an ES module. */
const ES_MODULE = new Set([
  'ERR_REQUIRE_ESM',
  'ERR_REQUIRE_ASYNC_MODULE',
  'ERR_REQUIRE_CYCLE_MODULE',
  'ERR_UNKNOWN_FILE_EXTENSION',
]);
const ES_SYNTAX = /Cannot use import statement|Unexpected token 'export'|Cannot use 'import\.meta'|await is only valid/;

let requireHere: NodeJS.Require | undefined;

function load(id: string): unknown {
  requireHere ??= core.module.createRequire(core.url.pathToFileURL(`${process.cwd()}/[nogil]`));
  return requireHere(id);
}

const resolved = new Map<string, AnyFunction | Promise<AnyFunction>>();
const RESOLVED_MAX = 4000;
let importing = 0;

/** True while a module that a target names is being imported in a thread or process that this library started. */
export function isImporting(): boolean {
  return importing > 0;
}

/** Whether `require` takes ES modules and does it quietly: the first versions that could wrote a warning. */
function requiresModules(): boolean {
  if (!(process.features as { require_module?: boolean }).require_module) return false;
  const [major, minor] = process.versions.node.split('.').map(Number);
  // Loaders that were put in as import hooks do not see what is required.
  if (/--(?:import|loader|experimental-loader)\b/.test(`${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`))
    return false;
  return major === 20 || major > 23 || minor >= (major === 22 ? 13 : 5);
}

function importURL(url: string): Promise<unknown> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as that file says
  return (require('./dynamic_import') as typeof DynamicImport).importURL(url);
}

function loadModule({ url, format, loader }: ModuleRef): unknown {
  const hooks = prepareLoader();
  const importIt = (): Promise<unknown> => (hooks ? hooks.then(() => importURL(url)) : importURL(url));
  if (loader) core.module.createRequire(url)(loader);
  if (url.startsWith('node:')) return load(url);
  const plain = url.startsWith('file:') && !/[?#]/.test(url);
  const extension = /\.\w+$/.exec(url)?.[0];
  const isModule = format === 'esm' || extension === '.mjs' || extension === '.mts';
  const isScript = format === 'cjs' || extension === '.cjs' || extension === '.cts';
  const tryRequire = plain && (isScript || (isModule ? requiresModules() : !isTypeScript(url)));
  if (!tryRequire) return importIt();
  try {
    return load(core.url.fileURLToPath(url));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (ES_MODULE.has(code!) || (error instanceof SyntaxError && ES_SYNTAX.test(message))) return importIt();
    throw error;
  }
}

function member(holder: unknown, key: string): unknown {
  if (holder === null || holder === undefined) return undefined;
  const value = (holder as Record<string, unknown>)[key];
  return isOfEvery(Object.prototype, key, value) || isOfEvery(Function.prototype, key, value) ? undefined : value;
}

/** What every object or function inherits is nobody's export: `constructor`, `toString`, `call`. */
function isOfEvery(prototype: object, key: string, value: unknown): boolean {
  return value !== undefined && Object.getOwnPropertyDescriptor(prototype, key)?.value === value;
}

/** The export that `path` leads to, whichever way the module was loaded: `import()` wraps CommonJS exports into `default`. */
function pick(exports: unknown, ref: ModuleRef): AnyFunction {
  const isNamespace = types.isModuleNamespaceObject(exports);
  const wrapped = isNamespace ? (exports as { default?: unknown }).default : undefined;
  // Of others that is not asked for: Node warns where they are still being made.
  const starts = isNamespace ? [exports, wrapped, member(exports, 'module.exports')] : [exports];
  // `default` of a module that is no ES module and has no such export is the whole of its exports.
  const path =
    ref.path[0] === 'default' && ref.path.length === 1 && wrapped === undefined && !member(exports, 'default') ? [] : ref.path;
  for (const start of path.length === 0 && wrapped !== undefined ? starts.reverse() : starts) {
    const value = path.reduce(member, start);
    if (typeof value === 'function') return value;
  }
  const names =
    exports !== null && (typeof exports === 'object' || typeof exports === 'function') ? Object.keys(exports).slice(0, 20) : [];
  const has = names.length > 0 ? `its exports are ${names.map((n) => `'${n}'`).join(', ')}` : 'it has no exports';
  throw typeError(`The module ${ref.url} does not export a function '${ref.path.join('.') || 'module.exports'}': ${has}`);
}

function importFailed(ref: ModuleRef, error: unknown): unknown {
  // The main guard's error says all there is to say.
  if (error instanceof RuntimeError) return error;
  const text = shown(() => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)));
  const failure = new RuntimeError(
    `The module ${ref.url} of target '${ref.name || ref.path.join('.')}' failed to import: ${text}`,
    { cause: error },
  );
  failure.code = 'ERR_TARGET_IMPORT';
  return failure;
}

/** The program's own file was imported here, and what it queued meanwhile, an async `main()` say, has yet to run. */
let unsettled = false;

/** Counts as importing until what is queued has run, as far as it waits for no more than a turn of the event loop. */
function settle(): Promise<void> {
  importing++;
  return new Promise((resolve) => {
    setImmediate(() =>
      setImmediate(() => {
        importing--;
        resolve();
      }),
    );
  });
}

/** What has to end before a target may be called; undefined where there is nothing. */
export function programSettles(): Promise<void> | undefined {
  if (!unsettled) return undefined;
  unsettled = false;
  return settle();
}

/** Imports a module; synchronously where that is possible. */
function importModule(ref: ModuleRef): unknown {
  const counted = inWorker() ? 1 : 0;
  const isEntry = counted === 1 && ref.url.startsWith('file:') && isProgram(ref.url);
  importing += counted;
  let pending: Promise<unknown> | undefined;
  try {
    const exports = loadModule(ref);
    if (!types.isPromise(exports)) {
      unsettled ||= isEntry;
      return exports;
    }
    pending = exports;
  } catch (error) {
    throw importFailed(ref, error);
  } finally {
    if (!pending) importing -= counted;
  }
  return pending
    .then(async (exports) => {
      if (isEntry) await settle();
      return exports;
    })
    .catch((error: unknown) => Promise.reject(importFailed(ref, error) as Error))
    .finally(() => (importing -= counted));
}

/** Modules that were imported asynchronously, by URL: their other exports are there at once. */
const imported = new Map<string, unknown>();

function resolve(ref: TargetRef): AnyFunction | Promise<AnyFunction> {
  if (ref.kind === 'source') {
    // Not at the top of the file: threads whose targets are exported have no use for it.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return (require('./evaluate') as typeof Evaluation).evaluate(ref);
  }
  const exports = imported.get(ref.url) ?? importModule(ref);
  if (!types.isPromise(exports)) return pick(exports, ref);
  return exports.then((namespace) => {
    imported.set(ref.url, namespace);
    return pick(namespace, ref);
  });
}

/**
 * The function that a reference stands for. Imports its module at the first call; later calls of the same reference cost a
 * look-up.
 *
 * @returns the function, or a promise of it when its module can only be imported asynchronously
 * @throws RuntimeError with code `ERR_TARGET_IMPORT` and the original as `cause` when the module fails to import
 * @throws TypeError when the module has no such export
 */
export function resolveTarget(ref: TargetRef): AnyFunction | Promise<AnyFunction> {
  const key = keyOf(ref);
  const hit = resolved.get(key);
  if (hit) return hit;
  if (resolved.size >= RESOLVED_MAX) resolved.clear();
  const settle = (fn: AnyFunction): AnyFunction => {
    resolved.set(key, fn);
    remember(fn, ref);
    return fn;
  };
  const found = resolve(ref);
  if (typeof found === 'function') return settle(found);
  const pending = found.then(settle, (error: unknown) => {
    resolved.delete(key);
    throw error;
  });
  resolved.set(key, pending);
  return pending;
}
