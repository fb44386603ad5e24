/**
 * The program of the workers that run threads.
 */
import { workerData } from 'node:worker_threads';
import type { WorkerData } from './pool';
import { redirectOutput } from './stdio';

redirectOutput();
const data = workerData as WorkerData;
process.argv = data.argv;

// Not before the output is redirected: the modules below may warn.
const { native } = require('../native') as typeof import('../native');
const { adopt } = require('../codec') as typeof import('../codec');
const { setWorkerContext } = require('../callables') as typeof import('../callables');
const { startLoop } = require('./run_loop') as typeof import('./run_loop');
require('../../threading');

/** A worker that another one made ends with that one, which no announcement precedes: waits look for it. */
const NESTED_CHECK_MS = 50;

setWorkerContext();
adopt(data.shared);
if (data.nested) native.checkEvery(NESTED_CHECK_MS);
startLoop(data.status);
