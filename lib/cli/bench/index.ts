/**
 * `npx nogil bench`: half a minute of the library beside what Node itself has, on the machine of whoever asks.
 * The repository's own benchmark measures much more, beside many more: docs/benchmarks.md.
 */
import os from 'node:os';
import { readOptions } from '../options';
import { table } from '../table';
import { runtime, version } from '../version';
import {
  atomicsContended,
  atomicsPair,
  atomicsTurns,
  type Contender,
  messagePort,
  newWorkers,
  nogilContended,
  nogilExecutor,
  nogilLock,
  nogilQueue,
  nogilThreads,
  nogilTurns,
  workerMessages,
} from './contenders';
import { compare, type Measured } from './measure';

interface Row {
  title: string;
  /** `ns`: how long one takes; else how many a second. */
  unit: 'ns' | 'a second';
  contenders: [Contender, Contender];
  /** So many to begin with, and at most. */
  first: number;
  most: number;
}

const rows = (): Row[] => [
  { title: 'lock and unlock, alone', unit: 'ns', contenders: [nogilLock, atomicsPair], first: 10_000, most: 1e8 },
  { title: 'the same, two threads at it', unit: 'ns', contenders: [nogilContended, atomicsContended], first: 10_000, most: 1e8 },
  { title: 'one thread wakes another', unit: 'ns', contenders: [nogilTurns, atomicsTurns], first: 500, most: 1e7 },
  { title: 'numbers through a queue', unit: 'a second', contenders: [nogilQueue, messagePort()], first: 2000, most: 2e6 },
  { title: 'threads started and joined', unit: 'a second', contenders: [nogilThreads, newWorkers], first: 2, most: 1e5 },
  { title: 'tasks, one at a time', unit: 'a second', contenders: [nogilExecutor(), workerMessages()], first: 100, most: 1e6 },
];

function amount(value: number, unit: Row['unit']): string {
  const digits = (number: number): string => String(Number(number.toPrecision(3)));
  if (unit === 'ns') return value < 1000 ? `${digits(value)} ns` : `${digits(value / 1000)} µs`;
  if (value >= 1e6) return `${digits(value / 1e6)} M/s`;
  return value >= 1000 ? `${digits(value / 1000)} k/s` : `${digits(value)}/s`;
}

/** How many times as good as the other. */
function ratio(unit: Row['unit'], [mine, theirs]: [Measured, Measured]): number {
  return unit === 'ns' ? theirs.median / mine.median : mine.median / theirs.median;
}

function positive(name: string, value: unknown, otherwise: number): number {
  const number = value === undefined ? otherwise : Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be a positive integer, not '${String(value)}'`);
  return number;
}

export async function run(argv: string[]): Promise<number> {
  const options = readOptions(
    'bench',
    'a short benchmark',
    {
      rounds: { type: 'string', value: 'N', text: 'how often everything is measured (5); the medians count' },
      ms: { type: 'string', value: 'N', text: 'milliseconds that a measurement takes, about (150)' },
      json: { type: 'boolean', text: 'as JSON' },
    },
    argv,
  );
  if (typeof options === 'number') return options;
  const rounds = positive('rounds', options.rounds, 5);
  const ms = positive('ms', options.ms, 150);
  const about = {
    nogil: version(),
    runtime: runtime(),
    platform: `${process.platform} ${process.arch}`,
    cpus: os.availableParallelism(),
  };
  const results = [];
  for (const { title, unit, contenders, first, most } of rows()) {
    // Progress is for people, and no part of what a program reads.
    if (process.stderr.isTTY) process.stderr.write(`${title} ...\n`);
    const measured = await compare(contenders, { rounds, ms, first, most, inverse: unit === 'ns' });
    results.push({ title, unit, ratio: ratio(unit, measured), nogil: measured[0], node: measured[1] });
  }
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ...about, rounds, ms, rows: results }, null, 2)}\n`);
    return 0;
  }
  const lines = results.map(({ title, unit, nogil, node, ratio: times }) => [
    title,
    nogil.name,
    amount(nogil.median, unit),
    node.name,
    amount(node.median, unit),
    `${times < 100 ? times.toPrecision(2) : Math.round(times)}x`,
  ]);
  process.stdout.write(
    `nogil ${about.nogil}, ${about.runtime}, ${about.platform}, ${about.cpus} CPUs; medians of ${rounds} rounds\n\n`,
  );
  process.stdout.write(table([['', 'nogil', '', 'Node.js', '', 'nogil is'], ...lines], [2, 4, 5]));
  return 0;
}
