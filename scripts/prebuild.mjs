// The addons that releases carry, under prebuilds/, which are committed.
//
//   node scripts/prebuild.mjs [TARGET...]           makes them, all or those named (linux-x64 ...)
//   node scripts/prebuild.mjs --check [TARGET...]   makes them elsewhere: are the committed ones the same bytes?
//
// Installs nothing; says what is missing. prebuilds/compilers.json holds what made the committed ones: other
// versions make other bytes, so the check says that it can not judge then. JOBS: how many compilers at once.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, toolsOf } from './prebuild/build.mjs';
import { root, targets } from './prebuild/targets.mjs';

const folder = join(root, 'prebuilds');
const record = join(folder, 'compilers.json');
const results = join(root, 'build-test', 'prebuilds.json');

const readJson = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {});
const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
const fileOf = (target, where) => join(where, target.name, 'nogil.node');
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const show = (tools) => `${tools.compiler}, ${tools.linker}`;

async function make(chosen) {
  const made = readJson(record);
  const missing = chosen.filter((target) => !toolsOf(target));
  if (missing.length) {
    const packages = missing.map(({ debian }) => debian).join(' ');
    throw new Error(`no compiler for ${missing.map(({ name }) => name).join(', ')}; on Debian: apt-get install ${packages}`);
  }
  for (const target of chosen) {
    const file = fileOf(target, folder);
    rmSync(file, { force: true });
    await build(target, file);
    made[target.name] = toolsOf(target);
    const sorted = Object.fromEntries(Object.entries(made).sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(record, `${JSON.stringify(sorted, null, 2)}\n`);
    console.log(`${target.name}: ${readFileSync(file).length} bytes, sha256 ${sha256(file)}`);
  }
}

/** 'passed', 'failed', or 'left out' where nothing can be said. */
async function check(target, where) {
  const committed = fileOf(target, folder);
  const say = (what) => console.log(`${target.name}: ${what}`);
  if (!existsSync(committed)) {
    say('is not there; make it with: npm run prebuilds');
    return 'failed';
  }
  const tools = toolsOf(target);
  if (!tools) {
    say(`left out: no compiler here; on Debian: apt-get install ${target.debian}`);
    return 'left out';
  }
  const recorded = readJson(record)[target.name];
  const fresh = fileOf(target, where);
  await build(target, fresh);
  if (readFileSync(fresh).equals(readFileSync(committed))) {
    say(`the same bytes, sha256 ${sha256(fresh)}`);
    return 'passed';
  }
  if (!same(tools, recorded)) {
    say(
      `left out: compiled, but by ${show(tools)}; the committed file is by ${recorded ? show(recorded) : 'an unknown compiler'}`,
    );
    return 'left out';
  }
  say(`differs: ${sha256(fresh)} from the sources, ${sha256(committed)} committed; make it anew with: npm run prebuilds`);
  return 'failed';
}

async function checkAll(chosen) {
  const where = mkdtempSync(join(tmpdir(), 'nogil-prebuilds-'));
  const outcomes = [];
  try {
    for (const target of chosen) outcomes.push(await check(target, where));
  } finally {
    rmSync(where, { recursive: true, force: true });
  }
  const count = (outcome) => outcomes.filter((o) => o === outcome).length;
  mkdirSync(join(root, 'build-test'), { recursive: true });
  writeFileSync(results, JSON.stringify({ passed: count('passed'), failed: count('failed') }));
  if (count('failed')) process.exitCode = 1;
}

try {
  const names = process.argv.slice(2).filter((arg) => arg !== '--check');
  const unknown = names.find((name) => !targets.some((target) => target.name === name));
  if (unknown) throw new Error(`unknown target '${unknown}'; there are ${targets.map(({ name }) => name).join(', ')}`);
  const chosen = targets.filter(({ name }) => names.length === 0 || names.includes(name));
  await (process.argv.includes('--check') ? checkAll(chosen) : make(chosen));
} catch (error) {
  console.error(`prebuild: ${error.message}`);
  process.exitCode = 1;
}
