// The packed package under each package manager, on a machine without a compiler: npm run test:installs
//
// What is on PATH there is a Node and a shell, so an install that tried to compile would fail. It is this Node, or where
// this one is too old for the manager, one of the matrix's (`node` in managers.json). Scripts are once left to the
// manager's default and once disabled. Last, an installed copy without its binaries says what
// to do, and does it: that one has the compiler. Prints TAP.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchPackage, npm, packOurs, ROOT } from './npm.mjs';
import { prepare, runtimes } from './runtimes.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const managers = JSON.parse(readFileSync(join(here, 'managers.json'), 'utf8'));
const LIMIT_MS = 300_000;

const work = mkdtempSync(join(tmpdir(), 'nogil-installs-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true, maxRetries: 3 }));

const PROGRAM = `
const { Lock, Thread } = require('nogil/threading');
const lock = new Lock();
lock.acquire();
const thread = new Thread({ target: (held) => held.release(), args: [lock] });
thread.start();
thread.join();
console.log(lock.locked());
`;

let number = 0;
const counts = { passed: 0, failed: 0 };

function test(name, body) {
  let problem;
  try {
    body();
  } catch (error) {
    problem = error.message;
  }
  counts[problem === undefined ? 'passed' : 'failed']++;
  console.log(`${problem === undefined ? 'ok' : 'not ok'} ${++number} - ${name}`);
  if (problem !== undefined) console.log(problem.replace(/^/gm, '  '));
}

function assert(holds, message) {
  if (!holds) throw new Error(message);
}

function run(command, args, cwd, env) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: LIMIT_MS });
  return { ok: status === 0, output: `${error?.message ?? ''}${signal ?? ''}${stdout}${stderr}`, stdout };
}

// The managers ask the registry that npm is set to ask.
const registry = npm(['config', 'get', 'registry'], work).trim();

/** The Node that a manager runs on. */
function nodeFor({ node }) {
  const runtime = runtimes.find(({ id }) => id === node);
  return runtime ? prepare(runtime).command[0] : process.execPath;
}

function fetch(manager, node) {
  const folder = join(work, 'managers', manager.id);
  mkdirSync(folder, { recursive: true });
  const file = join(fetchPackage(manager, folder), manager.program);
  chmodSync(file, 0o755);
  return file.endsWith('.js') ? [node, file] : [file];
}

function bareEnvironment(folder, node) {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(node, join(bin, 'node'));
  symlinkSync('/bin/sh', join(bin, 'sh'));
  // Nothing that `npm run` set.
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|CXX$|CC$|NODE_OPTIONS$|INIT_CWD$)/i.test(name));
  return { ...Object.fromEntries(kept), PATH: bin, npm_config_registry: registry, YARN_REGISTRY: registry, CI: '1' };
}

function newProject(name) {
  const folder = join(work, name.replaceAll(' ', '-'));
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "name": "installs", "version": "1.0.0", "private": true }\n');
  writeFileSync(join(folder, '.npmrc'), `registry=${registry}\n`);
  writeFileSync(join(folder, 'program.cjs'), PROGRAM);
  return folder;
}

function runsProgram(folder, env, node = process.execPath) {
  const { ok, output } = run(node, ['program.cjs'], folder, env);
  assert(ok && output === 'false\n', output);
}

const { filename, size } = packOurs(work);
const tarball = join(work, filename);
test('the package is smaller than a megabyte', () => assert(size < 1_000_000, `${size} bytes`));

for (const manager of managers) {
  let node, command;
  test(`${manager.id}: is to be had`, () => {
    node = nodeFor(manager);
    command = fetch(manager, node);
  });
  if (!command) continue;
  for (const [how, options] of [
    ['installs', []],
    ['installs with scripts disabled', manager.scriptless],
  ]) {
    test(`${manager.id} ${how}`, () => {
      const folder = newProject(`${manager.id} ${how}`);
      const env = bareEnvironment(folder, node);
      const [program, ...args] = [...command, ...manager.install, ...options, tarball];
      const { ok, output } = run(program, args, folder, env);
      assert(ok, output);
      const installed = join(folder, 'node_modules', 'nogil');
      for (const name of ['build', 'binding.gyp']) assert(!existsSync(join(installed, name)), `there is a ${name}`);
      runsProgram(folder, env, node);
    });
  }
}

test('an installed copy is compiled by its own command', () => {
  const folder = newProject('rebuild');
  npm(['install', '--ignore-scripts', '--no-package-lock', tarball], folder);
  const installed = join(folder, 'node_modules', 'nogil');
  rmSync(join(installed, 'prebuilds'), { recursive: true });
  const before = run(process.execPath, ['program.cjs'], folder);
  assert(!before.ok && before.output.includes(join(installed, 'native', 'rebuild.cjs')), before.output);
  const { ok, output } = run(process.execPath, [join(installed, 'native', 'rebuild.cjs')], folder);
  assert(ok, output);
  assert(!existsSync(join(installed, 'binding.gyp')), 'it leaves a binding.gyp behind');
  runsProgram(folder);
});

console.log(`1..${number}\n${counts.passed} passed, ${counts.failed} failed`);
mkdirSync(join(ROOT, 'build-test'), { recursive: true });
writeFileSync(join(ROOT, 'build-test', 'installs.json'), JSON.stringify(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;
