/**
 * The program of the spawner: it makes workers for whoever asks, and waits for that on its event loop,
 * so that it answers at any time. The main thread makes it, with the first of its workers.
 */
import './stdio';
import { workerData } from 'node:worker_threads';
import { decode, encode } from '../codec';
import { onService } from '../environment';
import { native } from '../native';
import { isNode } from '../runtime';
import type * as Boot from './boot';
import { keepCode } from './pack';
import { enterWorker, fillShortage, makeRequested, terminateAll, terminateDoomed, type WorkerData } from './pool';

const data = workerData as WorkerData;
enterWorker(data);

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

// Compiled here, it takes no time of workers that come later. Functions count that were called: those that take a message.
if (isNode) setImmediate(keepCompiled);

function keepCompiled(): void {
  // Its program, which is loaded already.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { compiledCode } = require('./boot') as typeof Boot;
  decode(encode(['', [1, 1e9, 0.5, 'text', { a: true }, new Int32Array(1), [null, undefined]], undefined, undefined, 0]));
  keepCode(data.pack!, compiledCode());
}
