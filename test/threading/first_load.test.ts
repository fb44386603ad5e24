/** Workers of the program's own that load the library at the same time, the main thread never. */
import { runScript } from '../helpers/script';

test('have one memory between them', async () => {
  const { code, stdout, stderr } = await runScript(`
    const { Worker } = require('node:worker_threads');
    const WORKERS = 8;
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const work = (gate) => {
      Atomics.add(gate, 0, 1);
      while (Atomics.load(gate, 0) < 8);
      const { Lock } = require('nogil/threading');
      const { Queue } = require('nogil/queue');
      const lock = new Lock({ name: 'all' });
      const total = new Queue({ name: 'total' });
      for (let i = 0; i < 500; i++) {
        lock.acquire();
        total.put((total.empty() ? 0 : total.get()) + 1);
        lock.release();
      }
      lock.acquire();
      const n = total.get();
      total.put(n);
      lock.release();
      return n;
    };
    const source = \`const { workerData, parentPort } = require('node:worker_threads');
      parentPort.postMessage((\${work})(workerData));
      parentPort.once('message', () => {});\`;
    const workers = Array.from({ length: WORKERS }, () => new Worker(source, { eval: true, workerData: gate }));
    const counts = [];
    for (const worker of workers)
      worker.on('message', (n) => {
        if (counts.push(n) < WORKERS) return;
        console.log(Math.max(...counts));
        for (const each of workers) each.postMessage('end');
      });
  `);
  expect([code, stdout, stderr]).toEqual([0, '4000\n', '']);
});
