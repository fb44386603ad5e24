/** Instances of a program's own subclasses: of the same class in every thread and process. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { from_handle } from 'nogil';
import { Process, SimpleQueue as ProcessQueue } from 'nogil/multiprocessing';
import { Queue } from 'nogil/queue';
import { Condition, Event, Lock, RWLock, type RWLockView, Thread } from 'nogil/threading';
import { sleep } from 'nogil/time';
import { ThreadPoolExecutor } from 'nogil/concurrent/futures';
import { thrown } from '../helpers/peers';
import { runScript } from '../helpers/script';
import { MainLock, MainThread } from './fixtures/main_only.cjs';
import {
  about,
  classes,
  ClosableQueue,
  CountingLock,
  countTwice,
  drain,
  enterOnce,
  SelfChecking,
  tell,
} from './fixtures/subclasses.cjs';

const ARGUMENTS: Record<string, unknown[]> = {
  Barrier: [2, undefined, 5],
  MBarrier: [2, undefined, 5],
  ThreadPoolExecutor: [{ max_workers: 1 }],
};
const NAMES = Object.keys(classes);

function make(name: string): InstanceType<(typeof classes)[string]> {
  return new classes[name](...((ARGUMENTS[name] ?? []) as never[]));
}

function base(name: string): string {
  return name.replace(/^M/, '');
}

describe.each(NAMES)('a subclass of %s', (name) => {
  const expected = [true, `my ${base(name)}`, [base(name), { deep: 1 }], false];

  it('arrives in a thread, and comes back, as what it is', () => {
    const object = make(name);
    const answers = new Queue();
    const thread = new Thread({ target: tell, args: [object, answers] });
    thread.start();
    thread.join();
    const [there, back] = answers.get() as [unknown, typeof object];
    expect(there).toEqual(expected);
    expect(back.constructor).toBe(classes[name]);
    // A thread is one object in each isolate, which has kept its function.
    expect(about(back)).toEqual(name === 'Thread' ? [...expected.slice(0, 3), true] : expected);
    object.shutdown?.();
  });

  it('has a handle that tells its class', () => {
    const object = make(name);
    const handle = structuredClone(object.handle);
    const again = from_handle(handle) as typeof object;
    expect(again.constructor).toBe(classes[name]);
    expect([again.label, again._own]).toEqual([object.label, object._own]);
    object.shutdown?.();
  });

  it('has no fields of the library among its own', () => {
    const object = make(name);
    expect(Object.keys(object.handle.subclass!.fields).sort()).toEqual(['_own', 'label']);
    object.shutdown?.();
  });
});

it.each(NAMES.filter((name) => name.startsWith('M')))('a subclass of %s arrives in another process', (name) => {
  const object = make(name);
  const answers = new ProcessQueue();
  const process = new Process({ target: tell, args: [object, answers] });
  process.start();
  const [there, back] = answers.get() as [unknown, typeof object];
  process.join();
  expect(there).toEqual([true, `my ${base(name)}`, [base(name), { deep: 1 }], false]);
  expect(back.constructor).toBe(classes[name]);
});

it('what a subclass overrides is called in the thread', () => {
  const numbers = new ClosableQueue();
  const doubled = new ClosableQueue();
  const thread = new Thread({ target: drain, args: [numbers, doubled] });
  thread.start();
  for (let i = 0; i < 5; i++) numbers.put(i);
  numbers.close();
  expect([...doubled]).toEqual([0, 2, 4, 6, 8]);
  thread.join();
});

it('fields may be shared, refer to their owner, and be called as fields of other classes of the library', () => {
  const lock = new CountingLock();
  lock.acquire();
  lock.release();
  const thread = new Thread({ target: countTwice, args: [lock] });
  thread.start();
  thread.join();
  expect(lock.counts[0]).toBe(2);
  expect(lock._lock.locked()).toBe(true);
});

interface Alarms {
  Alarm: new (at: number) => Event;
  ring(alarm: Event, answers: Queue): void;
}

// In the second, the thread has a plain Event until that module is there, which its target waits for too.
it.each(['subclasses.mjs', 'late.mjs'])('a class of the ES module %s is found', async (file) => {
  const { Alarm, ring } = (await import(pathToFileURL(join(__dirname, 'fixtures', file)).href)) as Alarms;
  const alarm = new Alarm(7);
  const answers = new Queue();
  const thread = new Thread({ target: ring, args: [alarm, answers] });
  thread.start();
  thread.join();
  expect(answers.get()).toEqual([true, 7]);
  expect(alarm.is_set()).toBe(true);
});

it('a condition keeps the class of its lock', () => {
  const lock = new CountingLock();
  const condition = new Condition(lock);
  const thread = new Thread({ target: enterOnce, args: [condition] });
  thread.start();
  thread.join();
  expect(lock.counts[0]).toBe(1);
});

it('results and items are of their class too', () => {
  using executor = new ThreadPoolExecutor(1);
  const lock = new CountingLock();
  const result = executor.submit((x: unknown) => [x], lock).result() as [CountingLock];
  expect(result[0]).toBeInstanceOf(CountingLock);
  expect(result[0].self).toBe(result[0]);
});

it('a class that no module exports is refused, by name and before anything happens', () => {
  class Secret extends Lock {}
  const queue = new Queue();
  for (const give of [
    () => new Thread({ target: tell, args: [new Secret(), queue] as never }).start(),
    () => {
      queue.put([1, { deep: new Secret() }]);
    },
    () => new Secret().handle,
  ]) {
    const error = thrown(give);
    expect(error.name).toBe('TypeError');
    expect(error.message).toMatch(/class of this Lock.*Secret/s);
  }
  expect(queue.qsize()).toBe(0);
});

it('the library’s own classes need no more than before', () => {
  for (const object of [new Lock(), new Condition(), new Event(), new Queue(), new Thread()]) {
    expect(object.handle).not.toHaveProperty('subclass');
  }
});

describe('a class whose module does not load in the thread', () => {
  it.each<[string, () => Lock | Thread]>([
    ['a lock', () => new MainLock()],
    ['a thread', () => new MainThread()],
  ])('is an error of who receives %s, each time, and the object stays', (_, make) => {
    const object = make();
    const items = new Queue();
    const codes = new Queue();
    const thread = new Thread({ target: takeAll, args: [items, codes, 20] });
    for (let i = 0; i < 20; i++) items.put([object, new Lock()]);
    thread.start();
    thread.join();
    expect(codes.get_many(100)).toEqual(new Array(20).fill('ERR_TARGET_IMPORT'));
    // A reference given back twice would have freed it.
    expect(from_handle(object.handle)).toBeInstanceOf(object.constructor);
  });
});

function takeAll(items: Queue, codes: Queue, count: number): void {
  for (let i = 0; i < count; i++) {
    try {
      codes.put(typeof items.get());
    } catch (error) {
      codes.put((error as { code: string }).code);
    }
  }
}

describe('a forged handle', () => {
  const { handle } = new CountingLock();
  const text = handle.subclass!.class;
  const ref = JSON.parse(text) as { url: string };
  const withRef = (other: object): object => ({ class: JSON.stringify({ ...ref, ...other }), fields: {} });

  it.each<[string, unknown]>([
    ['null', null],
    ['a number', 1],
    ['a text', 'text'],
    ['nothing in it', {}],
    ['no text', { class: 1, fields: {} }],
    ['no JSON', { class: 'no JSON', fields: {} }],
    ['no object', { class: 'null', fields: {} }],
    ['no URL', { class: '{"kind":"module"}', fields: {} }],
    ['no fields', { class: text }],
    ['null for fields', { class: text, fields: null }],
    ['code', withRef({ kind: 'source', source: '(globalThis.__ran = true, class {})' })],
    ['a URL that is code', withRef({ url: 'data:text/javascript,globalThis.__ran=1;export class CountingLock{}' })],
    ['a URL that is none', withRef({ url: 'none' })],
    ['a module that is not there', withRef({ url: `${ref.url}.not` })],
    ['an export that is not there', withRef({ path: ['Nothing'] })],
    ['a function', withRef({ path: ['drain'] })],
    ['a class of other objects', withRef({ path: ['ClosableQueue'] })],
  ])('with %s for its class is refused', (_, subclass) => {
    expect(thrown(() => from_handle({ ...handle, subclass })).name).toBe('ValueError');
    expect(globalThis).not.toHaveProperty('__ran');
  });

  it('does not set what native code trusts', () => {
    const lock = new CountingLock();
    const fields = { _cell: 77_777_777, _i: -5, _w: new Int32Array(4), label: 'kept' };
    const again = from_handle({ ...lock.handle, subclass: { class: text, fields } }) as CountingLock & { label: string };
    again._lock = new Lock();
    again.counts = new Int32Array(1);
    again.acquire();
    expect([lock.locked(), again.label]).toEqual([true, 'kept']);
    using executor = new classes.ThreadPoolExecutor(...([{ max_workers: 1 }] as never[])) as unknown as ThreadPoolExecutor;
    const { subclass, ...rest } = executor.handle;
    const forged = { ...rest, subclass: { class: subclass!.class, fields: { cell: 1, settings: 2, _expire: 3 } } };
    expect((from_handle(forged) as ThreadPoolExecutor).submit((x: number) => -x, -1).result()).toBe(1);
  });
});

it('a handle takes plain fields only: structured clone would take the others to pieces', () => {
  const { handle } = new CountingLock();
  expect(Object.keys(handle.subclass!.fields)).toEqual(['counts']);
  const again = from_handle(structuredClone(handle)) as CountingLock;
  expect(again.counts).toBeInstanceOf(Int32Array);
});

it('code of a field may end the thread that is being sent', () => {
  for (let round = 0; round < 50; round++) {
    const thread = new SelfChecking();
    thread.start();
    const { ident } = thread;
    while (!thread.over) sleep(0.001);
    const queue = new Queue();
    queue.put([thread]);
    const locks = Array.from({ length: 5 }, () => new Lock());
    for (const lock of locks) lock.handle;
    expect((queue.get() as [Thread])[0].ident).toBe(ident);
  }
});

it('what is not told by a class that no module exports', () => {
  class Secret extends RWLock {}
  const queue = new Queue();
  const lock = new Secret();
  queue.put(lock.read());
  const view = queue.get() as RWLockView;
  lock.write().acquire();
  expect(view.acquire(false)).toBe(false);
  // Nor where there is no telling.
  const odd = new CountingLock();
  Object.setPrototypeOf(odd, Object.create(Lock.prototype, { constructor: { value: null } }) as object);
  queue.put(odd);
  expect(queue.get()).toBeInstanceOf(Lock);
});

it('the way out to another process is named by the library’s class', () => {
  const queue = new ProcessQueue();
  const error = thrown(() => {
    queue.put(new CountingLock());
  });
  expect(error.message).toMatch(/a Lock of this process.*use multiprocessing\.Lock/);
});

describe('a class of the main program', () => {
  it('is what comes back while that is still being loaded, without a warning', async () => {
    const { stdout, stderr } = await runScript(`
      const { Lock } = require('nogil/threading'); const { Queue } = require('nogil/queue');
      exports.L = class L extends Lock {};
      if (require.main === module) { const q = new Queue(); q.put(new exports.L()); console.log(q.get().constructor === exports.L); }`);
    expect([stdout, stderr]).toEqual(['true\n', '']);
  });

  it.each([[[]], [['--no-experimental-require-module']]])('is that in an ES module too (%j)', async (nodeArgs) => {
    const { stdout, stderr } = await runScript(
      `
      import { Lock, Thread } from 'nogil/threading'; import { Queue } from 'nogil/queue';
      import { from_handle, is_main } from 'nogil';
      export class L extends Lock { hi() { return 'hi'; } }
      export function work(first, a, b) { b.put(first.hi()); b.put(a.get().hi()); b.put(new L()); }
      if (is_main(import.meta.url)) {
        const a = new Queue(), b = new Queue();
        a.put(new L());
        console.log(a.get().constructor === L, from_handle(new L().handle).constructor === L);
        for (let i = 0; i < 2; i++) {
          const thread = new Thread({ target: work, args: [new L(), a, b] });
          thread.start();
          a.put(new L());
          console.log(b.get(), b.get(), b.get().hi());
          thread.join();
        }
      }`,
      { nodeArgs, type: 'module' },
    );
    expect([stderr, stdout]).toEqual(['', 'true true\nhi hi hi\nhi hi hi\n']);
  });
});
