/**
 * The program of our workers. It loads the library from the {@link Pack} that whoever made the worker
 * has given it. What it loads are modules as any others: under the names of their files in
 * `require.cache` and in stack traces, and the same for all who require them.
 */
/* eslint-disable @typescript-eslint/no-require-imports -- this is what makes `require` for others */
import path from 'node:path';
import { Script } from 'node:vm';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type Pack, Place } from './pack';

export interface BootData {
  /** Undefined in the first worker of a process: its maker collects it meanwhile, and sends it before anything else. */
  pack: Pack | undefined;
  /** One word, not 0 any more when the pack was sent. */
  sent: Int32Array;
  /** The module to begin with. */
  program: string;
}

type Wrapper = (exports: unknown, require: NodeJS.Require, module: NodeJS.Module, file: string, folder: string) => void;

const data = workerData as BootData;
const pack = (data.pack ??= receivePack());
const { program } = data;
const isSpawner = program === 'spawner';
const numbers = new Map(pack.files.map((file, i) => [file, i]));
const text = Buffer.from(pack.text.buffer, pack.text.byteOffset, pack.text.length);
/** Modules of the pack that have begun to run, or will when they are asked for. */
const ours = new WeakSet<NodeJS.Module>();
/** Kept by the spawner only: {@link compiledCode}. */
const scripts = new Map<number, Script>();
// Code that was compiled before tells less of what runs to those who measure coverage.
const usesCode = !process.env.NODE_V8_COVERAGE;
/** Node's own class, without the module of that name, which takes longer to load. */
const Module = module.constructor as (new (id: string) => NodeJS.Module) & { _cache: NodeJS.Dict<NodeJS.Module> };
/** As `moduleCache()`, which is not loaded yet. */
const cache = (require as Partial<NodeJS.Require>).cache ?? Module._cache;

function receivePack(): Pack {
  Atomics.wait(data.sent, 0, 0);
  return receiveMessageOnPort(parentPort!)!.message as Pack;
}

function compile(file: string, i: number): Script {
  const { places, code } = pack;
  const at = i * Place.words;
  const codeEnd = usesCode ? Atomics.load(places, at + Place.codeEnd) : 0;
  const script = new Script(text.toString('utf8', places[at + Place.text], places[at + Place.textEnd]), {
    filename: file,
    columnOffset: -pack.indent,
    ...(codeEnd > 0 ? { cachedData: code.subarray(places[at + Place.code], codeEnd) } : {}),
  });
  if (isSpawner) scripts.set(i, script);
  return script;
}

/** As `path.join`, for what our modules require of each other; that one is so slow that V8 begins to optimize it. */
function join(folder: string, id: string): string {
  let at = id.startsWith('./') ? 2 : 0;
  for (; id.startsWith('../', at); at += 3) folder = parent(folder);
  const rest = id.slice(at);
  return folder + path.sep + (path.sep === '/' ? rest : rest.replaceAll('/', path.sep));
}

function parent(file: string): string {
  return file.slice(0, file.lastIndexOf(path.sep));
}

function requireFrom(folder: string): NodeJS.Require {
  const load = (id: string): unknown => {
    if (!id.startsWith('.')) return require(id) as unknown;
    const file = join(folder, id);
    return loadFile(`${file}.js`) ?? loadFile(`${file}${path.sep}index.js`) ?? (require(file) as unknown);
  };
  const { cache, main, resolve } = require;
  return Object.assign(load, { cache, main, resolve }) as unknown as NodeJS.Require;
}

function run(loaded: NodeJS.Module, i: number): unknown {
  const file = loaded.filename;
  const folder = parent(file);
  try {
    const wrapper = compile(file, i).runInThisContext() as Wrapper;
    wrapper.call(loaded.exports, loaded.exports, requireFrom(folder), loaded, file, folder);
  } catch (error) {
    // As Node does: nobody is to take half of a module for the whole.
    Reflect.deleteProperty(cache, file);
    throw error;
  }
  loaded.loaded = true;
  return loaded.exports;
}

function newModule(file: string): NodeJS.Module {
  const made = Object.assign(new Module(file), { filename: file, paths: module.paths });
  ours.add(made);
  return (cache[file] = made);
}

/** The exports of a module of the pack; undefined where it has none of that name. */
function loadFile(file: string): unknown {
  const known = cache[file];
  // Node's loader of ES modules puts modules there that it has only looked at: they have yet to run.
  if (known) return (known.loaded || ours.has(known) ? known.exports : require(file)) as unknown;
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

/** The compiled code of each module of the pack, and of those functions in it that were called here. */
export function compiledCode(): Uint8Array[] {
  return pack.files.map((file, i) => (scripts.get(i) ?? compile(file, i)).createCachedData());
}

for (const file of pack.entries) offer(file, numbers.get(file)!);
loadFile(path.join(__dirname, `${program}.js`));
