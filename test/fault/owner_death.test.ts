import { Worker } from 'node:worker_threads';
import { Barrier, Condition, Event, Lock, RLock, RWLock, Semaphore, Thread } from 'nogil/threading';
import { eventually, starter, terminatePeers, untilWaiting, waiting } from '../helpers/peers';

type Warning = Error & { code?: string };
const warnings: Warning[] = [];
const note = (warning: Warning) => warnings.push(warning);
beforeAll(() => process.on('warning', note));
beforeEach(() => (warnings.length = 0));
afterAll(async () => {
  process.off('warning', note);
  await terminatePeers();
});

const start = starter('Thread', __filename);

/** A plain worker that holds something and ends in the given way once it is told to. */
class Doomed {
  readonly worker: Worker;
  private readonly words = new Int32Array(new SharedArrayBuffer(8));

  constructor(hold: string, handles: object, end: string) {
    this.worker = new Worker(
      `const { workerData: { words, handles } } = require('node:worker_threads');
       const t = require('nogil/threading');
       const from = (name) => t[handles[name].nogil].from(handles[name]);
       ${hold}
       Atomics.store(words, 0, 1);
       const timer = setInterval(() => { if (Atomics.load(words, 1)) { clearInterval(timer); ${end} } }, 1);`,
      { eval: true, workerData: { words: this.words, handles } },
    );
    this.worker.on('error', () => undefined);
  }

  async holds(): Promise<void> {
    await eventually(() => Atomics.load(this.words, 0) === 1, 'the worker holds the lock');
  }

  async end(terminate: boolean): Promise<void> {
    const exit = new Promise((resolve) => this.worker.once('exit', resolve));
    Atomics.store(this.words, 1, 1);
    if (terminate) await this.worker.terminate();
    await exit;
  }
}

const ENDS: [string, string, boolean][] = [
  ['terminate()', '', true],
  ['process.exit()', 'process.exit(3);', false],
  ['an uncaught error', 'throw new Error("uncaught");', false],
];

describe.each(ENDS)('a worker that dies by %s', (_how, end, terminate) => {
  it.each<[string, () => Lock | RLock]>([
    ['Lock', () => new Lock({ name: `lock of ${Math.random()}` })],
    ['RLock', () => new RLock({ name: `rlock of ${Math.random()}` })],
  ])('passes on its %s to who waits, and says so', async (kind, make) => {
    const lock = make();
    const doomed = new Doomed(
      "globalThis.lock = from('lock'); lock.acquire(); if (lock._owned) lock.acquire(false);",
      { lock: lock.handle },
      end,
    );
    await doomed.holds();
    expect(lock.acquire(false)).toBe(false);
    const thread = start((l: Lock) => l.acquire(true, 20) && (l.release(), true), lock);
    untilWaiting(lock, 1);
    const promise = lock.acquire_async(true, 20);
    await doomed.end(terminate);
    expect(thread.join()).toBe(true);
    expect(await promise).toBe(true);
    expect(lock.locked()).toBe(true);
    lock.release();
    expect(lock.locked()).toBe(false);
    await eventually(() => warnings.length > 0);
    expect(warnings.length).toBe(1);
    expect(warnings[0].code).toBe('NOGIL_OWNER_DIED');
    expect(warnings[0].message).toMatch(
      new RegExp(`^${kind} '${lock.name}' passed on: its owner, thread 'Dummy-\\d+' \\(ident \\d+\\)`),
    );
  });

  it('passes on a lock that nobody waits for to the next who comes', async () => {
    const lock = new Lock();
    const doomed = new Doomed("from('lock').acquire();", { lock: lock.handle }, end);
    await doomed.holds();
    await doomed.end(terminate);
    await eventually(() => !lock.locked());
    expect(lock.acquire(false)).toBe(true);
    await eventually(() => warnings.length === 1);
    lock.release();
    expect(lock.acquire(false)).toBe(true);
    expect(warnings.length).toBe(1);
  });

  it('passes on what it held to write', async () => {
    const lock = new RWLock({ name: `rw of ${Math.random()}` });
    const doomed = new Doomed("from('lock').write().acquire();", { lock: lock.handle }, end);
    await doomed.holds();
    const reads = [1, 2].map(() => lock.read().acquire_async(true, 20));
    untilWaiting(lock, 2);
    await doomed.end(terminate);
    expect(await Promise.all(reads)).toEqual([true, true]);
    expect([lock.write().acquire(false), lock.read().locked()]).toEqual([false, true]);
    lock.read().release();
    lock.read().release();
    expect(lock.write().acquire(false)).toBe(true);
    await eventually(() => warnings.length > 0);
    expect(warnings.map(({ code }) => code)).toEqual(['NOGIL_OWNER_DIED']);
    expect(warnings[0].message).toContain(`RWLock '${lock.name}'`);
  });

  it('breaks the barrier that it waits at', async () => {
    const barrier = new Barrier(3);
    const doomed = new Doomed("from('barrier').wait_async();", { barrier: barrier.handle }, end);
    await doomed.holds();
    const promise = barrier.wait_async();
    const thread = start((b: Barrier) => b.wait(), barrier);
    await eventually(() => barrier.n_waiting === 0 || waiting(barrier) === 3);
    if (barrier.n_waiting === 0) return;
    await doomed.end(terminate);
    await expect(promise).rejects.toMatchObject({ name: 'BrokenBarrierError' });
    expect(thread.error()).toBe('BrokenBarrierError');
  });

  it('takes no notification and no unit with it from an async wait', async () => {
    const semaphore = new Semaphore(0);
    const condition = new Condition();
    const doomed = new Doomed(
      "from('semaphore').acquire_async(); const c = from('condition'); c.acquire(); c.wait_async();",
      { semaphore: semaphore.handle, condition: condition.handle },
      end,
    );
    await doomed.holds();
    const promise = semaphore.acquire_async();
    expect([waiting(semaphore), waiting(condition)]).toEqual([2, 1]);
    await doomed.end(terminate);
    await eventually(() => waiting(semaphore) === 1 && waiting(condition) === 0);
    semaphore.release();
    expect(await promise).toBe(true);
    expect(condition.acquire(true, 5)).toBe(true);
    condition.notify();
    condition.release();
  });
});

describe('a worker that ends as it should', () => {
  it('does not wait for threads that have nothing to do with it', async () => {
    const event = new Event();
    const thread = new Thread({ target: (e: Event) => e.wait(), args: [event], daemon: false });
    thread.start();
    const worker = new Worker("require('nogil/threading')", { eval: true });
    await new Promise((resolve) => worker.once('exit', resolve));
    expect(thread.is_alive()).toBe(true);
    event.set();
    thread.join();
  });

  it('leaves a Lock locked and an RLock passed on', async () => {
    const [lock, rlock] = [new Lock(), new RLock()];
    const doomed = new Doomed("from('lock').acquire(); from('rlock').acquire();", { lock: lock.handle, rlock: rlock.handle }, '');
    await doomed.holds();
    await doomed.end(false);
    expect(lock.locked()).toBe(true);
    expect(lock.acquire(false)).toBe(false);
    expect(rlock.acquire(true, 5)).toBe(true);
    await eventually(() => warnings.length > 0);
    expect(warnings.map(({ message }) => message.split(' ')[0])).toEqual(['RLock']);
    lock.release();
  });
});

describe('a Thread', () => {
  it('that calls process.exit() passes its locks on, under its name', async () => {
    const [lock, rlock, held] = [new Lock({ name: 'exited' }), new RLock(), new Semaphore(0)];
    const thread = new Thread({
      target: (l: Lock, r: RLock, h: Semaphore) => {
        l.acquire();
        r.acquire();
        h.release();
        process.exit(5);
      },
      args: [lock, rlock, held],
      name: 'the one that exits',
    });
    thread.start();
    held.acquire();
    expect(lock.acquire(true, 20)).toBe(true);
    expect(rlock.acquire(true, 20)).toBe(true);
    await eventually(() => warnings.length === 2);
    for (const { code, message } of warnings) {
      expect(code).toBe('NOGIL_OWNER_DIED');
      expect(message).toContain("thread 'the one that exits'");
    }
    thread.join();
  });

  it('that ends leaves a Lock locked', () => {
    const lock = new Lock();
    start((l: Lock) => l.acquire(), lock).join();
    expect(lock.locked()).toBe(true);
    expect(lock.acquire(true, 0.05)).toBe(false);
    lock.release();
    expect(warnings).toEqual([]);
  });

  it('that ends passes an RLock on at any depth, also to who waits already', async () => {
    const lock = new RLock();
    const go = new Semaphore(0);
    const owner = start(
      (l: RLock, s: Semaphore) => {
        l.acquire();
        l.acquire();
        l.acquire();
        s.acquire();
      },
      lock,
      go,
    );
    untilWaiting(go, 1);
    const heir = start((l: RLock) => {
      l.acquire();
      l.release();
      return l.locked();
    }, lock);
    untilWaiting(lock, 1);
    go.release();
    owner.join();
    expect(heir.join()).toBe(false);
    expect(lock.acquire(false)).toBe(true);
    lock.release();
    expect(lock.locked()).toBe(false);
  });

  it('that ends passes on an RLock that never left its worker', () => {
    const take = () => {
      const global = globalThis as { faultLock?: RLock };
      const { RLock: Class } = require('nogil/threading') as { RLock: typeof RLock };
      const first = global.faultLock === undefined;
      global.faultLock ??= new Class();
      const got = global.faultLock.acquire(true, 20);
      return [first, got];
    };
    // One after the other, so a warm worker runs the second, too; else both are the first in theirs.
    expect(start(take).join()[1]).toBe(true);
    expect(start(take).join()[1]).toBe(true);
    expect(start(take).join()[1]).toBe(true);
  });

  it('whose pending waits nobody awaits takes nothing with it', () => {
    const semaphore = new Semaphore(0);
    const condition = new Condition();
    for (let i = 0; i < 20; i++) {
      start(
        (s: Semaphore, c: Condition) => {
          void s.acquire_async();
          c.acquire();
          void c.wait_async();
        },
        semaphore,
        condition,
      ).join();
    }
    expect([waiting(semaphore), waiting(condition)]).toEqual([0, 0]);
    semaphore.release();
    expect(semaphore.acquire(false)).toBe(true);
    expect(condition.acquire(true, 20)).toBe(true);
    condition.release();
  });

  it('whose granted waits nobody awaits gives them back', () => {
    for (let i = 0; i < 30; i++) {
      const [semaphore, lock] = [new Semaphore(0), new Lock()];
      lock.acquire();
      const ends = start(
        (s: Semaphore, l: Lock) => {
          const own = (l as unknown as { _w: Int32Array; _i: number })._i;
          void s.acquire_async();
          void l.acquire_async();
          const words = (l as unknown as { _w: Int32Array })._w;
          while (Atomics.load(words, own + 5) > 0);
        },
        semaphore,
        lock,
      );
      untilWaiting(lock, 1);
      semaphore.release();
      lock.release();
      ends.join();
      expect(semaphore.acquire(true, 20)).toBe(true);
      expect(lock.acquire(true, 20)).toBe(true);
    }
  });
});
