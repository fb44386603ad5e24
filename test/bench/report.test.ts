import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(__dirname, '..', '..');
const harness = (name: string): Promise<any> => import(pathToFileURL(join(ROOT, 'bench', 'harness', `${name}.mjs`)).href);

/** A competitor that gives these figures, one a round; the first is of the round that warms up. */
const competitor = (name: string, figures: number[]): object => {
  const left = [...figures];
  return { name, measure: async () => left.shift()! };
};

/** A run of one row: measured, not made up. */
async function run(): Promise<any> {
  const { measureRow } = await harness('measure');
  const row = {
    title: 'lock | unlock',
    unit: 'ns',
    better: 'lower',
    goals: [
      { than: 'slow', ratio: 2 },
      { than: 'fast', ratio: 1.5, slower: true },
      { than: 'fast', more: 7 },
      { most: 100 },
      { than: 'not here', ratio: 3 },
    ],
    open: async () => [
      competitor('nogil', [999, 10, 20, 30]),
      competitor('slow', [999, 50, 60, 70]),
      competitor('fast', [999, 5, 10, 20]),
      { name: 'not here', absent: 'nobody has it' },
      {
        name: 'broken',
        measure: async () => {
          throw new Error('no luck\nand more');
        },
      },
    ],
  };
  const machine = { node: '20', python: 'not installed', peers: { piscina: '5' } };
  const group = { name: 'locks', title: 'Locks', rows: [await measureRow(row, { rounds: 3, without: [], patience: 0 })] };
  return { command: 'npm run bench', rounds: 3, quick: false, minutes: 1.5, machine, groups: [group] };
}

describe('a row', () => {
  it('leaves out the round that warms up, and judges by the rounds’ own ratios', async () => {
    const [row] = (await run()).groups[0].rows;
    expect(row.results[0]).toMatchObject({ name: 'nogil', median: 20, q1: 15, q3: 25, min: 10, max: 30, rounds: 3 });
    // Each round's: 5, 3 and 2.33; 2, 2 and 1.5; 5, 10 and 10.
    expect(row.goals.map(({ measured, met }: { measured: number; met: boolean }) => [measured, met])).toEqual([
      [3, true],
      [2, false],
      [10, false],
      [20, true],
      [null, null],
    ]);
    expect(row.failed).toEqual([{ name: 'broken', reason: 'no luck' }]);
  });

  it('takes as many spare measurements as it has, where others disturb', async () => {
    const { undisturbed } = await harness('disturbance');
    const spare = { left: 2 };
    let calls = 0;
    // Less than nothing is disturbance enough: every measurement is repeated.
    const { result } = await undisturbed(async () => ++calls, spare, process.platform === 'linux' ? -1 : 0);
    expect({ calls, left: spare.left }).toEqual(process.platform === 'linux' ? { calls: 3, left: 0 } : { calls: 1, left: 2 });
    expect(result).toBeLessThanOrEqual(calls);
  });
});

describe('docs/benchmarks.md', () => {
  it('tells what a run measured, where it is behind, and what did not run', async () => {
    const { figures } = await harness('document');
    const text = figures(await run(), 'charts');
    expect(text).toContain('2 of 4 met; 1 could not be measured.');
    expect(text).toContain('| Locks: lock \\| unlock | 20.0 ns | slow 60.0 | >= 2x | 3.00x | yes |');
    expect(text).toContain('| Locks: lock \\| unlock | 20.0 ns | fast 10.0 | <= 1.5x | 2.00x | **no** |');
    expect(text).toContain('| Locks: lock \\| unlock | 20.0 ns | fast 10.0 | 0.500x, within the spread |');
    expect(text).toContain('| broken | Locks: lock \\| unlock | failed: no luck |');
    expect(text).toContain('| not here | Locks | nobody has it |');
    expect(text).toContain('![lock | unlock](charts/locks-lock-unlock.svg)');
    expect(text).not.toContain('quick run');
    expect(figures({ ...(await run()), quick: true }, 'charts')).toContain('its figures say nothing');
  });

  it('keeps the text around the figures', async () => {
    const { BEGIN, END, withFigures } = await harness('document');
    const page = `before\n${BEGIN}\nold\n${END}\nafter\n`;
    expect(withFigures(page, 'new')).toBe(`before\n${BEGIN}\n\nnew\n${END}\nafter\n`);
    expect(() => withFigures('a page without a place', 'new')).toThrow('has no place for figures');
  });

  it('is what its figures.json gives, with its charts', async () => {
    const { chartName, figures, withFigures } = await harness('document');
    const page = readFileSync(join(ROOT, 'docs', 'benchmarks.md'), 'utf8');
    const folder = join(ROOT, 'docs', 'benchmarks');
    const json = join(folder, 'figures.json');
    if (!existsSync(json)) {
      expect(page).toContain('None is recorded yet.');
      return;
    }
    const recorded = JSON.parse(readFileSync(json, 'utf8'));
    expect(withFigures(page, figures(recorded, 'benchmarks'))).toBe(page);
    const charts = recorded.groups.flatMap((group: any) =>
      group.rows.filter((row: any) => row.results.length > 0).map((row: any) => chartName(group, row)),
    );
    expect(
      readdirSync(folder)
        .filter((file) => file.endsWith('.svg'))
        .sort(),
    ).toEqual(charts.sort());
  });
});

test('a program that fails is named with its arguments and what it said, without the folders of the machine', async () => {
  const { nodePeer } = await harness('programs');
  await expect(nodePeer('no such', 'no-such.mjs', [ROOT, 2]).measure()).rejects.toThrow(
    /^node(\.exe)? no-such\.mjs \S+ 2: Error\b/,
  );
});
