/**
 * `Condition.wait` of a thread whose own tasks wait for the same lock, or under it. The lock may come to
 * one of them, which can not go on while its thread is blocked: a wait in native code would stand behind
 * it in the lock's list for ever. An RLock's tasks share its ownership, so the thread goes on with it.
 */
import { FOREVER } from '../internal/arguments';
import { dispatchBlocking, type Settled, takeBack, watch } from '../internal/async_waits';
import { RuntimeError } from '../internal/errors';
import type { Primitive } from '../internal/handles';
import { stopHere } from '../internal/interruption';
import { Answer, native } from '../internal/native';
import { LOOK_MS, type RLock } from './rlock';

/**
 * @param depth - how often the lock was acquired, and is to be again
 * @returns what the wait was notified with, as far as its lock came with that; else whether it was notified
 */
export function waitAmongTasks(condition: Primitive, lock: RLock, depth: number, ms: number): Settled | boolean {
  let granted: Settled | undefined;
  const token = native.conditionWaitAsync(condition._cell, lock._cell);
  watch(token, condition, (settled) => {
    granted = settled;
  });
  const grant = (): Settled | undefined => granted;
  const end = ms === FOREVER ? Infinity : performance.now() + ms;
  let notified = false;
  for (;;) {
    const left = notified ? Infinity : end - performance.now();
    dispatchBlocking(Math.max(0, Math.min(LOOK_MS, left)));
    const here = grant() === undefined && lock._isHere();
    // It may be here for this very wait, which is yet to be told.
    if (here) dispatchBlocking(LOOK_MS);
    const settled = grant();
    if (settled) {
      lock._resume(depth);
      return settled;
    }
    if (!here && (notified || performance.now() < end)) continue;
    if (!notified && takeBack(token)) {
      // A task has the lock, so nobody can notify any more while this thread is blocked.
      if (here && ms !== FOREVER) sleepUntil(end);
      lock._retake(depth);
      if (!here || ms !== FOREVER) return false;
      throw new RuntimeError(
        'Condition.wait() would never end: a task of this thread was notified, and has the lock; wait_async() lets it go on',
      );
    }
    notified = true;
    if (!here) continue;
    // The wait stays in the lock's list. What it is given there goes back, not before this thread's tasks may run.
    watch(token, condition, () => {
      queueMicrotask(() => {
        lock._resume(1);
        lock.release();
      });
    });
    lock._retake(depth);
    return true;
  }
}

function sleepUntil(end: number): void {
  const left = end - performance.now();
  if (left > 0 && native.sleep(left) === Answer.interrupted) stopHere();
}
