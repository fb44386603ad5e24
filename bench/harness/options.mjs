// The command line of `npm run bench`.
import { parseArgs } from 'node:util';

export const usage = `npm run bench [-- options]

  --only locks,threads   row groups to run (default: all)
  --rounds N             measured rounds of each competitor (default 15; with --quick 1)
  --quick                short measurements, fewer rows: shows that everything runs, not how fast
  --patience N           how often to repeat a measurement while other programs keep the machine busy (default 3)
  --match TEXT           only the rows whose title contains TEXT
  --without a,b          leave out competitors whose name contains one of these
  --library FOLDER       the checkout to measure (default: this one)
  --against FOLDER       another built checkout, measured beside it as 'other build'
  --results FOLDER       where JSON and charts go (default: bench/results)
  --list                 name the groups and stop`;

/** @throws TypeError on an unknown option or a number that is none */
export function readOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      patience: { type: 'string', default: '3' },
      match: { type: 'string' },
      without: { type: 'string' },
      library: { type: 'string' },
      against: { type: 'string' },
      results: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const positive = (name, value) => {
    if (!Number.isInteger(Number(value)) || Number(value) < 1)
      throw new TypeError(`--${name} must be a positive integer, not '${value}'`);
    return Number(value);
  };
  const rounds = positive('rounds', values.rounds ?? (values.quick ? 1 : 15));
  const patience = values.quick ? 1 : positive('patience', values.patience);
  const list = (text) => text?.split(',').filter(Boolean);
  // Milliseconds after which a job of a crew will never end; in a short run there is no time to be that sure.
  const longest = values.quick ? 10_000 : 60_000;
  return { ...values, longest, rounds, patience, only: list(values.only), without: list(values.without) ?? [] };
}
