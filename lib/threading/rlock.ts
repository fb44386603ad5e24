import { type AsyncOptions, FOREVER } from '../internal/arguments';
import { isPending } from '../internal/async_waits';
import { ABANDONED, AUX, CellClass, DIED, STATE, WAITING } from '../internal/cell';
import { RuntimeError } from '../internal/errors';
import { fromHandle, type NameOptions, registerClass } from '../internal/handles';
import { type CellId, native } from '../internal/native';
import { self } from '../internal/self';
import type { AcquireOptions, TimeoutOptions } from './lockable';
import { Mutex } from './mutex';

/** How long a thread sleeps at most for a lock that its own tasks wait for, in milliseconds. */
export const LOOK_MS = 2;

/**
 * A lock that its owner may take again and again, and has to release as often. Async tasks of one
 * thread share that thread's ownership.
 *
 * When its owner ends in whatever way without releasing it, it passes on, with the process warning
 * `NOGIL_OWNER_DIED`.
 *
 * @see https://docs.python.org/3/library/threading.html#rlock-objects
 */
export class RLock extends Mutex {
  /** @param options - `{ name }`: the same name is the same lock in every thread of the process */
  constructor(options?: NameOptions) {
    super(CellClass.RLock, 'RLock', options);
  }

  /**
   * The lock of a handle.
   *
   * @throws ValueError where that lock is gone, or the handle is not one of an RLock
   */
  static from(handle: unknown): RLock {
    return fromHandle(handle, 'RLock') as RLock;
  }

  /** @internal */
  get _class(): number {
    return CellClass.RLock;
  }

  /** @internal */
  protected get _kind(): string {
    return 'RLock';
  }

  /**
   * Takes the lock, or takes it once more where this thread owns it already.
   *
   * @param blocking - `false`: do not wait
   * @param timeout - seconds to wait at most; -1 for ever
   * @returns whether the lock was taken
   * @throws ValueError on a negative timeout other than -1, and on any with `blocking = false`
   * @throws OverflowError on a timeout of more than `TIMEOUT_MAX`
   * @see https://docs.python.org/3/library/threading.html#threading.RLock.acquire
   */
  acquire(blocking?: boolean | AcquireOptions, timeout?: number | null | TimeoutOptions): boolean {
    if (blocking === undefined && timeout === undefined && this._try()) return true;
    return this._acquire(blocking, timeout);
  }

  /**
   * {@link acquire} without blocking the event loop.
   *
   * @throws the signal's reason, when it aborts first
   */
  acquire_async(
    blocking?: boolean | (AcquireOptions & AsyncOptions),
    timeout?: number | null | (TimeoutOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<boolean>;
  acquire_async(...args: unknown[]): Promise<boolean> {
    return this._acquireTwin(args);
  }

  /**
   * Takes back one acquisition; with the last one, a waiting thread gets the lock.
   *
   * @throws RuntimeError where this thread does not own it
   * @see https://docs.python.org/3/library/threading.html#threading.RLock.release
   */
  release(): void {
    const w = this._w;
    const i = this._i;
    // The depth is its owner's alone, and whether the lock is this thread's only this thread changes,
    // so plain accesses do: they cost a tenth of an atomic one.
    const depth = w[i + AUX] - 1;
    const holder = w[i] & 0x7fffffff;
    if ((holder !== self.number && !this._adopt(holder)) || depth < 0) throw new RuntimeError('cannot release un-acquired lock');
    w[i + AUX] = depth;
    if (depth > 0) return;
    self.rlocks--;
    // Straight into native code: see Lock.release.
    if (Atomics.exchange(w, i, 0) < 0) native.mutexWake(this._cell);
  }

  /** @internal */
  override _promote(): CellId {
    if (this._cell !== 0) return this._cell;
    // A worker runs one thread after another. The end of one passes on what is in shared memory only.
    const holder = this._w[STATE];
    const orphan = holder !== 0 && holder !== self.number;
    if (orphan) {
      this._w[STATE] = ABANDONED;
      this._w[AUX] = 0;
    }
    const cell = super._promote();
    if (orphan) this._w[this._i + DIED] = holder;
    return cell;
  }

  /**
   * @internal While tasks of this thread wait for the lock, it may come to one of them, and so to this
   * thread, which nobody would wake then: it looks itself, now and then.
   */
  override _block(ms: number): boolean {
    if (ms === 0 || !this._tasksWait()) return super._block(ms);
    const end = ms === FOREVER ? Infinity : performance.now() + ms;
    for (;;) {
      const left = end - performance.now();
      if (super._block(Math.max(0, Math.min(LOOK_MS, left))) || this._try()) return true;
      if (left <= 0) return false;
    }
  }

  /** @internal Whether tasks of this thread wait for the lock, or under it. */
  _tasksWait(): boolean {
    const mine = (owner: object): boolean => {
      const { _cell, _lock } = owner as { _cell?: CellId; _lock?: { _cell: CellId } };
      return _cell === this._cell || _lock?._cell === this._cell;
    };
    return this._cell !== 0 && isPending(mine);
  }

  /** @internal Whether the lock is this thread's, though it may be a task that has yet to hear of it. */
  _isHere(): boolean {
    return (Atomics.load(this._w, this._i) & 0x7fffffff) === self.number;
  }

  /** @internal After {@link _suspend}, where the lock did not come with the end of the wait. */
  _retake(depth: number): void {
    if (!this._try()) this._block(FOREVER);
    this._w[this._i + AUX] += depth - 1;
  }

  /** Whether the lock is this thread's though it names another: from before a fork. It names this one then. */
  private _adopt(holder: number): boolean {
    if (holder !== self.before || this._shared) return false;
    const state = Atomics.load(this._w, this._i);
    Atomics.store(this._w, this._i, (state & WAITING) | self.number);
    return true;
  }

  /** @internal */
  _owned(): boolean {
    const holder = Atomics.load(this._w, this._i) & 0x7fffffff;
    return (holder === self.number || this._adopt(holder)) && this._w[this._i + AUX] > 0;
  }

  /** @internal */
  _suspend(): number {
    const depth = this._w[this._i + AUX];
    this._w[this._i + AUX] = 0;
    self.rlocks--;
    return depth;
  }

  /**
   * @internal The depth is 0 when the lock came from native code, unless another task of this thread
   * used the lock before this one, to which an event loop had yet to bring it, heard of it: see `_try`.
   */
  _resume(depth: number): void {
    const was = this._w[this._i + AUX];
    this._w[this._i + AUX] = was === 0 ? depth : was + depth - 1;
    if (was === 0) self.rlocks++;
  }

  /** @internal */
  protected _try(): boolean {
    const w = this._w;
    const i = this._i;
    const me = self.number;
    const was = Atomics.compareExchange(w, i, 0, me);
    if (was === 0) {
      w[i + AUX] = 1;
      self.rlocks++;
      return true;
    }
    if ((was & 0x7fffffff) !== me && !this._adopt(was & 0x7fffffff)) {
      if (this._cell === 0) this._promote();
      return false;
    }
    const depth = w[i + AUX];
    // Owned at depth 0: granted to an async task of this thread that has yet to hear of it. Its one
    // acquisition counts from now on.
    w[i + AUX] = depth === 0 ? 2 : depth + 1;
    if (depth === 0) self.rlocks++;
    return true;
  }
}

registerClass(CellClass.RLock, 'RLock', RLock);
