/** A pool whose threads wait for tasks that nobody is left to do: Python's deadlock too, but one that is told. */
import { runScript } from '../helpers/script';

/** A program whose pool of `threads` does `task`; prints what the main thread's listener and the task say. */
async function listened(threads: number, task: string): Promise<string[]> {
  const { code, stdout } = await runScript(`
    const { ThreadPoolExecutor } = require('nogil/concurrent/futures');
    process.on('warning', ({ code }) => console.log(code));
    const executor = new ThreadPoolExecutor(${threads});
    executor.submit(${task}, executor).result_async(10).then((value) => {
      console.log(value);
      executor.shutdown_async();
    });
  `);
  expect(code).toBe(0);
  return stdout.trim().split('\n');
}

const WAITS_FOR_ITS_OWN = `(executor) => {
  const inner = executor.submit(() => 'done');
  try {
    return inner.result(0.5);
  } catch ({ name }) {
    return name;
  }
}`;

test('a process warning says so, in the main thread too', async () => {
  expect(await listened(1, WAITS_FOR_ITS_OWN)).toEqual(['NOGIL_POOL_STARVED', 'TimeoutError']);
});

test('none comes where a thread is left', async () => {
  expect(await listened(2, WAITS_FOR_ITS_OWN)).toEqual(['done']);
});

test('none comes for a wait for something else', async () => {
  const task = `() => {
    const { Future } = require('nogil/concurrent/futures');
    try {
      new Future().result(0.2);
    } catch ({ name }) {
      return name;
    }
  }`;
  expect(await listened(1, task)).toEqual(['TimeoutError']);
});
