/** What only a machine of each system could link: every function of native/platform is defined for all of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PLATFORM = join(__dirname, '..', '..', 'native', 'platform');
const HEADERS = readdirSync(PLATFORM).filter((file) => file.endsWith('.h'));
const DECLARATION = /^(?:\[\[noreturn\]\] )?(?:[\w:]+[ *&]+)+(\w+)\([^;{}]*\);/gm;

const declared = HEADERS.flatMap((header) =>
  [...readFileSync(join(PLATFORM, header), 'utf8').matchAll(DECLARATION)].map(([, name]) => name),
);

test('functions are found in the headers', () => {
  expect(declared).toEqual(expect.arrayContaining(['futex_wait', 'reserve', 'release_pages', 'leave_cpu', 'fill_random']));
  expect(declared.length).toBeGreaterThan(40);
});

test.each(['linux', 'darwin', 'windows'])('%s defines them all', (system) => {
  const folder = join(PLATFORM, system);
  const text = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  const missing = declared.filter((name) => !new RegExp(`\\b${name}\\([^;{}]*\\)\\s*\\{`).test(text));
  expect(missing).toEqual([]);
});
