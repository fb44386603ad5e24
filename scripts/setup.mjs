// Makes a checkout ready to run: dependencies, the native addon, dist/, the demos and examples. Does only what is out of date.
//
//   node scripts/setup.mjs                      whatever is out of date
//   node scripts/setup.mjs --force              all but the dependencies, from scratch
//   node scripts/setup.mjs --force native|lib   the native addon or dist/, from scratch
//
// Plain Node without dependencies, since it runs before there are any.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hideDeclarations } from './setup-declarations.mjs';
import { canCompile, takePrebuilt } from './setup-native.mjs';
import { withLock } from './setup-lock.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const state = join(root, 'build-setup');

/** The files under `path` (itself, where it is a file), without the folders named in `except`. */
function filesUnder(path, except = []) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return [];
  if (stat.isFile()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !except.includes(entry.name))
    .flatMap((entry) => filesUnder(join(path, entry.name), except));
}

/** Changes whenever one of `files` is edited, added or removed; mtimes alone would miss a removal. */
function fingerprint(files) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of files.sort()) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${relative(root, file)} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function run(command, args, env = {}) {
  // npm is a script on Windows, which only a shell can start.
  const shell = process.platform === 'win32' && command === 'npm';
  // Not on standard output, which belongs to the command that set-up is a part of (`npm pack --json`).
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['inherit', 2, 2],
    shell,
    env: { ...process.env, ...env },
  });
  if (error) throw new Error(`${command} could not be started: ${error.message}`);
  if (status !== 0) throw new Error(`'${[command, ...args].join(' ')}' failed`);
}

const runTypeScript = (...args) => run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ...args]);

/** Whether node_modules/ holds every package that package-lock.json asks for, in its version. */
function dependenciesCurrent() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {};
  // What npm itself notes about the tree that it made. Contents are compared and not times: npm writes
  // this file before package-lock.json, and git gives a checked-out lock file the time of the checkout.
  const present = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!present) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || present[path]?.version === version || (!present[path] && (optional || devOptional)),
  );
}

/** Removes what an earlier build left in dist/ and lib/ has no source for any more. */
function pruneDist() {
  const dist = join(root, 'dist');
  for (const file of filesUnder(dist)) {
    const source = join(root, 'lib', relative(dist, file)).replace(/(\.d\.ts|\.js)$/, '.ts');
    if (!existsSync(source)) rmSync(file);
  }
}

const steps = [
  {
    name: 'dependencies',
    current: dependenciesCurrent,
    // No dependency needs its install script, and without them nothing is compiled or fetched beside the packages.
    make: () => run('npm', ['ci', '--ignore-scripts', '--prefer-offline']),
  },
  {
    name: 'native',
    sources: () => [join(root, 'binding.gyp'), ...filesUnder(join(root, 'native'), ['test', 'bench', 'model', 'prebuild'])],
    output: join(root, 'build', 'Release', 'nogil.node'),
    // Through npm, so that node-gyp finds npm's own settings (nodedir, proxy, cafile) in its environment.
    make: (force) => {
      if (!canCompile()) return takePrebuilt(root);
      const jobs = process.env.JOBS ?? 'max';
      run('npm', ['exec', '--no', '--', 'node-gyp', '--loglevel=warn', ...(force ? ['rebuild'] : ['configure', 'build'])], {
        JOBS: jobs,
      });
    },
  },
  {
    name: 'lib',
    // Its compiler and what that is told are among what it is made of.
    sources: () =>
      [
        'package.json',
        'package-lock.json',
        'tsconfig.json',
        'scripts/setup.mjs',
        'scripts/setup-declarations.mjs',
        'lib',
      ].flatMap((path) => filesUnder(join(root, path))),
    output: join(root, 'dist', 'index.js'),
    make: () => {
      // Comments go where an editor shows them: into the declarations.
      runTypeScript('-p', 'tsconfig.json', '--removeComments', '--declaration', 'false');
      runTypeScript('-p', 'tsconfig.json', '--emitDeclarationOnly', '--noCheck');
      pruneDist();
      hideDeclarations(root);
    },
  },
  {
    name: 'programs',
    // Compiled against the declarations of lib/.
    sources: () => [
      join(root, 'tsconfig.json'),
      ...['lib', 'examples', 'demo'].flatMap((folder) => filesUnder(join(root, folder))),
    ],
    output: join(root, 'build-demo', 'main.mjs'),
    make: () => {
      for (const folder of ['examples', 'demo']) runTypeScript('-p', folder);
    },
  },
];

const stampOf = (step) => join(state, `${step.name}.stamp`);

function isCurrent(step) {
  if (step.current) return step.current();
  if (!existsSync(step.output) || !existsSync(stampOf(step))) return false;
  return readFileSync(stampOf(step), 'utf8') === fingerprint(step.sources());
}

function make(step, force) {
  if (!step.sources) return step.make(force);
  // Taken before the build: a file saved while it runs makes the next set-up build again.
  const print = fingerprint(step.sources());
  rmSync(stampOf(step), { force: true });
  step.make(force);
  writeFileSync(stampOf(step), print);
}

async function setUp(argv) {
  const force = argv.includes('--force');
  const named = argv.filter((arg) => arg !== '--force');
  const unknown = named.find((name) => !steps.some((step) => step.name === name));
  if (unknown) throw new Error(`unknown argument '${unknown}'`);
  const forced = (step) => force && Boolean(step.sources) && (named.length === 0 || named.includes(step.name));
  const wanted = steps.filter((step) => !step.sources || named.length === 0 || named.includes(step.name));

  if (wanted.every((step) => !forced(step) && isCurrent(step))) return;
  mkdirSync(state, { recursive: true });
  await withLock(join(state, 'lock'), () => {
    for (const step of wanted) {
      // Looked at again under the lock: whoever held it may have made it in the meantime.
      if (forced(step) || !isCurrent(step)) make(step, forced(step));
    }
  });
}

try {
  await setUp(process.argv.slice(2));
} catch (error) {
  console.error(`set-up failed: ${error.message}`);
  process.exitCode = 1;
}
