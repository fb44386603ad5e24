/** A program that starts threads or processes without a guard, from an async function: threads import it again, which calls that function again. */
import { runScript } from '../helpers/script';

const WAYS = {
  Thread: 'const t = new Thread({ target: work }); t.start(); t.join();',
  Process: 'const p = new Process({ target: work }); p.start(); p.join();',
  Pool: 'const p = new Pool(1); try { p.apply(work); } catch {} p.terminate();',
  ThreadPoolExecutor: 'const e = new ThreadPoolExecutor(1); e.submit(work).exception(); e.shutdown();',
  ProcessPoolExecutor: 'const e = new ProcessPoolExecutor(1); e.submit(work).exception(); e.shutdown();',
};
const WAITS = {
  'a promise': 'await null;',
  'a chain of promises': 'for (let i = 0; i < 50; i++) await null;',
  'a turn of the event loop': 'await new Promise((resolve) => setImmediate(resolve));',
};

function program(way: keyof typeof WAYS, wait: string, type: 'commonjs' | 'module'): string {
  const from = (names: string, module: string): string =>
    type === 'module' ? `import { ${names} } from '${module}';` : `const { ${names} } = require('${module}');`;
  return `
    ${from('Thread', 'nogil/threading')}
    ${from('Pool, Process', 'nogil/multiprocessing')}
    ${from('ProcessPoolExecutor, ThreadPoolExecutor', 'nogil/concurrent/futures')}
    const captured = 1;
    ${type === 'module' ? 'export' : 'exports.work = work;'} function work() { return captured; }
    // Without a guard the levels would have no end.
    process.env.LEVEL = String(Number(process.env.LEVEL ?? 0) + 1);
    if (Number(process.env.LEVEL) > 6) process.kill(process.pid, 'SIGKILL');
    async function main() {
      ${wait}
      ${WAYS[way]}
      console.log('main ends');
    }
    main();`;
}

describe.each(['commonjs', 'module'] as const)('an async main function without a guard (%s)', (type) => {
  describe.each(Object.entries(WAITS))('that waits for %s', (_name, wait) => {
    it.each(Object.keys(WAYS) as (keyof typeof WAYS)[])('is told so where it starts a %s', async (way) => {
      const { stdout, stderr, signal } = await runScript(program(way, wait, type), { type });
      expect(stderr).toMatch(/An attempt has been made to start a new (?:thread|process) before .* bootstrapping phase/);
      expect({ stdout, signal }).toEqual({ stdout: 'main ends\n', signal: null });
    });
  });
});

it.each(['commonjs', 'module'] as const)('a target of the program’s own file starts threads at once (%s)', async (type) => {
  const { code, stdout, stderr } = await runScript(
    `${type === 'module' ? "import { Thread } from 'nogil/threading'; import { is_main } from 'nogil';" : "const { Thread } = require('nogil/threading'); const { is_main } = require('nogil');"}
     const captured = 'inner';
     function inner() { console.log(captured); }
     function outer() { const t = new Thread({ target: inner }); t.start(); t.join(); console.log('outer'); }
     ${type === 'module' ? 'export { inner, outer };' : 'Object.assign(exports, { inner, outer });'}
     if (is_main(${type === 'module' ? 'import.meta.url' : '__filename'})) {
       const t = new Thread({ target: outer }); t.start(); t.join();
     }`,
    { type },
  );
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'inner\nouter\n', stderr: '' });
});
