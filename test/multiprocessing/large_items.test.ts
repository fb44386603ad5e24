/** Items with large buffers: one copy of their bytes into the queue's memory, and one from there. */
import { isDeepStrictEqual } from 'node:util';
import { Full } from 'nogil/queue';
import { Event, Lock, Pipe, Process, Queue, SimpleQueue } from 'nogil/multiprocessing';
import { thrown } from '../helpers/peers';
import { LIMIT } from './peer';

const KiB = 1024;

/** `toEqual` looks at bytes one by one. */
const same = (got: unknown, put: unknown) => expect(isDeepStrictEqual(got, put)).toBe(true);

/** Bytes that tell where they stand and whose they are. */
function pattern(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8) + seed) & 0xff;
  return bytes;
}

const sizes = [63 * KiB, 64 * KiB, 64 * KiB + 1, 200 * KiB, 1024 * KiB];

describe.each([
  ['Queue', () => new Queue()],
  ['SimpleQueue', () => new SimpleQueue()],
])('%s', (_, make) => {
  test.each(sizes)('buffers of %d bytes, alone and among others', (size) => {
    const queue = make();
    const a = pattern(size, 1);
    const b = pattern(size + 5, 2).buffer;
    const items = [
      a,
      b,
      Buffer.from(a),
      new DataView(b, 3, 9),
      { before: 'text', a, small: pattern(10, 3), list: [b, 7, new Map([['a', a]])], after: [1, 2.5, null] },
    ];
    for (const item of items) queue.put(item);
    same(queue.get(), a);
    same(queue.get(), b);
    expect(Buffer.from(a).equals(queue.get() as Uint8Array)).toBe(true);
    const view = queue.get() as DataView;
    expect([view.byteOffset, view.byteLength, view.buffer.byteLength]).toEqual([3, 9, size + 5]);
    expect(view.getUint8(0)).toBe(new Uint8Array(b)[3]);
    same(queue.get(), items[4]);
    expect(queue.empty()).toBe(true);
  });
});

test('what came is its own, and can be moved on', () => {
  const queue = new Queue<Uint8Array<ArrayBuffer>>();
  const item = pattern(256 * KiB, 4) as Uint8Array<ArrayBuffer>;
  const before = item.slice();
  queue.put(item);
  queue.put(item);
  item.fill(0);
  const first = queue.get();
  const second = queue.get();
  first.fill(1);
  same(second, before);
  const moved = structuredClone(second, { transfer: [second.buffer] });
  same(moved, before);
  expect(second.byteLength).toBe(0);
});

test('two views of one buffer have one buffer again', () => {
  const queue = new Queue<Uint8Array[]>();
  const { buffer } = pattern(300 * KiB, 5);
  queue.put([new Uint8Array(buffer, 0, 10), new Uint8Array(buffer, 200 * KiB)]);
  const [a, b] = queue.get();
  expect(a.buffer).toBe(b.buffer);
  same(b, new Uint8Array(buffer, 200 * KiB));
});

test('several at once, and promises', async () => {
  const queue = new Queue<Uint8Array>();
  const items = [1, 2, 3, 4].map((seed) => pattern(150 * KiB, seed));
  const waiting = queue.get_async();
  for (const item of items) queue.put(item);
  same(await waiting, items[0]);
  same(queue.get_many(2), items.slice(1, 3));
  same(await queue.get_async(), items[3]);
  queue.put_many(items);
  await queue.put_async(items[0]);
  for (const item of [...items, items[0]]) same(queue.get(), item);
});

test('beside a primitive, and in an error', () => {
  const queue = new Queue<{ lock: Lock; bytes: Uint8Array } | Error>();
  const bytes = pattern(128 * KiB, 6);
  const lock = new Lock();
  queue.put({ lock, bytes });
  const got = queue.get() as { lock: Lock; bytes: Uint8Array };
  same(got.bytes, bytes);
  lock.acquire();
  expect(got.lock.locked()).toBe(true);
  lock.release();
  // A property that can not be sent is left out, with what of it was written already.
  const error = Object.assign(new Error('text', { cause: bytes }), { gone: [bytes.slice(), () => 0], bytes: bytes.slice(1) });
  queue.put(error);
  const came = queue.get() as Error & { bytes: Uint8Array };
  same(came.cause, bytes);
  same(came.bytes, bytes.slice(1));
  expect(came).not.toHaveProperty('gone');
});

test('one that is refused takes no memory and no place; one that is detached meanwhile neither', () => {
  const queue = new Queue(1);
  const bytes = pattern(1024 * KiB, 7);
  queue.put(1);
  // More than would fit, were it kept.
  for (let i = 0; i < 200; i++) expect(thrown(() => queue.put(bytes, false))).toBeInstanceOf(Full);
  expect(queue.get()).toBe(1);
  const trap = {
    bytes: pattern(100 * KiB, 8),
    get detached() {
      structuredClone(trap.bytes, { transfer: [trap.bytes.buffer as ArrayBuffer] });
      return 0;
    },
  };
  expect(thrown(() => queue.put(trap)).message).toMatch(/detached/);
  queue.put(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
  expect(bytes.byteLength).toBe(0);
  same(queue.get(), pattern(1024 * KiB, 7));
});

test('between processes, to and fro', () => {
  const there = new Queue<unknown>(2);
  const [mine, theirs] = Pipe();
  const ended = new Event();
  const child = new Process({
    target: (queue: Queue, connection: { send(item: unknown): void }, event: Event) => {
      for (let item = queue.get() as { n: number }; item.n >= 0; item = queue.get() as { n: number }) connection.send(item);
      event.set();
    },
    args: [there, theirs, ended],
  });
  child.start();
  for (let n = 0; n < 20; n++) {
    const item = { n, bytes: pattern(100 * KiB + n * 10 * KiB, n), more: [pattern(70 * KiB, n), 'text'] };
    there.put(item);
    same(mine.recv(), item);
  }
  there.put({ n: -1 });
  expect(ended.wait(LIMIT)).toBe(true);
  child.join(LIMIT);
  expect(child.exitcode).toBe(0);
});
