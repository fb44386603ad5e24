// The command line of `npm run bench`.
import { parseArgs } from 'node:util';

export const usage = `npm run bench [-- options]

  --only locks,threads   row groups to run (default: all)
  --match TEXT           only the rows whose title contains TEXT
  --all                  also the rows that vary what others show: more threads, bounds, kinds of items
  --rounds N             measured rounds of each competitor (default 7; with --quick 1)
  --quick                short measurements, fewer rows: shows that everything runs, not how fast
  --patience N           how many measurements of a competitor of a row may be repeated because other programs
                         kept the machine busy (default 3)
  --without a,b          leave out competitors whose name contains one of these
  --library FOLDER       the checkout to measure (default: this one)
  --against FOLDER       another built checkout, measured beside it as 'other build'
  --results FOLDER       where JSON and charts go (default: build-bench/results)
  --report               write docs/benchmarks.md, which otherwise only a run without any of the above does
  --from FILE            measure nothing: tell of the run that this figures.json is of
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
      all: { type: 'boolean', default: false },
      without: { type: 'string' },
      library: { type: 'string' },
      against: { type: 'string' },
      results: { type: 'string' },
      report: { type: 'boolean', default: false },
      from: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const integer = (name, value, least = 1) => {
    if (!Number.isInteger(Number(value)) || Number(value) < least)
      throw new TypeError(`--${name} must be an integer of at least ${least}, not '${value}'`);
    return Number(value);
  };
  const rounds = integer('rounds', values.rounds ?? (values.quick ? 1 : 7));
  const patience = values.quick ? 0 : integer('patience', values.patience, 0);
  const list = (text) => text?.split(',').filter(Boolean);
  // Milliseconds after which a job of a crew will never end; in a short run there is no time to be that sure.
  const longest = values.quick ? 10_000 : 60_000;
  // Figures of a part, of few rounds or of other code must not take the place of the whole by accident.
  const whole = argv.length === 0;
  return {
    ...values,
    command: ['npm run bench', ...(whole ? [] : ['--', ...argv])].join(' '),
    report: values.report || whole,
    longest,
    rounds,
    patience,
    only: list(values.only),
    without: list(values.without) ?? [],
  };
}
