import {
  type AsyncOptions,
  describe,
  FOREVER,
  functionArgument,
  integerArgument,
  isOptions,
  keywords,
  nameArgument,
  objectName,
  waitTimeout,
} from '../internal/arguments';
import { pendingWait, type Settled } from '../internal/async_waits';
import { CellClass, DATA, WAITERS } from '../internal/cell';
import { RuntimeError, typeError } from '../internal/errors';
import {
  attachCell,
  Attached,
  fromHandle,
  internalFields,
  type NameOptions,
  registerClass,
  warnOwnerDied,
} from '../internal/handles';
import { subclassText } from '../internal/library_classes';
import { stopHere } from '../internal/interruption';
import { Answer, type CellId, native, Outcome } from '../internal/native';
import { refusePromise } from '../internal/promises';
import { textOf } from '../internal/text';
import { waitAmongTasks } from './among_tasks';
import { asyncArguments, Lockable, type AcquireOptions, type TimeoutOptions } from './lockable';
import type { Lock } from './lock';
import { Mutex } from './mutex';
import { RLock } from './rlock';

/** The keywords of `wait_for`. */
const WAIT_FOR = ['predicate', 'timeout'] as const;

/** Options of {@link Condition}. */
export interface ConditionOptions extends NameOptions {
  lock?: Lock | RLock | null | undefined;
  /** Keeps primitives from being taken for options: they have a name too. */
  acquire?: never;
}

const INTERNAL = internalFields('_lock');

/**
 * A condition variable: threads wait under its lock until others, under the same lock, notify them.
 * `wait` wakes for a notification or its timeout only, and waiters are notified in the order in
 * which they began to wait. Several conditions may share one lock.
 *
 * @see https://docs.python.org/3/library/threading.html#condition-objects
 */
export class Condition extends Lockable {
  /** @internal */
  protected _lock: Mutex;

  /**
   * @param lock - a Lock or RLock; default: a new RLock
   * @param options - `{ name }`: the same name is the same condition in every thread of the process
   */
  constructor(lock?: Lock | RLock | ConditionOptions | null, options?: NameOptions) {
    const attached = lock instanceof Attached ? lock : undefined;
    super(CellClass.Condition, 'Condition', attached);
    if (attached) {
      const cell = this._w[this._i + DATA] >>> 0;
      const { extra } = attached;
      this._lock = extra instanceof Mutex && extra._cell === cell ? extra : (attachCell(cell) as Mutex);
      return;
    }
    const [given, name] = conditionArguments(lock, options);
    if (given && given._shared !== this._shared) throw wrongLock(given, this._shared);
    this._lock = given ?? this._newLock();
    if (name === undefined) return;
    this._join(CellClass.Condition, 'Condition', name);
    const cell = this._w[this._i + DATA] >>> 0;
    // Under this name there was one already, with a lock of its own.
    if (cell !== this._lock._cell) this._lock = attachCell(cell) as Mutex;
  }

  /**
   * The condition of a handle.
   *
   * @throws ValueError where that condition is gone, or the handle is not one of a Condition
   */
  static from(handle: unknown): Condition {
    return fromHandle(handle, 'Condition') as Condition;
  }

  /** @internal */
  protected override get _internal(): ReadonlySet<string> {
    return INTERNAL;
  }

  /** @internal */
  get _class(): number {
    return CellClass.Condition;
  }

  /** @internal A lock of a subclass, which its cell alone does not tell. */
  protected override _extra(): Mutex | undefined {
    return subclassText(this._lock) === undefined ? undefined : this._lock;
  }

  /** @internal */
  protected override _handleExtra(): undefined {
    return undefined;
  }

  /** @internal */
  protected override _allocate(cellClass: number): CellId {
    // The cell refers to the lock's, and gives that reference back when it is freed itself.
    const lock = this._lock._promote();
    native.pin(lock);
    native.bequeath(lock);
    this._w[DATA] = lock;
    return super._allocate(cellClass);
  }

  /** `acquire` of the lock. */
  acquire(blocking?: boolean | AcquireOptions, timeout?: number | null | TimeoutOptions): boolean {
    return this._lock.acquire(blocking, timeout);
  }

  /** `acquire_async` of the lock. */
  acquire_async(
    blocking?: boolean | (AcquireOptions & AsyncOptions),
    timeout?: number | null | (TimeoutOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<boolean>;
  acquire_async(...args: unknown[]): Promise<boolean> {
    return (this._lock.acquire_async as (...args: unknown[]) => Promise<boolean>)(...args);
  }

  /** `release` of the lock. */
  release(): void {
    this._lock.release();
  }

  /** Whether somebody holds the lock. */
  locked(): boolean {
    return this._lock.locked();
  }

  /**
   * Gives up the lock, however often it was acquired, waits for a notification and takes the lock
   * again as often.
   *
   * @param timeout - seconds to wait for the notification at most; nothing waits for ever
   * @returns `false` where the time passed first
   * @throws RuntimeError where the lock is not held
   * @see https://docs.python.org/3/library/threading.html#threading.Condition.wait
   */
  wait(timeout?: number | null | { timeout?: number | null | undefined }): boolean {
    const [seconds] = isOptions(timeout) ? keywords('Condition.wait', ['timeout'], [timeout]) : [timeout];
    return this._wait(waitTimeout('Condition.wait', seconds));
  }

  /**
   * Waits until `predicate` returns something true. It is asked under the lock, at once and after
   * each notification.
   *
   * @param timeout - seconds in all; nothing waits for ever
   * @returns what `predicate` returned last
   * @throws RuntimeError where it has to wait and the lock is not held
   * @throws TypeError where `predicate` returns a promise: {@link wait_for_async} awaits it
   * @see https://docs.python.org/3/library/threading.html#threading.Condition.wait_for
   */
  wait_for<R>(
    predicate: (() => R) | { predicate: () => R; timeout?: number | null | undefined },
    timeout?: number | null | { timeout?: number | null | undefined },
  ): R;
  wait_for(...args: unknown[]): unknown {
    const [asked, seconds] = keywords('Condition.wait_for', WAIT_FOR, args);
    const predicate = functionArgument('Condition.wait_for', 'predicate', asked);
    const ask = (): unknown => {
      const answer = predicate();
      refusePromise('Condition.wait_for', 'predicate', answer, 'wait_for_async() awaits it');
      return answer;
    };
    const ms = waitTimeout('Condition.wait_for', seconds);
    const end = ms === FOREVER ? Infinity : performance.now() + ms;
    let left = ms;
    let result = ask();
    for (let first = true; !result; first = false) {
      if (!first && ms !== FOREVER) {
        left = end - performance.now();
        if (left <= 0) break;
      }
      this._wait(left);
      result = ask();
    }
    return result;
  }

  /**
   * Notifies up to `n` waiting threads, those first that began to wait first. They go on when they
   * get the lock.
   *
   * @throws RuntimeError where the lock is not held
   * @see https://docs.python.org/3/library/threading.html#threading.Condition.notify
   */
  notify(n: number | { n?: number | undefined } = 1): void {
    const [value] = isOptions(n) ? keywords('Condition.notify', ['n'], [n]) : [n];
    const count = integerArgument('Condition.notify', 'n', value, 1);
    if (!this._lock._owned()) throw this._unacquired('notify');
    // The lock is held, and who waits joined the list under it: a count of 0 is certain.
    if (count <= 0 || Atomics.load(this._w, this._i + WAITERS) === 0) return;
    native.conditionNotify(this._cell, this._lock._cell, Math.min(count, 0xffffffff));
  }

  /**
   * Notifies all waiting threads.
   *
   * @throws RuntimeError where the lock is not held
   * @see https://docs.python.org/3/library/threading.html#threading.Condition.notify_all
   */
  notify_all(): void {
    this.notify(0xffffffff);
  }

  /** @deprecated Python's old name of {@link notify_all}. */
  notifyAll(): void {
    this.notify_all();
  }

  /**
   * {@link wait} without blocking the event loop. When it is aborted it takes the lock again before
   * it throws the signal's reason.
   */
  wait_async(
    timeout?: number | null | ({ timeout?: number | null | undefined } & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<boolean>;
  async wait_async(...args: unknown[]): Promise<boolean> {
    const [[timeout], signal] = asyncArguments('Condition.wait_async', ['timeout'], args);
    return this._waitAsync(waitTimeout('Condition.wait_async', timeout), signal);
  }

  /** {@link wait_for} without blocking the event loop; `predicate` may return a promise. */
  wait_for_async<R>(
    predicate:
      (() => R | PromiseLike<R>) | ({ predicate: () => R | PromiseLike<R>; timeout?: number | null | undefined } & AsyncOptions),
    timeout?: number | null | ({ timeout?: number | null | undefined } & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<R>;
  async wait_for_async(...args: unknown[]): Promise<unknown> {
    const [[asked, timeout], signal] = asyncArguments('Condition.wait_for_async', WAIT_FOR, args);
    const predicate = functionArgument('Condition.wait_for_async', 'predicate', asked);
    const ms = waitTimeout('Condition.wait_for_async', timeout);
    const end = ms === FOREVER ? Infinity : performance.now() + ms;
    signal?.throwIfAborted();
    let left = ms;
    let result = await predicate();
    for (let first = true; !result; first = false) {
      if (!first && ms !== FOREVER) {
        left = end - performance.now();
        if (left <= 0) break;
      }
      await this._waitAsync(left, signal);
      result = await predicate();
    }
    return result;
  }

  /** @internal */
  protected _newLock(): Mutex {
    return new RLock();
  }

  /** @internal What is thrown where the lock is not held. */
  protected _unacquired(method: 'wait' | 'notify'): Error {
    return new RuntimeError(`cannot ${method} on un-acquired lock`);
  }

  private _wait(ms: number): boolean {
    const lock = this._lock;
    if (!lock._owned()) throw this._unacquired('wait');
    const cell = this._promote();
    const depth = lock._suspend();
    if (lock instanceof RLock && lock._tasksWait()) {
      const settled = waitAmongTasks(this, lock, depth, ms);
      if (typeof settled === 'boolean') return settled;
      if (settled.outcome === Outcome.inherited) warnOwnerDied(lock, 'RLock');
      return true;
    }
    const answer = native.conditionWait(cell, lock._cell, ms);
    if (answer === Answer.interrupted) stopHere();
    lock._resume(depth);
    if (answer & 4) warnOwnerDied(lock, lock instanceof RLock ? 'RLock' : 'Lock');
    return (answer & 1) !== 0;
  }

  private async _waitAsync(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    const lock = this._lock;
    if (!lock._owned()) throw this._unacquired('wait');
    signal?.throwIfAborted();
    const cell = this._promote();
    const depth = lock._suspend();
    let settled: Settled | undefined;
    let held = false;
    try {
      settled = await pendingWait(this, native.conditionWaitAsync(cell, lock._cell), ms, signal, () => {
        // Notified and aborted at once: the lock is here, the notification is somebody else's.
        held = true;
        native.conditionNotify(cell, lock._cell, 1);
      });
    } finally {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the callback above sets it
      if (!settled && !held) await lock._blockAsync(FOREVER, undefined, depth);
      else lock._resume(depth);
    }
    if (settled?.outcome === Outcome.inherited) warnOwnerDied(lock, lock instanceof RLock ? 'RLock' : 'Lock');
    return settled !== undefined;
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const waiting = Atomics.load(this._w, this._i + WAITERS);
    return `<Condition${this.name === undefined ? '' : ` '${this.name}'`}: ${textOf(this._lock)}, ${waiting} waiting>`;
  }
}

/** A wait moves from the condition to the lock, which has to be in the same memory. */
function wrongLock(lock: Mutex, shared: boolean): TypeError {
  const [mine, other] = shared ? ['multiprocessing', 'threading'] : ['threading', 'multiprocessing'];
  return typeError(`Condition(): 'lock' must be a ${mine}.Lock or ${mine}.RLock, not a ${other}.${lock.constructor.name}`);
}

/** The lock and the name that a condition is made with. */
function conditionArguments(lock: unknown, options: unknown): [Mutex | undefined, string | undefined] {
  let name: unknown;
  if (isOptions(lock) && options === undefined) [lock, name] = keywords('Condition', ['lock', 'name'], [lock]);
  else name = nameArgument('Condition', options);
  if (lock !== undefined && lock !== null && !(lock instanceof Mutex)) {
    throw typeError(`Condition(): 'lock' must be a Lock or an RLock, not ${describe(lock)}`);
  }
  return [lock ?? undefined, objectName('Condition', name)];
}

registerClass(CellClass.Condition, 'Condition', Condition);
