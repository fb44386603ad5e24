/**
 * Processes that run in parallel, and what they need to work together.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html
 */
export {
  type Context,
  get_all_start_methods,
  get_context,
  get_start_method,
  set_start_method,
  type StartMethod,
} from './context';
export { AuthenticationError, BufferTooShort, ProcessError, TimeoutError } from './errors';
export { cpu_count, freeze_support } from './helpers';
export { BaseManager, Manager, SyncManager } from './managers';
export { active_children, current_process, parent_process, Process, type ProcessOptions } from './process';
