/** What a thread is given, and as what it arrives. */
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { importable } from 'nogil';
import { Queue } from 'nogil/queue';
import { current_thread, Event, Lock, RLock, Semaphore, Thread, Timer } from 'nogil/threading';
import { Adder, Labelled, labelOfCurrent } from './fixtures/threads.cjs';

const LIMIT = 60;
const ESM = pathToFileURL(join(__dirname, 'fixtures', 'esm.mjs')).href;

function words(n = 4): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * n));
}

function run(thread: Thread): void {
  thread.start();
  thread.join(LIMIT);
  expect(thread.is_alive()).toBe(false);
}

test('positional arguments in Python’s order, and keywords', () => {
  const target = (into: Int32Array, a: number, options?: { b: number }): void => {
    into[0] = a;
    into[1] = options?.b ?? -1;
  };
  const cases: ((into: Int32Array) => Thread)[] = [
    (into) => new Thread(null, target, 'n', [into, 1], { b: 2 }),
    (into) => new Thread(undefined, target, 'n', [into, 1], { b: 2 }, { daemon: true }),
    (into) => new Thread({ target, name: 'n', args: [into, 1], kwargs: { b: 2 } }),
    (into) => new Thread(null, target, 'n', new Set<unknown>([into, 1]), { b: 2 }),
  ];
  for (const make of cases) {
    const into = words();
    const thread = make(into);
    expect(thread.name).toBe('n');
    run(thread);
    expect([...into.subarray(0, 2)]).toEqual([1, 2]);
  }
  const into = words();
  run(new Thread({ target, args: [into, 1], kwargs: {} }));
  expect(into[1]).toBe(-1);
});

test('names', () => {
  function work(): void {}
  const first = new Thread({ target: work });
  const [, n] = /^Thread-(\d+) \(work\)$/.exec(first.name)!;
  expect(new Thread().name).toBe(`Thread-${Number(n) + 1}`);
  expect(new Thread({ target: () => {}, name: 'own' }).name).toBe('own');
  // A name of one's own takes no number.
  expect(new Thread({ target: work }).name).toBe(`Thread-${Number(n) + 2} (work)`);
  first.name = 'later';
  expect(first.name).toBe('later');
  first.setName('latest');
  expect(first.getName()).toBe('latest');
  run(first);
  expect(first.name).toBe('latest');
});

test('the name is one, in whichever thread it is set', () => {
  const thread = new Thread({
    target: () => {
      const { current_thread: current } = require('nogil/threading') as { current_thread: () => Thread };
      current().name += '!';
    },
    name: 'a',
  });
  run(thread);
  expect(thread.name).toBe('a!');
});

test('primitives, however deeply nested, and SharedArrayBuffers are shared', () => {
  const lock = new Lock();
  const event = new Event();
  const semaphore = new Semaphore(0);
  const rlock = new RLock();
  const buffer = new SharedArrayBuffer(8);
  lock.acquire();
  const thread = new Thread({
    target: (given: { map: Map<string, unknown>; set: Set<Event> }, options: { list: [Semaphore, RLock]; view: Int32Array }) => {
      (given.map.get('lock') as Lock).release();
      for (const item of given.set) item.set();
      options.list[0].release(3);
      options.list[1].acquire();
      options.list[1].release();
      Atomics.add(options.view, 1, 5);
      Atomics.add(new Int32Array(given.map.get('buffer') as SharedArrayBuffer), 1, 1);
    },
    args: [
      {
        map: new Map<string, unknown>([
          ['lock', lock],
          ['buffer', buffer],
        ]),
        set: new Set([event]),
      },
    ],
    kwargs: { list: [semaphore, rlock], view: new Int32Array(buffer) },
  });
  run(thread);
  expect(lock.locked()).toBe(false);
  expect(event.is_set()).toBe(true);
  expect([semaphore.acquire(false), semaphore.acquire(false), semaphore.acquire(false), semaphore.acquire(false)]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(new Int32Array(buffer)[1]).toBe(6);
});

test('many cold workers get the same buffer while the main thread blocks', () => {
  const into = words(1);
  const gate = new Event();
  const threads = Array.from(
    { length: 12 },
    () =>
      new Thread({
        target: (all: Int32Array, open: Event) => {
          open.wait(20);
          Atomics.add(all, 0, 1);
        },
        args: [into, gate],
      }),
  );
  for (const thread of threads) thread.start();
  gate.set();
  for (const thread of threads) thread.join(LIMIT);
  expect(into[0]).toBe(12);
});

test('a thread is the same object wherever it is in one isolate, and another view elsewhere', () => {
  const into = words();
  const done = new Event();
  const thread = new Thread({
    target: (answer: Int32Array, set: Event) => {
      const { current_thread: current, enumerate, main_thread: main } = require('nogil/threading');
      const me = current();
      answer[0] = me.ident;
      answer[1] = me.native_id;
      answer[2] = me === current() && enumerate().includes(me) && enumerate()[0] === main() ? 1 : 0;
      answer[3] = main().name === 'MainThread' && main().is_alive() ? 1 : 0;
      set.set();
    },
    args: [into, done],
  });
  run(thread);
  expect([...into]).toEqual([thread.ident, thread.native_id, 1, 1]);
  expect(Thread.from(current_thread().handle)).toBe(current_thread());
});

test('subclasses of CommonJS modules run their own run() on copies of their fields', () => {
  const into = new SharedArrayBuffer(16);
  const adder = new Adder([1, 2, 3], into);
  expect(adder.name).toBe('adder');
  run(adder);
  expect([...new Int32Array(into)]).toEqual([6, 1, 1, 0]);
});

test('a subclass that does not override run() is itself in its thread', () => {
  const into = words();
  run(new Labelled(17, { target: labelOfCurrent, args: [into.buffer] }));
  expect(into[0]).toBe(17);
});

test('a class that no module exports', () => {
  class Hidden extends Thread {
    override run(): void {}
  }
  const thread = new Hidden();
  expect(() => thread.start()).toThrow(TypeError);
  expect(() => thread.start()).toThrow(/Hidden.*export the class/);
});

test('targets and subclasses of ES modules', async () => {
  const { Doubler, nested, square } = await import(ESM);
  let into = words();
  run(new Thread({ target: square, args: [into, 7] }));
  expect(into[0]).toBe(49);
  into = words();
  run(new Doubler(21, into));
  expect([...into]).toEqual([42, 1, 0, 0]);
  into = words();
  run(new Thread({ target: nested.api.mark, args: [into] }));
  expect(into[0]).toBe(42);
  into = words();
  const target = importable(ESM, 'square');
  const thread = new Thread({ target, args: [into, 5] });
  expect(thread.name).toMatch(/\(square\)$/);
  run(thread);
  expect(into[0]).toBe(25);
});

test('the work is done when the promise is', () => {
  const into = words();
  const thread = new Thread({
    target: async (answer: Int32Array) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      answer[0] = 1;
    },
    args: [into],
  });
  run(thread);
  expect(into[0]).toBe(1);
});

test('a thread that was handed on can be joined there', () => {
  const go = new Event();
  const first = new Thread({ target: (e: Event) => e.wait(20), args: [go] });
  first.start();
  const into = words();
  const second = new Thread({
    target: (other: Thread, answer: Int32Array) => {
      answer[0] = other.is_alive() ? 1 : 0;
      answer[1] = other.ident!;
      answer[2] = 1;
      other.join(20);
      answer[3] = other.is_alive() ? 0 : 1;
    },
    args: [first, into],
  });
  second.start();
  while (Atomics.load(into, 2) === 0) second.join(0.001);
  go.set();
  second.join(LIMIT);
  first.join(LIMIT);
  expect([...into]).toEqual([1, first.ident, 1, 1]);
});

test('an ended thread can be handed on', () => {
  const thread = new Thread({ target: () => {}, name: 'gone' });
  run(thread);
  const into = words();
  run(
    new Thread({
      target: (other: Thread, answer: Int32Array) => {
        other.join();
        answer[0] = other.ident!;
        answer[1] = other.name === 'gone' && !other.is_alive() ? 1 : 0;
      },
      args: [thread, into],
    }),
  );
  expect([...into.subarray(0, 2)]).toEqual([thread.ident, 1]);
});

test('a thread with a target is started where it was made: another thread is told so', () => {
  const threads = [new Thread({ target: () => {} }), new Timer(0, () => {})];
  const answers = new Queue<string>();
  const attempt = (thread: Thread, to: Queue<string>): void => {
    for (const method of ['start', 'run'] as const) {
      try {
        thread[method]();
        to.put('');
      } catch (error) {
        to.put(String(error));
      }
    }
  };
  for (const thread of threads) {
    run(new Thread({ target: attempt, args: [thread, answers] }));
    expect(answers.get()).toMatch(/^RuntimeError: Thread\.start\(\): .* its target stayed there: start it where it was made$/);
    expect(answers.get()).toMatch(/^RuntimeError: Thread\.run\(\): .* its target stayed there/);
    expect(thread.is_alive()).toBe(false);
    run(thread);
  }
  const bare = new Thread();
  run(new Thread({ target: attempt, args: [bare, answers] }));
  expect(answers.get()).toBe('');
  bare.join(LIMIT);
  expect(bare.ident).toBeDefined();
});

test('a target may have any name, or what is none', () => {
  const named = (name: unknown): (() => void) => Object.defineProperty(() => {}, 'name', { value: name });
  expect(new Thread({ target: named('a b') }).name).toMatch(/^Thread-\d+ \(a b\)$/);
  for (const name of [Symbol('s'), 5, '', undefined]) {
    const thread = new Thread({ target: named(name) });
    expect(thread.name).toMatch(/^Thread-\d+$/);
    run(thread);
  }
});
