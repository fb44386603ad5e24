import { runExample } from './example';

describe('1.5, producers and consumers', () => {
  it('consumes each item once, and each producer’s in their order', async () => {
    const { lines } = await runExample('1.5', { speed: 50, args: ['6'] });
    const items = (verb: string): string[] => lines.flatMap((line) => new RegExp(`${verb} (item .*),`).exec(line)?.[1] ?? []);
    const expected = [1, 2, 3].map((producer) => [1, 2, 3, 4, 5, 6].map((i) => `item ${i} of producer ${producer}`));
    expect(items('put').sort()).toEqual(expected.flat().sort());
    expect(items('got').sort()).toEqual(expected.flat().sort());
    for (const of of expected) expect(items('put').filter((item) => of.includes(item))).toEqual(of);
    expect(lines).toHaveLength(2 * 18 + 1);
    expect(lines[36]).toBe('the end, 0 in the queue');
  });

  it('has every producer and consumer at work', async () => {
    const { lines } = await runExample('1.5', { speed: 50 });
    for (const name of ['producer 1 put', 'producer 2 put', 'producer 3 put', 'consumer 1 got', 'consumer 2 got']) {
      expect(lines.filter((line) => line.startsWith(name)).length).toBeGreaterThan(0);
    }
    expect(lines.slice(0, -1).every((line) => /, \d+ in the queue$/.test(line))).toBe(true);
  });
});
