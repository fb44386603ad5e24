import { isNative, readFunction, textOf } from './function-source';
import { isGlobal } from './globals';
import type { ClosureScope } from './inspector';

type Helper = [name: string, expression: string];

/** Counters that coverage tools write into functions: anything can be read from it, called and written to. */
const SINK =
  '(() => { const sink = new Proxy(function () {}, { get: (_, key) => (key === Symbol.toPrimitive ? () => 0 : sink), ' +
  'set: () => true, apply: () => sink }); return sink; })()';

const KEEP_NAMES = "(f, value) => Object.defineProperty(f, 'name', { value, configurable: true })";

/** Functions that TypeScript, Babel, swc and esbuild put at the top of a module and call from what they have rewritten. */
const TRANSPILER =
  /^(?:__(?:awaiter|generator|await|async\w*|rest|spread\w*|values|read|assign|yieldStar|forAwait|obj\w*|classPrivate\w+|private\w+|using|callDispose|addDisposableResource|disposeResources|makeTemplateObject|decorate\w*|param|metadata|pow|publicField)|_?(?:async_?[tT]o_?[gG]enerator|asyncGeneratorStep)|_(?:async|await|wrap|object|define|extends|class|instanceof|type_of|sliced|to_|non_iterable|array_|iterable|unsupported|call_super|inherits|create|possible|assert|super|get_prototype|set_prototype|is_native|construct|tagged|ts_|dispose|using|check_private|new_arrow)\w*)$/;

const NESTING_MAX = 4;

function find(scopes: ClosureScope[], name: string): unknown {
  return scopes.find((scope) => scope.names.has(name))?.values([name])[0];
}

/**
 * The definitions of helpers that `name` needs, dependencies first; `undefined` if `name` is not such a helper, or one that can
 * not stand alone.
 */
export function helpersFor(name: string, scopes: ClosureScope[], nesting = 0): Helper[] | undefined {
  if (/^cov_\w+$/.test(name)) return [[name, SINK]];
  if (name === '__name') return [[name, KEEP_NAMES]];
  if (!TRANSPILER.test(name) || nesting > NESTING_MAX) return undefined;
  const helper = find(scopes, name);
  const text = typeof helper === 'function' ? textOf(helper) : undefined;
  const source = text === undefined || isNative(text) ? undefined : readFunction(text, name);
  if (!source || source.free.context.size > 0 || source.free.metas.length > 0 || source.free.imports) return undefined;
  const needed: Helper[] = [];
  for (const free of source.free.names.keys()) {
    if (free === name || (isGlobal(free) && !scopes.some((scope) => scope.names.has(free)))) continue;
    const below = helpersFor(free, scopes, nesting + 1);
    if (!below) return undefined;
    needed.push(...below);
  }
  return [...needed, [name, source.expression]];
}
