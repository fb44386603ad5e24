import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { decode, encode, encodeToScratch } from '../../dist/internal/codec';

const clone = <T>(value: T): T => decode(Buffer.from(encode(value))) as T;

/** Asserts that `value` can not be cloned, here nor by structuredClone unless `ours` says so, and returns the message. */
function refusal(value: unknown, options?: object): string {
  try {
    encode(value, options);
  } catch (error) {
    assert.ok(error instanceof DOMException);
    assert.equal(error.name, 'DataCloneError');
    return error.message;
  }
  throw new Error('it was encoded');
}

function* generator() {
  yield 1;
}

function someArguments(..._args: unknown[]): IArguments {
  return arguments; // eslint-disable-line prefer-rest-params
}

describe('what can not be cloned', () => {
  test('is named with its place', () => {
    assert.equal(refusal({ args: [{ fn() {} }] }), 'args[0].fn: a function can not be cloned');
    assert.equal(
      refusal(() => 1),
      'a function can not be cloned',
    );
    assert.equal(refusal(Symbol('x')), 'a symbol can not be cloned');
    assert.equal(refusal([1, { 'two words': Symbol('x') }]), '[1]["two words"]: a symbol can not be cloned');
    assert.equal(refusal(new Map([['k', new Set([() => 1])]])), 'get("k").values(): a function can not be cloned');
    assert.equal(refusal(new Map([[() => 1, 1]])), 'keys(): a function can not be cloned');
    assert.equal(refusal({ error: new Error('x', { cause: { f() {} } }) }), 'error.cause.f: a function can not be cloned');
    const cyclic: any = { deep: [[]] };
    cyclic.deep[0].push(cyclic, { p: Promise.resolve() });
    assert.equal(refusal(cyclic), 'deep[0][1].p: a Promise can not be cloned');
  });

  test.each<[string, unknown]>([
    ['WeakMap', new WeakMap()],
    ['WeakSet', new WeakSet()],
    ['WeakRef', new WeakRef({})],
    ['Proxy', new Proxy({}, {})],
    ['Proxy', new Proxy([], {})],
    ['Generator', generator()],
    ['Array Iterator', [].values()],
    ['Map Iterator', new Map().values()],
    ['Intl.NumberFormat', new Intl.NumberFormat()],
    ['Symbol', Object(Symbol('x'))],
    ['MessagePort', new MessageChannel().port1],
  ])('a %s', (name, value) => {
    assert.throws(() => structuredClone(value));
    assert.match(refusal({ value }), new RegExp(`^value: an? ${name} can not be cloned`));
  });

  test.each<[string, unknown]>([
    ['URL', new URL('http://localhost')],
    ['Blob', new Blob(['x'])],
    ['SecretKeyObject', createSecretKey(Buffer.alloc(8))],
  ])('a %s, which Node copies by means of its own or not at all', (name, value) => {
    assert.equal(refusal([value]), `[0]: a ${name} can not be cloned into a message`);
  });

  test('an arguments object, a detached buffer and its views, a view out of bounds', () => {
    assert.equal(refusal({ a: someArguments(1) }), 'a: an arguments object can not be cloned');
    assert.equal(refusal({ a: someArguments() }), 'a: an arguments object can not be cloned');
    // As many first keys as are remembered, so that an object is written without a shape.
    for (let i = 0; i < 300; i++) encode({ [`key ${i}`]: i });
    assert.equal(refusal({ a: someArguments(1, 2, 3) }), 'a: an arguments object can not be cloned');
    const buffer = new ArrayBuffer(8);
    const view = new Uint8Array(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    assert.equal(refusal([buffer]), '[0]: a detached ArrayBuffer can not be cloned');
    assert.match(refusal([view]), /a detached ArrayBuffer can not be cloned/);
    const resizable = new (ArrayBuffer as any)(16, { maxByteLength: 16 });
    const outside = new Uint8Array(resizable, 8, 8);
    resizable.resize(4);
    assert.equal(refusal({ outside }), 'outside: a view outside the bounds of its buffer can not be cloned');
  });

  test('a getter that throws: its error, and the next message is not affected', () => {
    const boom = new Error('boom');
    const value = { a: [1, { b: 2 }], get x() { throw boom; } }; // prettier-ignore
    assert.throws(
      () => encode(value),
      (error) => error === boom,
    );
    assert.deepEqual(clone({ a: [{ b: 2 }] }), { a: [{ b: 2 }] });
  });
});

describe('transfer', () => {
  test('moves the bytes and detaches the buffer', () => {
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const other = new ArrayBuffer(5);
    const bytes = Buffer.from(encode({ view: new Uint8Array(buffer, 1) }, { transfer: [buffer, other] }));
    assert.equal(buffer.byteLength, 0);
    assert.equal(other.byteLength, 0, 'also one that the message does not hold');
    assert.deepEqual((decode(bytes) as any).view, new Uint8Array([2, 3]));
  });

  test('leaves every buffer attached where the message fails', () => {
    const buffer = new ArrayBuffer(3);
    refusal({ buffer, f() {} }, { transfer: [buffer] });
    refusal({ buffer }, { transfer: [buffer, {}] });
    assert.equal(refusal({ buffer }, { transfer: [buffer, buffer] }), 'transfer[1]: the same ArrayBuffer is named twice');
    assert.match(
      refusal(1, { transfer: [buffer, new SharedArrayBuffer(1)] }),
      /^transfer\[1\]: a SharedArrayBuffer is shared anyway/,
    );
    const memory = new (globalThis as any).WebAssembly.Memory({ initial: 1 });
    // Node 20 copies such a buffer instead, as its postMessage does.
    if (Number(process.versions.node.split('.')[0]) > 20) refusal(1, { transfer: [memory.buffer, buffer] });
    assert.equal(buffer.byteLength, 3);
    structuredClone(buffer, { transfer: [buffer] });
    assert.equal(refusal(1, { transfer: [buffer] }), 'transfer[0]: a detached ArrayBuffer can not be transferred');
  });
});

describe('size', () => {
  test('a message may be larger than any scratch buffer', () => {
    const big = new Uint8Array(40 << 20).fill(7);
    big[12345] = 1;
    assert.ok(Buffer.from(clone({ big }).big).equals(big));
    const text = 'long text '.repeat(2 << 20);
    assert.equal(clone([text])[0], text);
    assert.equal(clone(`${text}\u0416`), `${text}\u0416`);
    const numbers = Array.from({ length: 300_000 }, (_, i) => i / 2);
    assert.deepEqual(clone(numbers), numbers);
  });

  test('a large message leaves no large buffer behind', () => {
    const { bytes } = encodeToScratch(new Uint8Array(10 << 20));
    assert.ok(bytes.length > 10 << 20);
    assert.ok(encodeToScratch(1).bytes.length <= 4 << 20);
  });

  test('without memory for it: a RangeError, buffers stay attached, and the next message is not affected', () => {
    const part = new ArrayBuffer(1 << 20);
    const allocate = Buffer.allocUnsafeSlow;
    Buffer.allocUnsafeSlow = () => {
      throw new RangeError('Array buffer allocation failed');
    };
    try {
      const message = Array.from({ length: 8 }, () => new Uint8Array(1 << 20)) as object[];
      assert.throws(() => encode([...message, part], { transfer: [part] }), RangeError);
      // Not even where a property of an error that can not be cloned would be left out.
      assert.throws(() => encode(Object.assign(new Error('x'), { message })), RangeError);
    } finally {
      Buffer.allocUnsafeSlow = allocate;
    }
    assert.equal(part.byteLength, 1 << 20);
    assert.deepEqual(clone({ ok: [1] }), { ok: [1] });
  });

  test('bytes that are no message are an error, not a crash', () => {
    assert.throws(() => decode(Buffer.from([0, 0, 0x3f])), /a message is damaged/);
    assert.throws(() => decode(new Uint8Array(0)));
  });
});
