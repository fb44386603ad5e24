/** Output of threads: at once, and whole. */
import { runScript } from '../helpers/script';

test('appears while the main thread is blocked', async () => {
  const { code, stdout, stderr } = await runScript(
    `const { Thread, Event } = require('nogil/threading');
     const fs = require('node:fs');
     const done = new Event();
     new Thread({ target: (e) => {
       console.log('log %d', 1);
       console.error('error');
       process.stdout.write('out');
       process.stdout.write(Buffer.from('bytes\\n'));
       process.stdout.write('latin: \\xe9\\n', 'latin1', () => {});
       process.stderr.write('err\\n');
       console.table([{ a: 1 }]);
       e.set();
     }, args: [done] }).start();
     done.wait();
     fs.writeSync(1, 'main\\n');
     process.exit();`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'error\nerr\n' });
  expect(stdout).toMatch(/^log 1\noutbytes\nlatin: .\n[\s\S]*│[\s\S]*main\n$/);
});

test('one write is never torn by another', async () => {
  const { stdout } = await runScript(
    `const { Thread } = require('nogil/threading');
     const threads = ['a', 'b', 'c'].map((c) => new Thread({ target: (c) => {
       for (let i = 0; i < 40; i++) process.stdout.write(c.repeat(50_000) + '\\n');
     }, args: [c] }));
     for (const thread of threads) thread.start();
     for (const thread of threads) thread.join();`,
  );
  const lines = stdout.split('\n').slice(0, -1);
  expect(lines).toHaveLength(120);
  expect(lines.filter((line) => line.length !== 50_000 || /^(.)\1*(?!\1)./.test(line))).toEqual([]);
});

test('a pipe into standard output', async () => {
  const { stdout } = await runScript(
    `const { Thread } = require('nogil/threading');
     const thread = new Thread({ target: async () => {
       const { Readable } = require('node:stream');
       Readable.from(['one ', 'two ', 'three']).pipe(process.stdout);
       await new Promise((resolve) => setTimeout(resolve, 50));
     } });
     thread.start();
     thread.join();`,
  );
  expect(stdout).toBe('one two three');
});
