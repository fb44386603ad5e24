/**
 * Threads that run in parallel, and what they need to work together.
 *
 * @see https://docs.python.org/3/library/threading.html
 * @packageDocumentation
 */
import '../internal/worker/services';
import { currentHook, defaultHook, type ExceptHook, setHook } from '../internal/worker/report';

export { Barrier, type BarrierOptions } from './barrier';
export { BoundedSemaphore } from './bounded_semaphore';
export { Condition, type ConditionOptions } from './condition';
export {
  _DummyThread,
  _MainThread,
  active_count,
  activeCount,
  current_thread,
  currentThread,
  enumerate,
  get_ident,
  get_native_id,
  main_thread,
  stack_size,
} from './current';
export { Event } from './event';
export { __excepthook__, type ExceptHook, type ExceptHookArgs } from './excepthook';
export { local } from './local';
export { Lock } from './lock';
export { RLock } from './rlock';
export { RWLock, type RWLockView } from './rw_lock';
export type { AcquireOptions, Held, TimeoutOptions } from './lockable';
export { Semaphore, type SemaphoreOptions } from './semaphore';
export { Thread } from './thread';
export type { Target, ThreadOptions } from './thread_arguments';
export { Timer, type TimerOptions } from './timer';
export { type AsyncOptions, TIMEOUT_MAX } from '../internal/arguments';
export type { NameOptions, Shareable } from '../internal/handles';
export { BrokenBarrierError, RuntimeError as ThreadError } from '../internal/errors';

/**
 * Called with each error that leaves a thread's target; assign a function of your own:
 * `threading.excepthook = fn` on the module object. One that the main thread assigns is called there,
 * one that a module assigns which a thread imports, in that thread.
 *
 * @see https://docs.python.org/3/library/threading.html#threading.excepthook
 */
// eslint-disable-next-line prefer-const -- users assign it, through the accessor below
export let excepthook: ExceptHook = defaultHook;

// The assignment has to be noticed: workers ask whether the main thread has a hook of its own. Not with
// `defineProperty`, for which Node would leave the name out of those that `import { }` finds.
Object.defineProperties(exports, { excepthook: { enumerable: true, configurable: true, get: currentHook, set: setHook } });
