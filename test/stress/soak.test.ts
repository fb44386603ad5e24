/** Half a minute of what `npm run soak` does for as long as one likes. */
import { join } from 'node:path';
import { runScript } from '../helpers/script';

it('all primitives hold what they promise under random operations, timeouts, aborts and deaths', async () => {
  const { code, signal, stdout, stderr } = await runScript(join(__dirname, '..', '..', 'scripts', 'soak.mjs'), {
    args: ['--seconds', '30'],
    timeout: 150_000,
  });
  expect([code, signal, stderr]).toEqual([0, null, '']);
  expect(stdout).toContain('all well after 30 s');
}, 300_000);
