/**
 * What a thread of a ThreadPoolExecutor does: takes task after task from its pool.
 *
 *   next: poolNext --> run --> settle --> again, until the pool is shut down and its queue empty
 *     ^   (asleep)      |        ^
 *     |                 +-await--+
 *     +-- poolNextAsync: where a task left something that needs the event loop
 */
import { hasWaits, watch } from '../../internal/async_waits';
import type { AnyFunction } from '../../internal/callables/reference';
import { decode, decodeCopy, encodeError, encodeToScratch } from '../../internal/codec';
import { RuntimeError } from '../../internal/errors';
import { stopHere } from '../../internal/interruption';
import { native } from '../../internal/native';
import { hasLeftovers } from '../../internal/worker/leftovers';
import { resolveText } from '../../internal/worker/message';
import { errorText } from '../../internal/worker/report';
import { running } from '../../internal/worker/state';
import { Future } from './future';
import { State } from './states';

/** A pool's initializer on its way: its `refText`, and its arguments. */
export type InitializerMessage = [fn: string, args: unknown[]];

/** So many tasks run here in a row before the event loop turns: finalizers and timers wait for that. */
const TASKS_PER_TURN = 64;

/** As in `poolNext`. */
const TRY = 0;
const MAY_BLOCK = 1;
const WAITED = 2;

const SCRATCH_BYTES = 4096;
const scratch = new Uint8Array(SCRATCH_BYTES + 4);
const functionNumber = new Uint32Array(scratch.buffer, SCRATCH_BYTES, 1);
/** Functions of tasks by their numbers. */
const functions: (AnyFunction | undefined)[] = [];

// Not public, but as old as Node: runs what a task has queued (`nextTick`, promise reactions).
const { _tickCallback: tick = Date.now } = process as unknown as { _tickCallback?: () => void };

/** The target of a pool's threads. `key` names the pool. */
export function work(key: number): Promise<void> | undefined {
  if (!native.poolEnter(key, scratch)) return undefined;
  return new Promise((resolve, reject) => {
    const loop = new Loop(resolve, reject);
    const initializer = native.poolInitializer();
    if (initializer === undefined) setImmediate(loop.turn);
    else void initialize(initializer).then((ok) => (ok ? setImmediate(loop.turn) : resolve()));
  });
}

async function initialize(message: Uint8Array): Promise<boolean> {
  try {
    const [text, args] = decodeCopy(message) as InitializerMessage;
    const fn = resolveText(text);
    await Reflect.apply(typeof fn === 'function' ? fn : await fn, undefined, args);
    return true;
  } catch (error) {
    process.stderr.write(`Exception in initializer:\n${errorText(error)}\n`);
    native.poolSpoil();
    return false;
  }
}

class Loop {
  constructor(
    private readonly end: () => void,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** Never in a microtask: what tasks have queued could not run within that. */
  readonly turn = (): void => {
    this.guarded(TRY);
  };

  private guarded(mode: typeof TRY | typeof WAITED): void {
    try {
      this.run(mode);
    } catch (error) {
      this.fail(error);
    }
  }

  private run(mode: typeof TRY | typeof WAITED): void {
    let next = native.poolNext(mode);
    for (let n = 1; ; n++) {
      if (next === -1) {
        tick();
        if (hasLeftovers() || hasWaits()) {
          this.idle();
          return;
        }
        next = native.poolNext(MAY_BLOCK);
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
      next = native.poolNext(TRY);
    }
  }

  /** Sleeps with the event loop running. */
  private idle(): void {
    const resume = (): void => {
      setImmediate(() => this.guarded(WAITED));
    };
    const token = native.poolNextAsync();
    if (token === undefined) stopHere();
    if (token === 0) resume();
    else watch(token, this, resume);
  }

  /** @returns false where it goes on later */
  private task(message: number | Uint8Array): boolean {
    try {
      const number = functionNumber[0];
      const args = (typeof message === 'number' ? decode(scratch, message) : decode(message)) as unknown[];
      const known = number === 0 ? resolveText(args.shift() as string) : (functions[number] ?? load(number));
      const outcome = typeof known === 'function' ? call(known, args) : known.then((fn) => call(fn, args));
      // A future is a value here: awaiting it would keep this thread for as long as it is pending.
      if (isPromiseLike(outcome) && !(outcome instanceof Future)) {
        this.settleLater(outcome);
        return false;
      }
      settle(State.result, outcome);
    } catch (error) {
      settle(State.exception, error);
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
        settle(state, outcome);
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

function load(number: number): AnyFunction | Promise<AnyFunction> {
  const found = resolveText(native.functionText(number)!);
  if (typeof found === 'function') functions[number] = found;
  return found;
}

function call(fn: AnyFunction, args: unknown[]): unknown {
  return args.length === 1 ? (fn as (arg: unknown) => unknown)(args[0]) : (fn as (...all: unknown[]) => unknown)(...args);
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function settle(state: number, outcome: unknown): void {
  if (typeof outcome === 'number' || outcome === undefined) {
    native.poolSettle(state, outcome, 0);
    return;
  }
  try {
    if (state === State.result) {
      const { bytes, length } = encodeToScratch(outcome);
      native.poolSettle(state, bytes, length);
    } else {
      settleError(outcome);
    }
  } catch (error) {
    // What can not be sent hurts only its own future.
    settleError(error);
  }
}

function settleError(error: unknown): void {
  const bytes = encodeError(error);
  native.poolSettle(State.exception, bytes, bytes.length);
}
