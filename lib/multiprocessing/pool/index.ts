/**
 * Pools of processes and of threads.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#module-multiprocessing.pool
 * @packageDocumentation
 */
export { AsyncResult, type Callbacks } from './async_result';
export { IMapIterator } from './imap';
export { type ApplyOptions, type MapAsyncOptions, Pool, type PoolOptions } from './pool';
export { ThreadPool } from './thread_pool';
