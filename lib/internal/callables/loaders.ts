import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';

const TYPESCRIPT = /\.[cm]?tsx?$/;
const INHERITED_LOADER =
  /(?:^|\s)(?:--(?:import|require|loader|experimental-loader|experimental-strip-types|experimental-transform-types)\b|-r(?:\s|$))/;

interface TsNode {
  options?: { transpileOnly?: boolean };
}

/** The URL of a script as the engine or a module gives it: a URL, a path, or nothing of use (then `undefined`). */
export function scriptUrl(name: string): string | undefined {
  if (/^(?:file|data):/.test(name)) return name;
  return isAbsolute(name) ? pathToFileURL(name).href : undefined;
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
