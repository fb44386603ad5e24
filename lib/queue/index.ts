/**
 * Queues that threads exchange items through.
 *
 * @see https://docs.python.org/3/library/queue.html
 * @packageDocumentation
 */
import '../internal/worker/services';

export { Empty, Full, ShutDown } from './errors';
export { LifoQueue } from './lifo_queue';
export type { GetOptions, PutOptions } from './options';
export { type Comparable, PriorityQueue, type PriorityQueueOptions } from './priority_queue';
export { Queue, type QueueOptions } from './queue';
export { SimpleQueue } from './simple_queue';
