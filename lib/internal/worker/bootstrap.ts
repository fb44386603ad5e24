/**
 * The program of the workers that run threads.
 */
import './stdio';
import { workerData } from 'node:worker_threads';
import { setWorkerContext } from '../callables/context';
import { native } from '../native';
import './services';
import { enterWorker, type WorkerData } from './pool';
import { startLoop } from './run_loop';

/** A worker that another one made ends with that one, which no announcement precedes: waits look for it. */
const NESTED_CHECK_MS = 50;

const data = workerData as WorkerData;
enterWorker(data);
setWorkerContext();
if (data.nested) native.checkEvery(NESTED_CHECK_MS);
startLoop(data.status, data.birth);
