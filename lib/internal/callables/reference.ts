/**
 * What travels instead of a function: plain data that `structuredClone`, `v8.serialize` and JSON all carry.
 *
 * A module reference names an export (Python pickles a function the same way, by module and qualified name); a source
 * reference carries the text of a function that needs nothing from where it was written.
 *
 * @see https://docs.python.org/3/library/pickle.html#what-can-be-pickled-and-unpickled
 */

// Callable or not: constructors of abstract classes have no call signature that all of them share.
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type
export type AnyFunction = Function;

/** An export of a module. */
export interface ModuleRef {
  kind: 'module';
  /** `file:`, `data:` or `node:` URL of the module, with its query. */
  url: string;
  /** The way from the module's exports to the function; empty for `module.exports` itself. */
  path: string[];
  /** How the module was loaded where the reference was made, if that is known. */
  format?: 'cjs' | 'esm';
  /** A module that has to be required before, because the loader of the program is not inherited by new threads. */
  loader?: string;
  /** The function's name, for messages and thread names. */
  name: string;
}

/** Names from outside the function that the other side puts there again. */
export type Supplied = 'require' | 'module' | 'exports' | '__filename' | '__dirname' | 'import$meta';

/** A self-contained function. */
export interface SourceRef {
  kind: 'source';
  /** An expression whose value is the function. */
  source: string;
  name: string;
  strict: boolean;
  /** URL of the file that wrote it, when it is known; `require` and `import()` start there. */
  base?: string;
  /** Zero-based line of the function in that file, so that stack traces tell the truth. */
  line?: number;
  /** What the function takes from its file. */
  supplied?: Supplied[];
  /** Whether it has an `import()`. */
  imports?: boolean;
  /** Names under which the function refers to itself. */
  self?: string[];
  /** Names that instrumentation and transpilers put into functions, and what to use for them. */
  helpers?: [name: string, expression: string][];
}

export type TargetRef = ModuleRef | SourceRef;

/** The same text for the same function. */
export function keyOf(ref: TargetRef): string {
  return ref.kind === 'module' ? `${ref.url}\0${ref.path.join('\0')}` : `${ref.base ?? ''}\0${ref.line ?? ''}\0${ref.source}`;
}

const known = new WeakMap<object, TargetRef>();

/** The reference that `fn` was given before, or that it was made from in this thread. */
export function recall(fn: object): TargetRef | undefined {
  return known.get(fn);
}

export function remember(fn: object, ref: TargetRef): void {
  known.set(fn, ref);
}
