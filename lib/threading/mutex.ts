import { acquireArguments, FOREVER, isOptions, lockTimeout } from '../internal/arguments';
import { pendingWait } from '../internal/async_waits';
import { ABANDONED, LEARNT } from '../internal/cell';
import { warnOwnerDied } from '../internal/handles';
import { stopHere } from '../internal/interruption';
import { LOOKS } from '../internal/looks';
import { Answer, native, Outcome } from '../internal/native';
import { ACQUIRE, asyncArguments, Lockable } from './lockable';

/** `HoldOff<P>::kShift` and `kRare` of native/park/hold_off.h. */
export const FOUND_FREE_SHIFT = 16;
export const MOSTLY_FREE = 192;

/** The holder in a lock's state word; 0 where the lock is free, or its holder has died. */
export function holderOf(state: number): number {
  const holder = state & 0x7fffffff;
  return holder === ABANDONED ? 0 : holder;
}

/**
 * What Lock and RLock share: the state word (its table is in `native/sync/mutex.h`) and everything
 * but the fast path. A Condition works on either.
 */
export abstract class Mutex extends Lockable {
  /** @internal The name of the class, for messages. */
  protected abstract readonly _kind: string;

  /** Whether somebody holds the lock. */
  locked(): boolean {
    return holderOf(Atomics.load(this._w, this._i)) !== 0;
  }

  /** @internal Whether a condition on this lock may be waited for and notified. */
  abstract _owned(): boolean;

  /** @internal Before a condition gives the lock up natively: what {@link _resume} needs to restore it. */
  abstract _suspend(): number;

  /** @internal The lock is this thread's again. */
  abstract _resume(depth: number): void;

  /** @internal The keywords of `acquire`. */
  protected get _keywords(): readonly [string, string] {
    return ACQUIRE;
  }

  /** @internal What they mean, in milliseconds. */
  protected _time(method: string, blocking: unknown, timeout: unknown): number {
    return lockTimeout(method, blocking, timeout);
  }

  /** @internal One attempt that never waits and never enters native code. */
  protected abstract _try(): boolean;

  /** @internal `acquire` with arguments, or without luck. */
  protected _acquire(blocking: unknown, timeout: unknown): boolean {
    if (blocking === undefined && timeout === undefined) return this._look() || this._block(FOREVER);
    const method = `${this._kind}.acquire`;
    if (isOptions(blocking) || isOptions(timeout))
      [blocking, timeout] = acquireArguments(method, this._keywords, blocking, timeout);
    const ms = this._time(method, blocking, timeout);
    return this._try() || this._block(ms);
  }

  /** Whether the lock, found held, was had at another look: only where it is held so rarely that this is likely. */
  private _look(): boolean {
    const w = this._w;
    const i = this._i;
    if (w[i + LEARNT] >>> FOUND_FREE_SHIFT < MOSTLY_FREE) return false;
    for (let n = 0; n < LOOKS && w[i] >= 0; n++) if (Atomics.load(w, i) === 0 && this._try()) return true;
    return false;
  }

  /** @internal */
  protected async _acquireTwin(args: readonly unknown[]): Promise<boolean> {
    const method = `${this._kind}.acquire_async`;
    const [[blocking, timeout], signal] = asyncArguments(method, this._keywords, args);
    const ms = this._time(method, blocking, timeout);
    signal?.throwIfAborted();
    return this._try() || (ms === 0 ? this._block(0) : this._blockAsync(ms, signal));
  }

  /** @internal Takes the lock in native code; 0 ms: takes it only from a holder that died. */
  _block(ms: number): boolean {
    // Only this isolate has seen it, and holds it.
    if (ms === 0 && this._cell === 0) return false;
    const answer = native.mutexAcquire(this._promote(), ms);
    if (answer === Answer.no) return false;
    if (answer === Answer.interrupted) stopHere();
    this._resume(1);
    if (answer === Answer.inherited) warnOwnerDied(this, this._kind);
    return true;
  }

  /** @internal `depth`: how often it is to be acquired. */
  async _blockAsync(ms: number, signal?: AbortSignal, depth = 1): Promise<boolean> {
    const token = native.mutexAcquireAsync(this._promote());
    let inherited = token === -1;
    if (token > 0) {
      const settled = await pendingWait(this, token, ms, signal, () => {
        this._resume(1);
        this.release();
      });
      if (!settled) return false;
      inherited = settled.outcome === Outcome.inherited;
    }
    this._resume(depth);
    if (inherited) warnOwnerDied(this, this._kind);
    return true;
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `<${this.locked() ? 'locked' : 'unlocked'} ${this._kind}${this.name === undefined ? '' : ` '${this.name}'`}>`;
  }
}
