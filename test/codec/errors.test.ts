import assert from 'node:assert/strict';
import { decode, encode, encodeError, registerErrorClass } from '../../dist/internal/codec';
import * as errors from '../../dist/internal/errors';

const clone = <T>(value: T): T => decode(Buffer.from(encode(value))) as T;

class Plain extends TypeError {
  constructor(readonly detail: { a: number }) {
    if (arguments.length === 0) throw new Error('the constructor must not run again');
    super('plain');
  }
  shown(): string {
    return `${this.message} ${this.detail.a}`;
  }
}

test.each([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError])('%p', (Class) => {
  const error = new Class('no', { cause: { why: [1n] } });
  const copy = clone(error);
  assert.deepEqual(copy, error);
  assert.equal(copy.constructor, Class);
  assert.equal(copy.stack, error.stack);
  assert.deepEqual(copy.cause, { why: [1n] });
  for (const name of ['message', 'stack', 'cause']) assert.equal(Object.getOwnPropertyDescriptor(copy, name)?.enumerable, false);
  assert.equal(Object.hasOwn(clone(new Class()), 'cause'), false);
  assert.equal(Object.hasOwn(clone(new Class()), 'message'), false);
});

test('an AggregateError keeps its errors', () => {
  const copy = clone(new AggregateError([new RangeError('a'), 5], 'both'));
  assert.ok(copy instanceof AggregateError && copy.errors[0] instanceof RangeError);
  assert.deepEqual([copy.message, copy.errors[0].message, copy.errors[1]], ['both', 'a', 5]);
});

test('a DOMException keeps name and code', () => {
  const copy = clone(new DOMException('stop', 'AbortError'));
  assert.ok(copy instanceof DOMException);
  assert.deepEqual([copy.name, copy.message, copy.code], ['AbortError', 'stop', 20]);
});

test("the library's classes keep class, code and own properties", () => {
  const exit = clone(new errors.SystemExit(3));
  assert.ok(exit instanceof errors.SystemExit);
  assert.equal(exit.exit_code, 3);
  const missing = clone(Object.assign(new errors.FileNotFoundError('no file'), { errno: 2 }));
  assert.ok(missing instanceof errors.FileNotFoundError);
  assert.deepEqual(
    [missing.name, missing.code, missing.errno, Object.hasOwn(missing, 'name')],
    ['FileNotFoundError', 'ENOENT', 2, false],
  );
});

test('a class that was registered', () => {
  registerErrorClass(Plain, 'test.Plain');
  const copy = clone(new Plain({ a: 4 }));
  assert.ok(copy instanceof Plain);
  assert.equal(copy.shown(), 'plain 4');
});

test('a class that the other side can not find arrives as its nearest relative, with its name', () => {
  const local = (() => class Local extends errors.ValueError {})();
  const error = Object.assign(new local('x'), { name: 'Local' });
  const copy = clone(error);
  assert.ok(copy instanceof errors.ValueError);
  assert.deepEqual([copy.name, copy.message, copy.code], ['Local', 'x', 'ERR_VALUE']);
  class Named extends RangeError {
    override get name() {
      return 'Named';
    }
  }
  const named = clone(new (class extends Named {})('y'));
  assert.ok(named instanceof RangeError);
  assert.equal(named.name, 'Named');
});

test('errors refer to each other and to themselves', () => {
  const a: any = new Error('a');
  const b: any = new Error('b', { cause: a });
  Object.assign(a, { other: b, self: a, list: [b, b] });
  const copy = clone({ b, a });
  assert.equal(copy.b.cause, copy.a);
  assert.equal(copy.a.self, copy.a);
  assert.equal(copy.a.other, copy.b);
  assert.equal(copy.a.list[1], copy.b);
});

test('own properties that can not be cloned stay behind, and nothing else does', () => {
  const shared = { x: 1 };
  const error = Object.assign(new Error('x'), {
    before: shared,
    socket: { buffers: Array.from({ length: 40 }, (_, i) => ({ i, shared })), write() {} },
    after: [shared, { i: 1, shared }],
  });
  Object.defineProperty(error, 'throwing', { get: () => { throw new Error(); }, enumerable: true }); // prettier-ignore
  const copy: any = clone([error, { i: 2, shared }]);
  assert.deepEqual(Object.keys(copy[0]), ['before', 'after']);
  assert.equal(copy[0].after[0], copy[0].before);
  assert.equal(copy[0].after[1].shared, copy[0].before);
  assert.equal(copy[1].shared, copy[0].before);
});

test('errors are nested to a depth, and no further', () => {
  const chain = (n: number) => {
    let error = new Error('end');
    for (let i = 0; i < n; i++) error = new Error(String(i), { cause: error });
    return error;
  };
  let n = 0;
  for (let e: any = clone(chain(300)); e; e = e.cause) n++;
  assert.equal(n, 301);
  assert.throws(() => encode(chain(2000)), RangeError);
  let wrapped: any = new errors.ValueError('x');
  for (let i = 0; i < 1000; i++) wrapped = { wrapped };
  wrapped = clone(wrapped);
  while ('wrapped' in wrapped) wrapped = wrapped.wrapped;
  assert.ok(wrapped instanceof errors.ValueError);
});

describe('encodeError', () => {
  const thrown = (value: unknown) => decode(Buffer.from(encodeError(value))) as any;

  test('sends what encode can send', () => {
    assert.equal(thrown(5), 5);
    assert.ok(thrown(new errors.ValueError('v')) instanceof errors.ValueError);
  });

  test('sends an error without the cause that can not be cloned', () => {
    const error = new errors.ValueError('v', { cause: () => 1 });
    const copy = thrown(error);
    assert.ok(copy instanceof errors.ValueError);
    assert.deepEqual([copy.message, copy.stack, 'cause' in copy], ['v', error.stack, false]);
  });

  test('sends the text of a thrown value that can not be cloned', () => {
    assert.match(thrown(function named() {}).message, /function named/);
    assert.equal(thrown(Symbol('s')).message, 'Symbol(s)');
    assert.match(thrown({ f() {}, toString() { throw new Error(); } }).message, /can not be shown/); // prettier-ignore
  });
});
