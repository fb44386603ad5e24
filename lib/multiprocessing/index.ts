/**
 * Processes that run in parallel, and what they need to work together.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html
 * @packageDocumentation
 */
export type { AcquireOptions, TimeoutOptions } from './arguments';
export { Array, type ArrayMaker, type SynchronizedArray } from './array';
export { Barrier } from './barrier';
export { BoundedSemaphore } from './bounded_semaphore';
export { Condition, type ConditionOptions } from './condition';
export * as connection from './connection';
export {
  type Context,
  get_all_start_methods,
  get_context,
  get_start_method,
  set_start_method,
  type StartMethod,
} from './context';
export { AuthenticationError, BufferTooShort, ProcessError, TimeoutError } from './errors';
export { Event } from './event';
export { cpu_count, freeze_support, set_executable } from './helpers';
export { JoinableQueue } from './joinable_queue';
export { Lock } from './lock';
export { get_logger, log_to_stderr, type Logger } from './logger';
export { BaseManager, Manager, SyncManager } from './managers';
export * as managers from './managers';
export { AsyncResult, Pool, type PoolOptions } from './pool';
export * as pool from './pool';
export { Pipe } from './pipe';
export { parent_process } from './parent_process';
export { active_children, current_process, Process, type ProcessOptions } from './process';
export { Queue } from './queue';
export { type ArrayTypes, RawArray, type Typecode } from './raw';
export { RLock } from './rlock';
export { Semaphore } from './semaphore';
export * as shared_memory from './shared_memory';
export { SimpleQueue } from './simple_queue';
export { type LockOption, RawValue, type RawValueObject, type Synchronized, Value, type ValueMaker } from './value';
