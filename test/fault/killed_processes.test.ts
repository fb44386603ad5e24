/**
 * Processes that are killed at any moment, by SIGKILL: all others go on, and nothing is left. Thousands of
 * such kills, and at every single step of the native code, are in native/test; here it is the whole
 * library that is killed, seldom.
 */
import { readdirSync } from 'node:fs';
import { Condition, Event, Lock, Process, Queue, RawArray, RLock, Semaphore } from 'nogil/multiprocessing';
import { sleep } from 'nogil/time';

const { hammer } = require('../multiprocessing/fixtures/hammer.cjs');
const LIMIT = 60;
const KILLS = 12;
const WORKERS = 3;

/** What shared memory shows in the file system. */
function names(): string[] {
  return readdirSync('/dev/shm').filter((name) => /nogil|psm_/.test(name));
}

/** Waits until `fn` holds, blocking. */
function until(fn: () => boolean, what: string): void {
  const end = performance.now() + LIMIT * 1000;
  while (!fn()) {
    if (performance.now() > end) throw new Error(`waited too long: ${what}`);
    sleep(0.002);
  }
}

test('locks, conditions, semaphores and queues survive', () => {
  const before = names();
  const lock = new Lock();
  const rlock = new RLock();
  const semaphore = new Semaphore(WORKERS + KILLS);
  const condition = new Condition();
  const queue = new Queue();
  const stop = new Event();
  const counter = RawArray('i', 3);
  const laps = RawArray('i', WORKERS + KILLS);
  const lapsOf = (id: number): number => Atomics.load(laps, id);
  const start = (id: number): Process => {
    const made = new Process({
      target: hammer,
      args: [id, lock, rlock, semaphore, condition, queue, counter, laps, stop],
      daemon: true,
    });
    made.start();
    return made;
  };
  const workers = Array.from({ length: WORKERS }, (_, id) => ({ id, process: start(id) }));
  let next = WORKERS;
  for (let kill = 0; kill < KILLS; kill++) {
    const victim = workers.shift()!;
    until(() => lapsOf(victim.id) > 20, `process ${victim.id} to come up`);
    // A little further each time, so that no two die at the same place.
    sleep(0.0007 * kill);
    victim.process.kill();
    victim.process.join(LIMIT);
    expect(victim.process.exitcode).toBe(-9);
    const seen = workers.map(({ id }) => [id, lapsOf(id)] as const).filter(([, lap]) => lap > 0);
    for (const [id, lap] of seen) until(() => lapsOf(id) > lap + 5, `process ${id} to go on after kill ${kill}`);
    workers.push({ id: next, process: start(next++) });
  }
  stop.set();
  for (const { process: each } of workers) {
    each.join(LIMIT);
    expect(each.exitcode).toBe(0);
  }
  expect(lock.acquire(true, LIMIT)).toBe(true);
  lock.release();
  expect(rlock.acquire(true, LIMIT)).toBe(true);
  rlock.release();
  // Who was killed between the two additions had the lock and left them apart.
  expect(Math.abs(counter[0] - counter[1])).toBeLessThanOrEqual(KILLS);
  while (!queue.empty()) queue.get_nowait();
  queue.put('works');
  expect(queue.get(true, LIMIT)).toBe('works');
  expect(names()).toEqual(before);
}, 300_000);
