// Which declarations of dist/ a package goes without: those that none of its entries leads to. They are there for
// the tests, which reach into the library.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** What a declaration imports by a relative path, or names as `import('./it')`. */
const REFERENCE = /\b(?:from|import\()\s*['"](\.[^'"]+)['"]/g;

/** Writes dist/.npmignore, which npm takes as it takes one at the top. */
export function hideDeclarations(root) {
  const dist = join(root, 'dist');
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const reached = new Set();
  const queue = Object.values(exports).flatMap(({ types }) => (types === undefined ? [] : [join(root, types)]));
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const [, id] of readFileSync(file, 'utf8').matchAll(REFERENCE)) {
      const base = join(dirname(file), id);
      const named = [`${base}.d.ts`, join(base, 'index.d.ts')].find((path) => existsSync(path));
      if (named === undefined) throw new Error(`${relative(root, file)} refers to ${id}, which has no declarations`);
      queue.push(named);
    }
  }
  const hidden = readdirSync(dist, { recursive: true })
    .filter((path) => path.endsWith('.d.ts') && !reached.has(join(dist, path)))
    .map((path) => `/${path.split(sep).join('/')}\n`);
  writeFileSync(join(dist, '.npmignore'), hidden.sort().join(''));
}
