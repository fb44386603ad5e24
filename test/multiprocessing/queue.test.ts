/** Queues between processes. Behaviour 30 of the contract's samples, and the rest of Python's page. */
import { AssertionError, from_handle, OSError, ValueError } from 'nogil';
import { JoinableQueue, Process, Queue, SimpleQueue } from 'nogil/multiprocessing';
import { Empty, Full } from 'nogil/queue';
import { Lock as ThreadLock } from 'nogil/threading';
import { eventually, seconds, thrown, until } from '../helpers/peers';
import { endPeers, LIMIT, Peer } from './peer';

let peer: Peer;
beforeAll(() => {
  peer = new Peer();
});
afterAll(endPeers);

describe('30: queues', () => {
  test('a process does not end before its data is out', () => {
    const queue = new Queue();
    const child = new Process({
      target: (q: Queue) => {
        q.put('x'.repeat(4_000_000));
        q.put('end');
      },
      args: [queue],
    });
    child.start();
    until(() => queue.qsize() === 2);
    child.join(1);
    expect(child.is_alive()).toBe(true);
    expect(queue.get(true, LIMIT)).toHaveLength(4_000_000);
    expect(queue.get(true, LIMIT)).toBe('end');
    child.join(LIMIT);
    expect(child.exitcode).toBe(0);
  });

  test('it does after cancel_join_thread(), and where it left less than a pipe holds', () => {
    const queue = new Queue();
    const children = [
      (q: Queue) => {
        q.put('x'.repeat(4_000_000));
        q.cancel_join_thread();
      },
      (q: Queue) => {
        q.put('x'.repeat(30_000));
        q.put('x'.repeat(30_000));
      },
    ].map((target) => new Process({ target, args: [queue] }));
    for (const child of children) child.start();
    for (const child of children) child.join(LIMIT);
    expect(children.map(({ exitcode }) => exitcode)).toEqual([0, 0]);
    expect([queue.get().length, queue.get().length, queue.get().length].sort()).toEqual([30_000, 30_000, 4_000_000]);
  });

  test('what can not be sent throws at once and takes no place', () => {
    const queue = new Queue(1);
    expect(thrown(() => queue.put(() => 0)).name).toBe('DataCloneError');
    expect(thrown(() => queue.put(new ThreadLock())).message).toMatch(/multiprocessing\.Lock/);
    expect(thrown(() => queue.put({ a: [new SharedArrayBuffer(8)] })).message).toMatch(/RawArray/);
    queue.put('ok', true, 10);
    expect(queue.get()).toBe('ok');
    expect(queue.empty()).toBe(true);
  });

  test('Full, Empty, order and negative times', () => {
    const queue = new Queue(2);
    queue.put(1);
    queue.put(2);
    expect(queue.full()).toBe(true);
    expect(() => queue.put_nowait(3)).toThrow(Full);
    expect(seconds(() => expect(() => queue.put(3, true, 0.2)).toThrow(Full))).toBeGreaterThan(0.19);
    expect(() => queue.put(3, true, -1)).toThrow(Full);
    expect(queue.get()).toBe(1);
    queue.put(3);
    expect([queue.get(), queue.get()]).toEqual([2, 3]);
    expect(() => queue.get_nowait()).toThrow(Empty);
    expect(() => queue.get(true, -1)).toThrow(Empty);
    expect(() => queue.get({ timeout: -1 })).toThrow(Empty);
  });

  test('close() and join_thread()', async () => {
    const queue = new Queue();
    expect(() => queue.join_thread()).toThrow(AssertionError);
    queue.put(1);
    queue.close();
    queue.close();
    for (const use of [() => queue.put(1), () => queue.get(), () => queue.put_nowait(1), () => queue.get_nowait()]) {
      expect(use).toThrow(ValueError);
    }
    await expect(queue.put_async(1)).rejects.toThrow(ValueError);
    await expect(queue.get_async()).rejects.toThrow(ValueError);
    queue.join_thread();
  });

  test.each([
    ['Queue', Queue, ValueError],
    ['JoinableQueue', JoinableQueue, ValueError],
    ['SimpleQueue', SimpleQueue, OSError],
  ])('%s: iteration ends with close(), too', async (_name, Class, error) => {
    const queue = new Class<number>();
    for (const item of [1, 2, 3, 4]) queue.put(item);
    const taken: number[] = [];
    const other = Class.from(queue.handle);
    expect(() => {
      for (const item of other) {
        taken.push(item);
        if (item === 2) other.close();
      }
    }).toThrow(error);
    await expect(
      (async () => {
        for await (const item of queue) {
          taken.push(item);
          queue.close();
        }
      })(),
    ).rejects.toThrow(error);
    expect(taken).toEqual([1, 2, 3]);
    for (const closed of [queue, other]) {
      expect(() => [...closed]).toThrow(error);
      await expect(closed[Symbol.asyncIterator]().next()).rejects.toThrow(error);
    }
  });

  test('JoinableQueue', () => {
    const queue = new JoinableQueue();
    expect(() => queue.task_done()).toThrow(ValueError);
    queue.put('a task');
    peer.begin((q) => {
      q.join();
      return 'joined';
    }, queue);
    expect(queue.get()).toBe('a task');
    expect(queue.unfinished_tasks).toBe(1);
    queue.task_done();
    expect(peer.result()).toBe('joined');
    expect(() => queue.task_done()).toThrow(ValueError);
  });
});

test('join_thread() waits for the reader', () => {
  const queue = new Queue();
  peer.begin((q) => {
    q.put(new Uint8Array(1_000_000));
    q.close();
    const begun = Date.now();
    const cpu = process.cpuUsage();
    q.join_thread();
    const { user, system } = process.cpuUsage(cpu);
    return [Date.now() - begun, (user + system) / 1000];
  }, queue);
  // The reader comes late; the wait costs next to nothing.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  expect(queue.get(true, LIMIT)).toHaveLength(1_000_000);
  const [ms, cpu] = peer.result();
  expect(ms).toBeGreaterThan(100);
  expect(cpu).toBeLessThan(ms / 4);
});

test('items of all kinds, both ways', async () => {
  const there = new Queue();
  const back = new SimpleQueue();
  const items = [
    1,
    'text',
    null,
    true,
    { deep: [1, { x: new Map([[1, new Set([2])]]) }] },
    new Uint8Array(300_000).fill(7),
    back,
  ];
  peer.begin(
    (q, r, n) => {
      for (let i = 0; i < n; i++) r.put(q.get(true, 20));
    },
    there,
    back,
    items.length,
  );
  for (const item of items) there.put(item);
  for (const item of items.slice(0, -1)) expect(back.get(true, LIMIT)).toEqual(item);
  expect(await back.get_async(true, LIMIT)).toBeInstanceOf(SimpleQueue);
  peer.result();
});

test('batches, loops and promises', async () => {
  const queue = new Queue();
  peer.begin(async (q) => {
    q.put_many([1, 2, 3]);
    await q.put_async(4);
    q.shutdown();
  }, queue);
  const all: number[] = [];
  for await (const item of queue) all.push(item);
  expect(all).toEqual([1, 2, 3, 4]);
  peer.result();
});

test('a put that waits for room in another process', async () => {
  const queue = new Queue({ maxsize: 1 });
  queue.put(1);
  peer.begin((q) => q.put(2, true, 20), queue);
  await eventually(() => queue.full());
  expect([queue.get(true, LIMIT), queue.get(true, LIMIT)]).toEqual([1, 2]);
  peer.result();
});

test('SimpleQueue after close()', () => {
  const queue = new SimpleQueue();
  queue.put(1);
  queue.close();
  expect(() => queue.put(2)).toThrow(OSError);
  expect(() => queue.get()).toThrow(OSError);
});

test('handles and classes', () => {
  for (const queue of [new Queue(3), new JoinableQueue(), new SimpleQueue()]) {
    const again = from_handle(structuredClone(queue.handle));
    expect(again.constructor).toBe(queue.constructor);
    expect(peer.call((q) => q.constructor.name, queue)).toBe(queue.constructor.name);
  }
  expect(() => JoinableQueue.from(new Queue().handle)).toThrow(ValueError);
  expect(Queue.from(new Queue(3).handle).maxsize).toBe(3);
});
