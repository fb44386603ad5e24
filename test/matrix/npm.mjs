// npm as the matrix and the installs use it.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** npm without the settings that `npm run` hands on. */
export function npm(args, cwd) {
  // npm is a script on Windows, which only a shell can start, or Node.
  const line = process.platform === 'win32' ? [process.execPath, process.env.npm_execpath, ...args] : ['npm', ...args];
  return execFileSync(line[0], line.slice(1), { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Packs into `folder`. @returns what npm tells of the file, `filename` and `size` among it */
function pack(args, cwd) {
  // A list, or since npm 12 an object by name.
  return Object.values(JSON.parse(npm(['pack', '--json', ...args], cwd)))[0];
}

/** This package as it would be published, as a file in `folder`. */
export const packOurs = (folder) => pack(['--ignore-scripts', '--pack-destination', folder], ROOT);

/** Fetches a package that has to be the one with that `integrity`. @returns the folder below `folder` that it is unpacked to */
export function fetchPackage({ package: name, version, integrity }, folder) {
  const { filename } = pack([`${name}@${version}`], folder);
  const [algorithm, digest] = integrity.split(/-(.*)/);
  const found = createHash(algorithm)
    .update(readFileSync(join(folder, filename)))
    .digest('base64');
  if (found !== digest) throw new Error(`${name}@${version} has changed: its ${algorithm} is ${found}`);
  execFileSync('tar', ['-xzf', filename], { cwd: folder });
  return join(folder, 'package');
}
