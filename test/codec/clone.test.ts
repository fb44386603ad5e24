import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { decode, encode } from '../../dist/internal/codec';
import { assertSame } from './same';

const clone = <T>(value: T): T => decode(Buffer.from(encode(value))) as T;
const check = (value: unknown) => assertSame(clone(value), structuredClone(value));

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
  maxDepth: 4,
});

/** Objects of all container kinds, each with references to any of the others. */
const graph = fc
  .array(
    fc.tuple(fc.constantFrom('object', 'array', 'map', 'set', 'error', 'named array'), fc.array(fc.tuple(fc.string(), fc.nat()))),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((nodes) => {
    const make: Record<string, () => object> = {
      object: () => ({}),
      array: () => [],
      map: () => new Map(),
      set: () => new Set(),
      error: () => new TypeError('x'),
      'named array': () => [],
    };
    const objects = nodes.map(([kind]) => make[kind]());
    nodes.forEach(([kind, edges], i) => {
      const node = objects[i] as any;
      for (const [key, to] of edges) {
        const target = objects[to % objects.length];
        if (kind === 'array') node.push(target);
        else if (kind === 'map') node.set(to % 2 ? key : target, target);
        else if (kind === 'set') node.add(target);
        // A cause that leads back to its error can be written by Node 20 but not read.
        else if (kind === 'named array' && key === 'length') node.push(target);
        else if (kind === 'error') Object.defineProperty(node, 'cause', { value: key, configurable: true });
        else Object.defineProperty(node, key, { value: target, enumerable: true, configurable: true, writable: true });
      }
    });
    return objects;
  });

describe('a clone is what structuredClone makes', () => {
  test('of anything', () => fc.assert(fc.property(anything, check), { numRuns: 3000 }));

  test('of graphs with cycles and shared parts', () => fc.assert(fc.property(graph, check), { numRuns: 1000 }));

  test('of numbers', () =>
    fc.assert(fc.property(fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, 127, 128, 2 ** 31, -(2 ** 31))), check)));

  test('of arrays of numbers that change their kind on the way', () => {
    const element = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(-0, NaN), fc.constantFrom(undefined, 'x', null, true));
    fc.assert(fc.property(fc.array(element), check));
  });

  test('of strings of all kinds and lengths', () => {
    const unit = fc.oneof(
      fc.constant('a'),
      fc.constant('\u00ff'),
      fc.constant('\u0100'),
      fc.constant('\ud800'),
      fc.constant('😀'),
    );
    fc.assert(fc.property(fc.array(unit, { maxLength: 200 }), fc.nat(3), (units, times) => check(units.join('').repeat(times))));
    for (const n of [0, 1, 23, 24, 25, 63, 64, 65, 70_000])
      for (const c of ['a', '\u00e9', '\u0416', '\udfff']) check(c.repeat(n));
  });

  test('of bigints', () => fc.assert(fc.property(fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }), check)));

  test('of a dictionary of many keys, and of many shapes', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.nat(), { minKeys: 0, maxKeys: 60 }), check));
    for (let i = 0; i < 3000; i++) check({ [`key${i}`]: i, same: { [i]: 1, b: 2 } });
    check(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i])));
  });
});

test.each<[string, unknown]>([
  ['a __proto__ key', JSON.parse('[{"__proto__":{"a":1},"b":2},{"__proto__":5}]')],
  ['an invalid date', new Date(NaN)],
  ['array holes', [, 1, , 2, ,]],
  ['undefined is not a hole', [undefined, , undefined]],
  ['an empty array with a length', new Array(100)],
  ['a long array with holes', Object.assign(new Array(1000), { 3: 1, 700: 2 })],
  ['an array with elements far apart', Object.assign([], { 5: 1, 4_000_000_000: 2, x: 3 })],
  ['further properties of an array', Object.assign([1, 2], { x: 1, '-1': 2, '01': 3, 4294967295: 4 })],
  ['further properties of a long array', Object.assign(new Array(500).fill(1), { x: 1 })],
  ['a match', /(?<year>\d+)-(\d+)/.exec('on 2024-05')],
  ['a subclass of Array', new (class Row extends Array<number> {})(1, 2, 3)],
  ['a regular expression with lastIndex', Object.assign(/a/gy, { lastIndex: 3 })],
  ['a null prototype', Object.assign(Object.create(null), { a: 1 })],
  ['a class instance', new (class Point { x = 1; #y = 2; get z() { return this.#y; } })()], // prettier-ignore
  ['an object with the prototype of Map', Object.create(Map.prototype)],
  ['a map with properties', Object.assign(new Map([[1, 2]]), { x: 1 })],
  ['a string object with properties', Object.assign(Object('abc'), { x: 1 })],
  ['inherited and symbol keys', Object.assign(Object.create({ inherited: 1 }), { own: 1, [Symbol('s')]: 2 })],
  [
    'views that share a buffer',
    ((b) => [new Uint8Array(b, 4), new DataView(b, 1, 3), b, new Float64Array(b, 8, 1)])(new ArrayBuffer(24)),
  ],
  ['a Buffer', Buffer.from('some text')],
  ['an empty view', [new Uint8Array(0), new Float32Array(0)]],
  [
    'all kinds of views',
    [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Uint32Array, BigInt64Array, BigUint64Array].map((T) => new T(3)),
  ],
])('%s', (_, value) => check(value));

test('a resizable buffer stays resizable, and views that follow its length follow it', () => {
  const buffer = new (ArrayBuffer as any)(16, { maxByteLength: 32 });
  const make = () => clone({ follows: new Uint8Array(buffer, 4), fixed: new Uint8Array(buffer, 4, 12), buffer });
  const { follows, fixed, buffer: copy } = make();
  assert.deepEqual([copy.resizable, copy.maxByteLength, follows.length, fixed.length], [true, 32, 12, 12]);
  copy.resize(20);
  assert.deepEqual([follows.length, fixed.length], [16, 12]);
});

test('getters are evaluated once each, in order; one that removes a later property removes it from the copy', () => {
  const log: string[] = [];
  const source = {
    get a() { log.push('a'); delete (source as any).gone; return 1; }, // prettier-ignore
    gone: 1,
    get b() { log.push('b'); return { inner: clone([1, { x: 2 }]) }; }, // prettier-ignore
  };
  for (let i = 0; i < 30; i++) check({ a: 1, gone: 2, b: 3 }); // so that the shape is compiled
  const copy = clone(source);
  assert.deepEqual(copy, { a: 1, b: { inner: [1, { x: 2 }] } });
  assert.deepEqual(log, ['a', 'b']);
  const array = [1, 2, 3];
  let reads = 0;
  Object.defineProperty(array, 1, { get: () => ((reads += 1), 'x'), enumerable: true });
  assert.deepEqual(clone(array), [1, 'x', 3]);
  assert.equal(reads, 1);
});

test('depth costs no stack, whatever it consists of', () => {
  const root: any = { next: undefined };
  let at = root;
  for (let i = 0; i < 100_000; i++) {
    const inner: any = i % 2 ? { i, up: at } : [i];
    if (at instanceof Map) at.set('next', inner);
    else if (Array.isArray(at)) at.push(inner);
    else at.next = i % 5 ? inner : new Map([['next', inner]]);
    at = inner;
  }
  const copy = clone(root);
  let depth = 0;
  let before: any;
  for (let node = copy; node !== undefined; depth++) {
    const next = node instanceof Map ? node.get('next') : Array.isArray(node) ? node[1] : node.next;
    if (next && 'up' in next && !(node instanceof Map)) assert.equal(next.up, node);
    before = node;
    node = next;
  }
  assert.ok(depth > 100_000 && before !== undefined);
});

test('works where code can not be generated from strings', () => {
  const code = `const { encode, decode } = require(${JSON.stringify(require.resolve('../../dist/internal/codec'))});
    for (let i = 0; i < 50; i++) require('assert').deepStrictEqual(decode(encode({ i, a: { b: 1 } })), { i, a: { b: 1 } });`;
  const { spawnSync } = require('node:child_process');
  const { status, stderr } = spawnSync(process.execPath, ['--disallow-code-generation-from-strings', '-e', code], {
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  assert.equal(status, 0);
});

test('properties that someone gave Object.prototype do not travel', () => {
  Object.defineProperty(Object.prototype, 'polluted', { value: 1, enumerable: true, configurable: true });
  try {
    assert.deepEqual(Object.keys(clone({ a: 1 })), ['a']);
  } finally {
    delete (Object.prototype as any).polluted;
  }
});
