// The package as a user gets it: packed, and installed into an empty folder without running anything.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm, packOurs } from './npm.mjs';

/** @returns a folder outside of the repository, so that nothing in it is found by accident */
export function install() {
  const folder = mkdtempSync(join(tmpdir(), 'nogil-matrix-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const { filename } = packOurs(folder);
  writeFileSync(join(folder, 'package.json'), '{ "name": "matrix", "version": "1.0.0", "private": true }\n');
  npm(['install', '--ignore-scripts', '--no-package-lock', join(folder, filename)], folder);
  cpSync(join(dirname(fileURLToPath(import.meta.url)), 'suite'), join(folder, 'suite'), { recursive: true });
  return folder;
}
