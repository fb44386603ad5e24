/** What is compared: the library on the one side, what Node itself has on the other. */
import path from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { ThreadPoolExecutor } from '../../concurrent/futures';
import { Queue } from '../../queue';
import { Lock, Semaphore, Thread } from '../../threading';
import type { PortWork } from './port_worker';
import { type Clock, contendAtomics, contendLock, nothing, same, through, turnsByAtomics, turnsBySemaphore } from './tasks';

/** Does `count` of something: the milliseconds that they took. */
export type Run = (count: number) => number | Promise<number>;

export interface Contender {
  name: string;
  open: () => Run | Promise<Run>;
  close?: () => unknown;
}

const words = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

function expect(what: string, got: number, wanted: number): void {
  if (got !== wanted) throw new Error(`${what} is ${got} and should be ${wanted}`);
}

function clocked(count: number, work: (count: number) => void): number {
  const start = performance.now();
  work(count);
  return performance.now() - start;
}

/** Two threads at once, from when the first begins to when the last ends. */
function both<A extends unknown[]>(
  target: (clock: Clock, index: number, count: number, ...rest: A) => void,
  count: number,
  ...rest: A
): number {
  const times = new Float64Array(new SharedArrayBuffer(32));
  const clock: Clock = { gate: words(1), times };
  const threads = [0, 1].map((index) => new Thread({ target, args: [clock, index, count, ...rest] }));
  for (const thread of threads) thread.start();
  for (const thread of threads) thread.join();
  if (times.includes(0)) throw new Error('a thread of the benchmark failed');
  return Math.max(times[1], times[3]) - Math.min(times[0], times[2]);
}

/** Pairs of both threads, counted under the lock: each has its half. */
function contended<T>(target: (clock: Clock, index: number, count: number, sum: Int32Array, lock: T) => void, lock: T): Run {
  return (count) => {
    const sum = words(32);
    const ms = both(target, count >> 1, sum, lock);
    expect('the count under the lock', sum[0], count & ~1);
    return ms;
  };
}

/** A worker that is ready, and `ask`: sends it a number and gives its answer. */
async function startWorker(workerData: PortWork = {}): Promise<{ worker: Worker; ask: (count: number) => Promise<unknown> }> {
  const transferList = workerData.port ? [workerData.port] : [];
  const worker = new Worker(path.join(__dirname, 'port_worker.js'), { workerData, transferList });
  const answer = (): Promise<unknown> => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await answer();
  worker.removeAllListeners('error');
  return {
    worker,
    ask: (count) => {
      const promise = new Promise<unknown>((resolve) => worker.once('message', resolve));
      worker.postMessage(count);
      return promise;
    },
  };
}

interface Side {
  begin: number;
  end: number;
  sum: number;
}

const sumTo = (count: number): number => (count * (count - 1)) / 2;

export const nogilLock: Contender = {
  name: 'Lock',
  open() {
    const lock = new Lock();
    return (count) =>
      clocked(count, (n) => {
        for (let i = 0; i < n; i++) {
          lock.acquire();
          lock.release();
        }
      });
  },
};

export const atomicsPair: Contender = {
  name: 'two Atomics calls',
  open() {
    const word = words(1);
    return (count) =>
      clocked(count, (n) => {
        for (let i = 0; i < n; i++) {
          Atomics.compareExchange(word, 0, 0, 1);
          Atomics.exchange(word, 0, 0);
        }
      });
  },
};

export const nogilContended: Contender = { name: 'Lock', open: () => contended(contendLock, new Lock()) };
export const atomicsContended: Contender = { name: 'mutex on Atomics.wait', open: () => contended(contendAtomics, words(16)) };

export const nogilTurns: Contender = {
  name: 'Semaphore',
  open() {
    const semaphores = [new Semaphore(0), new Semaphore(0)];
    return (count) => both(turnsBySemaphore, count >> 1, semaphores);
  },
};

export const atomicsTurns: Contender = {
  name: 'Atomics.wait, notify',
  open() {
    const shared = words(64);
    return (count) => both(turnsByAtomics, count >> 1, shared);
  },
};

export const nogilQueue: Contender = {
  name: 'Queue',
  open() {
    const queue = new Queue<number>();
    return (count) => {
      const sum = new Float64Array(new SharedArrayBuffer(8));
      const ms = both(through, count, sum, queue);
      expect('the sum of what came out of the queue', sum[0], sumTo(count));
      return ms;
    };
  },
};

export function messagePort(): Contender {
  const workers: Worker[] = [];
  return {
    name: 'MessagePort',
    async open() {
      const { port1, port2 } = new MessageChannel();
      const crew = [await startWorker({ port: port1, puts: true }), await startWorker({ port: port2 })];
      workers.push(...crew.map(({ worker }) => worker));
      return async (count) => {
        const [put, taken] = (await Promise.all(crew.map(({ ask }) => ask(count)))) as [Side, Side];
        expect('the sum of what came out of the port', taken.sum, sumTo(count));
        return taken.end - Math.min(put.begin, taken.begin);
      };
    },
    close: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}

export const nogilThreads: Contender = {
  name: 'Thread',
  open: () => (count) =>
    clocked(count, (n) => {
      for (let i = 0; i < n; i++) {
        const thread = new Thread({ target: nothing });
        thread.start();
        thread.join();
      }
    }),
};

export const newWorkers: Contender = {
  name: 'new Worker',
  open: () => async (count) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) await new Promise((resolve) => new Worker('', { eval: true }).once('exit', resolve));
    return performance.now() - start;
  },
};

export function nogilExecutor(): Contender {
  const executor = new ThreadPoolExecutor(1);
  return {
    name: 'ThreadPoolExecutor',
    open: () => (count) =>
      clocked(count, (n) => {
        for (let i = 0; i < n; i++) expect('a result', executor.submit(same, i).result(), i);
      }),
    close: () => {
      executor.shutdown();
    },
  };
}

export function workerMessages(): Contender {
  let worker: Worker | undefined;
  return {
    name: 'messages to a Worker',
    async open() {
      const started = await startWorker();
      worker = started.worker;
      return async (count) => {
        const start = performance.now();
        for (let i = 0; i < count; i++) expect('an answer', (await started.ask(i)) as number, i);
        return performance.now() - start;
      };
    },
    close: () => worker?.terminate(),
  };
}
