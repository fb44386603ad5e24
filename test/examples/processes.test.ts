import { runExample } from './example';

describe('2.2, a process', () => {
  it('prints two process ids', async () => {
    const { lines } = await runExample('2.2');
    const pids = lines.flatMap((line) => /pid (\d+)$/.exec(line)?.[1] ?? []);
    expect(new Set(pids).size).toBe(2);
    expect(lines.map((line) => line.replace(/\d+$/, 'N'))).toEqual([
      'parent process, pid N',
      'the child will start',
      'child process test, pid N',
      'the child has ended',
    ]);
  });
});
