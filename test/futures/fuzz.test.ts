/** Several threads do everything at once; `scripts/soak-futures.mjs` does it for longer. */
import { join } from 'node:path';
import { runScript } from '../helpers/script';

test('every future ends in one final state, and the process ends', async () => {
  const script = join(__dirname, '..', '..', 'scripts', 'soak-futures.mjs');
  const { code, stdout, stderr, timedOut } = await runScript(script, {
    args: ['--seconds', '4', '--seed', '1'],
    // Pools that wait for themselves are warned of.
    nodeArgs: ['--no-warnings'],
    timeout: 100_000,
  });
  expect([timedOut, stderr, stdout.trim().split('\n').at(-1), code]).toEqual([false, '', 'ok', 0]);
}, 300_000);
