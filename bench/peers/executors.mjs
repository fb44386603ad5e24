// Pools of threads, all with the same interface:
//
//   one(name, arg)                a promise of a task's result, or the result itself
//   batch(name, args)             the results of as many tasks, or a promise of them
//   map(name, args, chunksize)    the same, several tasks in one message
//   close()
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const pathOf = (task) => fileURLToPath(new URL(`../tasks/${task}.cjs`, import.meta.url));
export const tasksAt = pathOf('executor-tasks');
export const workerpoolAt = pathOf('executor-workerpool');
const filename = tasksAt;
const tasks = require(filename);

function executorOf(size, folder) {
  const { ThreadPoolExecutor } = createRequire(join(folder, 'package.json'))('./dist/concurrent/futures/index.js');
  return new ThreadPoolExecutor(size);
}

function nogil(size, folder) {
  const executor = executorOf(size, folder);
  return {
    one: (name, arg) => executor.submit(tasks[name], arg).result(),
    batch: (name, args) => args.map((arg) => executor.submit(tasks[name], arg)).map((future) => future.result()),
    map: (name, args, chunksize) => [...executor.map(tasks[name], args, { chunksize })],
    close: () => executor.shutdown(),
  };
}

function nogilAwaited(size, folder) {
  const executor = executorOf(size, folder);
  return {
    one: (name, arg) => executor.submit(tasks[name], arg),
    batch: (name, args) => Promise.all(args.map((arg) => executor.submit(tasks[name], arg))),
    async map(name, args, chunksize) {
      const results = [];
      for await (const result of executor.map(tasks[name], args, { chunksize })) results.push(result);
      return results;
    },
    close: () => executor.shutdown(),
  };
}

/** `run` takes one task; chunks are made by hand. */
export function promised(run, close) {
  return {
    one: run,
    batch: (name, args) => Promise.all(args.map((arg) => run(name, arg))),
    async map(name, args, chunksize) {
      const chunks = [];
      for (let i = 0; i < args.length; i += chunksize) chunks.push(run(`${name}s`, args.slice(i, i + chunksize)));
      return (await Promise.all(chunks)).flat();
    },
    close,
  };
}

export const pools = {
  nogil,
  'nogil, awaited': nogilAwaited,
  async piscina(size) {
    const { Piscina } = await import('piscina');
    const pool = new Piscina({ filename, minThreads: size, maxThreads: size });
    return promised(
      (name, arg) => pool.run(arg, { name }),
      () => pool.destroy(),
    );
  },
  async tinypool(size) {
    const { Tinypool } = await import('tinypool');
    const pool = new Tinypool({ filename, minThreads: size, maxThreads: size });
    return promised(
      (name, arg) => pool.run(arg, { name }),
      () => pool.destroy(),
    );
  },
  async workerpool(size) {
    const { default: workerpool } = await import('workerpool');
    const pool = workerpool.pool(workerpoolAt, { workerType: 'thread', minWorkers: size, maxWorkers: size });
    return promised(
      (name, arg) => pool.exec(name, [arg]),
      () => pool.terminate(),
    );
  },
};

/** A competitor whose `measure` is given its pool. */
export function poolPeer(name, peer, size, folder, measure, from = pools) {
  let pool;
  return {
    name,
    async start() {
      pool = await from[peer](size, folder);
      // All threads are there, and have the functions.
      for (let i = 0; i < 20; i++) await pool.batch('same', new Array(20).fill(0));
    },
    measure: () => measure(pool),
    close: () => pool?.close(),
  };
}
