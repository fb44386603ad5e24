import { dirname, isAbsolute, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { core } from '../core_modules';
import type * as DynamicImport from './dynamic_import';

const TYPESCRIPT = /\.[cm]?tsx?$/;
const INHERITED_LOADER =
  /(?:^|\s)(?:--(?:import|require|loader|experimental-loader|experimental-strip-types|experimental-transform-types)\b|-r(?:\s|$))/;

interface TsNode {
  options?: { transpileOnly?: boolean };
}

/** The URL of a script as the engine or a module gives it: a URL, a path, or nothing of use (then `undefined`). */
export function scriptUrl(name: string): string | undefined {
  if (/^(?:file|data):/.test(name)) return name;
  return isAbsolute(name) ? core.url.pathToFileURL(name).href : undefined;
}

export function isTypeScript(url: string): boolean {
  return TYPESCRIPT.test(url.replace(/[?#].*$/, ''));
}

/**
 * How new threads can load the module; `undefined` if they can not. They inherit the command line (`--import`, `--require`) and type stripping, but no
 * hook that the program has put in by itself. ts-node is the loader that does so when it is run as a command.
 */
export function loadable(url: string): { loader?: string } | undefined {
  if (/\[(?:eval|stdin)\d*\]$/.test(url)) return undefined;
  if (!isTypeScript(url) || (process.features as { typescript?: unknown }).typescript) return {};
  const tsNode = (process as unknown as Record<symbol, TsNode | undefined>)[Symbol.for('ts-node.register.instance')];
  if (tsNode) return { loader: tsNode.options?.transpileOnly ? 'ts-node/register/transpile-only' : 'ts-node/register' };
  return INHERITED_LOADER.test(`${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`) ? {} : undefined;
}

interface Registers {
  register(): unknown;
}

/** The folder that holds tsx's own files, if the program runs under tsx. */
function tsxFolder(): string | undefined {
  for (const argument of process.execArgv) {
    const target = argument.replace(/^--\w+=/, '');
    const folder = /^(file:.*\btsx\/dist\/)(?:loader|esm\/index)\.mjs$/.exec(target);
    if (folder) return core.url.fileURLToPath(folder[1]);
    if (target === 'tsx' || target === 'tsx/esm')
      return dirname(core.module.createRequire(`${process.cwd()}/[tsx]`).resolve('tsx'));
  }
  return undefined;
}

let hooks: Promise<unknown> | undefined;
let prepared = false;

/**
 * Puts the loader of the program into this thread where it does not come by itself: before Node 22 worker threads have none of
 * the import hooks of the main thread, and tsx registers its own in the main thread only.
 *
 * @returns a promise that `import()` has to wait for; `require` need not
 */
export function prepareLoader(): Promise<unknown> | undefined {
  if (prepared) return hooks;
  prepared = true;
  if (isMainThread || Number.parseInt(process.versions.node) >= 22) return undefined;
  const folder = tsxFolder();
  if (folder === undefined) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  (require(join(folder, 'cjs/api/index.cjs')) as Registers).register();
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as that file says
  const { importURL } = require('./dynamic_import') as typeof DynamicImport;
  const api = importURL(core.url.pathToFileURL(join(folder, 'esm/api/index.mjs')).href) as Promise<Registers>;
  hooks = api.then((loader) => loader.register());
  return hooks;
}
