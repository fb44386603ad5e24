import { runScript } from '../helpers/script';

// A thread whose task is out of time has left its pool, but may come to the task's end before it is terminated. Here
// it is made to: the pool is told as it would be by a limit, and the thread is left alone.
const SCRIPT = `
  const { ThreadPoolExecutor } = require('nogil/concurrent/futures');
  const executor = new ThreadPoolExecutor(1);
  const words = new Int32Array(new SharedArrayBuffer(8));
  const stopped = (executor, words, replace) => {
    const { native } = require('../../../dist/internal/native.js');
    Atomics.wait(words, 0, 0);
    const answer = native.poolStop(executor.cell._cell, words[0]);
    const wanted = answer >= 2 ** 32;
    if (wanted) executor._start(true);
    return wanted;
  };
  const first = executor.submit(stopped, executor, words);
  const queued = process.argv[2] === 'queued' ? executor.submit((x) => x, 'done') : undefined;
  Atomics.store(words, 0, first._cell);
  Atomics.notify(words, 0);
  console.log(first.result(5), (queued ?? executor.submit((x) => x, 'done')).result(5));
  process.exit(0);
`;

it.each([
  ['takes no task with it that was queued', 'queued', 'true done\n'],
  ['does not count as one that takes the next task', 'later', 'false done\n'],
])(
  'a thread that has left its pool to be terminated %s',
  async (_what, when, output) => {
    for (let i = 0; i < 5; i++) {
      const { code, stdout, stderr } = await runScript(SCRIPT, { args: [when] });
      expect([code, stdout, stderr]).toEqual([0, output, '']);
    }
  },
  60_000,
);
