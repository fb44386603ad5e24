// The runtimes of runtimes.json: each an npm package that holds a program, kept below build-matrix/ once fetched.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { through } from './emulators.mjs';
import { fetchPackage, ROOT } from './npm.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const CACHE = join(ROOT, 'build-matrix', 'runtimes');

/** What every runtime is given to run, `slow` times as long as Node needs at most. */
export const runtimes = JSON.parse(readFileSync(join(here, 'runtimes.json'), 'utf8'));

/** Fetches and unpacks a runtime where that was not done before. @returns its folder */
function fetch(runtime) {
  const folder = join(CACHE, `${runtime.id}-${runtime.version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, '.new-'));
  try {
    const unpacked = fetchPackage(runtime, work);
    // In one step, so that a run that was cut off leaves nothing that looks whole.
    renameSync(unpacked, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/**
 * Makes a runtime ready.
 *
 * @returns `{ command, env, slow, windows }`: the command line before a script's name, what its environment adds, how much
 * longer than elsewhere things may take, and whether it is for Windows; or `{ missing }`: what has to be installed first
 */
export function prepare(runtime) {
  const via = through(runtime.through);
  if (via.missing) return via;
  const program = join(fetch(runtime), runtime.program);
  const { command, env, slow } = via.wrap(program, CACHE);
  return { command: [...command, ...(runtime.options ?? [])], env, slow, windows: runtime.through === 'wine' };
}
