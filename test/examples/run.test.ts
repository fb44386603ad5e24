import { join } from 'node:path';
import { runScript } from '../helpers/script';

const RUN = join(__dirname, '..', '..', 'examples', 'run.mjs');

describe('npm run example', () => {
  it('runs an example by its number, with its arguments', async () => {
    const result = await runScript(RUN, { args: ['1.2', 'daemon'] });
    expect(result).toMatchObject({ code: 0, stdout: 'main_thread end!\n', stderr: '' });
  });

  it('lists the examples', async () => {
    const { code, stdout } = await runScript(RUN);
    expect(code).toBe(0);
    for (const number of ['1.1', '1.2', '1.3', '1.4', '1.5', '2.1', '2.3', '2.4', '2.5', '3.1', '3.2', '3.3', '3.4'])
      expect(stdout).toContain(`\n  ${number}  `);
  });

  it('names one that does not exist', async () => {
    const { code, stderr } = await runScript(RUN, { args: ['9.9'] });
    expect(code).toBe(2);
    expect(stderr).toContain('there is no example 9.9');
  });
});
