// A worker that blocks for ever, by the means that it is told.
import { parentPort, workerData } from 'node:worker_threads';
import { threadingOf } from '../peers/nogil.mjs';

const { means, folder, handle, words } = workerData;

if (means === 'event loop') {
  parentPort.on('message', () => {});
  parentPort.postMessage('blocked');
} else if (means === 'Atomics.wait') {
  parentPort.postMessage('blocked');
  Atomics.wait(words, 0, 0);
} else {
  const primitive = threadingOf(folder)[means].from(handle);
  parentPort.postMessage('blocked');
  if (means === 'Event') primitive.wait();
  else primitive.acquire();
}
