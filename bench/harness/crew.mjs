// Worker threads that do one competitor's work. Between measurements they sit in their event loops.
import { Worker } from 'node:worker_threads';

const CONTROL_WORDS = 64;

export class Crew {
  /**
   * @param {string} task - module below bench/tasks; its default export makes a worker's work: `(params, index, control) => (job) => result`
   * @param {number} size
   * @param {object} params - structured-cloneable
   * @param {{ value: unknown, transfer?: object[] }[]} [own] - what each member alone gets, as `params.own`
   */
  static async open(task, size, params, own = []) {
    const crew = new Crew();
    // [0] members at the gate, [16] time is up: on cache lines of their own.
    crew.control = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4));
    crew.workers = Array.from(
      { length: size },
      (_, index) =>
        new Worker(new URL('worker.mjs', import.meta.url), {
          workerData: {
            task: new URL(`../tasks/${task}.mjs`, import.meta.url).href,
            params: { ...params, own: own[index]?.value },
            index,
            size,
            control: crew.control,
          },
          transferList: own[index]?.transfer,
        }),
    );
    crew.listen();
    try {
      await crew.replies();
    } catch (error) {
      await crew.close();
      throw error;
    }
    return crew;
  }

  /** Has each member do one job; `ms`: tells them after that time that it is up; `longest`: throws after that time. */
  async run(job = {}, ms, longest = 60_000) {
    Atomics.store(this.control, 0, 0);
    Atomics.store(this.control, 16, 0);
    const replies = this.replies();
    for (const worker of this.workers) worker.postMessage(job);
    const timers = [
      setTimeout(() => this.workers[0].reject(new Error(`a worker did not end its job in ${longest / 1000} s`)), longest),
    ];
    if (ms !== undefined) timers.push(setTimeout(() => Atomics.store(this.control, 16, 1), ms));
    try {
      return await replies;
    } finally {
      timers.forEach(clearTimeout);
    }
  }

  replies() {
    return Promise.all(
      this.workers.map((worker) => new Promise((resolve, reject) => Object.assign(worker, { resolve, reject }))),
    );
  }

  /** Listeners stay for good: without any, a worker would not keep the process alive. */
  listen() {
    for (const worker of this.workers) {
      worker.on('message', ({ error, result }) => (error ? worker.reject(error) : worker.resolve(result)));
      worker.on('error', (error) => worker.reject(error));
      worker.on('exit', (code) => worker.reject(new Error(`a worker of the benchmark ended with code ${code}`)));
    }
  }

  async close() {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

/**
 * A competitor whose work a crew does.
 * @param {() => Promise<Crew>} open
 * @param {(crew: Crew) => unknown} measure
 */
export function crewPeer(name, open, measure) {
  let crew;
  return {
    name,
    async start() {
      crew = await open();
    },
    measure: () => measure(crew),
    close: () => crew?.close(),
  };
}
