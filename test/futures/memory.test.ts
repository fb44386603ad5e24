/** Tasks, futures and executors leave no memory behind. */
import { Future, ThreadPoolExecutor, wait } from 'nogil/concurrent/futures';
import { Lock } from 'nogil/threading';
import { collected, native, residentMegabytes } from '../helpers/memory';
import { LIMIT, task } from './executors';

test('tasks one after another need no turn of the event loop to give back what they used', () => {
  using executor = new ThreadPoolExecutor(2);
  const round = (n: number): void => {
    for (let i = 0; i < n; i++) executor.submit(task('same'), i).result(LIMIT);
  };
  round(1000);
  const before = native.liveCells();
  round(5000);
  // The youngest wait for the collector, or for the next.
  expect(native.liveCells()).toBeLessThan(before + 100);
});

test('100,000 tasks in batches: none lost, memory flat', async () => {
  using executor = new ThreadPoolExecutor(2);
  const same = task('same');
  const round = async (): Promise<void> => {
    let sum = 0;
    const fs = Array.from({ length: 10_000 }, (_, i) => executor.submit(same, { i, text: 'some text' }));
    for (const f of fs) sum += (f.result(LIMIT) as { i: number }).i;
    expect(sum).toBe((10_000 * 9_999) / 2);
    await new Promise(setImmediate);
  };
  for (let i = 0; i < 4; i++) await round();
  const before = residentMegabytes();
  for (let i = 0; i < 6; i++) await round();
  expect(residentMegabytes() - before).toBeLessThan(60);
});

test('futures that nobody reads are collected, done or not', async () => {
  using executor = new ThreadPoolExecutor(2);
  await collected(() => true);
  const before = native.liveCells();
  (() => {
    const fs = Array.from({ length: 500 }, (_, i) => executor.submit(task('same'), i));
    wait(fs, LIMIT);
    for (let i = 0; i < 500; i++) new Future().handle;
  })();
  await collected(() => native.liveCells() <= before + 20);
});

test('executors are collected, with what is queued and what was passed to their initializer', async () => {
  await collected(() => true);
  const before = native.liveCells();
  for (let i = 0; i < 5; i++) {
    const executor = new ThreadPoolExecutor(1, { initializer: task('initialize'), initargs: [new Int32Array(1), new Lock()] });
    executor.submit(task('same'), new Lock()).result(LIMIT);
    executor.shutdown();
  }
  for (let i = 0; i < 100; i++) new ThreadPoolExecutor(3);
  await collected(() => native.liveCells() <= before + 20);
});
