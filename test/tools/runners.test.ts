/** Users' test suites, under runners that load modules in their own way. */
import { bin } from '../packaging/package';
import { App } from './app';

jest.setTimeout(120_000);

let app: App | undefined;
afterEach(() => {
  app?.remove();
});

/** Without what the runner of this very test says to its workers. */
const env = { JEST_WORKER_ID: undefined, NODE_ENV: undefined, FORCE_COLOR: undefined, NO_COLOR: '1' };
/** In `cases.cjs`. */
const CASES = 6;

async function run(runner: string, args: string[]): Promise<{ stderr: string; report: object }> {
  const { stdout, code, timedOut, stderr } = await app!.start(runner, { args, env });
  expect({ code, timedOut, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, timedOut: false, said: '' });
  return { stderr, report: JSON.parse(stdout) as object };
}

test('jest, with its default environment', async () => {
  app = new App('suite', ['jest']);
  // Two files in one process: the second loads the library where the first has used it.
  const { report, stderr } = await run(bin('jest', 'bin/jest.js'), ['--rootDir', '.', '--runInBand', '--json', 'jest/']);
  expect(report).toMatchObject({ numTotalTests: 2 * CASES, numPassedTests: 2 * CASES, numFailedTestSuites: 0 });
  expect(stderr).not.toMatch(/did not exit|torn down|MaxListeners/);
});

test('vitest, with its default pool', async () => {
  app = new App('suite', ['vitest', 'vite']);
  const { report } = await run(bin('vitest', 'vitest.mjs'), ['run', '--reporter=json', 'vitest/']);
  expect(report).toMatchObject({ numTotalTests: CASES, numPassedTests: CASES, numFailedTestSuites: 0 });
});
