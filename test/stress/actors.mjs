/**
 * What the threads of `npm run soak` do: operations on shared primitives in random order, each of
 * which checks what has to hold meanwhile. A violation is written into the shared words.
 */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { from_handle } from 'nogil';
import { Empty, Full } from 'nogil/queue';
import * as threading from 'nogil/threading';

const { native } = createRequire(import.meta.url)('../../dist/internal/native.js');

/** Words that all threads share. */
export const W = {
  STOP: 0,
  /** Which check failed first, who found it, and what it saw. */
  VIOLATION: 1,
  FINDER: 2,
  SEEN: 3,
  /** Who holds what, by actor. */
  LOCK: 4,
  RLOCK: 5,
  CONDITION: 6,
  WRITER: 7,
  FIFO: 8,
  READERS: 9,
  IN_SEMAPHORE: 10,
  IN_BOUNDED: 11,
  NOTIFIED: 12,
  WOKEN: 13,
  ABORTED: 14,
  /** Condition `fifo`: tickets given to those who wait, and how many were notified. */
  TICKETS: 15,
  TURNS: 16,
  FIRST: 17,
  SECOND: 18,
  WARNINGS: 19,
  PUT: 20,
  GOT: 21,
  ACTORS: 32,
};
/** Words of each actor, from W.ACTORS on. */
export const A = { SIZE: 4, BEATS: 0, DOING: 1, DOOMED: 2, OVER: 3 };

export const SEMAPHORE = 3;
export const BOUNDED = 2;

export const OPERATIONS = [
  'lock',
  'rlock',
  'condition',
  'notify',
  'write',
  'event',
  'never',
  'die',
  'queue',
  'read',
  'semaphore',
  'bounded',
  'fifo',
  'barrier',
  'flip',
  'async',
];
const CHECKS = [
  '',
  'two hold it',
  'it was taken from its holder',
  'a reader beside the writer',
  'too many inside',
  'not its turn',
  'an error',
];
export const describeCheck = (code) => `${CHECKS[code % 16]} (${OPERATIONS[Math.floor(code / 16)]})`;

function random(seed) {
  let x = (seed * 2654435761) | 1;
  return (n) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % n;
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

class Actor {
  constructor(p, words, id, mortal) {
    Object.assign(this, { p, words, id, mortal, at: W.ACTORS + id * A.SIZE, random: random(id + 1), doing: 0 });
  }

  violation(check, seen = 0) {
    if (Atomics.compareExchange(this.words, W.VIOLATION, 0, check + 16 * this.doing) !== 0) return;
    Atomics.store(this.words, W.FINDER, this.id);
    Atomics.store(this.words, W.SEEN, seen);
  }

  /** One that is to be terminated may have died inside. */
  doomed(id) {
    return Atomics.load(this.words, W.ACTORS + id * A.SIZE + A.DOOMED) === 1;
  }

  // Actors go by id + 1 in the words, 0 is nobody.
  enter(word) {
    const was = Atomics.exchange(this.words, word, this.id + 1);
    if (was !== 0 && !this.doomed(was - 1)) this.violation(1, was - 1);
  }
  leave(word) {
    const was = Atomics.compareExchange(this.words, word, this.id + 1, 0);
    if (was !== this.id + 1) this.violation(2, was - 1);
  }

  /** Arguments of an acquisition: for ever, for a while, or not at all. */
  how() {
    switch (this.random(4)) {
      case 0:
        return [];
      case 1:
        return [false];
      default:
        return [true, this.random(3000) / 1e6];
    }
  }

  work() {
    for (let i = this.random(200); i > 0; i--) Atomics.load(this.words, W.STOP);
  }

  lock() {
    if (!this.p.lock.acquire(...this.how())) return;
    this.enter(W.LOCK);
    this.work();
    this.leave(W.LOCK);
    this.p.lock.release();
  }

  rlock() {
    if (!this.p.rlock.acquire(...this.how())) return;
    this.enter(W.RLOCK);
    const depth = this.random(3);
    for (let i = 0; i < depth; i++) this.p.rlock.acquire(...this.how());
    this.work();
    for (let i = 0; i < depth; i++) this.p.rlock.release();
    this.leave(W.RLOCK);
    this.p.rlock.release();
  }

  condition() {
    const { condition } = this.p;
    condition.acquire();
    this.enter(W.CONDITION);
    this.leave(W.CONDITION);
    const woken = condition.wait(this.random(8000) / 1e6);
    this.enter(W.CONDITION);
    if (woken) Atomics.add(this.words, W.WOKEN, 1);
    this.leave(W.CONDITION);
    condition.release();
  }

  notify() {
    const { condition } = this.p;
    condition.acquire();
    this.enter(W.CONDITION);
    // As `notify` does it, which does not tell how many it notified.
    if (condition._cell !== 0)
      Atomics.add(this.words, W.NOTIFIED, native.conditionNotify(condition._cell, condition._lock._cell, 1 + this.random(3)));
    this.leave(W.CONDITION);
    condition.release();
  }

  write() {
    const view = this.p.rw.write();
    if (!view.acquire(...this.how())) return;
    this.enter(W.WRITER);
    if (Atomics.load(this.words, W.READERS) !== 0) this.violation(3);
    this.work();
    this.leave(W.WRITER);
    view.release();
  }

  read() {
    const view = this.p.rw.read();
    if (!view.acquire(...this.how())) return;
    this.reading();
    this.work();
    Atomics.sub(this.words, W.READERS, 1);
    view.release();
  }
  reading() {
    Atomics.add(this.words, W.READERS, 1);
    const writer = Atomics.load(this.words, W.WRITER);
    if (writer !== 0 && !this.doomed(writer - 1)) this.violation(3, writer - 1);
  }

  event() {
    this.p.event.wait(this.random(3000) / 1e6);
  }
  flip() {
    if (this.random(2)) this.p.event.set();
    else this.p.event.clear();
  }

  never() {
    if (this.p.never.acquire(true, this.mortal ? 0.05 : this.random(2000) / 1e6)) this.violation(4);
  }

  count(word, most) {
    const inside = Atomics.add(this.words, word, 1) + 1;
    if (inside > most) this.violation(4, inside);
  }
  semaphore() {
    if (!this.p.semaphore.acquire(...this.how())) return;
    this.count(W.IN_SEMAPHORE, SEMAPHORE);
    this.work();
    Atomics.sub(this.words, W.IN_SEMAPHORE, 1);
    this.p.semaphore.release();
  }
  bounded() {
    if (!this.p.bounded.acquire(...this.how())) return;
    this.count(W.IN_BOUNDED, BOUNDED);
    Atomics.sub(this.words, W.IN_BOUNDED, 1);
    this.p.bounded.release();
  }

  fifo() {
    const { fifo } = this.p;
    fifo.acquire();
    this.enter(W.FIFO);
    if (this.random(2) && !Atomics.load(this.words, W.STOP)) {
      const ticket = this.words[W.TICKETS]++;
      this.leave(W.FIFO);
      fifo.wait();
      this.enter(W.FIFO);
      if (ticket >= this.words[W.TURNS]) this.violation(5, ticket);
    } else {
      const n = Math.min(1 + this.random(2), this.words[W.TICKETS] - this.words[W.TURNS]);
      this.words[W.TURNS] += n;
      fifo.notify(n);
    }
    this.leave(W.FIFO);
    fifo.release();
  }

  passed(number) {
    Atomics.add(this.words, number === 0 ? W.FIRST : W.SECOND, 1);
  }
  barrier() {
    try {
      this.passed(this.p.barrier.wait(this.random(5000) / 1e6));
    } catch (error) {
      if (!(error instanceof threading.BrokenBarrierError)) throw error;
      this.p.barrier.reset();
    }
  }

  /** A number lies in the queue itself, other things in memory of their own, some of which hold references. */
  item() {
    if (this.random(20) === 0) return 'y'.repeat(200_000);
    return [7, { text: 'x'.repeat(this.random(3000)) }, [this.p.lock, this.p.event]][this.random(3)];
  }
  put() {
    Atomics.add(this.words, W.PUT, 1);
  }
  got() {
    Atomics.add(this.words, W.GOT, 1);
  }
  queue() {
    const { queue } = this.p;
    const wait = [this.random(4) > 0, this.random(3000) / 1e6];
    try {
      if (this.random(2)) {
        queue.put(this.item(), ...wait);
        this.put();
      } else {
        queue.get(...wait);
        this.got();
      }
    } catch (error) {
      if (!(error instanceof Empty || error instanceof Full)) throw error;
    }
  }

  /** Some of the twins at once, some of which are aborted. */
  async async() {
    const { p } = this;
    const controller = new AbortController();
    const options = () => {
      const { signal } = controller;
      return this.random(2) ? { signal } : { signal, timeout: this.random(4000) / 1e6 };
    };
    const holding = async (acquired, word) => {
      if (!(await acquired)) return;
      this.enter(word);
      await turn();
      this.leave(word);
      return true;
    };
    const runs = [
      async () => (await holding(p.lock.acquire_async(options()), W.LOCK)) && p.lock.release(),
      async () => (await holding(p.rw.write().acquire_async(options()), W.WRITER)) && p.rw.write().release(),
      async () => {
        if (!(await p.rw.read().acquire_async(options()))) return;
        this.reading();
        await turn();
        Atomics.sub(this.words, W.READERS, 1);
        p.rw.read().release();
      },
      async () => {
        if (!(await p.semaphore.acquire_async(options()))) return;
        this.count(W.IN_SEMAPHORE, SEMAPHORE);
        await turn();
        Atomics.sub(this.words, W.IN_SEMAPHORE, 1);
        p.semaphore.release();
      },
      async () => {
        await p.condition.acquire_async();
        this.enter(W.CONDITION);
        this.leave(W.CONDITION);
        try {
          if (await p.condition.wait_async({ timeout: 0.008, ...options() })) Atomics.add(this.words, W.WOKEN, 1);
        } catch (reason) {
          Atomics.add(this.words, W.ABORTED, 1);
          throw reason;
        } finally {
          this.enter(W.CONDITION);
          this.leave(W.CONDITION);
          p.condition.release();
        }
      },
      async () => p.event.wait_async({ timeout: 0.005, ...options() }),
      async () => this.passed(await p.barrier.wait_async({ timeout: 0.005, ...options() })),
      async () => {
        await p.queue.put_async(this.item(), { timeout: 0.005, ...options() });
        this.put();
      },
      async () => {
        await p.queue.get_async({ timeout: 0.005, ...options() });
        this.got();
      },
      async () => p.never.acquire_async({ timeout: 0.005, ...options() }),
    ];
    const chosen = runs.filter(() => this.random(3) === 0);
    const pending = chosen.map((run) => run());
    if (this.random(2)) setTimeout(() => controller.abort('aborted'), this.random(4));
    else setTimeout(() => controller.abort('aborted'), 50);
    for (const result of await Promise.allSettled(pending)) {
      if (result.status === 'fulfilled' || result.reason === 'aborted') continue;
      if (result.reason instanceof Empty || result.reason instanceof Full) continue;
      if (!(result.reason instanceof threading.BrokenBarrierError)) throw result.reason;
      p.barrier.reset();
    }
  }

  /** A thread of ours dies with what it holds in its hands. */
  die() {
    if (!this.mortal || parentPort === null || workerData?.soak || this.random(20)) return;
    if (this.random(2)) this.p.lock.acquire();
    if (this.random(2)) this.p.rlock.acquire();
    if (this.random(2)) this.p.rw.write().acquire();
    Atomics.store(this.words, this.at + A.DOOMED, 1);
    process.exit(1);
  }

  async run() {
    // The mortal leave alone what nobody passes on: units, and what is held to read.
    const known = this.mortal ? OPERATIONS.indexOf('read') : OPERATIONS.length;
    while (!Atomics.load(this.words, W.STOP)) {
      this.doing = this.random(known);
      Atomics.store(this.words, this.at + A.DOING, this.doing);
      const promise = this[OPERATIONS[this.doing]]();
      if (promise) await promise;
      Atomics.add(this.words, this.at + A.BEATS, 1);
    }
  }
}

/** One actor, until W.STOP is set. */
export async function act(p, words, id, mortal) {
  process.removeAllListeners('warning');
  process.on('warning', () => Atomics.add(words, W.WARNINGS, 1));
  const actor = new Actor(p, words, id, mortal);
  try {
    await actor.run();
  } catch (error) {
    console.error(`actor ${id}, ${OPERATIONS[actor.doing]}:`, error);
    actor.violation(6);
  }
  Atomics.store(words, actor.at + A.OVER, 1);
}

if (parentPort !== null && workerData?.soak) {
  const { handles, words, id, mortal } = workerData.soak;
  const p = Object.fromEntries(Object.entries(handles).map(([key, handle]) => [key, from_handle(handle)]));
  await act(p, words, id, mortal);
}
