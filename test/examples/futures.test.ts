import { runExample } from './example';

/** The addresses of the examples' web server differ by its port. */
function withoutPort(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/127\.0\.0\.1:\d+/, 'server'));
}

describe('2.3, two calculations', () => {
  it('finds the sums, in turn, in processes and in threads', async () => {
    const { lines } = await runExample('2.3');
    const sums = [5_000_000, 6_000_000, 100_000_000, 120_000_000].map((n) => `the sum of 0 to ${n - 1} is ${(n * (n - 1)) / 2}`);
    for (const sum of sums) expect(lines.filter((line) => line === sum)).toHaveLength(3);
    const times = lines.filter((line) => line.endsWith(' ms')).map((line) => line.replace(/: \d+\.\d ms$/, ''));
    expect(times).toEqual(['in turn', 'as two processes', 'as two threads', 'in turn', 'as two processes', 'as two threads']);
    expect(lines).toHaveLength(18);
  });
});

describe('2.4, a pool', () => {
  it('finds the sums, waiting and not waiting for each', async () => {
    const { lines } = await runExample('2.4');
    const sums = [500_000, 600_000].map((n) => (n * (n - 1)) / 2);
    expect(lines).toEqual([...sums.map((sum) => `apply: ${sum}`), ...sums.map((sum) => `apply_async: ${sum}`)]);
  });
});

describe('2.5, an executor of processes', () => {
  it('prints the sums as they come', async () => {
    const { lines } = await runExample('2.5');
    expect(lines.sort()).toEqual([500_000, 600_000, 700_000].map((n) => `[ ${n}, ${(n * (n - 1)) / 2} ]`));
  });
});

describe('3.1, submit and as_completed', () => {
  it('prints the futures, then the results as they come', async () => {
    const lines = withoutPort((await runExample('3.1')).lines);
    expect(lines).toHaveLength(10);
    for (const line of lines.slice(0, 5)) expect(line).toMatch(/^<Future .*state=(pending|running|finished)/);
    const results = [9, 6, 3, 1, 2].map((n) => `http://server/picture-${n}.gif has 35 bytes`);
    expect(lines.slice(5).sort()).toEqual(results.sort());
  });
});

describe('3.2, one request', () => {
  it('gives the address and the status', async () => {
    const { lines } = await runExample('3.2');
    expect(withoutPort(lines)).toEqual(["[ 'http://server/picture-1.gif', 200 ]"]);
  });
});

describe('3.3, map', () => {
  it('gives the results in the order of the addresses, not that of the answers', async () => {
    const { lines } = await runExample('3.3');
    expect(withoutPort(lines)).toEqual([
      'http://server/picture-9.gif 200',
      'http://server/picture-1.gif 200',
      'http://server/no-picture 404',
      'http://server/picture-3.gif 200',
    ]);
  });
});

describe('3.4, download', () => {
  it('saves the pictures and tells of the one that is missing', async () => {
    const lines = withoutPort((await runExample('3.4')).lines);
    expect(lines.slice(0, 4).every((line) => /^<Future .*state=/.test(line))).toBe(true);
    expect(lines).toContain('failed: http://server/missing.gif answers with status 404');
    const saved = lines.flatMap((line) => /^download_[012] saved (.*)$/.exec(line)?.[1] ?? []);
    expect(saved.sort()).toEqual(['picture-1.gif', 'picture-2.gif', 'picture-3.gif']);
    expect(lines.at(-1)).toBe('3 of 4 pictures, in the folder: picture-1.gif, picture-2.gif, picture-3.gif');
  });
});
