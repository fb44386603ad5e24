/** Measures two contenders in turns, so that whatever else the machine does falls on both. */
import type { Contender, Run } from './contenders';

export interface Measured {
  name: string;
  median: number;
  least: number;
  most: number;
}

interface Options {
  rounds: number;
  /** Milliseconds that a measurement should take. */
  ms: number;
  first: number;
  most: number;
  /** Figures are nanoseconds of one, not how many a second. */
  inverse: boolean;
}

/** How many fill the time, found by trying more and more: this warms up as well. */
async function countFor(run: Run, { ms, first, most }: Options): Promise<number> {
  let count = Math.min(first, most);
  for (let took; (took = await run(count)) < ms / 2 && count < most;) {
    // An even number, as two threads take half each.
    count = Math.min(most, 2 * Math.ceil((count * Math.min(10, Math.max(2, ms / took))) / 2));
  }
  return count;
}

function summary(name: string, values: number[]): Measured {
  const sorted = values.sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { name, median, least: sorted[0], most: sorted[sorted.length - 1] };
}

export async function compare(contenders: [Contender, Contender], options: Options): Promise<[Measured, Measured]> {
  try {
    const running = [];
    for (const { name, open } of contenders) {
      const run = await open();
      running.push({ name, run, count: await countFor(run, options), values: [] as number[] });
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const { run, count, values } of running) {
        const ms = await run(count);
        values.push(options.inverse ? (ms * 1e6) / count : (count / ms) * 1000);
      }
    }
    return running.map(({ name, values }) => summary(name, values)) as [Measured, Measured];
  } finally {
    for (const { close } of contenders) await close?.();
  }
}
