import { Barrier, Condition, Event, Lock, RLock, RWLock, Semaphore, Thread } from 'nogil/threading';
import { starter, until } from '../helpers/peers';
import { collected, native, residentMegabytes } from '../helpers/memory';

const MAKERS = [
  () => new Lock(),
  () => new RLock(),
  () => new Condition(),
  () => new Event(),
  () => new Semaphore(),
  () => new Barrier(2),
  () => new RWLock(),
];

/** Cells in use when what can be collected is gone. */
async function base(): Promise<number> {
  let cells = Infinity;
  for (let i = 0; i < 3; i++) {
    await collected(() => true);
    cells = Math.min(cells, native.liveCells());
  }
  return cells;
}

it('a million locks made and dropped in one go leave nothing', async () => {
  const cells = await base();
  for (let i = 0; i < 100_000; i++) new Lock().acquire();
  await base();
  const before = residentMegabytes();
  for (let i = 0; i < 1_000_000; i++) {
    const lock = MAKERS[i % 2]() as Lock;
    lock.acquire();
    lock.release();
  }
  expect(native.liveCells()).toBeLessThanOrEqual(cells + 10);
  await base();
  expect(residentMegabytes() - before).toBeLessThan(60);
});

it('a million locks that were in shared memory, made and dropped in batches, leave nothing', async () => {
  const cells = await base();
  const batch = async () => {
    let handles = 0;
    for (let i = 0; i < 50_000; i++) handles += new Lock().handle.cell > 0 ? 1 : 0;
    expect(handles).toBe(50_000);
    await collected(() => native.liveCells() < cells + 50_000);
  };
  for (let i = 0; i < 2; i++) await batch();
  const before = residentMegabytes();
  for (let i = 0; i < 20; i++) await batch();
  await collected(() => native.liveCells() <= cells);
  expect(residentMegabytes() - before).toBeLessThan(60);
}, 300_000);

it.each(MAKERS.map((make) => [make().constructor.name, make] as const))('each %s gives its memory back', async (_name, make) => {
  const cells = await base();
  const fill = () => Array.from({ length: 1000 }, () => make().handle).length;
  expect(fill()).toBe(1000);
  expect(native.liveCells()).toBeGreaterThanOrEqual(cells + 1000);
  await collected(() => native.liveCells() <= cells);
});

it('two instances of one object are two references', async () => {
  const cells = await base();
  let keep: Lock | undefined = new Lock();
  const use = () => {
    for (let i = 0; i < 100; i++) Lock.from(keep!.handle).acquire(false);
  };
  use();
  await collected(() => native.liveCells() <= cells + 1);
  expect(keep.locked()).toBe(true);
  keep = undefined;
  await collected(() => native.liveCells() <= cells);
});

it('what threads got is free when they and we have dropped it', async () => {
  const start = starter('Thread', __filename);
  const run = () => {
    const locks = Array.from({ length: 50 }, () => new Lock());
    const call = start((all: Lock[]) => all.filter((l) => l.acquire()).length, locks);
    expect(call.join()).toBe(50);
  };
  run();
  const cells = await base();
  run();
  // The worker keeps what its last thread had until it collects garbage, or runs others. Those that are idle, 16 at most,
  // take turns.
  for (let i = 0; i < 17; i++) {
    start(async () => {
      const { setFlagsFromString } = require('node:v8') as { setFlagsFromString(flags: string): void };
      setFlagsFromString('--expose-gc');
      const gc = (require('node:vm') as { runInNewContext(code: string): unknown }).runInNewContext('gc') as () => void;
      for (let n = 0; n < 5; n++) {
        gc();
        await new Promise(setImmediate);
      }
    }).join();
  }
  await collected(() => native.liveCells() <= cells);
});

it('an object lives as long as a waiter needs it, though nobody else knows it', async () => {
  const promise = new Semaphore(0).acquire_async(true, 0.2);
  await collected(() => true);
  expect(await promise).toBe(false);
  const event = new Event();
  const threads = [1, 2, 3].map(() => new Thread({ target: (e: Event) => e.wait(), args: [event] }));
  for (const thread of threads) thread.start();
  until(() => native.liveCells() > 0);
  event.set();
  for (const thread of threads) thread.join();
});
