import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { moduleCache } from '../module_cache';
import type { AnyFunction, ModuleRef } from './reference';
import { nameOf, textOf } from './function-source';

/** A function's place below the exports of some module. */
type Visit = (fn: AnyFunction, path: string[]) => void;

const DEPTH_MAX = 5;
const OBJECTS_MAX = 20_000;
/** A getter that only gives a name back, as transpilers write for re-exports: calling it does nothing else. */
const RE_EXPORT = /^(?:(?:function ?)?\w*\(\) ?\{\s*return [\w$.[\]]+;?\s*\}|\(\) ?=> ?\(?(?:\/\*[^*]*\*\/ ?)?[\w$.[\]]+\)?)$/;

function isPlain(value: object): boolean {
  if (types.isModuleNamespaceObject(value)) return true;
  const prototype = Object.getPrototypeOf(value) as object | null;
  // An object literal of any context: its prototype is that context's `Object.prototype`.
  return prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty'));
}

function read(holder: object, key: string): unknown {
  try {
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (!property) return undefined;
    const getter: unknown = Reflect.get(property, 'get');
    if (typeof getter !== 'function') return property.value;
    return RE_EXPORT.test(textOf(getter)) ? Reflect.get(holder, key) : undefined;
  } catch {
    return undefined; // not initialised yet
  }
}

/** Visits the functions that `exports` gives access to, nearest first: nested objects, static and instance methods. */
export function walkExports(exports: unknown, visit: Visit): void {
  const seen = new Set<unknown>();
  const queue: [value: unknown, path: string[]][] = [[exports, []]];
  for (let at = 0; at < queue.length && at < OBJECTS_MAX; at++) {
    const [value, path] = queue[at];
    const isFunction = typeof value === 'function';
    if (!isFunction && (typeof value !== 'object' || value === null)) continue;
    if (seen.has(value) || types.isProxy(value)) continue;
    seen.add(value);
    if (isFunction) visit(value, path);
    const isPrototype = path.at(-1) === 'prototype';
    if (path.length >= DEPTH_MAX || !(isFunction || isPrototype || path.length === 0 || isPlain(value))) continue;
    for (const key of Object.getOwnPropertyNames(value)) {
      if (isPrototype ? key === 'constructor' : isFunction && /^(?:length|name|arguments|caller)$/.test(key)) continue;
      queue.push([read(value, key), [...path, key]]);
    }
  }
}

const exported = new WeakMap<object, ModuleRef>();
const finished = new WeakSet<object>();

function index(module: NodeJS.Module | undefined, again: boolean): void {
  if (!module || typeof module.filename !== 'string' || !isAbsolute(module.filename)) return;
  if (finished.has(module) && !again) return;
  if (/\.(?:json|node)$/.test(module.filename)) return;
  const url = pathToFileURL(module.filename).href;
  const format = types.isModuleNamespaceObject(module.exports) ? 'esm' : 'cjs';
  walkExports(module.exports, (fn, path) => {
    if (!exported.has(fn)) exported.set(fn, { kind: 'module', url, path, format, name: nameOf(fn) || (path.at(-1) ?? '') });
  });
  if (module.loaded) finished.add(module);
}

/**
 * Finds an export of a loaded CommonJS module by identity. Later modules come first: a function that `b` takes over from `a`
 * belongs to `a`, which `b` loaded, and the main module comes last, so that naming a function seldom means running the program.
 *
 * @param again look also at modules that were looked at before, for exports that were added since
 */
export function findLoaded(fn: AnyFunction, again = false): ModuleRef | undefined {
  const hit = exported.get(fn);
  if (hit) return hit;
  const cache = moduleCache();
  for (const key of Object.keys(cache).reverse()) {
    index(cache[key], again);
    const found = exported.get(fn);
    if (found) return found;
  }
  return undefined;
}
