// Pools of processes, with the interface of those of threads (executors.mjs).
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promised, tasksAt, workerpoolAt } from './executors.mjs';

const require = createRequire(import.meta.url);
const tasks = require(tasksAt);

function executorOf(size, folder) {
  const { ProcessPoolExecutor } = createRequire(join(folder, 'package.json'))('./dist/concurrent/futures/index.js');
  return new ProcessPoolExecutor(size);
}

export const pools = {
  nogil(size, folder) {
    const executor = executorOf(size, folder);
    return {
      one: (name, arg) => executor.submit(tasks[name], arg).result(),
      batch: (name, args) => args.map((arg) => executor.submit(tasks[name], arg)).map((future) => future.result()),
      close: () => executor.shutdown(),
    };
  },
  'nogil, awaited'(size, folder) {
    const executor = executorOf(size, folder);
    return promised(
      (name, arg) => executor.submit(tasks[name], arg),
      () => executor.shutdown(),
    );
  },
  async workerpool(size) {
    const { default: workerpool } = await import('workerpool');
    const pool = workerpool.pool(workerpoolAt, { workerType: 'process', minWorkers: size, maxWorkers: size });
    return promised(
      (name, arg) => pool.exec(name, [arg]),
      () => pool.terminate(),
    );
  },
  async tinypool(size) {
    const { Tinypool } = await import('tinypool');
    const pool = new Tinypool({ filename: tasksAt, runtime: 'child_process', minThreads: size, maxThreads: size });
    return promised(
      (name, arg) => pool.run(arg, { name }),
      () => pool.destroy(),
    );
  },
};
