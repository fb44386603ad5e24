// Benchmarks: the library beside what one would use instead, in one run. See docs/benchmarks.md.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine } from './harness/machine.mjs';
import { measureRow } from './harness/measure.mjs';
import { readOptions, usage } from './harness/options.mjs';
import { failuresOf, failuresText, goalsText, rowText } from './harness/report.mjs';
import { writeReport, writeResults } from './harness/write.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const docs = join(dirname(here), 'docs');

const ORDER = [
  'locks',
  'contention',
  'wakeups',
  'queues',
  'process-locks',
  'process-queues',
  'threads',
  'executors',
  'processes',
  'idle',
  'exit',
];

/** Row groups: the files of bench/rows, those of `ORDER` first. */
async function groupsOf(only) {
  const rank = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const names = readdirSync(join(here, 'rows'))
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => file.slice(0, -'.mjs'.length))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown) throw new TypeError(`--only: there is no group '${unknown}' (known: ${names.join(', ')})`);
  const chosen = names.filter((name) => !only || only.includes(name));
  return Promise.all(chosen.map(async (name) => ({ name, ...(await import(`./rows/${name}.mjs`)) })));
}

async function measure(groups, options) {
  const begun = performance.now();
  const environment = machine(options.library);
  const { peers, ...rest } = environment;
  for (const [key, value] of Object.entries({ ...rest, ...peers })) console.log(`${key}: ${value}`);
  const done = [];
  const run = () => ({
    command: options.command,
    rounds: options.rounds,
    quick: options.quick,
    minutes: (performance.now() - begun) / 60_000,
    machine: environment,
    groups: done,
  });
  for (const { name, title, rows } of groups) {
    console.log(`\n## ${title}\n`);
    const group = { name, title, rows: [] };
    done.push(group);
    for (const row of await rows(options)) {
      if (options.match && !row.title.includes(options.match)) continue;
      if (row.extra && !options.all && !options.match) continue;
      const result = await measureRow(row, options);
      console.log(rowText(result));
      group.rows.push(result);
    }
    // After each group: a run that is broken off leaves what it has.
    writeResults(run(), options.results);
  }
  return run();
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  options.library = resolve(options.library ?? dirname(here));
  options.against &&= resolve(options.against);
  options.results = resolve(options.results ?? join(dirname(here), 'build-bench', 'results'));
  const groups = await groupsOf(options.only);
  if (options.list) return console.log(groups.map(({ name, title }) => `${name.padEnd(14)} ${title}`).join('\n'));

  const run = options.from ? JSON.parse(readFileSync(options.from, 'utf8')) : await measure(groups, options);
  if (options.from) for (const { rows } of run.groups) for (const row of rows) console.log(rowText(row));
  console.log(failuresText(run.groups));
  console.log(goalsText(run.groups));
  if (options.report) writeReport(run, docs);
  console.log(`\n${options.report ? 'docs/benchmarks.md is written; ' : ''}${run.minutes.toFixed(1)} minutes`);
  // A rival that fails is news; the library itself has to run. Slowness is a result.
  if (failuresOf(run.groups).some(({ name }) => isOwn(name))) process.exitCode = 1;
}

const isOwn = (name) => name.startsWith('nogil') || name === 'other build';

main().catch((error) => {
  console.error(error instanceof TypeError ? `${error.message}\n\n${usage}` : error);
  process.exitCode = 1;
});
