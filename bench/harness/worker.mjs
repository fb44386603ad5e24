import { parentPort, workerData } from 'node:worker_threads';

const { task, params, index, size, control } = workerData;

/** Lets all members of the crew begin at once. */
function gate() {
  if (Atomics.add(control, 0, 1) === size - 1) {
    Atomics.notify(control, 0);
    return;
  }
  for (let here; (here = Atomics.load(control, 0)) < size;) Atomics.wait(control, 0, here);
}

const { default: make } = await import(task);
const work = await make(params, index, control);
parentPort.on('message', async (job) => {
  try {
    gate();
    parentPort.postMessage({ result: await work(job) });
  } catch (error) {
    parentPort.postMessage({ error });
  }
});
parentPort.postMessage({ result: 'ready' });
