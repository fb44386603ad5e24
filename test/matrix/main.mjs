// The package as it is published, on every runtime that it is for: npm run test:matrix [-- options] [runtimes]
//
//   --case PATTERN    only cases whose names match, e.g. exit/
//   --write           writes what does not work where into docs/platforms.md
//
// Prints TAP, and fails where something passes or fails that is not expected to (expectations.json).
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';
import { expected, judge, stray } from './expectations.mjs';
import { install } from './install.mjs';
import { isCurrent, write } from './platforms.mjs';
import { isPlain, runCase, runTogether } from './run-case.mjs';
import { ROOT } from './npm.mjs';
import { prepare, runtimes } from './runtimes.mjs';

/** Two cases at once: most of each is waiting for threads and processes to begin. */
const JOBS = 2;
/** Minutes for all cases of a runtime. */
const RUNTIME_LIMIT = 20;

const { values: options, positionals } = parseArgs({
  options: { case: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const counts = { passed: 0, failed: 0, expected: 0 };
let number = 0;

function report(outcome, name, detail) {
  counts[outcome]++;
  const todo = outcome === 'expected' ? ` # TODO ${detail.split('\n')[0]}` : '';
  console.log(`${outcome === 'passed' ? 'ok' : 'not ok'} ${++number} - ${name}${todo}`);
  if (outcome === 'failed' && detail) console.log(detail.trimEnd().replace(/^/gm, '  '));
}

/** Calls `work` for all items, a few at a time. */
async function forAll(items, work) {
  const queue = [...items];
  const one = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: JOBS }, one));
}

async function runIn(runtime, folder, wanted) {
  const prepared = prepare(runtime);
  if (prepared.missing) return report('failed', runtime.id, `install Debian's packages ${prepared.missing}`);
  const deadline = Date.now() + RUNTIME_LIMIT * 60_000;
  const blocked = new Set();
  const settle = (test, problem) => {
    const expectation = expected(runtime.id, test);
    const outcome = judge(expectation, problem);
    if (outcome === 'expected') blocked.add(test.id);
    const why = expectation?.fails ?? expectation?.unstable;
    report(outcome, `${runtime.id} ${test.id}`, outcome === 'expected' ? why : (problem ?? `passed, though: ${why}`));
  };
  /** Whether there is nothing to run, which it reports. */
  const isOut = (test) => {
    const name = `${runtime.id} ${test.id}`;
    if (blocked.has(test.needs)) report('expected', name, `needs ${test.needs}`);
    else if (Date.now() > deadline) report('failed', name, `the runtime had used up its ${RUNTIME_LIMIT} minutes`);
    else return false;
    return true;
  };
  const runBatch = async (batch) => {
    for (let left = batch.filter((test) => !isOut(test)); left.length > 0; left = left.filter((test) => !isOut(test))) {
      if (left.length === 1) {
        settle(left[0], await runCase(prepared, left[0], folder, expected(runtime.id, left[0])?.hurry));
        return;
      }
      const { passed, problem } = await runTogether(prepared, left, folder);
      for (const test of left.splice(0, passed)) settle(test);
      if (left.length > 0) settle(left.shift(), problem);
    }
  };
  const needed = new Set(wanted.map(({ needs }) => needs));
  await forAll(
    cases.filter(({ id }) => needed.has(id)).map((test) => [test]),
    runBatch,
  );
  const rest = wanted.filter(({ id }) => !needed.has(id));
  const together = (test) => prepared.slow > 1 && isPlain(test) && !expected(runtime.id, test);
  const batches = [...new Set(rest.map(({ file }) => file))].map((file) =>
    rest.filter((test) => test.file === file && together(test)),
  );
  const alone = rest.filter((test) => !together(test)).map((test) => [test]);
  await forAll([...batches.filter((batch) => batch.length > 0), ...alone], runBatch);
}

function check(holds, name, detail) {
  report(holds ? 'passed' : 'failed', name, detail);
}

const unknown = positionals.filter((id) => !runtimes.some((runtime) => runtime.id === id));
if (unknown.length > 0) throw new Error(`no runtime ${unknown.join(', ')}; there are ${runtimes.map(({ id }) => id).join(', ')}`);
if (options.write) write();

check(stray().length === 0, 'expectations are of what there is', stray().join(', '));
check(isCurrent(), 'docs/platforms.md says what is expected', 'npm run test:matrix -- --write makes it so');
const folder = install();
const wanted = cases.filter(({ id }) => new RegExp(options.case).test(id));
for (const runtime of runtimes) {
  if (positionals.length > 0 && !positionals.includes(runtime.id)) continue;
  const begun = performance.now();
  console.log(`# ${runtime.title}: ${runtime.package}@${runtime.version}`);
  await runIn(runtime, folder, wanted);
  console.log(`# ${((performance.now() - begun) / 1000).toFixed(0)} s`);
}
console.log(`1..${number}`);
console.log(`# ${counts.expected} did not pass, as expected`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
mkdirSync(join(ROOT, 'build-matrix'), { recursive: true });
writeFileSync(join(ROOT, 'build-matrix', 'results.json'), JSON.stringify(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;
