import type { AnyNode } from 'acorn';
import { isAbsolute } from 'node:path';
import { typeError } from '../errors';
import { pathToFileURL } from 'node:url';
import { complain, type Destination, label, type Complaint } from './complaints';
import { findExport } from './find-export';
import { isClass, isNative, nameOf, readFunction, textOf, type FunctionSource } from './function-source';
import { isGlobal } from './globals';
import { helpersFor } from './helpers';
import { findLoaded, walkExports } from './identity';
import { type ClosureScope, inspect, type Inspection } from './inspector';
import { isTypeScript, loadable, scriptUrl } from './loaders';
import { memberPath, readModule, type ModuleText } from './module-exports';
import { type AnyFunction, recall, remember, type ModuleRef, type SourceRef, type Supplied, type TargetRef } from './reference';

const globals = globalThis as Record<string, unknown>;
const SUPPLIED = new Set<string>(['require', 'module', 'exports', '__filename', '__dirname', 'import$meta']);

/** Texts of functions that went as source, with how often the inspector has confirmed it. */
const confirmed = new Map<string, { ref: SourceRef; times: number }>();
const CONFIRMED_MAX = 1000;
/**
 * A closure that is made anew for each task has a new identity but the same text. After so many looks at the same text it is
 * taken for the same function: only code that is written alike twice and shadows a global in one of the places differs.
 */
const CONFIRMATIONS = 8;

const modules = new Map<string, ModuleText | undefined>();

/** What the inspector tells about the place of a function. */
interface Place {
  url?: string;
  module?: ModuleText;
  isModule: boolean;
}

function placeOf(inspection: Inspection): Place {
  const { script, location } = inspection;
  if (!script || !location) return { isModule: false };
  if (!modules.has(location.scriptId)) {
    const source = script.url ? inspection.scriptSource : undefined;
    modules.set(location.scriptId, source === undefined ? undefined : readModule(source, script.isModule));
  }
  return { url: scriptUrl(script.url), module: modules.get(location.scriptId), isModule: script.isModule };
}

/**
 * The value that a variable will have that is not initialised yet, where it is the member of an object that is: webpack puts
 * `const __webpack_exports__work = __webpack_exports__.work` at the end.
 */
function futureValue(node: AnyNode | undefined, scope: ClosureScope): unknown {
  const [name, ...path] = (node?.type === 'MemberExpression' && memberPath(node)) || [];
  const holder = name === '__webpack_exports__' ? scope.values([name])[0] : undefined;
  try {
    return path.reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], holder);
  } catch {
    return undefined; // a getter of something that is not initialised itself
  }
}

/** Finds the export that is `fn` by its position, or, in ES modules, by the values of the exported variables. */
function exportAt(fn: AnyFunction, text: string, inspection: Inspection, place: Place): string[] | undefined {
  if (!place.module || !place.url || !inspection.location) return undefined;
  const { line, column } = inspection.location;
  const path = findExport(place.module, line, column, text);
  const scope = inspection.scopes.find(({ type }) => type === 'Module');
  if (!place.isModule || !scope) return path;
  const namespace: Record<string, unknown> = { __proto__: null };
  const { locals, bindings } = place.module;
  const values = scope.values([...locals.values()]);
  [...locals].forEach(([name, local], at) => {
    const value = values[at] ?? futureValue(bindings.get(local), scope);
    if (value !== undefined) namespace[name] = value;
  });
  // Without a value the variable is not initialised yet, or the export has no name, and the text has to do.
  if (path && !(path[0] in namespace)) return path;
  let found: string[] | undefined;
  walkExports(namespace, (value, at) => {
    if (value === fn) found ??= at;
  });
  return found;
}

function exportedRef(fn: AnyFunction, text: string, inspection: Inspection, place: Place): ModuleRef | undefined {
  const path = exportAt(fn, text, inspection, place);
  if (!path) return undefined;
  // Transformed TypeScript tells nothing about the format that another loader will find in the file.
  const format = isTypeScript(place.url!) ? undefined : place.isModule || place.module?.isVite ? 'esm' : 'cjs';
  return { kind: 'module', url: place.url!, path, format, name: nameOf(fn) || (path.at(-1) ?? '') };
}

/** Sorts what `fn` takes from outside into what the other side has as well and what is captured. */
function sourceRef(
  fn: AnyFunction,
  source: FunctionSource,
  inspection: Inspection | undefined,
  place: Place,
  complaint: Complaint,
): SourceRef {
  const scopes = inspection?.scopes ?? [];
  const ref: SourceRef = { kind: 'source', source: source.expression, name: nameOf(fn), strict: source.strict && !isSloppy(fn) };
  const supplied = new Set<Supplied>(source.free.metas.length > 0 ? ['import$meta'] : []);
  for (const [name, needed] of source.free.names) {
    const scope = scopes.find(({ names }) => names.has(name));
    const value = scope?.values([name])[0];
    if (!scope) {
      // Code from `node -e` has the variables of a file as globals.
      const own = SUPPLIED.has(name) && (!inspection || isFileVariable(name, globals[name], place));
      if (own) supplied.add(name as Supplied);
      else if (needed && !isGlobal(name)) addHelper(name);
    } else if (isFileVariable(name, value, place)) supplied.add(name as Supplied);
    else if (value === fn) (ref.self ??= []).push(name);
    // `import { performance } from 'node:perf_hooks'` and the like only spell a global out.
    else if (!isGlobal(name) || value === undefined || value !== globals[name]) addHelper(name);
  }
  function addHelper(name: string): void {
    const helpers = helpersFor(name, scopes);
    if (helpers) (ref.helpers ??= []).push(...helpers);
    else (scopes.some(({ names }) => names.has(name)) || !inspection ? complaint.captured : complaint.unknown).push(name);
  }
  complaint.context.push(...source.free.context);
  if (supplied.size > 0) ref.supplied = [...supplied];
  if (source.free.imports) ref.imports = true;
  if (place.url) {
    ref.base = place.url;
    ref.line = inspection?.location?.line;
  } else if (supplied.size > 0 || source.free.imports) {
    // Code from `node -e`, standard input or a console has no file; Node resolves from the working directory there.
    if (inspection) ref.base = pathToFileURL(`${process.cwd()}/[eval]`).href;
    else complaint.placeless = true;
  }
  return ref;
}

/** Whether a function was written in sloppy mode: only those say who called them. */
function isSloppy(fn: AnyFunction): boolean {
  try {
    Reflect.get(fn, 'caller');
    return true;
  } catch {
    return false;
  }
}

/** Whether a variable is one of those that a CommonJS module has, or stands for it in an ES module. */
function isFileVariable(name: string, value: unknown, { url }: Place): boolean {
  if (name === 'require') return typeof value === 'function' && typeof (value as NodeJS.Require).resolve === 'function';
  if (name === '__filename')
    return typeof value === 'string' && isAbsolute(value) && (!url || scriptUrl(value) === url.replace(/[?#].*$/, ''));
  if (name === '__dirname')
    return typeof value === 'string' && isAbsolute(value) && (!url || url.startsWith(pathToFileURL(value).href));
  if (name === 'module') return typeof value === 'object' && value !== null && 'exports' in value;
  return (name === 'exports' || name === 'import$meta') && typeof value === 'object' && value !== null;
}

/** The name by which a function is a global or is in one: `parseInt`, `console.log`. */
function globalNameOf(fn: AnyFunction): string | undefined {
  const valueOf = (holder: object, key: string): unknown => Object.getOwnPropertyDescriptor(holder, key)?.value;
  const key = nameOf(fn);
  if (valueOf(globalThis, key) === fn) return key;
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    // Some are made when they are asked for; `console` is there, whatever it looks like.
    const holder: unknown = name === 'console' ? console : valueOf(globalThis, name);
    if (typeof holder !== 'object' && typeof holder !== 'function') continue;
    if (holder !== null && holder !== globalThis && valueOf(holder, key) === fn) return `${name}.${key}`;
  }
  return undefined;
}

function find(fn: AnyFunction, what: string, to: Destination): TargetRef {
  const text = textOf(fn);
  const complaint: Complaint = { what, label: label(fn), captured: [], unknown: [], context: [], to };
  if (isNative(text)) {
    const native = nameOf(fn).startsWith('bound ') ? 'bound' : 'native';
    throw complain({ ...complaint, native, globalName: globalNameOf(fn) });
  }
  if (isClass(text)) throw complain({ ...complaint, native: 'class' });
  const trusted = confirmed.get(text);
  if (trusted && trusted.times >= CONFIRMATIONS && trusted.ref.name === nameOf(fn)) return trusted.ref;

  const loaded = findLoaded(fn);
  const loadedBy = loaded && loadable(loaded.url);
  if (loadedBy) return { ...loaded, ...loadedBy };
  const source = readFunction(text, nameOf(fn));
  if (source?.pure)
    return confirm(
      text,
      { kind: 'source', source: source.expression, name: nameOf(fn), strict: source.strict && !isSloppy(fn) },
      CONFIRMATIONS,
    );

  const decide = (inspection?: Inspection): TargetRef => {
    const place = inspection ? placeOf(inspection) : { isModule: false };
    const exported = loaded ?? (inspection && exportedRef(fn, text, inspection, place));
    const loader = exported && loadable(exported.url);
    if (loader) return { ...exported, ...loader };
    if (exported) complaint.unloadable = exported.url;
    complaint.commonjs = place.url !== undefined && !place.isModule && !place.module?.isVite && !isTypeScript(place.url);
    if (!source) throw complain({ ...complaint, unreadable: true });
    const ref = sourceRef(fn, source, inspection, place, complaint);
    const failed = complaint.captured.length + complaint.unknown.length + complaint.context.length > 0 || complaint.placeless;
    if (!failed) return confirm(text, ref, 1);
    const late = findLoaded(fn, true);
    if (late && loadable(late.url)) return { ...late, ...loadable(late.url) };
    throw complain({ ...complaint, url: place.url, line: inspection?.location?.line, imported: place.module?.imported });
  };
  return inspect(fn, decide) ?? decide();
}

/** Same text at the same place: the same reference, and one more confirmation that it may go as source. */
function confirm(text: string, ref: SourceRef, times: number): SourceRef {
  const entry = confirmed.get(text);
  if (entry && entry.ref.base === ref.base && entry.ref.line === ref.line && entry.ref.name === ref.name) {
    entry.times += times;
    return entry.ref;
  }
  if (confirmed.size >= CONFIRMED_MAX) confirmed.clear();
  confirmed.set(text, { ref, times });
  return ref;
}

/**
 * Turns a function into a reference that another thread or process can resolve.
 *
 * @param what what the function is, for messages: `"Thread(): 'target'"`
 * @param to what it is for, for messages
 * @throws TypeError at once when it is not a function, is native, bound or a class, or takes something from the code around it
 */
export function describeTarget(fn: unknown, what: string, to: Destination = 'thread'): TargetRef {
  if (typeof fn !== 'function') throw typeError(`${what} must be a function, not ${fn === null ? 'null' : typeof fn}`);
  let ref = recall(fn);
  if (!ref) remember(fn, (ref = find(fn, what, to)));
  return ref;
}

const nameless = new WeakSet<AnyFunction>();

/**
 * Turns a class into a reference to the module that exports it. A class never goes as source: another thread has to make
 * instances of the very class that its own code knows.
 *
 * @param optional give `undefined` instead of throwing
 * @throws TypeError when no module exports the class
 */
export function describeClass(ctor: AnyFunction, what: string, optional = false): TargetRef | undefined {
  const known = recall(ctor);
  if (known || (optional && nameless.has(ctor))) return known;
  const text = textOf(ctor);
  let ref: ModuleRef | undefined;
  if (!isNative(text)) {
    ref = findLoaded(ctor) ?? inspect(ctor, (inspection) => exportedRef(ctor, text, inspection, placeOf(inspection)));
    ref ??= findLoaded(ctor, true);
  }
  const loader = ref && loadable(ref.url);
  if (ref && loader) {
    ref = { ...ref, ...loader };
    remember(ctor, ref);
    return ref;
  }
  if (!optional)
    throw complain({
      ...{ what, label: label(ctor), unexported: true, unloadable: ref?.url },
      ...{ captured: [], unknown: [], context: [], to: 'thread' },
    });
  nameless.add(ctor);
  return undefined;
}
