// The runtimes of runtimes.json: each an npm package that holds a program, kept below build-matrix/ once fetched.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { through } from './emulators.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export const ROOT = dirname(dirname(here));
const CACHE = join(ROOT, 'build-matrix', 'runtimes');

/** What every runtime is given to run, `slow` times as long as Node needs at most. */
export const runtimes = JSON.parse(readFileSync(join(here, 'runtimes.json'), 'utf8'));

/** npm without the settings that `npm run` hands on, in a folder of its own. */
export function npm(args, cwd) {
  // npm is a script on Windows, which only a shell can start, or Node.
  const line = process.platform === 'win32' ? [process.execPath, process.env.npm_execpath, ...args] : ['npm', ...args];
  return execFileSync(line[0], line.slice(1), { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Fetches and unpacks a runtime where that was not done before. @returns its folder */
function fetch({ id, package: name, version, integrity }) {
  const folder = join(CACHE, `${id}-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, '.new-'));
  try {
    const [{ filename }] = JSON.parse(npm(['pack', '--json', `${name}@${version}`], work));
    const [algorithm, digest] = integrity.split(/-(.*)/);
    const found = createHash(algorithm)
      .update(readFileSync(join(work, filename)))
      .digest('base64');
    if (found !== digest) throw new Error(`${name}@${version} has changed: its ${algorithm} is ${found}`);
    execFileSync('tar', ['-xzf', filename], { cwd: work });
    // In one step, so that a run that was cut off leaves nothing that looks whole.
    renameSync(join(work, 'package'), folder);
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
