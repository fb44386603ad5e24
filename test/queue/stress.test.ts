/** Many threads at once, some of which are terminated at any moment: nothing is lost, nothing comes twice, order is kept. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LifoQueue, PriorityQueue, Queue, SimpleQueue } from 'nogil/queue';
import { eventually, LIMIT } from '../helpers/peers';
import { waitingAt } from './waiting';

const FIXTURE = join(__dirname, 'fixtures', 'crew.cjs');
/** Producers number their items from 0 on; an item is producer * SPAN + number. */
const SPAN = 1e6;

const crew = new Set<Worker>();

function hire(queue: { handle: unknown }, role: string, options: object): Worker {
  const worker = new Worker(FIXTURE, { workerData: { handle: queue.handle, role, ...options } });
  crew.add(worker);
  worker.once('exit', () => crew.delete(worker));
  return worker;
}

afterAll(() => Promise.all([...crew].map((worker) => worker.terminate())));

function ended(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`a worker did not end within ${LIMIT} ms`)), LIMIT);
    let last: unknown;
    worker.on('message', (message) => (last = message));
    worker.once('error', reject);
    worker.once('exit', () => {
      clearTimeout(timer);
      resolve(last);
    });
  });
}

function number(item: unknown): number {
  return typeof item === 'number' ? item : typeof item === 'string' ? Number(item) : (item as { n: number }).n;
}

/** Asserts that what each consumer got of each producer is in order. */
function checkOrder(got: number[]): void {
  const last = new Map<number, number>();
  for (const n of got) {
    const producer = Math.floor(n / SPAN);
    if (n <= (last.get(producer) ?? -1)) throw new Error(`${n} came after ${last.get(producer)}`);
    last.set(producer, n);
  }
}

describe.each([
  ['SimpleQueue', () => new SimpleQueue<unknown>(), true],
  ['Queue(0)', () => new Queue<unknown>(), true],
  ['Queue(3)', () => new Queue<unknown>(3), true],
  ['LifoQueue(5)', () => new LifoQueue<unknown>(5), false],
  [
    'PriorityQueue',
    () => new PriorityQueue<unknown>({ key: (item) => (typeof item === 'object' ? (item as { n: number }).n : Number(item)) }),
    true,
  ],
] as const)('%s', (_name, make, ordered) => {
  it.each(['numbers', 'objects', 'batches'])('loses nothing of %s and doubles nothing', async (what) => {
    const queue = make();
    const COUNT = 3000;
    const producers = [0, 1, 2].map((id) => hire(queue, 'produce', { id, span: SPAN, count: COUNT, what }));
    const consumers = [0, 1].map(() => hire(queue, 'consume', { what }));
    const lists = consumers.map((worker) => ended(worker) as Promise<number[]>);
    await Promise.all(producers.map(ended));
    queue.shutdown();
    const got = await Promise.all(lists);
    // A lifo queue promises no order between what was put and taken in between, a priority queue none over time.
    if (ordered && !(queue instanceof PriorityQueue)) got.forEach(checkOrder);
    expect(got.flat().sort((a, b) => a - b)).toEqual(
      [0, 1, 2].flatMap((id) => Array.from({ length: COUNT }, (_, i) => id * SPAN + i)),
    );
  });
});

it.each(['numbers', 'objects'])(
  'a producer of %s that is terminated takes its one unfinished item with it at most',
  async (what) => {
    const queue = new Queue<unknown>(50);
    for (let round = 0; round < 8; round++) {
      const progress = new Int32Array(new SharedArrayBuffer(4));
      const worker = hire(queue, 'produce', { id: 0, span: SPAN, count: 1000, what, progress });
      const exit = ended(worker);
      const others = hire(queue, 'produce', { id: 1, span: SPAN, count: 300, what });
      const otherExit = ended(others);
      const got: number[] = [];
      const target = 100 + ((round * 97) % 700);
      // It is terminated while it puts, or while it waits for room.
      const drain = round % 2 === 0;
      while (drain ? Atomics.load(progress, 0) < target : !queue.full()) {
        if (drain) got.push(...queue.get_many(100, true, LIMIT / 1000).map(number));
        else await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await worker.terminate();
      await exit;
      const other = { open: true };
      void otherExit.then(() => (other.open = false));
      while (other.open || !queue.empty()) {
        if (!queue.empty()) got.push(...queue.get_many(1000).map(number));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      checkOrder(got);
      const mine = got.filter((n) => n < SPAN).length;
      const put = Atomics.load(progress, 0);
      // `progress` counts puts that have returned; one more may be in.
      expect(mine - put).toBeGreaterThanOrEqual(0);
      expect(mine - put).toBeLessThanOrEqual(1);
      expect(got.length - mine).toBe(300);
    }
  },
  60_000,
);

it('consumers that are terminated take one item each with them at most', async () => {
  const queue = new SimpleQueue<unknown>();
  const sums = new Int32Array(new SharedArrayBuffer(4));
  const COUNT = 20_000;
  const ends: Promise<unknown>[] = [];
  const victims = [0, 1, 2].map(() => hire(queue, 'count', { progress: sums }));
  for (const victim of victims) ends.push(ended(victim));
  const producer = hire(queue, 'produce', { id: 0, span: SPAN, count: COUNT, what: 'objects' });
  const produced = ended(producer);
  const steady = hire(queue, 'count', { progress: sums });
  const steadyEnd = ended(steady);
  for (const [i, victim] of victims.entries()) {
    while (Atomics.load(sums, 0) < 1000 * (i + 1)) await new Promise((resolve) => setTimeout(resolve, 1));
    await victim.terminate();
  }
  await produced;
  queue.shutdown();
  await steadyEnd;
  const lost = COUNT - Atomics.load(sums, 0);
  expect(lost).toBeGreaterThanOrEqual(0);
  expect(lost).toBeLessThanOrEqual(victims.length);
  await Promise.all(ends);
}, 300_000);

it('a terminated getter leaves its wake-up to others', async () => {
  const queue = new Queue<number>();
  for (let round = 0; round < 3; round++) {
    const blocked = hire(queue, 'consume', { what: 'numbers' });
    const done = ended(blocked);
    await eventually(() => waitingAt(queue).get === 1);
    const begun = performance.now();
    const stopped = blocked.terminate();
    queue.put(round);
    await stopped;
    // A second on an idle machine.
    expect(performance.now() - begun).toBeLessThan(30_000);
    await done;
    // It was taken by the one that died, or it is here.
    expect(queue.qsize()).toBeLessThanOrEqual(1);
    if (!queue.empty()) queue.get();
    queue.put(-1);
    expect(queue.get(true, 5)).toBe(-1);
  }
}, 300_000);
