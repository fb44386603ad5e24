import { Empty, Full, LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue } from 'nogil/queue';
import { Lock } from 'nogil/threading';
import { eventually, type Kind, starter, terminatePeers } from '../helpers/peers';
import { collected, native } from '../helpers/memory';
import { waitingAt } from './waiting';

afterAll(terminatePeers);

describe.each([Queue, LifoQueue, PriorityQueue, SimpleQueue].map((Class) => [Class.name, Class] as const))(
  '%s',
  (_name, Class) => {
    it('gets what comes later, first come first served', async () => {
      const queue = new Class<number>();
      const gets = [queue.get_async(), queue.get_async(true), queue.get_async({ timeout: 30 }), queue.get_async(true, 30, {})];
      expect(waitingAt(queue).get).toBe(4);
      for (let i = 0; i < 4; i++) queue.put(i);
      expect(await Promise.all(gets)).toEqual([0, 1, 2, 3]);
      queue.put(4);
      expect(await queue.get_async()).toBe(4);
    });

    it('gives up in time', async () => {
      const queue = new Class<number>();
      await expect(queue.get_async(true, 0.02)).rejects.toThrow(Empty);
      await expect(queue.get_async(false)).rejects.toThrow(Empty);
      await expect(queue.get_many_async(3, { timeout: 0.02 })).rejects.toThrow(Empty);
      await expect(queue.get_async(true, -1)).rejects.toThrow("'timeout' must be a non-negative number");
      expect(waitingAt(queue).get).toBe(0);
    });

    it('ends at shutdown', async () => {
      const queue = new Class<number>();
      const get = queue.get_async();
      queue.shutdown();
      await expect(get).rejects.toThrow(ShutDown);
      await expect(queue.put_async(1)).rejects.toThrow(ShutDown);
      await expect(queue.get_async()).rejects.toThrow(ShutDown);
    });

    it('can be aborted as if it had never waited', async () => {
      const queue = new Class<number>();
      const controller = new AbortController();
      const get = queue.get_async({ signal: controller.signal });
      const other = queue.get_async();
      controller.abort(new Error('enough'));
      await expect(get).rejects.toThrow('enough');
      expect(waitingAt(queue).get).toBe(1);
      queue.put(1);
      expect(await other).toBe(1);
      await expect(queue.get_async({ signal: controller.signal })).rejects.toThrow('enough');
      await expect(queue.put_async(1, { signal: controller.signal })).rejects.toThrow('enough');
      await expect(queue.join_async({ signal: controller.signal })).rejects.toThrow('enough');
      expect(queue.qsize()).toBe(0);
    });

    it('gives an item back that was granted when the abort came', async () => {
      const queue = new Class<number>();
      const controller = new AbortController();
      const get = queue.get_async({ signal: controller.signal });
      queue.put(1);
      controller.abort(new Error('enough'));
      await expect(get).rejects.toThrow('enough');
      expect(queue.get_nowait()).toBe(1);
    });

    it('joins', async () => {
      const queue = new Class<number>();
      await queue.join_async();
      queue.put(1);
      const joined = queue.join_async();
      const aborted = queue.join_async({ signal: AbortSignal.timeout(5) });
      await expect(aborted).rejects.toThrow();
      queue.get();
      queue.task_done();
      await joined;
    });
  },
);

it('puts when there is room', async () => {
  const queue = new Queue<unknown>(1);
  await queue.put_async(0);
  const lock = new Lock();
  const puts = [queue.put_async('text'), queue.put_async({ lock }, true, 30), queue.put_many_async([1, 2])];
  await eventually(() => waitingAt(queue).put === 3);
  expect(queue.get()).toBe(0);
  await puts[0];
  expect(queue.get()).toBe('text');
  await puts[1];
  lock.acquire();
  expect((queue.get() as { lock: Lock }).lock.locked()).toBe(true);
  expect([await queue.get_async(), await queue.get_async()]).toEqual([1, 2]);
  await puts[2];
});

it('gives a put up in time, at shutdown, and when aborted, with all that the item holds', async () => {
  const cells = native.liveCells();
  const queue = new Queue<unknown>(1);
  queue.put(0);
  const controller = new AbortController();
  const item = (): unknown => ({ lock: new Lock(), text: 'x'.repeat(1000) });
  const puts = [
    queue.put_async(item(), { timeout: 0.02 }),
    queue.put_async(item(), { signal: controller.signal }),
    queue.put_async(item()),
    queue.put_many_async([item(), item()], { timeout: 0.02 }),
  ];
  await expect(puts[0]).rejects.toThrow(Full);
  await expect(puts[3]).rejects.toMatchObject({ name: 'Full', done: 0 });
  controller.abort(new Error('enough'));
  await expect(puts[1]).rejects.toThrow('enough');
  expect([queue.qsize(), waitingAt(queue).put]).toEqual([1, 1]);
  queue.shutdown();
  await expect(puts[2]).rejects.toThrow(ShutDown);
  expect(queue.get()).toBe(0);
  await collected(() => native.liveCells() <= cells + 1);
});

it('does not wait with a signal that the item itself aborts', async () => {
  const queue = new Queue<unknown>(1);
  queue.put(0);
  const controller = new AbortController();
  const aborting = {
    get value(): number {
      controller.abort(new Error('enough'));
      return 1;
    },
  };
  await expect(queue.put_async(aborting, { signal: controller.signal, timeout: 30 })).rejects.toThrow('enough');
  expect([queue.qsize(), waitingAt(queue).put]).toEqual([1, 0]);
});

it.each(['for await', 'get_async'])('lets the event loop turn, however much is there: %s', async (how) => {
  const queue = new Queue<number>();
  queue.put_many(Array.from({ length: 10_000 }, (_, i) => i));
  queue.shutdown();
  let turns = 0;
  const turn = (): void => {
    turns++;
    if (!queue.empty()) setImmediate(turn);
  };
  setImmediate(turn);
  const got: number[] = [];
  if (how === 'for await') for await (const item of queue) got.push(item);
  else for (let i = 0; i < 10_000; i++) got.push(await queue.get_async());
  expect(got).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
  expect(turns).toBeGreaterThan(10);
});

it('keeps its promises ten thousand at a time', async () => {
  const queue = new SimpleQueue<number>();
  const gets = Array.from({ length: 10_000 }, () => queue.get_async());
  expect(waitingAt(queue).get).toBe(10_000);
  queue.put_many(gets.map((_, i) => i));
  expect(await Promise.all(gets)).toEqual(gets.map((_, i) => i));
});

it('gets several: waits for one, and takes what is there', async () => {
  const queue = new Queue<number>();
  const some = queue.get_many_async(3);
  queue.put_many([1, 2, 3, 4]);
  const got = await some;
  expect([...got, ...(await queue.get_many_async(Infinity))]).toEqual([1, 2, 3, 4]);
});

describe.each<Kind>(['Thread', 'worker'])('with another %s', (kind) => {
  const start = starter(kind, __filename);

  it('wakes an event loop, and iterates until the end', async () => {
    const queue = new Queue<{ i: number }>(3);
    const producer = start((q) => {
      for (let i = 0; i < 500; i++) q.put({ i });
      q.shutdown();
    }, queue);
    let next = 0;
    for await (const { i } of queue) expect(i).toBe(next++);
    expect(next).toBe(500);
    producer.join();
  });

  it('is woken by an event loop', () => {
    const queue = new Queue<number>(1);
    const producer = start(async (q) => {
      for (let i = 0; i < 300; i++) await q.put_async(i);
      q.shutdown();
    }, queue);
    expect([...queue]).toEqual(Array.from({ length: 300 }, (_, i) => i));
    producer.join();
  });
});
