import { readdirSync } from 'node:fs';
import { Barrier, Condition, Event, Lock, RWLock, Semaphore } from 'nogil/threading';
import { waiting } from '../helpers/peers';
import { runScript } from '../helpers/script';

const threads = () => readdirSync('/proc/self/task').length;
const MANY = 10_000;

it('10,000 pending waits use no thread of their own, whatever they wait for', async () => {
  const lock = new Lock();
  lock.acquire();
  const semaphore = new Semaphore(0);
  const event = new Event();
  const condition = new Condition(new Lock());
  const barrier = new Barrier(MANY / 10 + 1);
  const rw = new RWLock();
  rw.write().acquire();
  await lock.acquire_async(true, 0.001);
  const before = threads();
  const waits: Promise<unknown>[] = [];
  for (let i = 0; i < MANY / 10; i++) {
    waits.push(lock.acquire_async().then(() => lock.release()));
    waits.push(semaphore.acquire_async(), semaphore.acquire_async(true, 1000), semaphore.acquire_async());
    waits.push(event.wait_async(), event.wait_async(500));
    condition.acquire();
    waits.push(condition.wait_async().then(() => condition.release()));
    waits.push(barrier.wait_async());
    waits.push(
      rw
        .read()
        .acquire_async()
        .then(() => rw.read().release()),
    );
    waits.push(
      rw
        .write()
        .acquire_async()
        .then(() => rw.write().release()),
    );
  }
  expect(waits.length).toBe(MANY);
  expect(waiting(lock) + waiting(semaphore) + waiting(event) + waiting(condition) + waiting(barrier) + waiting(rw)).toBe(MANY);
  expect(threads()).toBeLessThanOrEqual(before);
  lock.release();
  semaphore.release((MANY / 10) * 3);
  event.set();
  condition.with(() => condition.notify_all());
  void barrier.wait_async();
  rw.write().release();
  await Promise.all(waits);
  expect(threads()).toBeLessThanOrEqual(before + 1);
  expect([lock.locked(), condition.locked(), rw.read().locked(), rw.write().locked(), semaphore.acquire(false)]).toEqual(
    Array.from({ length: 5 }, () => false),
  );
});

it('10,000 waits that are aborted at once leave nothing behind', async () => {
  const lock = new Lock();
  lock.acquire();
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  const controller = new AbortController();
  const waits = Array.from({ length: MANY }, () =>
    lock.acquire_async({ signal: controller.signal }).catch((reason: unknown) => reason),
  );
  expect(waiting(lock)).toBe(MANY);
  controller.abort('all');
  expect(new Set(await Promise.all(waits))).toEqual(new Set(['all']));
  expect(waiting(lock)).toBe(0);
  lock.release();
  expect(lock.acquire(false)).toBe(true);
  process.off('warning', warned);
  expect(warnings).toEqual([]);
});

const WAITS = `{
  lock: () => { const l = new Lock(); l.acquire(); return l.acquire_async(true, 0.1); },
  rlock: () => { const l = new RLock(); const c = new Condition(l); c.acquire(); return c.wait_async(0.1); },
  semaphore: () => new Semaphore(0).acquire_async(true, 0.1),
  event: () => new Event().wait_async(0.1),
  barrier: () => new Barrier(2).wait_async(0.1).catch((e) => e.name),
  rwlock: () => { const l = new RWLock(); l.write().acquire(); return l.read().acquire_async(true, 0.1); },
}`;

it.each(['lock', 'rlock', 'semaphore', 'event', 'barrier', 'rwlock'])(
  'a pending wait keeps the process alive, and no longer (%s)',
  async (kind) => {
    const { code, stdout, stderr, ms } = await runScript(
      `const { Lock, RLock, Condition, Semaphore, Event, Barrier, RWLock } = require('nogil/threading');
     (${WAITS})[${JSON.stringify(kind)}]().then((value) => console.log('over', value));`,
    );
    expect([code, stdout, stderr]).toEqual([0, kind === 'barrier' ? 'over BrokenBarrierError\n' : 'over false\n', '']);
    expect(ms).toBeGreaterThan(100);
  },
);

it('a wait without a time keeps the process alive until another thread ends it', async () => {
  const { code, stdout } = await runScript(
    `const { Event, Thread } = require('nogil/threading');
     const event = new Event();
     event.wait_async().then((value) => console.log('over', value));
     new Thread({ target: (e) => { require('nogil/time').sleep(0.2); e.set(); }, args: [event], daemon: true }).start();`,
  );
  expect([code, stdout]).toEqual([0, 'over true\n']);
});

it('an aborted wait does not keep the process alive', async () => {
  const { code, stdout } = await runScript(
    `const { Event } = require('nogil/threading');
     const controller = new AbortController();
     new Event().wait_async({ timeout: 1000, signal: controller.signal }).catch((e) => console.log(e));
     setTimeout(() => controller.abort('aborted'), 20);`,
  );
  expect([code, stdout]).toEqual([0, 'aborted\n']);
});
