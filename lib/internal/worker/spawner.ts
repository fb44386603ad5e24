/**
 * The program of the spawner: it makes workers for whoever asks, and waits for that on its event loop,
 * so that it answers at any time. The main thread makes it, with the first of its workers.
 */
import './stdio';
import { workerData } from 'node:worker_threads';
import { keepCompiled } from './boot';
import { onService } from '../environment';
import { native } from '../native';
import { enterWorker, fillShortage, makeRequested, terminateAll, terminateDoomed, type WorkerData } from './pool';

enterWorker(workerData as WorkerData);

onService(makeRequested);
onService(fillShortage);
onService(terminateDoomed);
onService(() => {
  if (native.isStopping()) terminateAll();
});
native.hold();
native.spawner(2);
makeRequested();
fillShortage();

// Loaded for what it compiles, which takes no time of those who wait for the first threads.
setImmediate(() => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  require('./run_loop');
  keepCompiled();
});
