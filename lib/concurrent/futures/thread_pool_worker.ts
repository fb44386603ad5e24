/**
 * What a thread of a ThreadPoolExecutor does: takes task after task from its pool.
 *
 *   next: poolNext --> run --> settle --> again, until the pool is shut down and its queue empty
 *         (asleep)      |        ^
 *                       +-await--+
 */
import { decode, discard, encodeToScratch } from '../../internal/codec';
import { RuntimeError } from '../../internal/errors';
import { stopHere } from '../../internal/interruption';
import { native } from '../../internal/native';
import { resolveText } from '../../internal/worker/message';
import { running } from '../../internal/worker/state';
import { State } from './future';

/** A task on its way: its function as `refText`, and its arguments. */
export type TaskMessage = [fn: string, ...args: unknown[]];

/** So many tasks run here in a row before the event loop turns: finalizers and timers wait for that. */
const TASKS_PER_TURN = 64;

/** The target of a pool's threads. `key` names the pool, `initializer` is a `refText`, '' for none. */
export function work(key: number, initializer: string, initargs: unknown[]): void | Promise<void> {
  if (!native.poolEnter(key)) return;
  return initializer === '' ? loop() : initialized(initializer, initargs);
}

async function initialized(initializer: string, initargs: unknown[]): Promise<void> {
  try {
    const found = resolveText(initializer);
    const fn = typeof found === 'function' ? found : await found;
    await Reflect.apply(fn, undefined, initargs);
  } catch (error) {
    process.stderr.write(
      `Exception in initializer:\n${error instanceof Error ? (error.stack ?? String(error)) : String(error)}\n`,
    );
    native.poolSpoil();
    return;
  }
  await loop();
}

async function loop(): Promise<void> {
  const scratch = new Uint8Array(4096);
  for (let n = 1; ; n++) {
    const next = native.poolNext(scratch);
    if (next === undefined) return;
    if (next === null) stopHere();
    let state: number = State.result;
    let outcome: unknown;
    try {
      const task = decode(typeof next === 'number' ? scratch.subarray(0, next) : next) as TaskMessage;
      let fn = resolveText(task[0]);
      if (typeof fn !== 'function') fn = await fn;
      outcome = call(fn as (...args: unknown[]) => unknown, task);
      if (isPromiseLike(outcome)) outcome = await settling(outcome);
    } catch (error) {
      state = State.exception;
      outcome = error;
    }
    settle(state, outcome);
    if (n % TASKS_PER_TURN === 0) await new Promise(setImmediate);
  }
}

function call(fn: (...args: unknown[]) => unknown, task: TaskMessage): unknown {
  return task.length === 2 ? fn(task[1]) : fn(...task.slice(1));
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** `promise`, which fails once nothing is left that could settle it. */
function settling(promise: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const end = <T>(then: (value: T) => void) => {
      return (value: T): void => {
        running.onDrained = undefined;
        then(value);
      };
    };
    running.onDrained = () => {
      end(reject)(new RuntimeError("the task's promise can never settle: nothing is left that could settle it"));
      // Keeps the loop turning until that has been heard.
      setImmediate(Date.now);
      return true;
    };
    promise.then(end(resolve), end(reject));
  });
}

function settle(state: number, outcome: unknown): void {
  if (typeof outcome === 'number' || outcome === undefined) {
    native.poolSettle(state, outcome, 0);
    return;
  }
  let message: { bytes: Uint8Array; length: number };
  try {
    message = encodeToScratch(outcome);
  } catch (error) {
    // What can not be sent hurts only its own future.
    state = State.exception;
    message = encodeToScratch(error);
  }
  const { bytes, length } = message;
  if (native.poolSettle(state, bytes, length) >= 0) discard(bytes.slice(0, length));
}
