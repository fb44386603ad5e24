// What is known not to work where: expectations.json, by runtime and case.
//
//   "deno": { "system/fork": { "fails": "why, for the reader of docs/platforms.md", "error": "what it has to say" } }
//   "deno": { "processes/*": … }        all cases of a group
//   "unstable": "why"                   in place of "fails": run, and not judged
//   "hurry": 10                         seconds until a case that is known to hang is taken for failed
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cases } from './cases.mjs';
import { runtimes } from './runtimes.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const all = JSON.parse(readFileSync(join(here, 'expectations.json'), 'utf8'));

/** What is expected of a case in a runtime; undefined: that it passes. */
export function expected(runtime, { id, file }) {
  return all[runtime]?.[id] ?? all[runtime]?.[`${file}/*`];
}

/** The entries of a runtime, in the order of the file: `[case or group, entry]`. */
export function entriesOf(runtime) {
  return Object.entries(all[runtime] ?? {});
}

/** Entries that speak of nothing that there is. */
export function stray() {
  const known = new Set([...cases.map(({ id }) => id), ...cases.map(({ file }) => `${file}/*`)]);
  const ids = new Set(runtimes.map(({ id }) => id));
  return Object.entries(all).flatMap(([runtime, entries]) =>
    ids.has(runtime) ? Object.keys(entries).filter((id) => !known.has(id)) : [runtime],
  );
}

/**
 * @param problem - of `runCase`; undefined: it passed
 * @returns `passed`, `failed`, or `expected`: it did what was expected of it, which is not to pass
 */
export function judge(expectation, problem) {
  if (!expectation) return problem === undefined ? 'passed' : 'failed';
  if (expectation.unstable) return problem === undefined ? 'passed' : 'expected';
  if (problem === undefined) return 'failed';
  return new RegExp(expectation.error ?? '').test(problem) ? 'expected' : 'failed';
}
