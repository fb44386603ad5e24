/** A child that the `fork` start method made: it has everything of its parent, and runs nothing but its target. */
import { exitAsChild, forkProcess } from '../fork';
import { type CellId, native } from '../native';
import { runTicks } from '../ticks';
import { running } from '../worker/state';
import { type About, noteAbout } from './about';
import { endProcess, exitCode } from './child_end';
import { startAnew } from './exit';

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
  let code = 0;
  try {
    noteAbout(about);
    native.processFollowParent(about.daemon);
    running.daemon = false;
    startAnew();
    process.exitCode = undefined;
    const result = become()();
    if (isPromiseLike(result)) settle(result);
    code = givenCode();
  } catch (error) {
    code = exitCode(error, about.name);
  }
  // Listeners of `exit` are the parent's, as in Python.
  endProcess();
  native.exitNow(code);
}

/** What the target has set as the process's exit code. */
function givenCode(): number {
  return Number(process.exitCode ?? 0);
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
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
