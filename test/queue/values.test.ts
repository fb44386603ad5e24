import * as fc from 'fast-check';
import { LifoQueue, Queue, SimpleQueue } from 'nogil/queue';
import { Event, Lock } from 'nogil/threading';
import { assertSame } from '../codec/same';
import { thrown } from '../helpers/peers';

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
});

const PLAIN = [
  ...[0, -0, 1, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 53, 5e-324],
  ...[true, false, null, undefined, 0n, -(2n ** 70n)],
  ...['', 'a', 'seven77', 'eight888', '\0', 'é', 'ÿÿÿÿÿÿÿ', '\u0100', '\ud800', '😀', 'x'.repeat(200_000), 'ü'.repeat(3)],
];

function cyclic(): object {
  const map = new Map<unknown, unknown>();
  const value = { map, list: [map], error: new RangeError('x', { cause: map }) };
  return map.set('self', value).set(value, new Set([map]));
}

const RICH = [
  new Date(5),
  /a+/gi,
  new Error('e', { cause: 1 }),
  [1, , 3],
  new Float64Array([1, NaN]),
  cyclic(),
  { a: { b: [1, 'x'] } },
];

describe.each([Queue, SimpleQueue, LifoQueue].map((Class) => [Class.name, Class] as const))('%s', (_name, Class) => {
  const queue = new Class<unknown>();
  const through = (value: unknown): unknown => {
    queue.put(value);
    return queue.get();
  };

  it.each(PLAIN.map((value) => [value]))('carries %p', (value) => {
    expect(Object.is(through(value), value)).toBe(true);
    queue.put_many([value]);
    const [got] = queue.get_many(1);
    expect(Object.is(got, value)).toBe(true);
  });

  it.each(RICH.map((value) => [value]))('carries %p', (value) => {
    assertSame(through(value), structuredClone(value));
    queue.put_many([value, value]);
    for (const got of queue.get_many(2)) assertSame(got, structuredClone(value));
  });
});

it('carries anything as structuredClone does', () => {
  const queue = new Queue<unknown>();
  fc.assert(
    fc.property(fc.array(anything, { minLength: 1, maxLength: 5 }), (values) => {
      queue.put_many(values);
      for (const value of values) queue.put(value);
      const clones = [...values, ...values].map((value) => structuredClone(value));
      assertSame(queue.get_many(Infinity, false), clones);
    }),
    { numRuns: 500 },
  );
});

it('refuses what can not be cloned, and is as before', () => {
  const queue = new Queue<unknown>();
  const lock = new Lock();
  for (const value of [() => 1, Symbol('s'), { deep: [{ fn: () => 1 }] }, [lock, () => 1], new WeakMap()]) {
    expect(thrown(() => queue.put(value))).toMatchObject({ name: 'DataCloneError' });
    expect(thrown(() => queue.put_many([1, value, 2]))).toMatchObject({ name: 'DataCloneError' });
    expect(thrown(() => queue.put_nowait(value))).toBeInstanceOf(DOMException);
  }
  expect([queue.qsize(), queue.unfinished_tasks]).toEqual([0, 0]);
  expect(thrown(() => queue.put({ deep: [{ fn: () => 1 }] })).message).toContain('deep[0].fn');
});

it('carries primitives at any depth, also other queues', () => {
  const queue = new Queue<any>();
  const inner = new Queue<string>();
  const event = new Event();
  queue.put(new Map([['a', [{ inner, event }, inner]]]));
  const [{ inner: one, event: other }, same] = queue.get().get('a');
  expect(same).toBe(one);
  inner.put('here');
  event.set();
  expect([one.get(), other.is_set(), one instanceof Queue]).toEqual(['here', true, true]);
});

it('shares SharedArrayBuffers and moves buffers that are named', () => {
  const queue = new Queue<any>(1);
  const words = new Int32Array(new SharedArrayBuffer(8));
  queue.put({ words });
  const got = queue.get().words as Int32Array;
  got[1] = 5;
  expect([words[1], got.buffer instanceof SharedArrayBuffer]).toEqual([5, true]);
  const buffer = new ArrayBuffer(16);
  new Uint8Array(buffer)[3] = 7;
  queue.put({ buffer }, { transfer: [buffer] });
  expect(buffer.byteLength).toBe(0);
  const kept = new ArrayBuffer(8);
  // What did not go in stays with its owner.
  expect(thrown(() => queue.put(kept, { transfer: [kept], block: false })).name).toBe('Full');
  expect(kept.byteLength).toBe(8);
  expect(new Uint8Array(queue.get().buffer)[3]).toBe(7);
  expect(thrown(() => queue.put(kept, true, null, { transfer: [words.buffer as never] })).name).toBe('DataCloneError');
  new SimpleQueue().put(kept, { transfer: [kept] });
  expect(kept.byteLength).toBe(0);
});

it('carries large items of all sizes around the limits of its buffers', () => {
  const queue = new SimpleQueue<Uint8Array>();
  for (const size of [0, 7, 4095, 65_500, 128 * 1024 - 64, 128 * 1024, 128 * 1024 + 1, 4_194_304, 4_194_305, 40_000_000]) {
    const bytes = new Uint8Array(size);
    bytes[size - 1] = 9;
    queue.put(bytes);
    const got = queue.get();
    expect([got.length, got[size - 1]]).toEqual([size, size === 0 ? undefined : 9]);
  }
});

it('decodes items while an item is decoded', () => {
  const queue = new Queue<unknown>();
  const large = 'x'.repeat(300_000);
  queue.put_many([{ a: 1 }, large, [2], large, 3]);
  expect(queue.get_many(2)).toEqual([{ a: 1 }, large]);
  expect([queue.get(), queue.get(), queue.get()]).toEqual([[2], large, 3]);
});
