/**
 * Processes that run in parallel, and what they need to work together.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html
 */
export { AuthenticationError, BufferTooShort, ProcessError, TimeoutError } from './errors';
export { active_children, current_process, parent_process, Process, type ProcessOptions } from './process';
