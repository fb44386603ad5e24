import { join } from 'node:path';
import { runScript } from '../helpers/script';
import { runExample } from './example';

if (process.platform === 'linux') {
  describe('2.1, fork', () => {
    it('tells who is who', async () => {
      const { lines } = await runExample('2.1');
      const [, me] = /^the current process \((\d+)\) starts$/.exec(lines[0])!;
      const [, child] = /^I am the child process \((\d+)\)/m.exec(lines.join('\n'))!;
      expect(lines.slice(1).sort()).toEqual([
        `I (${me}) made a child process (${child})`,
        `I am the child process (${child}), my parent is ${me}`,
      ]);
      expect(child).not.toBe(me);
    });
  });
} else {
  it('2.1 says that it is for Linux', async () => {
    const { code, stderr } = await runScript(join(__dirname, '..', '..', 'examples', 'run.mjs'), { args: ['2.1'] });
    expect(code).toBe(1);
    expect(stderr).toContain('fork() works on Linux only');
  });
}
