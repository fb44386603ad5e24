import { isMainThread, workerData } from 'node:worker_threads';

/** The key in `workerData` that makes a worker one of ours. */
export const POOLED = 'nogil:pooled';

/** Whether this isolate is a worker that this library made to run threads in. */
export const pooled: boolean = !isMainThread && typeof workerData === 'object' && workerData !== null && POOLED in workerData;
