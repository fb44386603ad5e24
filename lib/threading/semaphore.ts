import {
  acquireArguments,
  type AsyncOptions,
  booleanArgument,
  describe,
  FOREVER,
  integerArgument,
  isOptions,
  keywords,
  nameArgument,
  waitTimeout,
} from '../internal/arguments';
import { pendingWait } from '../internal/async_waits';
import { CellClass, DATA, STATE } from '../internal/cell';
import { OverflowError, ValueError } from '../internal/errors';
import { Attached, fromHandle, type NameOptions, registerClass } from '../internal/handles';
import { stopHere } from '../internal/interruption';
import { LOOKS } from '../internal/looks';
import { Answer, native } from '../internal/native';
import { ACQUIRE, asyncArguments, Lockable, type AcquireOptions, type TimeoutOptions } from './lockable';

/** The largest count: what the state word has beside the mark of waiters (its table is in `native/sync/semaphore.h`). */
const SEM_VALUE_MAX = 0x7fffffff;

/** Options of {@link Semaphore} and BoundedSemaphore. */
export interface SemaphoreOptions extends NameOptions {
  /** How many may pass before the first `release`. Default 1. */
  value?: number | undefined;
}

/**
 * A counter that `acquire` lowers by one and `release` raises; at 0, `acquire` waits.
 *
 * @see https://docs.python.org/3/library/threading.html#semaphore-objects
 */
export class Semaphore extends Lockable {
  /**
   * @param value - the count to start with, 0 or more
   * @param options - `{ name }`: the same name is the same semaphore in every thread of the process
   * @throws ValueError where `value` is negative
   */
  constructor(value?: number | SemaphoreOptions, options?: NameOptions);
  /** @internal */
  constructor(value: unknown, options: unknown, cellClass: number, kind: string);
  constructor(value?: unknown, options?: unknown, cellClass: number = CellClass.Semaphore, kind = 'Semaphore') {
    if (value instanceof Attached) {
      super(cellClass, kind, value);
      return;
    }
    const [given, name] = isOptions(value) ? keywords(kind, ['value', 'name'], [value]) : [value, nameArgument(kind, options)];
    const count = integerArgument(kind, 'value', given, 1);
    if (count < 0) throw new ValueError(`${kind}(): semaphore initial value must be >= 0, not ${count}`);
    if (count > SEM_VALUE_MAX) throw new OverflowError(`${kind}(): 'value' must be at most ${SEM_VALUE_MAX}, not ${count}`);
    super(cellClass, kind, name === undefined ? undefined : { name: name as string }, (words) => {
      words[STATE] = count;
      words[DATA] = count;
    });
  }

  /**
   * The semaphore of a handle.
   *
   * @throws ValueError where that semaphore is gone, or the handle is not one of this class
   */
  static from(handle: unknown): Semaphore {
    return fromHandle(handle, 'Semaphore') as Semaphore;
  }

  /** @internal */
  get _class(): number {
    return CellClass.Semaphore;
  }

  /** @internal The name of the class, for messages. */
  protected get _kind(): string {
    return 'Semaphore';
  }

  /**
   * Lowers the count by one, waiting while it is 0.
   *
   * @param blocking - `false`: do not wait
   * @param timeout - seconds to wait at most; nothing waits for ever
   * @returns whether the count was lowered
   * @throws ValueError on a timeout with `blocking = false`
   * @see https://docs.python.org/3/library/threading.html#threading.Semaphore.acquire
   */
  acquire(blocking?: boolean | AcquireOptions, timeout?: number | null | TimeoutOptions): boolean {
    if (blocking === undefined && timeout === undefined) {
      // Read plainly, as it is a guess: the compare-and-swap, or native code, finds out.
      const w = this._w;
      const i = this._i;
      const count = w[i];
      if (count > 0 && Atomics.compareExchange(w, i, count, count - 1) === count) return true;
      return this._try() || this._block(FOREVER);
    }
    const method = `${this._kind}.acquire`;
    const ms =
      isOptions(blocking) || isOptions(timeout)
        ? this._time(method, ...acquireArguments(method, this._keywords, blocking, timeout))
        : this._time(method, blocking, timeout);
    return this._try() || (ms !== 0 && this._block(ms));
  }

  /** {@link acquire} without blocking the event loop. */
  acquire_async(
    blocking?: boolean | (AcquireOptions & AsyncOptions),
    timeout?: number | null | (TimeoutOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<boolean>;
  async acquire_async(...args: unknown[]): Promise<boolean> {
    const [[blocking, timeout], signal] = asyncArguments(`${this._kind}.acquire_async`, this._keywords, args);
    const ms = this._time(`${this._kind}.acquire_async`, blocking, timeout);
    signal?.throwIfAborted();
    if (this._try()) return true;
    if (ms === 0) return false;
    const token = native.semaphoreAcquireAsync(this._promote());
    if (token === 0) return true;
    return (
      (await pendingWait(this, token, ms, signal, () => {
        this._add(1, SEM_VALUE_MAX);
      })) !== undefined
    );
  }

  /**
   * Raises the count by `n` and wakes as many waiting threads.
   *
   * @throws ValueError where `n` is less than 1
   * @see https://docs.python.org/3/library/threading.html#threading.Semaphore.release
   */
  release(n: number | { n?: number | undefined } = 1): void {
    if (n === 1) {
      // As in `acquire`, where nobody waits.
      const w = this._w;
      const i = this._i;
      const state = w[i];
      if (state >= 0 && state < this._limit() && Atomics.compareExchange(w, i, state, state + 1) === state) return;
      if (this._add(1, this._limit())) return;
    }
    const [value] = isOptions(n) ? keywords(`${this._kind}.release`, ['n'], [n]) : [n];
    const count = integerArgument(`${this._kind}.release`, 'n', value, 1);
    if (count < 1) throw new ValueError(`${this._kind}.release(): 'n' must be one or more, not ${count}`);
    if (!this._add(count, this._limit())) this._overflow(count);
  }

  /** @internal The count that `release` must not exceed. */
  protected _limit(): number {
    return SEM_VALUE_MAX;
  }

  /** @internal */
  protected _overflow(n: number): never {
    throw new OverflowError(`${this._kind}.release(): ${n} more would raise the count over ${SEM_VALUE_MAX}`);
  }

  private _try(): boolean {
    const w = this._w;
    const i = this._i;
    let state = Atomics.load(w, i);
    while ((state & SEM_VALUE_MAX) !== 0) {
      // Acquire; pairs with the compare-and-swap in `_add` that raised the count.
      const was = Atomics.compareExchange(w, i, state, state - 1);
      if (was === state) return true;
      state = was;
    }
    return false;
  }

  private _block(ms: number): boolean {
    const w = this._w;
    const i = this._i;
    // Not past those who wait already.
    for (let n = 0; n < LOOKS && w[i] >= 0; n++) if (Atomics.load(w, i) > 0 && this._try()) return true;
    const answer = native.semaphoreAcquire(this._promote(), ms);
    if (answer === Answer.interrupted) stopHere();
    return answer === Answer.yes;
  }

  private _add(n: number, limit: number): boolean {
    const w = this._w;
    const i = this._i;
    // Read plainly, as it is a guess.
    let state = w[i];
    for (;;) {
      if (n > limit - (state & SEM_VALUE_MAX)) {
        const now = Atomics.load(w, i);
        if (now === state) return false;
        state = now;
        continue;
      }
      const was = Atomics.compareExchange(w, i, state, state + n);
      if (was === state) break;
      state = was;
    }
    // Straight into native code: see Lock.release.
    if (state < 0) native.semaphoreWake(this._cell);
    return true;
  }

  /** @internal */
  protected _count(): number {
    return Atomics.load(this._w, this._i) & SEM_VALUE_MAX;
  }

  /** @internal The keywords of `acquire`. */
  protected get _keywords(): readonly [string, string] {
    return ACQUIRE;
  }

  /** @internal What they mean, in milliseconds. */
  protected _time(name: string, blocking: unknown, timeout: unknown): number {
    const block = booleanArgument(name, 'blocking', blocking, true);
    if (!block && timeout !== undefined && timeout !== null) {
      throw new ValueError(`${name}(): can't specify timeout for non-blocking acquire (timeout ${describe(timeout)})`);
    }
    return block ? waitTimeout(name, timeout) : 0;
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `<${this._kind}${this.name === undefined ? '' : ` '${this.name}'`}: ${this._count()}>`;
  }
}

registerClass(CellClass.Semaphore, 'Semaphore', Semaphore);
