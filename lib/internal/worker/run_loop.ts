/**
 * What a worker of ours does all its life: takes a started thread from the native inbox, runs it,
 * tells its end, takes the next.
 *
 *   next: threadNext --> begin --> target --> end --> finish --> next, or retire where the target
 *    ^    (asleep)                   |         ^                 left something that still runs
 *    |                               +--await--+                   |
 *    +-------------------------------------------------------------+
 *
 * A thread ends when its target returns, or its promise settles. What it has queued by then (promise
 * reactions, `nextTick`) still runs as that thread.
 */
import { abandonWaits } from '../async_waits';
import type { AnyFunction } from '../callables/reference';
import { ThreadFlag } from '../cell';
import { decode } from '../codec';
import { RuntimeError } from '../errors';
import { stopHere } from '../interruption';
import { native } from '../native';
import { isPromiseLike } from '../promises';
import { self } from '../self';
import { hasTicks, runTicks } from '../ticks';
import type * as Current from '../../threading/current';
import type { Thread } from '../../threading/thread';
import { isClean, noteBaseline, hasLeftovers } from './leftovers';
import { awaitedClasses } from '../library_classes';
import { becomeInstance } from '../subclasses';
import { applyTarget, resolveFirst, type StartMessage } from './message';
import { fillShortage, Status } from './pool';
import { reportError, reportIgnored } from './report';
import { running } from './state';

/** So many threads run here in a row before the event loop turns: finalizers wait for that. */
const THREADS_PER_TURN = 32;

/** The object of the thread that runs here, which most threads never ask for. */
function currentThread(): Thread {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (require('../../threading/current') as typeof Current).current_thread();
}

let status: Int32Array;
/** As `WorkerData.birth`, until this worker took its first thread. */
let birth: number;
let sinceTurn = 0;
/** The target's name, for errors of threads that `_thread` started. */
let rawTarget: AnyFunction | undefined;
/** A target's promise is pending. */
let awaiting = false;
let flags = 0;

export function startLoop(words: Int32Array, itsBirth: number): void {
  status = words;
  birth = itsBirth;
  process.on('uncaughtException', onUncaught);
  process.on('beforeExit', onDrained);
  noteBaseline();
  setImmediate(next);
}

function next(): void {
  for (;;) {
    if (birth !== 0) {
      Atomics.store(status, Status.took, 1);
    } else if (!isClean()) {
      // It had promised to come back.
      native.threadLeave();
      fillShortage();
      return;
    }
    const bytes = native.threadNext(birth);
    if (bytes === null) stopHere();
    // Enough others are idle: this worker ends when its event loop has nothing left.
    if (bytes === undefined) return;
    if (birth !== 0) {
      birth = 0;
      // Only so many are made at once; others may wait for the next.
      fillShortage();
    }
    if (!begin(bytes)) return;
    if (++sinceTurn >= THREADS_PER_TURN) {
      sinceTurn = 0;
      setImmediate(next);
      return;
    }
  }
}

/** @returns whether the thread has ended, and this worker may take the next */
function begin(bytes: Uint8Array): boolean {
  self.number = native.threadNumber();
  status[Status.ident] = self.number;
  // Until its message is read; they say how to report that it can not be.
  flags = 0;
  let result: unknown;
  try {
    result = run(read(bytes));
  } catch (error) {
    report(error);
    return end();
  }
  if (!isPromiseLike(result)) return end();
  awaiting = true;
  result.then(endAwaiting, (error: unknown) => {
    // The loop may have drained, or an uncaught error come, in the meantime.
    if (awaiting) report(error);
    endAwaiting();
  });
  return false;
}

function read(bytes: Uint8Array): StartMessage {
  running.beginning = true;
  try {
    return decode(bytes) as StartMessage;
  } finally {
    running.beginning = false;
  }
}

function endAwaiting(): void {
  if (!awaiting) return;
  awaiting = false;
  // Not at once: other reactions to the same promise are still to run.
  setImmediate(() => {
    if (finish()) setImmediate(next);
  });
}

function run([target, args, kwargs, instance, startFlags]: StartMessage): unknown {
  flags = startFlags;
  running.daemon = (flags & ThreadFlag.daemon) !== 0;
  if (target === '' && instance === undefined) return undefined;
  const fn = target === '' ? undefined : resolveFirst(target);
  const Class = instance === undefined ? undefined : resolveFirst(instance[0]);
  const late = awaitedClasses();
  if (typeof fn === 'object' || typeof Class === 'object' || late !== undefined) {
    return Promise.all([fn, Class, late]).then(([loaded, LoadedClass]) => call(loaded, args, kwargs, LoadedClass));
  }
  return call(fn, args, kwargs, Class);
}

function call(
  fn: AnyFunction | undefined,
  args: unknown[],
  kwargs: Record<string, unknown> | undefined,
  Class: AnyFunction | undefined,
): unknown {
  rawTarget = fn;
  if (Class === undefined) return applyTarget(fn!, args, kwargs);
  const thread = currentThread();
  becomeInstance(thread, Class);
  thread._assign(fn, args, kwargs);
  return thread.run();
}

function report(error: unknown): void {
  if (flags & ThreadFlag.raw) reportIgnored(error, rawTarget);
  else reportError(error, currentThread());
}

/** The target of this thread has returned or thrown. @returns as {@link begin} */
function end(): boolean {
  if (!hasTicks) {
    setImmediate(() => {
      if (finish()) setImmediate(next);
    });
    return false;
  }
  runTicks();
  return finish();
}

/** @returns whether this worker counts as idle now */
function finish(): boolean {
  for (const fn of running.atEnd) fn();
  const back = !hasLeftovers();
  abandonWaits();
  if (!native.threadFinish(self.rlocks !== 0, back)) stopHere();
  self.rlocks = 0;
  self.number = native.threadNumber();
  status[Status.ident] = 0;
  rawTarget = undefined;
  running.onUncaught = undefined;
  const thread = running.thread as Thread | undefined;
  if (thread) {
    running.thread = undefined;
    thread._retire();
  }
  return back;
}

/** The event loop has nothing left to do, but the target's promise is pending. */
function onDrained(): void {
  if (!awaiting || running.onDrained?.()) return;
  report(new RuntimeError("the promise of the thread's target can never settle: nothing is left that could settle it"));
  endAwaiting();
}

/**
 * An error that nothing caught: in a callback, or a rejection without a handler. It ends the worker,
 * as in Node, and so the thread, but not the process.
 */
function onUncaught(error: unknown): void {
  if (process.listenerCount('uncaughtException') > 1) return;
  report(error);
  running.onUncaught?.(error);
  process.exit(1);
}
