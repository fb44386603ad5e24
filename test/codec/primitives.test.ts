import assert from 'node:assert/strict';
import { decode, discard, encode, encodeError } from '../../dist/internal/codec';
import { Attached, CellClass, Primitive, registerClass, type Shared, share } from '../../dist/internal/handles';

const REFERENCES = 12;
const CLASS = 251;

/** What the types of the published package leave out. */
type Base = abstract new (...args: unknown[]) => {
  _w: Int32Array;
  _i: number;
  _cell: number;
  _allocate(cellClass: number): number;
  [share](): Shared;
};

class Box extends (Primitive as unknown as Base) {
  constructor(readonly inside?: unknown) {
    super(CellClass.Event, 'Box', inside instanceof Attached ? inside : undefined);
    if (inside instanceof Attached) this.inside = inside.extra;
    else this._promote();
  }
  get _class() {
    return CLASS;
  }
  _promote() {
    if (this._cell === 0) (this as any)._settle(this._allocate(CellClass.Event));
    return this._cell;
  }
  _extra() {
    return this.inside;
  }
  get references(): number {
    return this._w[this._i + REFERENCES];
  }
}
registerClass(CLASS, 'Box', Box);

const clone = (value: any): any => decode(Buffer.from(encode(value)));

test('a primitive arrives with its cell and what it sends along', () => {
  const box = new Box({ n: [1] });
  const copy = clone({ deep: new Map([['b', [box]]]) }).deep.get('b')[0];
  assert.ok(copy instanceof Box);
  assert.notEqual(copy, box);
  assert.equal(copy._cell, box._cell);
  assert.deepEqual(copy.inside, { n: [1] });
});

test('one object twice in a message is one object with one reference; in a primitive of a primitive too', () => {
  const inner = new Box();
  const outer = new Box([inner, { inner }]);
  const bytes = Buffer.from(encode([inner, outer, inner]));
  assert.deepEqual([bytes[0], bytes.readUInt32LE(4)], [1, 2]);
  assert.deepEqual([bytes.readUInt32LE(8), bytes.readUInt32LE(12)], [inner._cell, outer._cell]);
  assert.equal(inner.references, 2);
  const [a, b, c] = decode(bytes) as any;
  assert.equal(a, c);
  assert.equal(b.inside[0], a);
  assert.equal(b.inside[1].inner, a);
  assert.equal(inner.references, 2, "the message's reference became the copy's");
});

test('what a primitive sends along is whole when it is revived, however deep', () => {
  let value: any = new Box({ list: [{ x: 1 }], map: new Map([[1, { y: [2] }]]) });
  let seen: any;
  registerClass(CLASS, 'Box', Box, (attached) => {
    seen = structuredClone(attached.extra);
    return new Box(attached);
  });
  for (let i = 0; i < 300; i++) value = [value];
  clone(value);
  assert.deepEqual(seen, { list: [{ x: 1 }], map: new Map([[1, { y: [2] }]]) });
});

describe('what may refer to the primitive', () => {
  class Holder extends Box {
    parts: any;
    override [share](): Shared {
      return { ...super[share](), ...this.parts };
    }
  }
  let made: Holder[];
  beforeEach(() => {
    made = [];
    registerClass(CLASS, 'Box', Holder, (attached) => {
      const holder = new Holder(attached);
      attached.receive = (parts) => (holder.parts = parts);
      made.push(holder);
      return holder;
    });
  });
  const nest = (value: unknown, depth: number): any => (depth === 0 ? value : [nest(value, depth - 1)]);

  test('is read when that exists', () => {
    const holder = new Holder();
    holder.parts = { state: { holder, deep: nest(holder, 300) } };
    const copy = clone([holder, holder])[1];
    assert.equal(copy.parts.holder, copy);
    assert.equal(copy.parts.deep.flat(Infinity)[0], copy);
    assert.deepEqual([made.length, holder.references], [1, 2]);
  });

  test('fields are left out one by one', () => {
    const [a, b, lost] = [new Holder(), new Holder(), new Holder()];
    b.parts = { fields: { a, bad: [lost, nest(() => 1, 300)], ['__proto__']: 1 } };
    a.parts = {
      fields: { bad: { a, b, lost, symbol: Symbol('s') }, b, deep: nest({ b, list: nest(a, 300) }, 300), none: undefined },
    };
    const copy = clone({ a }).a;
    assert.deepEqual(Object.keys(copy.parts), ['b', 'deep', 'none']);
    assert.deepEqual(Object.keys(copy.parts.b.parts), ['a', '__proto__']);
    assert.equal(copy.parts.b.parts.a, copy);
    const { b: inner, list } = copy.parts.deep.flat(Infinity)[0];
    assert.equal(inner, copy.parts.b);
    assert.equal(list.flat(Infinity)[0], copy);
    assert.deepEqual([a.references, b.references, lost.references], [2, 2, 1]);
  });

  test('fields within what is left out go with it', () => {
    const [kept, lost] = [new Holder(), new Holder()];
    lost.parts = { fields: { lost } };
    kept.parts = { fields: { kept } };
    const error: any = clone(Object.assign(new Error('x'), { bad: [lost, () => 1], kept: nest([kept], 200) }));
    assert.deepEqual(Object.keys(error), ['kept']);
    const [copy] = error.kept.flat(Infinity);
    assert.equal(copy.parts.kept, copy);
    assert.deepEqual([kept.references, lost.references, made.length], [2, 1, 1]);
  });
});

test('discard gives all references back', () => {
  const boxes = [new Box(), new Box()];
  const bytes = Buffer.from(encode([boxes, boxes]));
  assert.deepEqual(boxes.map((box) => box.references), [2, 2]); // prettier-ignore
  discard(bytes);
  assert.deepEqual(boxes.map((box) => box.references), [1, 1]); // prettier-ignore
});

test('a message that fails gives all references back', () => {
  const box = new Box({ inner: new Box() });
  const bad = new Box([() => 1]);
  assert.throws(() => encode([box, { f() {} }]), { name: 'DataCloneError', message: '[1].f: a function can not be cloned' });
  assert.throws(() => encode([box, bad]), { name: 'DataCloneError' });
  assert.throws(() => encode({ box }, { process: true }), { name: 'DataCloneError', message: /^box: a Box of this process/ });
  const error = Object.assign(new Error('x'), { lost: { box, f() {} }, kept: bad.inside ? 1 : 0 });
  assert.equal(clone(error).kept, 1);
  assert.equal(Buffer.from(encodeError(new Error('x', { cause: { box, f() {} } })))[0], 0);
  assert.deepEqual([box.references, (box.inside as any).inner.references, bad.references], [1, 1, 1]);
});

test('a message that can not be read gives back what was not revived', () => {
  const good = new Box();
  const late = new Box();
  const unknown = new Box();
  Object.defineProperty(unknown, '_class', { value: 250 });
  const bytes = Buffer.from(encode([good, unknown, late]));
  assert.throws(() => decode(bytes), /unknown class 250/);
  assert.deepEqual([unknown.references, late.references], [1, 1]);
});

test('what lives in memory of all processes may leave this one', () => {
  class Everywhere {
    [share](): Shared {
      return { classId: CLASS, cell: 0x80000001 };
    }
  }
  assert.equal(Buffer.from(encode([new Everywhere()], { process: true })).readUInt32LE(8), 0x80000001);
});

test('a thing that shares itself by the symbol alone', () => {
  const box = new Box();
  class Other {
    [share](): Shared {
      return box[share]();
    }
  }
  assert.equal(clone([new Other()])[0]._cell, box._cell);
});
