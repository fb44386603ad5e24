/**
 * Waiting for the ends of children that `fork` made. Those that `node:child_process` started are Node's to
 * wait for, and never end up here.
 */
import { constants } from 'node:os';
import { type AsyncOptions, intArgument, isOptions } from '../internal/arguments';
import { signalOf } from '../internal/async_waits';
import { ChildProcessError, OSError, RuntimeError, ValueError } from '../internal/errors';
import { native } from '../internal/native';
import { Event } from '../threading/event';

/** A child's number, and its status: see `waitstatus_to_exitcode`. */
export type WaitResult = [pid: number, status: number];

/** Option of {@link waitpid}: do not block. */
export const WNOHANG = 1;
/** Option of {@link waitpid}: also tell of children that were stopped. */
export const WUNTRACED = 2;
/** Option of {@link waitpid}: also tell of stopped children that go on. */
export const WCONTINUED = 8;

function take(which: number, options: number): WaitResult | undefined {
  const answer = native.childTake(which, options);
  if (answer > 0) return [Math.floor(answer / 65536), answer % 65536];
  if (answer === 0) return undefined;
  const errno = -answer;
  if (errno !== constants.errno.ECHILD) throw Object.assign(new OSError(`[Errno ${errno}] wait failed`), { errno });
  throw Object.assign(
    new ChildProcessError(
      `[Errno ${errno}] No child processes${which > 0 ? `: ${which} is none that fork() made and nobody has waited for` : ''}`,
    ),
    { errno },
  );
}

/** An event that is set when {@link take} may have something. */
function watch(which: number, options: number): Event {
  const news = new Event();
  if (!native.childWatch(which, options, news._promote())) throw new RuntimeError("can't start new thread");
  return news;
}

function optionsArgument(method: string, options: unknown): number {
  const bits = intArgument(method, 'options', options);
  if ((bits & ~(WNOHANG | WUNTRACED | WCONTINUED)) !== 0) {
    throw new ValueError(`${method}(): 'options' has bits other than WNOHANG, WUNTRACED and WCONTINUED: ${bits}`);
  }
  return bits;
}

/**
 * Waits for the end of a child that `fork` made, and takes its status: each can be taken once. Blocks this
 * thread without using CPU.
 *
 * @param pid - the child; -1 any that `fork` made, 0 any of them in this process's group, another negative
 *   number any in the group of that number
 * @param options - 0, or a sum of {@link WNOHANG}, {@link WUNTRACED} and {@link WCONTINUED}
 * @returns the child and its status; `[0, 0]` where `WNOHANG` was given and none has ended
 * @throws ChildProcessError where there is no such child: it was not made by `fork` in this process, or has
 *   been waited for
 * @see https://docs.python.org/3/library/os.html#os.waitpid
 */
export function waitpid(pid: number, options: number): WaitResult {
  const which = intArgument('waitpid', 'pid', pid);
  const bits = optionsArgument('waitpid', options);
  for (;;) {
    const taken = take(which, bits);
    if (taken) return taken;
    if (bits & WNOHANG) return [0, 0];
    const news = watch(which, bits);
    try {
      const late = take(which, bits);
      if (late) return late;
      news.wait();
    } finally {
      native.childUnwatch(news._cell);
    }
  }
}

/**
 * Waits for the end of any child that `fork` made: `waitpid(-1, 0)`.
 *
 * @throws ChildProcessError where there is none
 * @see https://docs.python.org/3/library/os.html#os.wait
 */
export function wait(): WaitResult {
  return waitpid(-1, 0);
}

/** {@link waitpid} without blocking the event loop. */
export function waitpid_async(pid: number, options?: number | AsyncOptions, more?: AsyncOptions): Promise<WaitResult>;
export async function waitpid_async(pid: number, options: unknown = 0, more?: AsyncOptions): Promise<WaitResult> {
  const which = intArgument('waitpid_async', 'pid', pid);
  const bits = isOptions(options) ? 0 : optionsArgument('waitpid_async', options);
  const signal = signalOf('waitpid_async', isOptions(options) ? options : more);
  signal?.throwIfAborted();
  for (;;) {
    const taken = take(which, bits);
    if (taken) return taken;
    if (bits & WNOHANG) return [0, 0];
    const news = watch(which, bits);
    try {
      const late = take(which, bits);
      if (late) return late;
      await news.wait_async({ signal });
    } finally {
      native.childUnwatch(news._cell);
    }
  }
}

/** {@link wait} without blocking the event loop. */
export function wait_async(options?: AsyncOptions): Promise<WaitResult> {
  return waitpid_async(-1, 0, options);
}
