/** What the threads of `npx nogil bench` do: found by reference, so exported. Each gives its times to {@link Clock}. */
import type { Queue } from '../../queue';
import type { Lock, Semaphore } from '../../threading';

/** Shared by the threads of one measurement: they begin together, and each says when it began and ended. */
export interface Clock {
  gate: Int32Array;
  times: Float64Array;
}

const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Runs `work` once all threads are here. */
function timed({ gate, times }: Clock, index: number, work: () => void): void {
  const size = times.length >> 1;
  if (Atomics.add(gate, 0, 1) === size - 1) Atomics.notify(gate, 0);
  else for (let here; (here = Atomics.load(gate, 0)) < size;) Atomics.wait(gate, 0, here);
  times[2 * index] = now();
  work();
  times[2 * index + 1] = now();
}

/** Calls `turn` a tenth as often before it counts: two threads that just came up hand over at another pace. */
function warmed(clock: Clock, index: number, count: number, turn: () => void): void {
  for (let i = 0; i < count / 10; i++) turn();
  timed(clock, index, () => {
    for (let i = 0; i < count; i++) turn();
  });
}

export function contendLock(clock: Clock, index: number, count: number, sum: Int32Array, lock: Lock): void {
  timed(clock, index, () => {
    for (let i = 0; i < count; i++) {
      lock.acquire();
      sum[0]++;
      lock.release();
    }
  });
}

/** Drepper's third mutex ("Futexes are tricky"): 0 free, 1 held, 2 held and somebody may sleep. */
export function contendAtomics(clock: Clock, index: number, count: number, sum: Int32Array, word: Int32Array): void {
  timed(clock, index, () => {
    for (let i = 0; i < count; i++) {
      if (Atomics.compareExchange(word, 0, 0, 1) !== 0) while (Atomics.exchange(word, 0, 2) !== 0) Atomics.wait(word, 0, 2);
      sum[0]++;
      if (Atomics.exchange(word, 0, 0) === 2) Atomics.notify(word, 0, 1);
    }
  });
}

export function turnsBySemaphore(clock: Clock, index: number, count: number, both: Semaphore[]): void {
  const [mine, other] = [both[index], both[1 - index]];
  warmed(clock, index, count, () => {
    if (index === 0) other.release();
    mine.acquire();
    if (index === 1) other.release();
  });
}

export function turnsByAtomics(clock: Clock, index: number, count: number, words: Int32Array): void {
  const [mine, other] = [16 * index, 16 * (1 - index)];
  const give = (): void => {
    Atomics.store(words, other, 1);
    Atomics.notify(words, other, 1);
  };
  warmed(clock, index, count, () => {
    if (index === 0) give();
    while (Atomics.exchange(words, mine, 0) !== 1) Atomics.wait(words, mine, 0);
    if (index === 1) give();
  });
}

export function through(clock: Clock, index: number, count: number, sum: Float64Array, queue: Queue<number>): void {
  timed(clock, index, () => {
    for (let i = 0; i < count; i++) {
      if (index === 0) queue.put(i);
      else sum[0] += queue.get();
    }
  });
}

export function nothing(): void {
  // A thread that has nothing to do.
}

export function same(value: number): number {
  return value;
}
