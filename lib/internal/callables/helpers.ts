import { isNative, readFunction, textOf } from './function-source';
import { isGlobal } from './globals';
import { type ClosureScope, inspect } from './inspector';
import type { AnyFunction } from './reference';

type Helper = [name: string, expression: string];

/** Counters that coverage tools write into functions: anything can be read from it, called and written to. */
const SINK =
  '(() => { const sink = new Proxy(function () {}, { get: (_, key) => (key === Symbol.toPrimitive ? () => 0 : sink), ' +
  'set: () => true, apply: () => sink }); return sink; })()';

const KEEP_NAMES = "(f, value) => Object.defineProperty(f, 'name', { value, configurable: true })";
/** The same as esbuild writes it (`keepNames`), under whatever name a minifier has given it. */
const KEEPS_NAMES = /^\(([\w$]+), ?([\w$]+)\) ?=> ?[\w$.]+\(\1, ?"name", ?\{ ?value: ?\2, ?configurable: ?(?:true|!0) ?\}\)$/;

/** Functions that TypeScript, Babel, swc and esbuild put at the top of a module and call from what they have rewritten. */
const TRANSPILER =
  /^(?:__(?:awaiter|generator|await|async\w*|rest|spread\w*|values|read|assign|yieldStar|forAwait|obj\w*|classPrivate\w+|private\w+|using|callDispose|knownSymbol|typeError|defNormalProp|template|earlyAccess|superWrapper|addDisposableResource|disposeResources|makeTemplateObject|decorate\w*|param|metadata|pow|publicField)|_?(?:async_?[tT]o_?[gG]enerator|asyncGeneratorStep)|_(?:async|await|wrap|object|define|extends|class|instanceof|type_of|sliced|to_|non_iterable|array_|iterable|unsupported|call_super|inherits|create|possible|assert|super|get_prototype|set_prototype|is_native|construct|tagged|ts_|dispose|using|check_private|new_arrow)\w*)$/;

/** What esbuild gives names to beside its helpers: `__defProp` is `Object.defineProperty`. */
const BUILTIN =
  /^__(?:create|defProps?|getOwnProp(?:Descs?|Names|Symbols)|getProtoOf|hasOwnProp|propIsEnum|reflect(?:Get|Set)|pow|freeze)$/;

/** An expression for a function of the language. */
function builtin(value: unknown): string | undefined {
  for (const [name, holder] of Object.entries({ Object, Reflect, Math, 'Object.prototype': Object.prototype })) {
    const key = Object.getOwnPropertyNames(holder).find((k) => k !== '__proto__' && Reflect.get(holder, k) === value);
    if (key !== undefined) return `${name}.${key}`;
  }
  return undefined;
}

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
  const helper = find(scopes, name);
  const text = typeof helper === 'function' ? textOf(helper) : undefined;
  if (text !== undefined && KEEPS_NAMES.test(text)) return [[name, KEEP_NAMES]];
  if (BUILTIN.test(name)) {
    const expression = builtin(helper);
    return expression === undefined ? undefined : [[name, expression]];
  }
  if (!TRANSPILER.test(name) || nesting > NESTING_MAX) return undefined;
  const source = text === undefined || isNative(text) ? undefined : readFunction(text, name);
  if (!source || source.free.context.size > 0 || source.free.metas.length > 0 || source.free.imports) return undefined;
  const names = [...source.free.names.keys()].filter((free) => free !== name);
  if (names.every(isGlobal)) return [[name, source.expression]];
  // In the module of the helper, which need not be that of the function.
  const needed = inspect(helper as AnyFunction, (own) => dependencies(names, own.scopes, nesting + 1));
  return needed && [...needed, [name, source.expression]];
}

function dependencies(names: string[], scopes: ClosureScope[], nesting: number): Helper[] | undefined {
  const needed: Helper[] = [];
  for (const name of names) {
    if (isGlobal(name) && !scopes.some((scope) => scope.names.has(name))) continue;
    const below = helpersFor(name, scopes, nesting);
    if (!below) return undefined;
    needed.push(...below);
  }
  return needed;
}
