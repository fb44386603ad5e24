/** Programs in TypeScript that nobody has compiled before: threads and processes import the same .ts modules. */
import { bin } from '../packaging/package';
import { App } from './app';

// Each thread and process compiles what it imports.
jest.setTimeout(120_000);

let app: App;
beforeAll(() => {
  app = new App('program', ['tsx']);
});
afterAll(() => {
  app.remove();
});

/** Everything that a module exports is at hand, also what the program itself does not export. */
const ALL = { selfContained: [8, 'twice'], refused: '' };

test('tsx', async () => {
  expect(await app.results(bin('tsx', 'dist/cli.mjs'), { args: ['main.ts'] })).toMatchObject(ALL);
});

test('node --import tsx', async () => {
  expect(await app.results('main.ts', { nodeArgs: ['--import', 'tsx'] })).toMatchObject(ALL);
});

const stripping = (process.features as { typescript?: unknown }).typescript ? ["Node's own type stripping"] : [];
for (const name of stripping) {
  test(name, async () => {
    expect(await app.results('main.ts')).toMatchObject(ALL);
  });
}
