/**
 * The library's modules as new workers get them: read once a process, by whoever makes the first worker,
 * and compiled once, by the spawner. A worker that has Node find, read and compile each of them takes
 * twice as long to come up.
 *
 * A worker loads from here what it needs (`boot.ts`), and anything that is not here as usual.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { moduleCache } from '../module_cache';

/** Shared by all threads. */
export interface Pack {
  /** Of each module. */
  readonly files: string[];
  /** Those among them that programs import; a worker that never does so need not run them. */
  readonly entries: string[];
  /** The modules' texts, as functions. */
  readonly text: Uint8Array;
  /** What V8 has compiled; see {@link Place}. */
  readonly code: Uint8Array;
  /** {@link Place} of each module, and a last word that is not 0 any more when somebody fills in the code. */
  readonly places: Int32Array;
  /** So many characters precede a module's first line in its text. */
  readonly indent: number;
}

/**
 * Words in {@link Pack.places}: where a module's text is, and its compiled code, which comes later:
 * `codeEnd` is 0 until then, and written last.
 */
export const enum Place {
  text,
  textEnd,
  code,
  codeEnd,
  words,
}

const WRAPPER = '(function (exports, require, module, __filename, __dirname) {';

const ROOT = path.join(__dirname, '..', '..');
const ENTRIES = ['threading/index', 'queue/index', 'concurrent/futures/index', '_thread', 'time'];
/** What only workers run. The rest is what the maker has loaded itself. */
const PROGRAMS = ['bootstrap', 'spawner', 'stdio', 'run_loop', 'leftovers'];
const IMPORTS = 'dynamic_import.js';

/** Addresses within cached code are aligned to this. */
const ALIGNMENT = 8;

export function collect(): Pack {
  const programs = PROGRAMS.map((name) => path.join(__dirname, `${name}.js`));
  const loaded = Object.keys(moduleCache()).filter((file) => file.startsWith(ROOT + path.sep) && file.endsWith('.js'));
  const files = [...new Set([...loaded, ...programs])].filter((file) => path.basename(file) !== IMPORTS);
  const texts = files.map((file) => Buffer.from(`${WRAPPER}${readFileSync(file, 'utf8')}\n})`));
  const size = texts.reduce((sum, { length }) => sum + length, 0);
  const pack: Pack = {
    files,
    entries: ENTRIES.map((name) => path.join(ROOT, `${name}.js`)).filter((file) => files.includes(file)),
    text: new Uint8Array(new SharedArrayBuffer(size)),
    // Compiled code has been half as large as the text; pages that are not written to cost nothing.
    code: new Uint8Array(new SharedArrayBuffer(2 * size + ALIGNMENT * files.length)),
    places: new Int32Array(new SharedArrayBuffer(4 * (Place.words * files.length + 1))),
    indent: WRAPPER.length,
  };
  let at = 0;
  texts.forEach((text, i) => {
    pack.text.set(text, at);
    pack.places[i * Place.words + Place.text] = at;
    at += text.length;
    pack.places[i * Place.words + Place.textEnd] = at;
  });
  return pack;
}

/**
 * In the spawner: keeps compiled code for the workers that come, as far as there is room. Once only: a worker's V8 reads
 * the code where it lies, and another spawner's (this process forked, or lost one) would be other bytes.
 */
export function keepCode(pack: Pack, codes: Uint8Array[]): void {
  if (Atomics.exchange(pack.places, pack.places.length - 1, 1) !== 0) return;
  let at = 0;
  for (const [i, code] of codes.entries()) {
    const end = at + code.length;
    if (end > pack.code.length) break;
    pack.code.set(code, at);
    pack.places[i * Place.words + Place.code] = at;
    Atomics.store(pack.places, i * Place.words + Place.codeEnd, end);
    at = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
  }
}
