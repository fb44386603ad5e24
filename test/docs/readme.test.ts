import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from '../helpers/script';

const readme = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');
const programs = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map((match) => match[1]);

/** What the program says that it prints: the comment behind each of its console.log lines. */
function promised(program: string): string {
  return [...program.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => `${match[1]}\n`).join('');
}

describe('README.md', () => {
  it('has a program', () => {
    expect(programs).not.toEqual([]);
  });

  it.each(programs.map((program, i) => [i + 1, program]))('program %i prints what it says', async (_i, program) => {
    const result = await runScript(program, { type: 'module' });
    expect(result).toMatchObject({ code: 0, stderr: '', stdout: promised(program) });
  });
});
