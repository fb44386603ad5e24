import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from './script';

describe('runScript', () => {
  it.each([
    [
      'ESM',
      "import { lib } from './lib.mjs'; import { createRequire } from 'node:module'; const { resolve } = createRequire(import.meta.url);",
    ],
    ['CommonJS', "const { resolve } = require; const lib = 'lib';"],
  ])('runs %s that finds the package by its name', async (_kind, head) => {
    const result = await runScript(
      `${head}\nconsole.log(lib, resolve('nogil/package.json'), process.argv[2], process.env.WORD);`,
      {
        args: ['argument'],
        env: { WORD: 'word' },
        files: { 'lib.mjs': "export const lib = 'lib';" },
      },
    );
    const manifest = join(__dirname, '..', '..', 'package.json');
    expect(result).toMatchObject({
      code: 0,
      signal: null,
      stdout: `lib ${manifest} argument word\n`,
      stderr: '',
      timedOut: false,
    });
  });

  it('reports the exit code and the error output', async () => {
    const result = await runScript("console.error('no'); process.exitCode = 3;");
    expect(result).toMatchObject({ code: 3, stdout: '', stderr: 'no\n' });
  });

  it('kills what takes too long', async () => {
    const result = await runScript('for (;;);', { timeout: 300 });
    expect(result).toMatchObject({ code: null, signal: 'SIGKILL', timedOut: true });
    expect(result.ms).toBeGreaterThanOrEqual(300);
  });

  it('leaves no files behind', async () => {
    const before = filesLeft();
    await runScript('');
    expect(filesLeft()).toEqual(before);
  });
});

/** Of this process's own: other test files run scripts at the same time. */
function filesLeft(): string[] {
  const folder = join(__dirname, '..', '.tmp');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(`script-${process.pid}-`)) : [];
}
