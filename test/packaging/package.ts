import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

interface Manifest {
  name: string;
  exports: Record<string, unknown>;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
  scripts?: Record<string, string>;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Every name that a user may import: `nogil`, `nogil/threading`, ... */
export function entryPoints(): string[] {
  const manifest = readManifest(ROOT);
  return Object.keys(manifest.exports)
    .filter((path) => path !== './package.json')
    .map((path) => manifest.name + path.slice(1));
}

/** A folder outside of the repository, so that nothing in it is found by accident. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'nogil-packaging-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** What `npm publish` would send, as a file in `folder`. */
export function pack(folder: string): string {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  // npm's own script where the tests run under npm: on Windows, `npm` itself only a shell can start.
  const npm = process.env.npm_execpath;
  const [command, line] = npm ? [process.execPath, [npm, ...args]] : ['npm', args];
  const out = execFileSync(command, line, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  // A list, or since npm 12 an object by name.
  const [{ filename }] = Object.values(JSON.parse(out) as Record<string, { filename: string }>);
  return join(folder, filename);
}

/** Copies an installed package of the repository, and what it depends on, into `modules`. */
function copyInstalled(name: string, modules: string, from = ROOT): void {
  const source = join(ROOT, 'node_modules', name);
  if (existsSync(join(modules, name))) return;
  if (!existsSync(source)) throw new Error(`${name}, needed by ${from}, is not at the top of node_modules/`);
  cpSync(source, join(modules, name), { recursive: true });
  for (const dependency of Object.keys(readManifest(source).dependencies ?? {})) copyInstalled(dependency, modules, name);
}

/** Installs a packed package into `folder` as npm would, without asking the registry. */
export function install(tarball: string, folder: string): string {
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'nogil');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', basename(tarball), '--strip-components=1', '-C', 'node_modules/nogil'], { cwd: folder });
  for (const name of [...Object.keys(readManifest(installed).dependencies ?? {}), '@types/node']) copyInstalled(name, modules);
  // Releases carry the addon in prebuilds/; a checkout has it where node-gyp puts it, which is found as well.
  const addon = 'build/Release/nogil.node';
  cpSync(join(ROOT, addon), join(installed, addon));
  return installed;
}

/** The file that a development dependency's command runs, e.g. `bin('typescript', 'bin/tsc')`. */
export function bin(name: string, path: string): string {
  return join(createRequire(join(ROOT, 'package.json')).resolve(`${name}/package.json`), '..', path);
}
