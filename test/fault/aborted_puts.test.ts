import { Full, PriorityQueue, Queue, ShutDown } from 'nogil/queue';
import { Lock } from 'nogil/threading';

// The item is in the queue, the event loop has yet to say so, and then comes the abort.
describe('put_async that is aborted at the very moment at which its item came in', () => {
  it('is done: others may have the item already', async () => {
    const queue = new Queue<unknown>(1);
    queue.put('first');
    const lock = new Lock();
    lock.acquire();
    const controller = new AbortController();
    const put = queue.put_async([lock], { signal: controller.signal });
    expect(queue.get()).toBe('first');
    controller.abort();
    await expect(put).resolves.toBeUndefined();
    expect(queue.qsize()).toBe(1);
    const [came] = queue.get() as [Lock];
    expect(came.locked()).toBe(true);
    lock.release();
    expect(came.locked()).toBe(false);
  });

  it('keeps what its item refers to alive', async () => {
    const queue = new Queue<unknown>(1);
    for (let i = 0; i < 100; i++) {
      queue.put(0);
      const inner = new Queue<number>();
      inner.put(i);
      const { _w, _i } = inner as unknown as { _w: Int32Array; _i: number };
      const references = () => _w[_i + 12];
      const before = references();
      const controller = new AbortController();
      const put = queue.put_async([inner], { signal: controller.signal });
      queue.get();
      controller.abort();
      await put.catch(() => undefined);
      expect(references()).toBe(before + 1);
      expect((queue.get() as [Queue<number>])[0].get_nowait()).toBe(i);
    }
  });

  it('says so where the queue was shut down', async () => {
    const queue = new Queue<unknown>(1);
    queue.put('first');
    const controller = new AbortController();
    const put = queue.put_async([new Lock()], { signal: controller.signal });
    queue.shutdown();
    controller.abort();
    await expect(put).rejects.toBeInstanceOf(ShutDown);
    expect(queue.get()).toBe('first');
  });

  it('was never there where the abort came first', async () => {
    const queue = new Queue<unknown>(1);
    queue.put('first');
    const controller = new AbortController();
    const put = queue.put_async([new Lock()], { signal: controller.signal });
    controller.abort();
    expect(queue.get()).toBe('first');
    await expect(put).rejects.toBe(controller.signal.reason);
    expect(queue.empty()).toBe(true);
    expect(() => queue.put_nowait(1)).not.toThrow(Full);
  });
});

it('a key function may use other queues while its item waits to be put', async () => {
  const other = new Queue<object>();
  const key = (item: { key: number }) => {
    other.put({ something: 'else', than: ['the', 'item'] });
    return item.key;
  };
  const queue = new PriorityQueue<{ key: number }>(1, { key });
  queue.put({ key: 1 });
  const put = queue.put_async({ key: 2 });
  expect(queue.get()).toEqual({ key: 1 });
  await put;
  expect(queue.get()).toEqual({ key: 2 });
});
