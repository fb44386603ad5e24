/**
 * The program of the spawner: it makes workers for whoever asks, and waits for that on its event loop,
 * so that it answers at any time. The main thread makes it, with the first of its workers.
 */
import './stdio';
import { workerData } from 'node:worker_threads';
import { adopt, serveRequests } from '../codec';
import { onService } from '../environment';
import { native } from '../native';
import { fillShortage, makeRequested, terminateAll, terminateDoomed, type WorkerData } from './pool';

const data = workerData as WorkerData;
process.argv = data.argv;
adopt(data.shared);

onService(serveRequests);
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
