/** Threads and pools where Node's own flags and hooks change what the library stands on. */
import { runScript } from '../helpers/script';

const PROGRAM = `
  import { Thread } from 'nogil/threading';
  import { ThreadPoolExecutor } from 'nogil/concurrent/futures';
  const thread = new Thread({ target: (text) => console.log(text), args: ['thread'] });
  thread.start();
  thread.join();
  const executor = new ThreadPoolExecutor(1);
  console.log(executor.submit((n) => n + 1, 1).result());
  executor.shutdown();
`;

const url = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
const HOOK = `
  import { readFile } from 'node:fs/promises';
  export async function load(url, context, next) {
    const loaded = await next(url, context);
    if (loaded.format === 'commonjs') loaded.source ??= await readFile(new URL(url));
    return loaded;
  }`;

test.each([
  ['deprecations that throw', ['--pending-deprecation', '--throw-deprecation']],
  [
    'a hook that gives CommonJS its source',
    ['--import', url(`import { register } from 'node:module'; register(${JSON.stringify(url(HOOK))});`)],
  ],
])('%s', async (_, nodeArgs) => {
  const result = await runScript(PROGRAM, { nodeArgs, type: 'module' });
  expect(result).toMatchObject({ code: 0, stdout: 'thread\n2\n', stderr: '' });
});
