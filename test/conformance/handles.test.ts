import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { from_handle } from 'nogil';
import * as threading from 'nogil/threading';
import { BoundedSemaphore, Barrier, Condition, Event, Lock, RLock, RWLock, Semaphore, Thread } from 'nogil/threading';
import { type Kind, starter, terminatePeers, thrown } from '../helpers/peers';
import { collected } from '../helpers/memory';
import { runScript } from '../helpers/script';

afterAll(terminatePeers);

const MAKERS: [string, () => { handle: object }][] = [
  ['Lock', () => new Lock()],
  ['RLock', () => new RLock()],
  ['Condition', () => new Condition()],
  ['Event', () => new Event()],
  ['Semaphore', () => new Semaphore(3)],
  ['BoundedSemaphore', () => new BoundedSemaphore(3)],
  ['Barrier', () => new Barrier(2, null, 5)],
  ['RWLock', () => new RWLock()],
  ['Thread', () => new Thread()],
];
interface Class {
  from(handle: unknown): { handle: object };
}
const classes = threading as unknown as Record<string, Class>;

describe.each(MAKERS)('the handle of a %s', (name, make) => {
  it('is small, structured-cloneable, and gives the object back', () => {
    const object = make();
    const copy = structuredClone(object.handle);
    expect(JSON.stringify(copy).length).toBeLessThan(200);
    for (const again of [from_handle(copy), classes[name].from(copy)]) {
      expect(again).toBeInstanceOf(classes[name] as unknown as new () => object);
      expect((again as { handle: object }).handle).toEqual(object.handle);
    }
  });

  it('goes through a MessageChannel', () => {
    const { port1, port2 } = new MessageChannel();
    const object = make();
    port1.postMessage({ deep: [object.handle] });
    const { deep } = (receiveMessageOnPort(port2) as { message: { deep: unknown[] } }).message;
    expect(from_handle(deep[0])).toBeInstanceOf(object.constructor);
    port1.close();
  });

  it.each(MAKERS.map(([other]) => other).filter((other) => other !== name))('is not one of a %s', (other) => {
    const object = make();
    expect(thrown(() => classes[other].from(object.handle)).name).toBe('ValueError');
    expect(thrown(() => from_handle({ ...object.handle, nogil: other })).name).toBe('ValueError');
  });

  it('is worth nothing when forged', () => {
    const { handle } = make() as { handle: { cell: number; generation: number } };
    for (const forged of [
      { ...handle, generation: handle.generation + 1 },
      { ...handle, generation: handle.generation + 2 ** 24 },
      { ...handle, generation: -1 },
      { ...handle, generation: undefined },
      { ...handle, cell: 0 },
      { ...handle, cell: 1 },
      { ...handle, cell: handle.cell + 5000 },
      { ...handle, cell: 2 ** 31 + handle.cell },
      { ...handle, cell: 2 ** 32 - 1 },
      { ...handle, cell: 2 ** 32 + handle.cell },
      { ...handle, cell: handle.cell + 0.5 },
      { ...handle, cell: String(handle.cell) },
      { ...handle, cell: BigInt(handle.cell) },
      { ...handle, cell: NaN },
      { ...handle, nogil: 'Nothing' },
      { ...handle, nogil: 'constructor' },
      { ...handle, nogil: undefined },
    ]) {
      const error = thrown(() => from_handle(forged));
      expect([forged, error.name]).toEqual([forged, 'ValueError']);
    }
  });

  it('is stale when its object is gone', async () => {
    const stale = (() => make().handle)();
    await collected(() => {
      try {
        from_handle(stale);
        return false;
      } catch (error) {
        return (error as Error).name === 'ValueError';
      }
    });
    for (let i = 0; i < 50; i++) expect(make().handle).toBeDefined();
    expect(thrown(() => from_handle(stale)).name).toBe('ValueError');
  });
});

it('is worth nothing in another process', async () => {
  const first = "const { Lock } = require('nogil/threading'); process.stdout.write(JSON.stringify(new Lock().handle));";
  const others = [await runScript(first), await runScript(first)].map(({ stdout }) => JSON.parse(stdout) as { cell: number });
  const mine = Array.from({ length: 20 }, () => new Lock());
  const cells = mine.map((lock) => (lock.handle as { cell: number }).cell);
  expect(others[0]).not.toEqual(others[1]);
  for (const other of others) {
    for (const cell of [other.cell, ...cells]) expect(thrown(() => from_handle({ ...other, cell })).name).toBe('ValueError');
  }
});

it.each([undefined, null, 5, 'handle', {}, [], () => 0, Symbol('handle'), new Lock()])('%p is no handle', (value) => {
  expect(thrown(() => from_handle(value)).name).toBe('ValueError');
  expect(thrown(() => Lock.from(value)).name).toBe('ValueError');
});

it.each([undefined, null, 5, {}, { timeout: 'x' }, { timeout: NaN }, { timeout: 1, action: {} }, { timeout: 1, action: 'fs' }])(
  'a Barrier’s handle with %p beside it throws at once or works',
  (extra) => {
    const barrier = new Barrier(1);
    const handle = { ...barrier.handle, extra };
    let revived: Barrier;
    try {
      revived = Barrier.from(handle);
    } catch (error) {
      expect((error as Error).name).toBe('ValueError');
      return;
    }
    expect(revived.wait()).toBe(0);
  },
);

// Numbers that somebody guessed: no object of the library's own is among them, and nothing breaks.
it('survives all handles that one can think of', () => {
  const kept = MAKERS.map(([, make]) => make());
  const { cell } = kept[0].handle as { cell: number };
  const chunk = cell - (cell % 16384);
  for (const [name] of MAKERS.filter(([each]) => each !== 'Thread')) {
    for (let at = chunk; at < chunk + 2000; at++) {
      let object: object;
      try {
        object = from_handle({ nogil: name, cell: at, generation: 0, extra: { timeout: 1 } });
      } catch (error) {
        if ((error as Error).name !== 'ValueError') throw error;
        continue;
      }
      if (object instanceof Semaphore && !(object instanceof BoundedSemaphore)) object.release();
      if (object instanceof Event) object.set();
    }
  }
  const thread = new Thread({ target: () => new Promise((resolve) => setImmediate(resolve)) });
  thread.start();
  thread.join();
  expect(thread.is_alive()).toBe(false);
  expect(kept.length).toBe(MAKERS.length);
});

describe.each<Kind>(['Thread', 'worker'])('between threads (%s)', (kind) => {
  const start = starter(kind, __filename);

  it('every primitive arrives as an instance of its class, on the same state', () => {
    const lock = new Lock();
    const condition = new Condition(lock);
    const event = new Event();
    const semaphore = new Semaphore(0);
    const bounded = new BoundedSemaphore(2);
    bounded.acquire();
    const rw = new RWLock();
    const barrier = new Barrier(7);
    const names = start(
      (l: Lock, r: RLock, c: Condition, e: Event, s: Semaphore, b: BoundedSemaphore, p: Barrier, w: RWLock) => {
        c.acquire();
        e.set();
        s.release(5);
        b.release();
        w.write().acquire();
        p.abort();
        return [l, r, c, e, s, b, p, w].map((one) => one.constructor.name).concat(String(l.locked()), String(p.parties));
      },
      lock,
      new RLock(),
      condition,
      event,
      semaphore,
      bounded,
      barrier,
      rw,
    ).join();
    expect(names).toEqual([...MAKERS.slice(0, 8).map(([name]) => name), 'true', '7']);
    expect([lock.locked(), event.is_set(), rw.write().locked(), barrier.broken]).toEqual([true, true, true, true]);
    for (let i = 0; i < 5; i++) expect(semaphore.acquire(false)).toBe(true);
    expect(semaphore.acquire(false)).toBe(false);
    expect(() => bounded.release()).toThrow('too many times');
    condition.release();
  });

  it('a condition takes its lock along: the same lock for all', () => {
    const lock = new Lock();
    const [a, b] = [new Condition(lock), new Condition(lock)];
    const other = start(
      (x: Condition, y: Condition, l: Lock) => {
        x.acquire();
        const held = [l.locked(), y.locked(), y.acquire(false)];
        x.release();
        return held;
      },
      a,
      b,
      lock,
    );
    expect(other.join()).toEqual([true, true, false]);
  });
});

it('primitives arrive however deep they are nested', () => {
  const lock = new Lock();
  const start = starter('Thread', __filename);
  const same = start(
    (deep: { list: [Map<string, Set<Lock>>]; again: Lock }) => {
      const [inner] = deep.list[0].get('key')!;
      inner.acquire();
      return [inner === deep.again, deep.again.locked()];
    },
    { list: [new Map([['key', new Set([lock])]])] as [Map<string, Set<Lock>>], again: lock },
  ).join();
  expect(same).toEqual([true, true]);
  expect(lock.locked()).toBe(true);
});
