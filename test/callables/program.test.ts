import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScript } from '../helpers/script';
import { FIXTURES } from './harness';

const CALLABLES = join(__dirname, '../../dist/internal/callables/index.js');
const WORKER = join(FIXTURES, 'worker.cjs');

/** What a program needs to send a function over and print what it returned. */
const COMMON = `
const send = (fn, ...args) => {
  const worker = new Worker(${JSON.stringify(WORKER)});
  worker.once('message', (outcome) => {
    console.log(JSON.stringify(outcome.error ? outcome.error.message : outcome.value));
    worker.terminate();
  });
  worker.postMessage({ ref: describeTarget(fn, 'x'), args });
};`;
const ESM = `
import { Worker, isMainThread, threadId } from 'node:worker_threads';
import callables from ${JSON.stringify(CALLABLES)};
const { describeTarget, importable, is_main } = callables;
${COMMON}`;
const CJS = `
const { Worker, isMainThread, threadId } = require('node:worker_threads');
const { describeTarget, importable, is_main } = require(${JSON.stringify(CALLABLES)});
${COMMON}`;

async function output(script: string, options: Parameters<typeof runScript>[1] = {}): Promise<unknown[]> {
  const { stdout, stderr } = await runScript(script, options);
  expect(stderr).toBe('');
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown); // prettier-ignore
}

describe("functions of the program's entry, while it is still being evaluated", () => {
  test('an ES module', async () => {
    const script = `${ESM}
      let state = threadId;
      export function work(x) { return [x, state > 0] }
      export default function () { return ['default', state > 0] }
      export { other as renamed };
      function other() { return ['renamed', state > 0] }
      export class Job { static run() { return ['static', state > 0] } }
      if (is_main(import.meta.url)) { send(work, 1); send(Job.run); send(other) }
      export const after = () => state;`;
    expect(new Set((await output(script)).map(String))).toEqual(new Set(['1,true', 'static,true', 'renamed,true']));
  });

  test('an anonymous default export', async () => {
    const files = { 'job.mjs': "import { threadId } from 'node:worker_threads'; export default (x) => [x, threadId > 0];" };
    expect(await output(`${ESM} import job from './job.mjs'; send(job, 5);`, { files })).toEqual([[5, true]]);
  });

  test.each([
    ['assigned before', 'exports.work = work;', ''],
    ['assigned after', '', 'exports.work = work;'],
    ['an object after', '', 'module.exports = { work };'],
    ['renamed after', '', 'module.exports = { other: 1, renamed: work };'],
    ['nested after', '', 'exports.a = {}; exports.a.b = work;'],
    ['the whole after', '', 'module.exports = work;'],
    ['as swc writes it', 'Object.defineProperty(exports, "work", { enumerable: true, get: function() { return work; } });', ''],
    [
      'as esbuild writes it',
      'var out = {}; var __export = (t, all) => { for (var n in all) Object.defineProperty(t, n, { get: all[n], enumerable: true }) };' +
        ' __export(out, { work: () => work }); module.exports = ((m) => m)(out);',
      '',
    ],
  ])('a CommonJS module with its export %s', async (_, before, after) => {
    const script = `${CJS} ${before}
      const state = threadId;
      function work(x) { return [x, state > 0] }
      if (is_main(__filename)) send(work, 1);
      ${after}`;
    expect(await output(script)).toEqual([[1, true]]);
  });

  test('a module that is not guarded runs again in the thread', async () => {
    const script = `${CJS} exports.work = () => threadId > 0; if (isMainThread) send(exports.work); else globalThis.again = true;`;
    expect(await output(script)).toEqual([true]);
  });
});

test('functions from the command line and from standard input', async () => {
  const script = `${CJS} send(() => require('node:path').basename('/a/b'));`;
  expect(await output(script, { type: 'commonjs' })).toEqual(['b']);
  const { stdout } = await runScript(WORKER, { nodeArgs: ['-e', script, '--'] });
  expect(stdout.trim()).toBe('"b"');
});

test('importable() of the own module, and called in the own thread', async () => {
  const script = `${ESM}
    const captured = threadId;
    export const work = (x) => [x, captured > 0];
    if (is_main(import.meta.url)) {
      send(importable(import.meta.url, 'work'), 3);
      console.log(JSON.stringify(await new Promise((done) => setImmediate(() => done(1)))));
    }`;
  expect(new Set((await output(script)).map(String))).toEqual(new Set(['1', '3,true']));
});

describe('is_main()', () => {
  test('of the entry, of a module that it imports, and in a thread', async () => {
    const files = {
      'other.mjs': `${ESM} export const main = is_main(import.meta.url); export const thread = () => is_main(import.meta.url);`,
    };
    const script = `${ESM} import { main, thread } from './other.mjs';
      console.log(JSON.stringify([is_main(import.meta.url), is_main(new URL(import.meta.url)), main, thread()]));
      send(() => import.meta.url !== '' && threadId, 1);`.replace(/send\(\(\)[^;]*;/, 'send(thread);');
    expect(await output(script, { files })).toEqual([[true, true, false, false], false]);
  });

  test('after setWorkerContext(), as in a process that the library starts', async () => {
    const script = `${CJS} require(${JSON.stringify(CALLABLES)}).setWorkerContext(); console.log(is_main(__filename));`;
    expect(await output(script)).toEqual([false]);
  });

  test('with an entry that was named without its extension, through a link, or by its folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nogil-main-'));
    try {
      writeFileSync(join(folder, 'index.js'), `${CJS} console.log(is_main(__filename));`);
      symlinkSync(join(folder, 'index.js'), join(folder, 'link.js'));
      for (const entry of ['index', 'link.js', '.']) {
        expect(await output(`require('node:child_process').spawnSync(process.execPath, [process.argv[2]], { stdio: 'inherit' })`, {
          args: [join(folder, entry)],
        })).toEqual([true]); // prettier-ignore
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a wrong argument', async () => {
    const script = `${CJS} try { is_main(5) } catch (e) { console.log(JSON.stringify(e.name)) }`;
    expect(await output(script)).toEqual(['TypeError']);
  });
});

test('a thread that only resolves references does not load the parser', async () => {
  const script = `
    const { resolveTarget } = require(${JSON.stringify(CALLABLES)});
    console.log(resolveTarget({ kind: 'source', source: '() => 5', name: 'f', strict: true })());
    console.log(Object.keys(require.cache).some((path) => /node_modules.acorn/.test(path)));`;
  expect(await output(script)).toEqual([5, false]);
});
