/**
 * Out of a microtask for good. V8 runs no promise reactions within one, and a child that `fork` made there (at the top
 * level of an ES module, after any `await`) would wait for its own for ever. It can not return either: the frames are
 * the parent's. So they are thrown away, as those of a worker that is terminated, without a `catch` or `finally` of
 * theirs; the inspector ends that with the microtask, and what that had queued goes with it.
 */
import { executionAsyncId } from 'node:async_hooks';
import type * as Inspector from 'node:inspector';
import { self } from '../self';
import { hasTicks, runTicks } from '../ticks';

const NO_INSPECTOR = "where Node's inspector is not to be had";

/** Whether the stack shows that no microtask runs; false also where it can not tell. */
function isPlain(): boolean {
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = Infinity;
    const frames = String(new Error().stack).split('\n');
    // Below Node's own: the program's main module, or timers. Reactions that run between two timers show as ticks.
    return (
      /^ *at (?!async ).*\bnode:internal\/(main\/|timers:)/.test(frames.at(-1)!) &&
      !frames.some((frame) => frame.includes('process/task_queues'))
    );
  } catch {
    return false;
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Whether a microtask runs. May run what was queued, where the stack does not tell. */
export function isInMicrotask(): boolean {
  if (!hasTicks || isPlain()) return false;
  let ran = false;
  queueMicrotask(() => (ran = true));
  runTicks();
  return !ran;
}

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

/**
 * Where there are async hooks (an `AsyncLocalStorage` before Node 24), Node aborts when it finds that a microtask has
 * not left its entry. An error that somebody caught has all entries left, and a rejection is the one to be had here.
 */
function leaveAsyncContexts(): boolean {
  if (executionAsyncId() === 0) return true;
  const exits = process as unknown as { emit: Emit };
  const { emit } = exits;
  exits.emit = (event, ...args) => {
    if (event === 'unhandledRejection') return false;
    return event === 'uncaughtExceptionMonitor' || event === 'uncaughtException' || emit.call(process, event, ...args);
  };
  try {
    void Promise.reject(new Error('nogil: never seen'));
    runTicks();
  } finally {
    exits.emit = emit;
  }
  return executionAsyncId() === 0;
}

/**
 * Leaves the microtask that runs; `next` is called outside.
 *
 * @returns only where there is no way out: why
 */
export function leaveMicrotask(next: () => void): string {
  // It would be given up on the way, and what it has in shared memory is the parent's.
  if (self.serving) return 'in the midst of a blocking call';
  let session: Inspector.Session;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- needed here only, and not in every Node
    session = new (require('node:inspector') as typeof Inspector).Session();
    session.connect();
  } catch {
    return NO_INSPECTOR;
  }
  if (!leaveAsyncContexts()) return NO_INSPECTOR;
  let failed = false;
  process.nextTick(() => {
    if (failed) return;
    session.disconnect();
    next();
  });
  session.post('Runtime.terminateExecution', (error) => {
    if (error) failed = true;
  });
  // V8 notices between two rounds.
  while (!failed);
  return NO_INSPECTOR;
}
