/** A child that the `fork` start method made: it has everything of its parent, and runs nothing but its target. */
import { exitAsChild, forkProcess } from '../fork';
import { RuntimeError } from '../errors';
import { type CellId, native } from '../native';
import { isPromiseLike } from '../promises';
import { runTicks } from '../ticks';
import { running } from '../worker/state';
import { type About, noteAbout } from './about';
import { endNormally, endProcess, exitCode } from './child_end';
import { startAnew } from './exit';
import { isInMicrotask, leaveMicrotask } from './unwind';

/** @param why - there was no way out of the microtask */
function stuck(why: string): RuntimeError {
  return new RuntimeError(
    `the target's promise can not settle in a child that was forked after an 'await' or at the top level of an ES module, ${why}: ` +
      "fork from a timer (setImmediate), or use the start method 'spawn'",
  );
}

/**
 * Makes the process and, in the child, runs it to its end.
 *
 * @param become - tells the child's modules who they are; gives what it is to run
 * @throws RuntimeError where the child could not work: see `os.fork`
 * @throws OSError where the system has no room for another process
 */
export function startByFork(cell: CellId, about: About, become: () => () => unknown): void {
  if (forkProcess(false, cell) !== 0) return;
  exitAsChild();
  try {
    noteAbout(about);
    native.processFollowParent(about.daemon);
    running.daemon = false;
    startAnew();
    process.exitCode = undefined;
    const target = become();
    const stays = isInMicrotask() ? leaveMicrotask(() => runToEnd(target, about.name)) : undefined;
    runToEnd(target, about.name, stays);
  } catch (error) {
    end(exitCode(error, about.name));
  }
}

/** @param stays - in a microtask, where no promise can settle: why */
function runToEnd(target: () => unknown, name: string, stays?: string): never {
  let code: number;
  try {
    const result = target();
    if (isPromiseLike(result)) {
      if (stays !== undefined) throw stuck(stays);
      settle(result);
    }
    code = givenCode();
  } catch (error) {
    code = exitCode(error, name);
  }
  return end(code);
}

function end(code: number): never {
  // Listeners of `exit` are the parent's, as in Python.
  endProcess();
  endNormally();
  return native.exitNow(code);
}

/** What the target has set as the process's exit code. */
function givenCode(): number {
  return Number(process.exitCode ?? 0);
}

/** The caller's frames are the parent's business: the loop has to turn below them. */
function settle(promise: PromiseLike<unknown>): void {
  let outcome: { error?: unknown; failed: boolean } | undefined;
  promise.then(
    () => (outcome = { failed: false }),
    (error: unknown) => (outcome = { failed: true, error }),
  );
  runTicks();
  while (outcome === undefined) {
    native.turnLoop();
    runTicks();
  }
  if ((outcome as { failed: boolean }).failed) throw (outcome as { error?: unknown }).error;
}
