/** local: each thread's own attributes. Behaviour 16 of the contract's samples. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { ValueError, from_handle } from 'nogil';
import { current_thread, Event, local, Thread } from 'nogil/threading';
import { Counted, Nesting, Owned, Silent } from './fixtures/threads.cjs';

const LIMIT = 60;

function words(n = 8): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * n));
}

function run(target: (...args: any[]) => unknown, ...args: unknown[]): void {
  const thread = new Thread({ target, args });
  thread.start();
  thread.join(LIMIT);
  expect(thread.is_alive()).toBe(false);
}

test('attributes that another thread set are not there', () => {
  const data = new local();
  data.x = 'main';
  data.nested = { y: 1 };
  for (let i = 0; i < 3; i++) {
    const seen = words();
    run(
      (own: local, into: Int32Array) => {
        into[0] = own.x === undefined && !('x' in own) && Object.keys(own).length === 0 ? 1 : 0;
        own.x = 'w';
        into[1] = own.x === 'w' ? 1 : 0;
      },
      data,
      seen,
    );
    expect([...seen.subarray(0, 2)]).toEqual([1, 1]);
  }
  expect(data.x).toBe('main');
  expect(Object.keys(data)).toEqual(['x', 'nested']);
  expect(delete data.x).toBe(true);
  expect(data.x).toBeUndefined();
});

test('a subclass’s constructor runs once in each thread, at the first access', () => {
  const before: number = Counted.made;
  const data = new Counted(1);
  data.x = 'main';
  expect(Counted.made - before).toBe(1);
  const seen = words();
  run(
    (own: any, into: Int32Array) => {
      const made = own.constructor.made;
      into[0] = own.list.length === 1 && own.list[0] === 1 ? 1 : 0;
      into[1] = own.x === undefined ? 1 : 0;
      into[2] = own.kind === 'counted' ? 1 : 0;
      own.list.push(9);
      own.x = 'w';
      into[3] = own.x === 'w' ? 1 : 0;
      into[4] = own.ident;
      into[5] = own.constructor.made - made;
    },
    data,
    seen,
  );
  expect([...seen.subarray(0, 4)]).toEqual([1, 1, 1, 1]);
  expect(seen[4]).not.toBe(current_thread().ident);
  expect(seen[5]).toBe(0);
  expect(data.list).toEqual([1]);
  expect(data.x).toBe('main');
  expect(data.ident).toBe(current_thread().ident);
  expect(data).toBeInstanceOf(Counted);
  expect(data).toBeInstanceOf(local);
});

test('a constructor that keeps its arguments from super() gets them all the same', () => {
  const data = new Silent({ a: 1 }, { b: [2] });
  expect(data.value).toEqual([{ a: 1 }, { b: [2] }]);
  const seen = words();
  run(
    (own: any, into: Int32Array) => {
      into[0] = JSON.stringify(own.value) === '[{"a":1},{"b":[2]}]' ? 1 : 0;
    },
    data,
    seen,
  );
  expect(seen[0]).toBe(1);
});

test('a constructor may make another local before it calls that of local', () => {
  const data = new Nesting(3);
  const seen = words();
  run(
    (own: any, into: Int32Array) => {
      into[0] = own.inner?.value;
      into[1] = own.inner === own || 'value' in own ? 1 : 0;
    },
    data,
    seen,
  );
  expect([...seen.subarray(0, 2)]).toEqual([3, 0]);
  expect(data.inner.value).toBe(3);
});

test('a constructor’s argument may hold the local itself', () => {
  const box: { owner?: Owned } = {};
  const data = new Owned(box);
  box.owner = data;
  expect(data.same).toBe(false);
  const seen = words();
  run(
    (own: any, into: Int32Array) => {
      into[0] = own.same === true ? 1 : 0;
    },
    data,
    seen,
  );
  expect(seen[0]).toBe(1);
});

test('a subclass of an ES module', async () => {
  const { Own, readOwn } = await import(pathToFileURL(join(__dirname, 'fixtures', 'esm.mjs')).href);
  const data = new Own(17);
  const seen = words();
  run(readOwn, seen, data);
  expect(seen[0]).toBe(17);
  expect(data.v).toBe(17);
});

test('many threads at once', () => {
  const data = new local();
  const gate = new Event();
  const wrong = words();
  const threads = Array.from(
    { length: 4 },
    (_, n) =>
      new Thread({
        target: (own: local, me: number, open: Event, into: Int32Array) => {
          own.me = me;
          open.wait(20);
          for (let i = 0; i < 1000; i++) if (own.me !== me) Atomics.add(into, 0, 1);
        },
        args: [data, n, gate, wrong],
      }),
  );
  for (const thread of threads) thread.start();
  gate.set();
  for (const thread of threads) thread.join(LIMIT);
  expect(wrong[0]).toBe(0);
  expect(data.me).toBeUndefined();
});

test('comes back as itself', () => {
  const data = new local();
  data.x = 1;
  expect(from_handle(data.handle)).toBe(data);
  expect(local.from(structuredClone(data.handle))).toBe(data);
  expect(data.x).toBe(1);
  expect(() => local.from(new Event().handle)).toThrow(ValueError);
});

test('symbols, accessors and definitions', () => {
  class Described extends local {
    get doubled(): number {
      return 2 * this.n;
    }
    set doubled(value: number) {
      this.n = value / 2;
    }
  }
  const data = new Described();
  const key = Symbol('key');
  data.n = 4;
  expect(data.doubled).toBe(8);
  data.doubled = 10;
  expect(data.n).toBe(5);
  (data as any)[key] = 1;
  expect(Reflect.ownKeys(data)).toEqual(['n', key]);
  Object.defineProperty(data, 'fixed', { value: 3 });
  expect(data.fixed).toBe(3);
  expect(Object.assign({}, data)).toEqual({ n: 5, [key]: 1 });
});

test('a subclass that no module exports stays in its thread', () => {
  class Hidden extends local {}
  const data = new Hidden();
  data.x = 1;
  const thread = new Thread({ target: () => {}, args: [data] });
  expect(() => thread.start()).toThrow(/Hidden/);
});

test('is inspected as this thread’s attributes, and constructs nothing for that', () => {
  const data: any = new local();
  expect(inspect(data)).toBe('local {}');
  data.x = 1;
  data.me = data;
  expect(inspect(data)).toBe('<ref *1> local { x: 1, me: [Circular *1] }');
  const seen = words();
  run(
    (own: any, counted: any, into: Int32Array) => {
      const { inspect } = require('node:util');
      into[0] = inspect(own) === 'local {}' ? 1 : 0;
      const before = inspect(counted);
      into[1] = /^(?:local|Counted) \{\}$/.test(before) ? 1 : 0;
      into[2] = counted.list.length;
      into[3] = inspect(counted).startsWith('Counted {') ? 1 : 0;
    },
    data,
    new Counted(1),
    seen,
  );
  expect([...seen.subarray(0, 4)]).toEqual([1, 1, 1, 1]);
});

test('arguments are for subclasses', () => {
  expect(() => new local(1)).toThrow(new TypeError('local(): initialization arguments are not supported'));
  expect(() => new local(undefined)).toThrow(TypeError);
  const Named = class extends local {
    constructor(name: string) {
      super(name);
      this.name = name;
    }
  };
  expect(new Named('a').name).toBe('a');
});
