/**
 * The small interface to threads that `threading` stands on.
 *
 * @see https://docs.python.org/3/library/_thread.html
 * @packageDocumentation
 */
import './threading';
import { describe, functionArgument, requiredList } from './internal/arguments';
import { describeTarget } from './internal/callables';
import { ThreadFlag } from './internal/cell';
import { SystemExit, typeError, ValueError } from './internal/errors';
import { native } from './internal/native';
import { signalNumber } from './internal/signals';
import { sendInterrupt } from './internal/worker/report';
import { Lock } from './threading/lock';
import { Thread } from './threading/thread';
import { argumentOptions, type Target } from './threading/thread_arguments';

export { get_ident, get_native_id, stack_size } from './threading/current';
export { Lock as LockType, Lock as lock } from './threading/lock';
export { RLock } from './threading/rlock';
export { TIMEOUT_MAX } from './internal/arguments';
export { RuntimeError as error } from './internal/errors';

/**
 * Starts a thread that nobody can join and that does not keep the process alive.
 *
 * @param args - the function's arguments: an array or another iterable, empty where it takes none
 * @param kwargs - where not empty, passed as one last options object
 * @returns the thread's ident
 * @throws TypeError where `args` is missing, or where the function can not run in another thread: it names what it captures
 * @throws RuntimeError where the system has no room for another thread
 * @see https://docs.python.org/3/library/_thread.html#thread.start_new_thread
 */
export function start_new_thread(fn: Target, args: Iterable<unknown>, kwargs?: object | null): number {
  const target = functionArgument('start_new_thread', 'function', fn) as Target;
  const given = {
    args: requiredList('start_new_thread', args, 'args'),
    kwargs: argumentOptions('start_new_thread', kwargs),
  };
  describeTarget(target, "start_new_thread(): 'function'");
  const thread = new Thread({ target, name: `Dummy-${native.nextCount(1)}`, ...given });
  thread._begin(ThreadFlag.daemon | ThreadFlag.dummy | ThreadFlag.raw);
  return thread.ident!;
}

/** @deprecated Python's old name of {@link start_new_thread}. */
export const start_new = start_new_thread;

/**
 * A new lock, as `new threading.Lock()`.
 *
 * @see https://docs.python.org/3/library/_thread.html#thread.allocate_lock
 */
export function allocate_lock(): Lock {
  return new Lock();
}

/** @deprecated Python's old name of {@link allocate_lock}. */
export const allocate = allocate_lock;

/**
 * Ends the calling thread, silently, by throwing `SystemExit`.
 *
 * @see https://docs.python.org/3/library/_thread.html#thread.exit
 */
export function exit(): never {
  throw new SystemExit();
}

/** @deprecated Python's old name of {@link exit}. */
export const exit_thread = exit;

/** One more than the largest number that a signal has. */
const NSIG = 65;

/**
 * Has the main thread act as if a signal had come: its listeners are called. Where there are none nothing
 * happens, but `SIGINT` does by default what it is there for: it ends the process. The main thread gets to
 * it on its event loop, or at once where it is blocked in a call of this library.
 *
 * A main thread that does not use this library can not be asked for its listeners: of all signals it gets
 * `SIGINT` alone.
 *
 * @param signum - the signal's number or its name, such as `'SIGTERM'`
 * @throws TypeError where it is neither
 * @throws ValueError where no signal can have that number
 * @see https://docs.python.org/3/library/_thread.html#thread.interrupt_main
 */
export function interrupt_main(signum: number | NodeJS.Signals = 'SIGINT'): void {
  const number = signalNumber('interrupt_main', 'signum', signum);
  if (number === undefined) throw typeError(`interrupt_main(): 'signum' must name a signal, not ${describe(signum)}`);
  if (number < 1 || number >= NSIG) throw new ValueError(`interrupt_main(): 'signum': signal number out of range: ${number}`);
  sendInterrupt(number);
}

/**
 * How many threads that the library started are running.
 *
 * @see https://docs.python.org/3/library/_thread.html
 */
export function _count(): number {
  return native.threadsRunning();
}
