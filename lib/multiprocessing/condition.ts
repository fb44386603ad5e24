import { type AsyncOptions } from '../internal/arguments';
import { CellClass } from '../internal/cell';
import { AssertionError } from '../internal/errors';
import { fromHandle, type NameOptions, registerClass } from '../internal/handles';
import { SHARED_CLASS } from '../internal/native';
import { Condition as ThreadCondition } from '../threading/condition';
import type { AcquireOptions, TimeoutOptions } from './arguments';
import type { Lock } from './lock';
import { RLock } from './rlock';

/** Options of {@link Condition}. */
export interface ConditionOptions extends NameOptions {
  lock?: Lock | RLock | null | undefined;
  /** Keeps primitives from being taken for options: they have a name too. */
  acquire?: never;
}

/**
 * A condition variable for all processes of the tree: they wait under its lock until others, under the
 * same lock, notify them, in the order in which they began to wait.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Condition
 */
export class Condition extends ThreadCondition {
  /**
   * @param lock - a Lock or RLock of this module; default: a new RLock
   * @param options - `{ name }`: the same name is the same condition in every thread of the process
   * @throws TypeError where the lock is one of `threading`
   */
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- takes the locks of this module only
  constructor(lock?: Lock | RLock | ConditionOptions | null, options?: NameOptions) {
    super(lock, options);
  }

  /**
   * The condition of a handle.
   *
   * @throws ValueError where that condition is gone, or the handle is not one of this class
   */
  static override from(handle: unknown): Condition {
    return fromHandle(handle, 'multiprocessing.Condition') as Condition;
  }

  /** @internal */
  override get _shared(): boolean {
    return true;
  }

  /** @internal */
  protected override _newLock(): RLock {
    return new RLock();
  }

  /** @internal */
  protected override _unacquired(method: 'wait' | 'notify'): Error {
    return new AssertionError(method === 'wait' ? 'must acquire() condition before using wait()' : 'lock is not owned');
  }

  /** `acquire` of the lock. */
  override acquire(block?: boolean | AcquireOptions, timeout?: number | null | TimeoutOptions): boolean {
    return super.acquire(block, timeout);
  }

  /** `acquire_async` of the lock. */
  override acquire_async(
    block?: boolean | (AcquireOptions & AsyncOptions),
    timeout?: number | null | (TimeoutOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<boolean>;
  override acquire_async(...args: unknown[]): Promise<boolean> {
    return (this._lock.acquire_async as (...args: unknown[]) => Promise<boolean>).apply(this._lock, args);
  }
}

registerClass(CellClass.Condition + SHARED_CLASS, 'multiprocessing.Condition', Condition);
