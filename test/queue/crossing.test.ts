import { from_handle } from 'nogil';
import { Empty, Full, LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue } from 'nogil/queue';
import { Lock, Thread } from 'nogil/threading';
import { type Kind, starter, terminatePeers, thrown } from '../helpers/peers';
import { collected, native } from '../helpers/memory';

afterAll(terminatePeers);

const ALL = [Queue, LifoQueue, PriorityQueue, SimpleQueue];
let names = 0;

describe.each(ALL.map((Class) => [Class.name, Class] as const))('%s', (name, Class) => {
  it('is the same object behind a handle', () => {
    const queue = new Class<number>();
    queue.put(1);
    const handle = structuredClone(queue.handle);
    const other = Class.from<number>(handle);
    expect(other).toBeInstanceOf(Class);
    expect([other.get(), queue.qsize()]).toEqual([1, 0]);
    expect(from_handle(handle)).toBeInstanceOf(Class);
    for (const wrong of [
      { ...handle, generation: handle.generation + 1 },
      { ...handle, cell: 0 },
      { ...handle, cell: 12345678 },
      { nogil: name },
      5,
      null,
    ]) {
      expect(thrown(() => Class.from(wrong)).name).toBe('ValueError');
    }
    expect(thrown(() => Class.from(new Lock().handle)).name).toBe('ValueError');
  });

  it('is the same object under a name', () => {
    const id = `queue-${names++}`;
    const queue = new Class<number>({ name: id });
    const other = new Class<number>({ name: id });
    queue.put(5);
    expect([other.get(), other.name]).toEqual([5, id]);
    expect(thrown(() => new Lock({ name: id })).name).toBe('ValueError');
    const Other = Class === Queue ? LifoQueue : Queue;
    expect(thrown(() => new Other({ name: id })).name).toBe('ValueError');
  });

  it('is gone when nobody has it, with what it held', async () => {
    const cells = native.liveCells();
    const handle = (() => {
      const queue = new Class<unknown>();
      for (let i = 0; i < 10; i++) queue.put(Class === PriorityQueue ? [i, new Lock()] : new Lock());
      return queue.handle;
    })();
    await collected(() => native.liveCells() <= cells);
    expect(thrown(() => Class.from(handle)).name).toBe('ValueError');
  });
});

it('takes maxsize and name in any form', () => {
  const id = `queue-${names++}`;
  expect(new Queue(3, { name: id }).maxsize).toBe(3);
  expect(new Queue({ name: id, maxsize: 9 }).maxsize).toBe(3);
  expect(new PriorityQueue(4, { key: (x: number) => -x }).maxsize).toBe(4);
  expect(new LifoQueue({ maxsize: 2 }).maxsize).toBe(2);
});

it('frees a chain of queues in queues, however long', async () => {
  const cells = native.liveCells();
  // In a call of its own: a variable of an async function may live as long as that.
  const chain = (): void => {
    let queue = new SimpleQueue<unknown>();
    for (let i = 0; i < 20_000; i++) {
      const outer = new SimpleQueue<unknown>();
      outer.put(queue);
      queue = outer;
    }
  };
  chain();
  await collected(() => native.liveCells() <= cells + 2);
});

describe.each<Kind>(['Thread', 'worker'])('with another %s', (kind) => {
  const start = starter(kind, __filename);

  it('carries queues on queues, and answers on them', () => {
    const requests = new Queue<any>();
    const answers = new SimpleQueue<number>();
    const server = start((q) => {
      for (const { reply, n } of q) reply.put(n * n);
    }, requests);
    for (let n = 0; n < 10; n++) requests.put({ reply: answers, n });
    expect(Array.from({ length: 10 }, () => answers.get())).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
    requests.shutdown();
    server.join();
  });

  it('keeps an item when its producer has ended', () => {
    const queue = new Queue<any>();
    start((q) => q.put({ inner: new (require('nogil/queue').Queue)(), text: 'x'.repeat(1e5) }), queue).join();
    const { inner, text } = queue.get();
    inner.put(1);
    expect([inner.get(), text.length]).toEqual([1, 1e5]);
  });

  it('finds a queue by its name', () => {
    const id = `queue-${names++}`;
    const queue = new Queue<string>({ name: id });
    start((name) => new (require('nogil/queue').Queue)({ name }).put('found'), id).join();
    expect(queue.get()).toBe('found');
  });
});

it('passes its errors between threads with their class', () => {
  const queue = new Queue<unknown>();
  for (const error of [new Empty('e'), new Full('f'), new ShutDown('s')]) {
    queue.put(error);
    const got = queue.get() as Error;
    expect([got.constructor, got.name, got.message]).toEqual([error.constructor, error.name, error.message]);
  }
  const out = new SimpleQueue<unknown>();
  const thread = new Thread({
    target: (q: SimpleQueue<unknown>) => {
      const { Queue } = require('nogil/queue');
      try {
        new Queue().get_nowait();
      } catch (error) {
        q.put(error);
      }
    },
    args: [out],
  });
  thread.start();
  expect(out.get()).toBeInstanceOf(Empty);
  thread.join();
});
