import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { LifoQueue, PriorityQueue, Queue, SimpleQueue } from 'nogil/queue';
import { collected, native, residentMegabytes } from '../helpers/memory';

it('ten thousand queues live at once', () => {
  const Classes = [Queue, LifoQueue, PriorityQueue, SimpleQueue];
  const queues = Array.from({ length: 10_000 }, (_, i) => new Classes[i % 4]<unknown>());
  queues.forEach((queue, i) => queue.put_many([i, i + 1]));
  queues.forEach((queue) => queue.put(1e6));
  for (const [i, queue] of queues.entries()) expect(queue.get_many(9).sort()).toEqual([1e6, i, i + 1].sort());
  expect(queues.every((queue) => queue.empty())).toBe(true);
});

it.each([
  ['numbers', 1_000_000, (i: number): unknown => i],
  ['small objects', 300_000, (i: number): unknown => ({ i, name: 'item' })],
  ['long strings', 50_000, (i: number): unknown => `${i}${'x'.repeat(1000)}`],
])(
  'memory returns to where it was when %s are drained',
  async (_what, count, make) => {
    const fill = (): void => {
      const queue = new SimpleQueue<unknown>();
      for (let i = 0; i < count; i++) queue.put(make(i));
      for (let i = 0; i < count; i++) queue.get();
    };
    fill();
    await collected(() => true);
    const before = residentMegabytes();
    for (let round = 0; round < 3; round++) fill();
    await collected(() => residentMegabytes() - before < 30);
  },
  60_000,
);

it('queues made, used and dropped leave nothing', async () => {
  const cells = native.liveCells();
  const batch = async (): Promise<void> => {
    for (let i = 0; i < 5000; i++) {
      const queue = new Queue<unknown>();
      queue.put({ i });
    }
    await collected(() => native.liveCells() <= cells + 10);
  };
  for (let i = 0; i < 3; i++) await batch();
  const before = residentMegabytes();
  for (let i = 0; i < 10; i++) await batch();
  expect(residentMegabytes() - before).toBeLessThan(40);
}, 300_000);

it('queues that were never used cost no shared memory', () => {
  const cells = native.liveCells();
  const queues = Array.from({ length: 1000 }, () => new Queue(5));
  expect([native.liveCells() - cells, queues.every((queue) => queue.empty() && !queue.full())]).toEqual([0, true]);
});

it('throws in the putter where there is no memory, and loses nothing', () => {
  const program = `
    const { Queue } = require(${JSON.stringify(join(__dirname, '..', '..', 'dist', 'queue'))});
    const queue = new Queue();
    const item = new Uint8Array(64 << 20).fill(1);
    let put = 0;
    try {
      for (; put < 1000; put++) queue.put(item);
    } catch (error) {
      console.log(error.name);
    }
    console.log(put > 0 && queue.qsize() === put);
    for (; put > 0; put--) if (queue.get()[1] !== 1) throw new Error('wrong item');
    queue.put('again');
    console.log(queue.get());`;
  // Address space, in KiB: enough for Node and some of the items.
  const limited = `ulimit -v 4000000; exec "$0" -e "$1"`;
  const { stdout, stderr } = spawnSync('sh', ['-c', limited, process.execPath, program], { encoding: 'utf8', timeout: 60_000 });
  expect([stdout, stderr]).toEqual(['RangeError\ntrue\nagain\n', '']);
}, 300_000);
