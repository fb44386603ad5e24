/** What a thread of a ThreadPoolExecutor does: takes task after task from its pool. */
import type { AnyFunction } from '../../internal/callables/reference';
import { decode, decodeCopy, encodeError, encodeToScratch, inCall, named } from '../../internal/codec';
import { native, type Token } from '../../internal/native';
import { awaitedClasses } from '../../internal/library_classes';
import { resolveFirst } from '../../internal/worker/message';
import { errorText, tellBroken } from '../../internal/worker/report';
import { running } from '../../internal/worker/state';
import { State } from './states';
import { call, type Mode, SCRATCH_BYTES, TaskLoop } from './task_loop';

/** A pool's initializer on its way: its `refText`, and its arguments. */
export type InitializerMessage = [fn: string, args: unknown[]];

const scratch = new Uint8Array(SCRATCH_BYTES + 4);
const functionNumber = new Uint32Array(scratch.buffer, SCRATCH_BYTES, 1);
/** Functions of tasks by their numbers. */
const functions: (AnyFunction | undefined)[] = [];

/** The target of a pool's threads. `key` is the pool's in native code, `pool` its name. */
export function work(key: number, pool: string): Promise<void> | undefined {
  if (!native.poolEnter(key, scratch)) return undefined;
  running.onUncaught = (error) => tellBroken(pool, error);
  return new Promise((resolve, reject) => {
    const loop = new PoolLoop(resolve, reject);
    const message = native.poolInitializer();
    if (message === undefined) {
      setImmediate(loop.turn);
      return;
    }
    const failed = (error: unknown): void => tellBroken(pool, error);
    void initialize(() => decodeCopy(message) as InitializerMessage, failed).then((ok) => {
      if (ok) {
        setImmediate(loop.turn);
        return;
      }
      native.poolSpoil();
      resolve();
    });
  });
}

/** Runs an initializer. @returns false where it failed, which was reported */
export async function initialize(message: () => InitializerMessage, failed?: (error: unknown) => void): Promise<boolean> {
  try {
    const [text, args] = message();
    const fn = resolveFirst(text);
    await Reflect.apply(typeof fn === 'function' ? fn : await fn, undefined, args);
    return true;
  } catch (error) {
    process.stderr.write(`Exception in initializer:\n${errorText(error)}\n`);
    failed?.(error);
    return false;
  }
}

/** What a task returned, in errors. */
export const RETURN_VALUE = named("the task's return value");

class PoolLoop extends TaskLoop {
  protected override next(mode: Mode): number | Uint8Array | undefined | null {
    return native.poolNext(mode);
  }

  protected override nextAsync(): Token | 0 | undefined {
    return native.poolNextAsync();
  }

  protected override run(message: number | Uint8Array): unknown {
    const number = functionNumber[0];
    const args = (typeof message === 'number' ? decode(scratch, message) : decode(message)) as unknown[];
    const known = number === 0 ? resolveFirst(args.shift() as string) : (functions[number] ?? load(number));
    const late = awaitedClasses();
    if (typeof known === 'function' && late === undefined) return call(known, args);
    return Promise.all([known, late]).then(([fn]) => call(fn, args));
  }

  protected override settle(state: number, outcome: unknown): void {
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
      settleError(state === State.result ? inCall(error, '', RETURN_VALUE) : error);
    }
  }
}

function load(number: number): AnyFunction | Promise<AnyFunction> {
  const found = resolveFirst(native.functionText(number)!);
  if (typeof found === 'function') functions[number] = found;
  return found;
}

function settleError(error: unknown): void {
  const bytes = encodeError(error);
  native.poolSettle(State.exception, bytes, bytes.length);
}
