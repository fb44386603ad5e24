/** How processes are started, and the module's names bound to one way of it. */
import { booleanArgument, keywords, stringArgument } from '../internal/arguments';
import { RuntimeError, ValueError } from '../internal/errors';
import { aboutMe, noteAbout } from '../internal/process/about';
import type * as ModuleNamespace from './index';
import { Process } from './process';

/** `spawn`: a new Node, which imports what it needs. `fork`: a copy of this process, on Linux only. */
export type StartMethod = 'spawn' | 'fork';

type Module = typeof ModuleNamespace;

/** What {@link get_context} gives: the whole module, whose processes start in one way. */
export type Context = Module & {
  /** The method of this context; as the module's own where nothing is said. */
  get_start_method(allow_none?: boolean | { allow_none?: boolean }): StartMethod | undefined;
};

const METHODS: readonly StartMethod[] = process.platform === 'linux' ? ['spawn', 'fork'] : ['spawn'];
const contexts = new Map<StartMethod, Context>();

function methodArgument(method: string, value: unknown): StartMethod {
  const name = stringArgument(method, 'method', value);
  if (!METHODS.includes(name as StartMethod))
    throw new ValueError(`${method}(): cannot find context for ${JSON.stringify(value)}`);
  return name as StartMethod;
}

/**
 * The ways in which processes can be started here, the default first.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.get_all_start_methods
 */
export function get_all_start_methods(): StartMethod[] {
  return [...METHODS];
}

/**
 * How processes are started.
 *
 * @param allow_none - where nothing has fixed it yet: `undefined`, and it stays so
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.get_start_method
 */
export function get_start_method(allow_none?: boolean | { allow_none?: boolean }): StartMethod | undefined {
  const me = aboutMe();
  const [given] = keywords('get_start_method', ['allow_none'], [allow_none]);
  if (!booleanArgument('get_start_method', 'allow_none', given, false) && me.startMethod === undefined) {
    noteAbout({ ...me, startMethod: METHODS[0] });
    return METHODS[0];
  }
  return me.startMethod;
}

/**
 * Fixes how processes are started, once for the whole program.
 *
 * @param force - whether it may be changed
 * @throws RuntimeError where it is fixed already
 * @throws ValueError where there is no such method
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.set_start_method
 */
export function set_start_method(method: StartMethod | null | undefined, force?: boolean | { force?: boolean }): void;
export function set_start_method(options: { method: StartMethod | null | undefined; force?: boolean }): void;
export function set_start_method(...given: unknown[]): void {
  const me = aboutMe();
  const [method, forced] = keywords('set_start_method', ['method', 'force'], given);
  const force = booleanArgument('set_start_method', 'force', forced, false);
  if (me.startMethod !== undefined && !force) {
    throw new RuntimeError('context has already been set');
  }
  // As in Python: nothing, by force, makes it open again.
  const startMethod = force && (method === undefined || method === null) ? undefined : methodArgument('set_start_method', method);
  noteAbout({ ...me, startMethod });
}

/** The `set_start_method` of a context: it would change the method of the whole program. */
function fixed(): never {
  throw new ValueError('cannot set start method of concrete context');
}

/**
 * The module's names, with processes that start in that way. Nothing is fixed by it.
 *
 * @param method - default: as the module's own
 * @throws ValueError where there is no such method
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.get_context
 */
export function get_context(method?: StartMethod | null): Context {
  // Required here, since that module exports this one.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const module = require('./index') as Module;
  if (method === undefined || method === null) return module;
  const name = methodArgument('get_context', method);
  let context = contexts.get(name);
  if (context) return context;
  const Bound = class extends Process {
    static override _startMethod: StartMethod | undefined = name;
  };
  Object.defineProperty(Bound, 'name', { value: 'Process' });
  const BoundPool = class extends module.Pool {};
  Object.defineProperty(BoundPool, 'name', { value: 'Pool' });
  context = Object.create(module, {
    Process: { value: Bound, enumerable: true },
    Pool: { value: BoundPool, enumerable: true },
    get_start_method: { value: () => name, enumerable: true },
    set_start_method: { value: fixed, enumerable: true },
  }) as Context;
  BoundPool._context = context;
  contexts.set(name, context);
  return context;
}
