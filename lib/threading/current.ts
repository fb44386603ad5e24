import { CellClass, ThreadFlag } from '../internal/cell';
import { integerArgument } from '../internal/arguments';
import { ValueError } from '../internal/errors';
import { Attached, registerClass } from '../internal/handles';
import { type CellId, native } from '../internal/native';
import { self } from '../internal/self';
import { assignFields } from '../internal/subclasses';
import { findThread } from '../internal/worker/registry';
import { running } from '../internal/worker/state';
import { Thread } from './thread';

/**
 * The thread that the program began with.
 *
 * @see https://docs.python.org/3/library/threading.html#threading.main_thread
 */
export class _MainThread extends Thread {
  /** @internal */
  protected override _subclass(): undefined {
    return undefined;
  }
}

/**
 * A thread that was not started by a `Thread`: a worker of someone else's, or one that
 * `_thread.start_new_thread` started. It is daemonic and can not be joined.
 *
 * @see https://docs.python.org/3/library/threading.html#threading.current_thread
 */
export class _DummyThread extends Thread {
  /** @internal */
  protected override _subclass(): undefined {
    return undefined;
  }
}

/** The object of a cell, of which the reference is ours. */
function fromCell(attached: Attached): Thread {
  const { cell } = attached;
  const known = findThread(cell);
  if (known) {
    native.detach(cell);
    // What it is, and has, it knows better than a message does, but for what it is to begin with.
    attached.subclass = undefined;
    if (running.beginning && known.ident === self.number) {
      attached.receive = (fields) => {
        assignFields(known, fields as Record<string, unknown>);
      };
    }
    return known;
  }
  const thread = new Thread(attached as object);
  const flags = thread._flags;
  const Class = flags & ThreadFlag.main ? _MainThread : flags & ThreadFlag.dummy ? _DummyThread : undefined;
  if (Class) Object.setPrototypeOf(thread, Class.prototype);
  return thread;
}

registerClass(CellClass.Thread, 'Thread', Thread, fromCell);

/**
 * The thread that runs here. In a worker that this library did not start, a dummy.
 *
 * @see https://docs.python.org/3/library/threading.html#threading.current_thread
 */
export function current_thread(): Thread {
  let thread = running.thread as Thread | undefined;
  if (thread) return thread;
  const cell = native.threadCurrent();
  // Between two threads that a worker runs, code that they left behind may ask.
  thread = cell === 0 ? new Thread({ name: 'idle' }) : fromCell(new Attached(cell));
  running.thread = thread;
  return thread;
}

/** @deprecated Python's old name of {@link current_thread}. */
export const currentThread = current_thread;

function alive(): Thread[] {
  return native.threadsAlive().map((cell: CellId) => fromCell(new Attached(cell)));
}

let main: Thread | undefined;
let standIn: Thread | undefined;

/**
 * The main thread.
 *
 * @see https://docs.python.org/3/library/threading.html#threading.main_thread
 */
export function main_thread(): Thread {
  main ??= alive().find((thread) => thread instanceof _MainThread);
  // The main thread does not use the library: there is no more to say about it than its name.
  return main ?? (standIn ??= new Thread({ name: 'MainThread', daemon: false }));
}

/**
 * All threads of the process that are alive, in order of their start.
 *
 * @see https://docs.python.org/3/library/threading.html#threading.enumerate
 */
export function enumerate(): Thread[] {
  return alive();
}

/**
 * The number of threads that {@link enumerate} would give.
 *
 * @see https://docs.python.org/3/library/threading.html#threading.active_count
 */
export function active_count(): number {
  return native.threadsAliveCount();
}

/** @deprecated Python's old name of {@link active_count}. */
export const activeCount = active_count;

/**
 * A number that tells this thread from all others.
 *
 * @see https://docs.python.org/3/library/threading.html#threading.get_ident
 */
export function get_ident(): number {
  return self.number;
}

/**
 * The operating system's id of this thread.
 *
 * @see https://docs.python.org/3/library/threading.html#threading.get_native_id
 */
export function get_native_id(): number {
  return native.nativeId();
}

const STACK_MIN = 256 * 1024;
const STACK_MAX = 1024 * 1024 * 1024;

/**
 * How large the stacks of new threads are, in bytes; 0 is Node's default of 4 MiB. A thread that gets
 * a worker which an earlier one used has that one's stack.
 *
 * @param size - the new value
 * @returns the value before
 * @throws ValueError where `size` is not 0 and less than 256 KiB, or more than 1 GiB
 * @see https://docs.python.org/3/library/threading.html#threading.stack_size
 */
export function stack_size(size?: number): number {
  if (size === undefined) return native.stackSize();
  const bytes = integerArgument('stack_size', 'size', size);
  if (bytes !== 0 && (bytes < STACK_MIN || bytes > STACK_MAX)) {
    throw new ValueError(`size not valid: ${bytes} bytes (0, or from ${STACK_MIN} to ${STACK_MAX})`);
  }
  return native.stackSize(bytes);
}
