/**
 * The program of our workers. It loads the library from the {@link Pack} that whoever made the worker
 * has given it. What it loads are modules as any others: under the names of their files in
 * `require.cache` and in stack traces, and the same for all who require them.
 */
/* eslint-disable @typescript-eslint/no-require-imports -- this is what makes `require` for others */
import path from 'node:path';
import { Script } from 'node:vm';
import { workerData } from 'node:worker_threads';
import { keepCode, type Pack, Place, WRAPPER } from './pack';

export interface BootData {
  pack: Pack;
  /** The module to begin with. */
  program: string;
}

type Wrapper = (exports: unknown, require: NodeJS.Require, module: NodeJS.Module, file: string, folder: string) => void;

const { pack, program } = workerData as BootData;
const numbers = new Map(pack.files.map((file, i) => [file, i]));
const text = Buffer.from(pack.text.buffer, pack.text.byteOffset, pack.text.length);
const scripts = new Map<number, Script>();
// Code that was compiled before tells less of what runs to those who measure coverage.
const usesCode = !process.env.NODE_V8_COVERAGE;
/** Node's own class, without the module of that name, which takes longer to load. */
const Module = module.constructor as new (id: string) => NodeJS.Module;

function compile(file: string, i: number): Wrapper {
  const { places, code } = pack;
  const at = i * Place.words;
  const codeEnd = usesCode ? Atomics.load(places, at + Place.codeEnd) : 0;
  const script = new Script(text.toString('utf8', places[at + Place.text], places[at + Place.textEnd]), {
    filename: file,
    columnOffset: -WRAPPER.length,
    ...(codeEnd > 0 ? { cachedData: code.subarray(places[at + Place.code], codeEnd) } : {}),
  });
  scripts.set(i, script);
  return script.runInThisContext() as Wrapper;
}

function requireFrom(folder: string): NodeJS.Require {
  const load = (id: string): unknown => {
    if (!id.startsWith('.')) return require(id) as unknown;
    const file = path.join(folder, id);
    return loadFile(`${file}.js`) ?? loadFile(path.join(file, 'index.js')) ?? (require(file) as unknown);
  };
  const { cache, main, resolve } = require;
  return Object.assign(load, { cache, main, resolve }) as unknown as NodeJS.Require;
}

function run(loaded: NodeJS.Module, i: number): unknown {
  const file = loaded.filename;
  const folder = path.dirname(file);
  compile(file, i).call(loaded.exports, loaded.exports, requireFrom(folder), loaded, file, folder);
  loaded.loaded = true;
  return loaded.exports;
}

function newModule(file: string): NodeJS.Module {
  return (require.cache[file] = Object.assign(new Module(file), { filename: file, paths: module.paths }));
}

/** The exports of a module of the pack; undefined where it has none of that name. */
function loadFile(file: string): unknown {
  const known = require.cache[file];
  if (known) return known.exports as unknown;
  const i = numbers.get(file);
  return i === undefined ? undefined : run(newModule(file), i);
}

/** Puts a module where Node looks for it, and runs it when its exports are first asked for. */
function offer(file: string, i: number): void {
  const offered = newModule(file);
  offered.loaded = true;
  Object.defineProperty(offered, 'exports', {
    configurable: true,
    enumerable: true,
    get(): unknown {
      Object.defineProperty(offered, 'exports', { value: {}, writable: true, configurable: true, enumerable: true });
      return run(offered, i);
    },
  });
}

/** In the spawner: has the workers that come spared what was compiled here. */
export function keepCompiled(): void {
  keepCode(pack, new Map([...scripts].map(([i, script]) => [i, script.createCachedData()])));
  scripts.clear();
}

for (const file of pack.entries) offer(file, numbers.get(file)!);
loadFile(path.join(__dirname, `${program}.js`));
