import {
  type AsyncOptions,
  FOREVER,
  functionArgument,
  integerArgument,
  isOptions,
  keywords,
  waitTimeout,
} from '../internal/arguments';
import { pendingWait } from '../internal/async_waits';
import { describeTarget, resolveTarget, type TargetRef } from '../internal/callables';
import { CellClass, DATA, STATE } from '../internal/cell';
import { BrokenBarrierError, OverflowError, RuntimeError, ValueError } from '../internal/errors';
import { Attached, fromHandle, internalFields, type NameOptions, Primitive, registerClass } from '../internal/handles';
import { stopHere } from '../internal/interruption';
import { native, Outcome } from '../internal/native';
import { refusePromise } from '../internal/promises';
import { asyncArguments } from './lockable';

const PARTIES = DATA;
const BROKEN = DATA + 1;
const HAS_ACTION = DATA + 3;
const PARTIES_MAX = 0x7fffffff;

type Action = () => unknown;

/** Options of {@link Barrier}, in place of its positional arguments. */
export interface BarrierOptions extends NameOptions {
  parties?: number | undefined;
  action?: Action | null | undefined;
  timeout?: number | null | undefined;
}

interface Extra {
  action?: TargetRef;
  timeout: number;
}

const INTERNAL = internalFields('_timeout', '_action', '_actionRef');

/**
 * A meeting point: threads wait at it until as many as it has parties have come, then all go on. It
 * can be used again at once.
 *
 * @see https://docs.python.org/3/library/threading.html#barrier-objects
 */
export class Barrier extends Primitive {
  /** Milliseconds, for `wait` without a timeout. */
  private readonly _timeout: number;
  private _action: Action | undefined;
  private readonly _actionRef: TargetRef | undefined;

  /**
   * @param parties - how many threads meet, 1 or more
   * @param action - called by one of the threads when all have come, before any goes on. In another
   * thread than the one that made the barrier it has to be a target (see `docs/`): exported from a
   * module, or self-contained
   * @param timeout - seconds, for `wait` without a timeout of its own
   * @throws ValueError where `parties` is less than 1
   */
  constructor(
    parties: number | BarrierOptions,
    action?: Action | Omit<BarrierOptions, 'parties'> | null,
    timeout?: number | Omit<BarrierOptions, 'parties' | 'action'> | null,
    options?: NameOptions,
  ) {
    if ((parties as unknown) instanceof Attached) {
      const { extra } = parties as unknown as Attached;
      super(CellClass.Barrier, 'Barrier', parties as NameOptions);
      if (!Number.isFinite((extra as Extra | undefined)?.timeout)) throw new ValueError('Barrier.from(): the handle is forged');
      this._timeout = (extra as Extra).timeout;
      this._actionRef = (extra as Extra).action;
      return;
    }
    const args = keywords('Barrier', ['parties', 'action', 'timeout', 'name'], positional([parties, action, timeout, options]));
    const count = integerArgument('Barrier', 'parties', args[0]);
    if (count < 1) throw new ValueError(`Barrier(): 'parties' must be >= 1, not ${count}`);
    if (count > PARTIES_MAX) throw new OverflowError(`Barrier(): 'parties' must be at most ${PARTIES_MAX}, not ${count}`);
    const given = args[1] === undefined || args[1] === null ? undefined : functionArgument('Barrier', 'action', args[1]);
    const ms = waitTimeout('Barrier', args[2]);
    super(CellClass.Barrier, 'Barrier', args[3] === undefined ? undefined : { name: args[3] as string }, (words) => {
      words[PARTIES] = count;
      words[HAS_ACTION] = given ? 1 : 0;
    });
    this._timeout = ms;
    this._action = given;
  }

  /**
   * The barrier of a handle.
   *
   * @throws ValueError where that barrier is gone, or the handle is not one of a Barrier
   */
  static from(handle: unknown): Barrier {
    return fromHandle(handle, 'Barrier') as Barrier;
  }

  /** @internal */
  protected override get _internal(): ReadonlySet<string> {
    return INTERNAL;
  }

  /** @internal */
  get _class(): number {
    return CellClass.Barrier;
  }

  /** @internal */
  protected override _extra(): Extra {
    const action = this._actionRef ?? (this._action && describeTarget(this._action, "Barrier(): 'action'"));
    return action ? { action, timeout: this._timeout } : { timeout: this._timeout };
  }

  /** How many threads meet here. */
  get parties(): number {
    return this._w[this._i + PARTIES];
  }

  /** How many wait here now. */
  get n_waiting(): number {
    return Atomics.load(this._w, this._i + STATE);
  }

  /** Whether the barrier is broken: who waits gets a BrokenBarrierError until {@link reset}. */
  get broken(): boolean {
    return Atomics.load(this._w, this._i + BROKEN) === 1;
  }

  /**
   * Waits until all parties have come.
   *
   * @param timeout - seconds to wait at most, else the barrier breaks; default: the barrier's own
   * @returns a number from 0 to `parties - 1`, for each of the threads another
   * @throws BrokenBarrierError where the barrier is or gets broken, or is reset
   * @throws TypeError where the action returns a promise, which breaks the barrier: {@link wait_async} awaits it
   * @see https://docs.python.org/3/library/threading.html#threading.Barrier.wait
   */
  wait(timeout?: number | null | { timeout?: number | null | undefined }): number {
    const [seconds] = isOptions(timeout) ? keywords('Barrier.wait', ['timeout'], [timeout]) : [timeout];
    const code = native.barrierWait(this._promote(), this._milliseconds('wait', seconds));
    if (code >= 0) return code;
    if (code === -2) stopHere();
    if (code === -1) throw broken();
    let ok = false;
    try {
      refusePromise('Barrier.wait', 'action', this._runnable()(), 'wait_async() awaits it');
      ok = true;
    } finally {
      ok = native.barrierFinish(this._cell, ok) && ok;
    }
    if (!ok) throw broken();
    return -3 - code;
  }

  /**
   * {@link wait} without blocking the event loop; the action may return a promise. When it is aborted the
   * others wait for one more again; when that comes too late, because all had come, they pass.
   */
  wait_async(
    timeout?: number | null | ({ timeout?: number | null | undefined } & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<number>;
  async wait_async(...args: unknown[]): Promise<number> {
    const [[timeout], signal] = asyncArguments('Barrier.wait_async', ['timeout'], args);
    const ms = this._milliseconds('wait_async', timeout);
    signal?.throwIfAborted();
    const end = ms === FOREVER ? Infinity : performance.now() + ms;
    for (;;) {
      const code = native.barrierWaitAsync(this._promote());
      if (code === -1) throw broken();
      if (code < 0) return this._pass(-2 - code);
      const left = end === Infinity ? FOREVER : Math.max(0, end - performance.now());
      const settled = await pendingWait(this, code, left, signal, undefined);
      if (!settled) throw broken();
      if (settled.outcome === Outcome.broken) throw broken();
      // Came while the action of the round before ran: this is the next one.
      if (settled.outcome === Outcome.again) {
        signal?.throwIfAborted();
        continue;
      }
      return settled.index;
    }
  }

  /**
   * Makes the barrier empty and whole again. Who waits gets a BrokenBarrierError.
   *
   * @see https://docs.python.org/3/library/threading.html#threading.Barrier.reset
   */
  reset(): void {
    native.barrierReset(this._promote());
  }

  /**
   * Breaks the barrier.
   *
   * @see https://docs.python.org/3/library/threading.html#threading.Barrier.abort
   */
  abort(): void {
    native.barrierAbort(this._promote());
  }

  /** The last to come, async: `code` is twice the index, odd when there is an action to run. */
  private async _pass(code: number): Promise<number> {
    if (code % 2 === 0) return code / 2;
    let ok = false;
    try {
      await this._runnable()();
      ok = true;
    } finally {
      ok = native.barrierFinish(this._cell, ok) && ok;
    }
    if (!ok) throw broken();
    return (code - 1) / 2;
  }

  private _runnable(): Action {
    if (!this._action) {
      if (!this._actionRef) throw new RuntimeError("Barrier.wait(): this barrier's action was not given in this thread");
      const target = resolveTarget(this._actionRef);
      if (typeof target !== 'function') {
        throw new RuntimeError(
          "Barrier.wait(): the action's module has to be imported before the thread waits; use wait_async()",
        );
      }
      this._action = target as Action;
    }
    return this._action;
  }

  private _milliseconds(method: string, timeout: unknown): number {
    return timeout === undefined || timeout === null ? this._timeout : waitTimeout(`Barrier.${method}`, timeout);
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `<Barrier${this.name === undefined ? '' : ` '${this.name}'`}: ${this.n_waiting}/${this.parties}${this.broken ? ' broken' : ''}>`;
  }
}

function broken(): BrokenBarrierError {
  return new BrokenBarrierError('the barrier is broken');
}

function positional(args: unknown[]): unknown[] {
  let length = args.length;
  while (length > 0 && args[length - 1] === undefined) length--;
  return args.slice(0, length);
}

registerClass(CellClass.Barrier, 'Barrier', Barrier);
