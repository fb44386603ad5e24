/** Executors at the end of the program. Behaviour 26 of the contract's samples. */
import { runScript, type ScriptOptions } from '../helpers/script';
import { TASKS } from './executors';

const HEAD = `
  const { ThreadPoolExecutor, Future } = require('nogil/concurrent/futures');
  const { Thread, Lock } = require('nogil/threading');
  const { sleep } = require('nogil/time');
  const { spin, exits } = require(${JSON.stringify(TASKS)});
  function print(seconds, what) { require('nogil/time').sleep(seconds); console.log(what); }
`;

const run = (body: string, options?: ScriptOptions) => runScript(HEAD + body, options);

describe('26: a program that ends', () => {
  test('does what was submitted first', async () => {
    const { code, stdout, stderr } = await run(`
      const executor = new ThreadPoolExecutor(2);
      for (const n of [1, 2, 3]) executor.submit(print2, 0.2, n);
      function print2(seconds, what) { require('nogil/time').sleep(seconds); console.log(what); }
      console.log('main end');
    `);
    expect(stdout.trim().split('\n').sort()).toEqual(['1', '2', '3', 'main end']);
    expect([code, stderr]).toEqual([0, '']);
  });

  test('does so though it imports nothing else', async () => {
    const program = `
      const { ThreadPoolExecutor } = require('nogil/concurrent/futures');
      const executor = new ThreadPoolExecutor(2);
      for (const n of [1, 2, 3]) executor.submit((n) => new Promise((resolve) => setTimeout(() => resolve(console.log(n)), 200)), n);
      console.log('main end');
    `;
    const { code, stdout, stderr } = await runScript(program);
    expect(stdout.trim().split('\n').sort()).toEqual(['1', '2', '3', 'main end']);
    expect([code, stderr]).toEqual([0, '']);
  });

  test('the same after shutdown(false)', async () => {
    const { code, stdout, stderr } = await run(`
      const executor = new ThreadPoolExecutor(1);
      executor.submit((s) => { require('nogil/time').sleep(s); console.log('apple'); }, 0.5);
      executor.shutdown(false);
    `);
    expect([code, stdout, stderr]).toEqual([0, 'apple\n', '']);
  });

  test.each(['', 'process.exit(0);'])('takes no more in its exit handlers (%p)', async (end) => {
    const { code, stdout } = await run(`
      const executor = new ThreadPoolExecutor(1);
      executor.submit((n) => n, 1).result();
      process.on('exit', () => {
        try { executor.submit((n) => n, 2); } catch (error) { console.log(error.name, error.message); }
      });
      ${end}
    `);
    expect([code, stdout]).toEqual([0, 'RuntimeError cannot schedule new futures after interpreter shutdown\n']);
  });

  test('runs callbacks of what is done at the end, which submit no more', async () => {
    const { code, stdout, stderr } = await run(`
      const executor = new ThreadPoolExecutor(1);
      executor.submit((s) => require('nogil/time').sleep(s), 0.2).add_done_callback(() => {
        try { executor.submit((n) => n, 2); } catch (error) { console.log(error.name); }
      });
    `);
    expect([code, stdout, stderr]).toEqual([0, 'RuntimeError\n', '']);
  });

  test('leaves executors of other threads to their work', async () => {
    const { code, stdout, stderr } = await run(`
      const { Event } = require('nogil/threading');
      const submitted = new Event();
      new Thread({ target: (event) => {
        const { ThreadPoolExecutor } = require('nogil/concurrent/futures');
        const executor = new ThreadPoolExecutor(1);
        executor.submit((s) => { require('nogil/time').sleep(s); console.log('done'); }, 0.3);
        event.set();
      }, args: [submitted] }).start();
      submitted.wait();
    `);
    expect([code, stdout, stderr]).toEqual([0, 'done\n', '']);
  });

  test('does not wait for threads that only wait for work', async () => {
    const { code, timedOut } = await run(`
      const executors = Array.from({ length: 5 }, () => new ThreadPoolExecutor(2));
      for (const executor of executors) for (let i = 0; i < 3; i++) executor.submit((n) => n, i).result();
    `);
    expect([code, timedOut]).toEqual([0, false]);
  });

  test('an executor that was dropped ends its threads after their work', async () => {
    const { code, stdout } = await run(
      `
      const { enumerate } = require('nogil/threading');
      let futures = (() => {
        const executor = new ThreadPoolExecutor(2, 'dropped');
        return [1, 2, 3].map((n) => executor.submit((s, m) => { require('nogil/time').sleep(s); return m; }, 0.1, n));
      })();
      console.log(futures.map((f) => f.result()).join());
      const end = Date.now() + 10000;
      (function look() {
        gc();
        const left = enumerate().filter((t) => t.name.startsWith('dropped')).length;
        if (left > 0 && Date.now() < end) setTimeout(look, 10);
        else console.log(left);
      })();
    `,
      { nodeArgs: ['--expose-gc'] },
    );
    expect([code, stdout]).toEqual([0, '1,2,3\n0\n']);
  });

  test.each([
    [
      'process.exit() while tasks run',
      `executor.submit(spin); executor.submit(spin); setTimeout(() => process.exit(3), 200);`,
      3,
    ],
    ['an uncaught error while tasks run', `executor.submit(spin); setTimeout(() => { throw new Error('boom'); }, 200);`, 1],
    [
      'process.exit() in the midst of waiting threads',
      `const f = new Future(); for (let i = 0; i < 2; i++) executor.submit((g) => g.result(), f); setTimeout(() => process.exit(3), 300);`,
      3,
    ],
  ])('%s', async (_name, body, expected) => {
    const { code, timedOut } = await run(`const executor = new ThreadPoolExecutor(2); ${body}`);
    expect([code, timedOut]).toEqual([expected, false]);
  });
});
