/** Instances of a program's own subclasses: of the same class in every thread and process. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { from_handle } from 'nogil';
import { Process, SimpleQueue as ProcessQueue } from 'nogil/multiprocessing';
import { Queue } from 'nogil/queue';
import { Condition, Event, Lock, Thread } from 'nogil/threading';
import { ThreadPoolExecutor } from 'nogil/concurrent/futures';
import { thrown } from '../helpers/peers';
import { MainLock, MainThread } from './fixtures/main_only.cjs';
import { about, classes, ClosableQueue, CountingLock, countTwice, drain, enterOnce, tell } from './fixtures/subclasses.cjs';

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

it('a handle that names something else than an exported class is forged', () => {
  const { handle } = new CountingLock();
  const source = JSON.stringify({ kind: 'source', source: '(globalThis.__ran = true, class {})', name: 'x', strict: true });
  for (const subclass of [
    null,
    1,
    'text',
    {},
    { class: 1, fields: {} },
    { class: 'no JSON', fields: {} },
    { class: 'null', fields: {} },
    { class: '{"kind":"module"}', fields: {} },
    { class: source, fields: {} },
    { class: handle.subclass!.class },
    { class: handle.subclass!.class, fields: null },
  ]) {
    expect([subclass, thrown(() => from_handle({ ...handle, subclass })).name]).toEqual([subclass, 'ValueError']);
  }
  expect(globalThis).not.toHaveProperty('__ran');
  const text = handle.subclass!.class.replace('CountingLock', 'ClosableQueue');
  expect(thrown(() => from_handle({ ...handle, subclass: { class: text, fields: {} } })).name).toBe('ValueError');
});
