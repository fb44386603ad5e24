/** Value, Array, RawValue and RawArray. */
import { inspect } from 'node:util';
import { from_handle, IndexError, ValueError } from 'nogil';
import { Array as SharedArray, Lock, Queue, RawArray, RawValue, RLock, Value } from 'nogil/multiprocessing';
import { Lock as ThreadLock, Thread } from 'nogil/threading';
import { LIMIT, Peer, endPeers } from './peer';

let peer: Peer;
beforeAll(() => {
  peer = new Peer();
});
afterAll(endPeers);

test('RawArray is the same memory in other processes and threads', () => {
  const array = RawArray('i', [1, 2, 3]);
  expect(array).toBeInstanceOf(Int32Array);
  expect(
    peer.call(
      (a, more) => {
        a[1] = 20;
        more.rest[0] = 5;
        return [[...a], a.length, more.rest.length];
      },
      array,
      { rest: array.subarray(2) },
    ),
  ).toEqual([[1, 20, 5], 3, 1]);
  expect([...array]).toEqual([1, 20, 5]);
  const thread = new Thread({
    target: (a: Int32Array) => {
      a[0] = 7;
    },
    args: [array],
  });
  thread.start();
  thread.join(LIMIT);
  const queue = new Queue();
  queue.put([array, array.buffer]);
  const [again, buffer] = queue.get() as [Int32Array, ArrayBuffer];
  expect([again[0], again.buffer === array.buffer, buffer === array.buffer]).toEqual([7, true, true]);
});

test('all typecodes', () => {
  const all = { b: -1, B: 255, h: -2, H: 65535, i: -3, I: 2 ** 32 - 1, l: -4, L: 4, f: 0.5, d: 0.1, int32: 9 } as const;
  for (const [code, value] of Object.entries(all)) {
    expect(RawArray(code as 'i', [value])[0]).toBe(value);
    expect(RawValue(code as 'i', value).value).toBe(value);
    expect(Value(code as 'i', value).value).toBe(value);
    expect(SharedArray(code as 'i', [value, value])[1]).toBe(value);
  }
  expect([RawArray('q', [-1n, 2])[1], RawValue('Q', 2n ** 64n - 1n).value, Value('q', 5).value]).toEqual([
    2n,
    2n ** 64n - 1n,
    5n,
  ]);
  const bytes = RawArray('c', 'hello');
  expect([bytes.value, bytes.raw]).toEqual([Uint8Array.from(Buffer.from('hello')), Uint8Array.from(Buffer.from('hello'))]);
  bytes.value = 'hi';
  expect([Buffer.from(bytes.value).toString(), Buffer.from(bytes.raw).toString()]).toEqual(['hi', 'hi\0lo']);
  expect(() => (bytes.value = 'too long')).toThrow(ValueError);
  const text = RawArray('u', 'zażółć 🦊');
  expect([text.length, text.value]).toEqual([8, 'zażółć 🦊']);
  expect(peer.call((b, t) => [Buffer.from(b.value).toString(), t.value], bytes, text)).toEqual(['hi', 'zażółć 🦊']);
  expect(Value('u', 'ż').value).toBe('ż');
});

test('sizes: none, negative, too much', () => {
  expect([RawArray('d', 0).length, SharedArray('i', 0).length, [...RawArray('i', 3)]]).toEqual([0, 0, [0, 0, 0]]);
  expect(peer.call((a, b) => [a.length, b.length], RawArray('d', 0), SharedArray('i', []))).toEqual([0, 0]);
  expect(() => RawArray('i', -1)).toThrow(ValueError);
  expect(() => RawArray('d', 2 ** 40)).toThrow(RangeError);
  expect(() => RawArray('x' as never, 1)).toThrow(TypeError);
  expect(() => RawArray('i', 1.5)).toThrow(TypeError);
  expect(() => RawArray('i', ['a'])).toThrow(TypeError);
  expect(() => RawArray('i', {} as never)).toThrow(TypeError);
});

test('1 GiB', () => {
  const array = RawArray('B', 2 ** 30);
  array[2 ** 30 - 1] = 3;
  expect(peer.call((a) => a[2 ** 30 - 1], array)).toBe(3);
});

test('Value: locks, and counting in two processes', () => {
  const value = Value('i', 0);
  const count = (v: { value: number; with(fn: () => void): void }): number => {
    for (let i = 0; i < 1000; i++) {
      v.with(() => {
        v.value += 1;
      });
    }
    return v.value;
  };
  peer.begin(count, value);
  count(value);
  peer.result();
  expect(value.value).toBe(2000);
  expect(value.get_lock()).toBeInstanceOf(RLock);
  value.get_obj().value = 3;
  expect(value.value).toBe(3);
  const lock = new Lock();
  expect(Value('d', 1, { lock }).get_lock()).toBe(lock);
  expect('get_lock' in Value('d', 1, { lock: false })).toBe(false);
  expect(Value('d', { lock }).value).toBe(0);
  expect(() => Value('d', 1, { lock: new ThreadLock() as never })).toThrow(TypeError);
  expect(() => Value('i', 1.5)).toThrow(TypeError);
  expect(() => (value.value = 'a' as never)).toThrow(TypeError);
  const again = from_handle(structuredClone(value.handle)) as typeof value;
  again.value = 11;
  expect(value.value).toBe(11);
  expect(value.acquire()).toBe(true);
  expect(peer.call((v) => v.acquire(false), value)).toBe(false);
  value.release();
});

test('Array: elements, slices, iteration, locks', () => {
  const array = SharedArray('i', [1, 2, 3, 4]);
  array[0] = 10;
  expect([array[0], array.at(-1), array.length, array.slice(1, 3), [...array]]).toEqual([10, 4, 4, [2, 3], [10, 2, 3, 4]]);
  for (const none of [4, -5, 1e15]) {
    expect(() => array[none]).toThrow(IndexError);
    expect(() => (array[none] = 1)).toThrow(IndexError);
  }
  expect(() => (array[0] = 'a' as never)).toThrow(TypeError);
  expect(array.get_obj()).toBeInstanceOf(Int32Array);
  array.with(() => {
    for (let i = 0; i < array.length; i++) array[i] += 1;
  });
  expect(
    peer.call(
      (a, nested) => {
        a[1] = 100;
        nested.it.set([7, 8], 2);
        return [a.constructor.name, a.slice()];
      },
      array,
      { it: array },
    ),
  ).toEqual(['SynchronizedArray', [11, 100, 7, 8]]);
  expect([...array]).toEqual([11, 100, 7, 8]);
  const text = SharedArray('c', 10);
  text.value = 'abc';
  expect(Buffer.from(text.value).toString()).toBe('abc');
  expect(SharedArray('d', 3, { lock: false })).toBeInstanceOf(Float64Array);
});

test('Array: indices from the end, and names that are none', async () => {
  const array = SharedArray('i', [1, 2, 3]);
  array[-1] = 30;
  array[-3]++;
  expect([array[-3], array[-2], [...array], peer.call((a) => a[-1], array)]).toEqual([2, 2, [2, 2, 30], 30]);
  const named = array as unknown as Record<string, unknown>;
  expect(['-0', '01', '-01', '1.5', '-1.5', '+1', 'then', ''].map((name) => named[name])).toEqual(Array(8).fill(undefined));
  expect(await Promise.resolve(array)).toBe(array);
  expect(inspect(array)).toMatch(/SynchronizedArray/);
});
