import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest, ROOT } from './package';

const scripts = Object.keys(readManifest(ROOT).scripts!);

describe('the scripts of package.json', () => {
  it('are not run by npm before or after one another unasked', () => {
    const hooks = scripts.filter((name) => /^(?:pre|post)/.test(name) && scripts.includes(name.replace(/^(?:pre|post)/, '')));
    expect(hooks).toEqual([]);
  });

  it.each(['README.md', 'CONTRIBUTING.md', '.ci/run', 'docs/internals.md', 'docs/benchmarks.md'])(
    'are there as %s has them',
    (file) => {
      const named = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map((match) => match[1]);
      expect(named.length).toBeGreaterThan(0);
      expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
    },
  );
});
