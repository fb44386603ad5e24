/**
 * What a worker of an executor does: takes task after task.
 *
 *   turn: next --> run --> settle --> again, until nothing is left to do
 *     ^   (asleep)  |        ^
 *     |             +-await--+
 *     +-- nextAsync: where a task left something that needs the event loop
 */
import { hasWaits, watch } from '../../internal/async_waits';
import type { AnyFunction } from '../../internal/callables/reference';
import { RuntimeError } from '../../internal/errors';
import { stopHere } from '../../internal/interruption';
import type { Token } from '../../internal/native';
import { isPromiseLike } from '../../internal/promises';
import { runTicks } from '../../internal/ticks';
import { hasLeftovers } from '../../internal/worker/leftovers';
import { running } from '../../internal/worker/state';
import { Future } from './future';
import { State } from './states';

/** So many tasks run here in a row before the event loop turns: finalizers and timers wait for that. */
const TASKS_PER_TURN = 64;

/** As in `poolNext` and `crewNext`. */
export const Mode = { try: 0, mayBlock: 1, waited: 2 } as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

/** Room for a task's message, and 4 bytes more. */
export const SCRATCH_BYTES = 4096;

/** Takes tasks until there are none; a subclass says from where. */
export abstract class TaskLoop {
  constructor(
    private readonly end: () => void,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** The next task, claimed; -1: there is none now; undefined: nothing is left to do; null: the worker is to stop. */
  protected abstract next(mode: Mode): number | Uint8Array | undefined | null;
  /** A wait on the event loop, after which `next` has to follow; 0: it may at once; undefined: the worker is to stop. */
  protected abstract nextAsync(): Token | 0 | undefined;
  /** Runs the task that `next` gave. @returns what it returned, a promise too */
  protected abstract run(message: number | Uint8Array): unknown;
  /** Completes its future, whatever the outcome. */
  protected abstract settle(state: number, outcome: unknown): void;

  /** Never in a microtask: what tasks have queued could not run within that. */
  readonly turn = (): void => {
    this.guarded(Mode.try);
  };

  private guarded(mode: Mode): void {
    try {
      this.take(mode);
    } catch (error) {
      this.fail(error);
    }
  }

  private take(mode: Mode): void {
    let next = this.next(mode);
    for (let n = 1; ; n++) {
      if (next === -1) {
        runTicks();
        if (hasLeftovers() || hasWaits()) {
          this.idle();
          return;
        }
        next = this.next(Mode.mayBlock);
      }
      if (next === undefined) {
        this.end();
        return;
      }
      if (next === null) stopHere();
      if (!this.task(next)) return;
      if (n === TASKS_PER_TURN) {
        setImmediate(this.turn);
        return;
      }
      next = this.next(Mode.try);
    }
  }

  /** Sleeps with the event loop running. */
  private idle(): void {
    const resume = (): void => {
      setImmediate(() => this.guarded(Mode.waited));
    };
    const token = this.nextAsync();
    if (token === undefined) stopHere();
    if (token === 0) resume();
    else watch(token, this, resume);
  }

  /** @returns false where it goes on later */
  private task(message: number | Uint8Array): boolean {
    try {
      const outcome = this.run(message);
      // A future is a value here: awaiting it would keep this worker for as long as it is pending.
      if (isPromiseLike(outcome) && !(outcome instanceof Future)) {
        this.settleLater(outcome);
        return false;
      }
      this.settle(State.result, outcome);
    } catch (error) {
      this.settle(State.exception, error);
    }
    return true;
  }

  private settleLater(promise: PromiseLike<unknown>): void {
    let open = true;
    const end = (state: number) => {
      return (outcome: unknown): void => {
        if (!open) return;
        open = false;
        running.onDrained = undefined;
        this.settle(state, outcome);
        process.nextTick(this.turn);
      };
    };
    running.onDrained = () => {
      // Keeps the loop turning until that has been heard.
      setImmediate(Date.now);
      end(State.exception)(new RuntimeError("the task's promise can never settle: nothing is left that could settle it"));
      return true;
    };
    try {
      promise.then(end(State.result), end(State.exception));
    } catch (error) {
      end(State.exception)(error);
    }
  }
}

/** Calls a task's function. */
export function call(fn: AnyFunction, args: unknown[]): unknown {
  return args.length === 1 ? (fn as (arg: unknown) => unknown)(args[0]) : (fn as (...all: unknown[]) => unknown)(...args);
}
