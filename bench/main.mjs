// Benchmarks: the library beside what one would use instead, in one run. See docs/benchmarks.md.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chart } from './harness/chart.mjs';
import { machine } from './harness/machine.mjs';
import { measureRow } from './harness/measure.mjs';
import { readOptions, usage } from './harness/options.mjs';
import { failuresText, goalsText, rowText } from './harness/report.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** Row groups: the files of bench/rows, those of `order` first. */
async function groupsOf(only) {
  const order = [
    'locks',
    'contention',
    'wakeups',
    'threads',
    'queues',
    'executors',
    'processes',
    'process-queues',
    'idle',
    'exit',
  ];
  const rank = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
  const names = readdirSync(join(here, 'rows'))
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => file.slice(0, -'.mjs'.length))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown) throw new TypeError(`--only: there is no group '${unknown}' (known: ${names.join(', ')})`);
  const chosen = names.filter((name) => !only || only.includes(name));
  return Promise.all(chosen.map(async (name) => ({ name, ...(await import(`./rows/${name}.mjs`)) })));
}

const slug = (text) =>
  text
    .toLowerCase()
    .replace(/µ/g, 'u')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  options.library = resolve(options.library ?? dirname(here));
  options.against &&= resolve(options.against);
  const groups = await groupsOf(options.only);
  if (options.list) return console.log(groups.map(({ name, title }) => `${name.padEnd(12)} ${title}`).join('\n'));
  const folder = resolve(options.results ?? join(here, 'results'));
  mkdirSync(folder, { recursive: true });

  const environment = machine();
  console.log(
    Object.entries(environment)
      .map(([key, value]) => `${key}: ${value}`)
      .join(', '),
    '\n',
  );
  const done = [];
  for (const { name, title, rows } of groups) {
    console.log(`## ${title}\n`);
    const results = [];
    for (const row of await rows(options)) {
      if (options.match && !row.title.includes(options.match)) continue;
      const result = await measureRow(row, options);
      console.log(rowText(result));
      writeFileSync(join(folder, `${name}-${slug(result.title)}.svg`), chart(result));
      results.push(result);
    }
    const group = { name, title, rows: results };
    done.push(group);
    const run = { rounds: options.rounds, quick: options.quick, machine: environment, ...group };
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(run, null, 2)}\n`);
  }
  console.log(failuresText(done));
  console.log(goalsText(done));
  // A rival that fails is news; the library itself has to run.
  const own = done.flatMap(({ rows: all }) => all.flatMap(({ failed }) => failed)).filter(({ name }) => isOwn(name));
  if (own.length > 0) process.exitCode = 1;
}

const isOwn = (name) => name.startsWith('nogil') || name === 'other build';

// Slowness is a result; only what fails to run is a failure.
main().catch((error) => {
  console.error(error instanceof TypeError ? `${error.message}\n\n${usage}` : error);
  process.exitCode = 1;
});
