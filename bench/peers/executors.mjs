// Pools of threads, all with the same interface:
//
//   await open(size, folder)   the pool, or a text that says why it can not be measured
//   one(name, arg)             a promise of a task's result, or the result itself
//   batch(name, args)          a promise of the results
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const filename = fileURLToPath(new URL('../tasks/executor-tasks.cjs', import.meta.url));
const tasks = require(filename);

function nogil(size, folder) {
  const { ThreadPoolExecutor } = createRequire(join(folder, 'package.json'))('./dist/concurrent/futures/index.js');
  const executor = new ThreadPoolExecutor(size);
  return {
    one: (name, arg) => executor.submit(tasks[name], arg).result(),
    batch(name, args) {
      const futures = args.map((arg) => executor.submit(tasks[name], arg));
      return futures.map((future) => future.result());
    },
    close: () => executor.shutdown(),
  };
}

function nogilAwaited(size, folder) {
  const { ThreadPoolExecutor } = createRequire(join(folder, 'package.json'))('./dist/concurrent/futures/index.js');
  const executor = new ThreadPoolExecutor(size);
  return {
    one: (name, arg) => executor.submit(tasks[name], arg),
    batch: (name, args) => Promise.all(args.map((arg) => executor.submit(tasks[name], arg))),
    close: () => executor.shutdown(),
  };
}

function promised(run, close) {
  return { one: run, batch: (name, args) => Promise.all(args.map((arg) => run(name, arg))), close };
}

const pools = {
  nogil,
  'nogil, awaited': nogilAwaited,
  async piscina(size) {
    const { Piscina } = await import('piscina');
    const pool = new Piscina({ filename, minThreads: size, maxThreads: size, concurrentTasksPerWorker: 1 });
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
    const pool = workerpool.pool(filename, { workerType: 'thread', minWorkers: size, maxWorkers: size });
    return promised(
      (name, arg) => pool.exec(name, [arg]),
      () => pool.terminate(),
    );
  },
};

/** A competitor: `measure(pool)` gives a number. */
export async function poolPeer(name, peer, size, folder, measure) {
  let pool;
  try {
    pool = await pools[peer](size, folder);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return { name, absent: `npm package '${peer}' is not installed` };
  }
  // Both threads are there, and have the functions.
  for (let i = 0; i < 20; i++) await pool.batch('same', new Array(20).fill(0));
  return { name, measure: () => measure(pool), close: () => pool.close() };
}
