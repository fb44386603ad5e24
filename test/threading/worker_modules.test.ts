/** The library within a worker, which gets it from its maker's memory: as if Node had loaded it. */
import { runScript } from '../helpers/script';

/** Each in a worker of its own: a timer that is left behind keeps the worker from another thread. */
const PROGRAM = `
  const { Lock, Thread } = require('nogil/threading');
  const { SimpleQueue } = require('nogil/queue');
  const answers = new SimpleQueue();
  for (let i = 0; i < 3; i++) {
    const thread = new Thread({ target: require('./look.cjs').look, args: [new Lock(), answers] });
    thread.start();
    thread.join();
  }
  while (!answers.empty()) console.log(answers.get());
  process.exit();
`;

async function looked(look: string, files: Record<string, string> = {}): Promise<string[]> {
  const { code, stdout, stderr } = await runScript(PROGRAM, {
    files: {
      ...files,
      'look.cjs': `exports.look = async (lock, answers) => { setInterval(() => {}, 1e6).unref(); answers.put(await (${look})(lock)); };`,
    },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

test('has the classes of what was passed, whoever loaded them first', async () => {
  const look = `async (lock) => {
    const { Lock, RLock } = require('nogil/threading');
    const imported = await import('nogil/threading');
    const queue = await import('nogil/queue');
    return [lock instanceof Lock, imported.Lock === Lock, new RLock() instanceof imported.RLock, queue.Queue === require('nogil/queue').Queue];
  }`;
  expect(await looked(look)).toEqual(Array(3).fill('[ true, true, true, true ]'));
});

test('shows its own files and lines in stack traces', async () => {
  const look = `() => {
    const { readFileSync } = require('node:fs');
    const { Semaphore } = require('nogil/threading');
    try {
      new Semaphore(-1);
    } catch (error) {
      const [, file, line, column] = /\\((.*semaphore\\.js):(\\d+):(\\d+)\\)/.exec(error.stack);
      return readFileSync(file, 'utf8').split('\\n')[line - 1].slice(column - 1).split('(')[0];
    }
  }`;
  expect(await looked(look)).toEqual(Array(3).fill('new errors_1.ValueError'));
});

test('keeps its modules in the cache of require, under their files', async () => {
  const look = `() => {
    const threading = require.cache[require.resolve('nogil/threading')];
    const errors = Object.keys(require.cache).filter((file) => /internal.errors\\.js$/.test(file));
    return [threading.loaded, threading.exports === require('nogil/threading'), errors.length];
  }`;
  expect(await looked(look)).toEqual(Array(3).fill('[ true, true, 1 ]'));
});

test('loads what the main thread has not', async () => {
  const look = `() => {
    const { ThreadPoolExecutor } = require('nogil/concurrent/futures');
    const executor = new ThreadPoolExecutor(1);
    const result = executor.submit((a, b) => a + b, 1, 2).result();
    executor.shutdown();
    return result;
  }`;
  expect(await looked(look)).toEqual(Array(3).fill('3'));
});

test.each([[[]], [['--no-experimental-require-module']]])(
  'other exports of the module that a target came from are there at once (%j)',
  async (nodeArgs) => {
    const { stdout, stderr } = await runScript(
      `
      import { local, Thread, Barrier } from 'nogil/threading';
      import { is_main } from 'nogil';
      await 0; // can not be required
      export class Loc extends local { constructor(a) { super(a); this.a = a; } }
      export function work(own) { console.log('in thread', own.a); }
      export function action() { console.log('action'); }
      export function meet(barrier) { console.log('index', barrier.wait()); }
      if (is_main(import.meta.url)) {
        const run = (target, ...args) => { const t = new Thread({ target, args }); t.start(); t.join(); };
        run(work, new Loc(1));
        run(meet, new Barrier(1, action));
      }`,
      { nodeArgs, type: 'module' },
    );
    expect([stderr, stdout]).toEqual(['', 'in thread 1\naction\nindex 0\n']);
  },
);
