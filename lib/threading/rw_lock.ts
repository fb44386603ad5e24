import { acquireArguments, type AsyncOptions, isOptions, lockTimeout } from '../internal/arguments';
import { pendingWait } from '../internal/async_waits';
import { CellClass, WRITER } from '../internal/cell';
import { RuntimeError } from '../internal/errors';
import {
  fromHandle,
  internalFields,
  type NameOptions,
  Primitive,
  registerClass,
  share,
  type Shareable,
  type Shared,
  warnOwnerDied,
} from '../internal/handles';
import { stopHere } from '../internal/interruption';
import { Answer, native, Outcome } from '../internal/native';
import { self } from '../internal/self';
import { ABANDONED } from '../internal/cell';
import {
  ACQUIRE,
  asyncArguments,
  type AcquireOptions,
  Held,
  type LockLike,
  type TimeoutOptions,
  withLock,
  withLockAsync,
} from './lockable';

/** One side of an {@link RWLock}, with the interface of a Lock. */
export interface RWLockView extends LockLike, Shareable {
  /** As of a {@link Lock}. */
  acquire(blocking?: boolean | AcquireOptions, timeout?: number | null | TimeoutOptions): boolean;
  /** {@link RWLockView.acquire} without blocking the event loop. */
  acquire_async(
    blocking?: boolean | (AcquireOptions & AsyncOptions),
    timeout?: number | null | (TimeoutOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<boolean>;
  /** Gives this side up. Throws RuntimeError where nobody has it. */
  release(): void;
  /** Whether anybody has this side. */
  locked(): boolean;
  /** Acquires; what it gives releases when it is disposed of: `using held = lock.read().enter()`. */
  enter(): Held;
  /** {@link RWLockView.enter} without blocking the event loop. */
  enter_async(options?: AsyncOptions): Promise<Held>;
  /** Runs `fn` under this side; releases when it returns, throws, or its promise settles. */
  with<R>(fn: () => R): R;
  /** {@link RWLockView.with} without blocking the event loop. */
  with_async<R>(fn: () => R | PromiseLike<R>, options?: AsyncOptions): Promise<Awaited<R>>;
}

const INTERNAL = internalFields('_read', '_write');

/**
 * A lock that many may hold to read, or one to write. First come, first served: readers that come
 * after a waiting writer wait behind it, so no writer starves. It is not reentrant, and any thread
 * may release it.
 *
 * Beyond Python.
 */
export class RWLock extends Primitive {
  private readonly _read = new View(this, false);
  private readonly _write = new View(this, true);

  /** @param options - `{ name }`: the same name is the same lock in every thread of the process */
  constructor(options?: NameOptions) {
    super(CellClass.RWLock, 'RWLock', options);
  }

  /**
   * The lock of a handle.
   *
   * @throws ValueError where that lock is gone, or the handle is not one of an RWLock
   */
  static from(handle: unknown): RWLock {
    return fromHandle(handle, 'RWLock') as RWLock;
  }

  /** @internal */
  protected override get _internal(): ReadonlySet<string> {
    return INTERNAL;
  }

  /** @internal */
  get _class(): number {
    return CellClass.RWLock;
  }

  /** The lock as readers take it. */
  read(): RWLockView {
    return this._read;
  }

  /** The lock as writers take it. */
  write(): RWLockView {
    return this._write;
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `<RWLock${this.name === undefined ? '' : ` '${this.name}'`}>`;
  }
}

/** The state word is in `native/sync/rw_lock.h`. */
class View implements RWLockView {
  constructor(
    private readonly lock: RWLock,
    private readonly writing: boolean,
  ) {}

  acquire(blocking?: boolean | AcquireOptions, timeout?: number | null | TimeoutOptions): boolean {
    if (blocking === undefined && timeout === undefined && this.try()) return true;
    const ms =
      isOptions(blocking) || isOptions(timeout)
        ? lockTimeout('RWLock.acquire', ...acquireArguments('RWLock.acquire', ACQUIRE, blocking, timeout))
        : lockTimeout('RWLock.acquire', blocking, timeout);
    if (this.try()) return true;
    return this.block(ms);
  }

  acquire_async(...args: unknown[]): Promise<boolean> {
    return this.acquireTwin(args);
  }

  release(): void {
    const { _w: w, _i: i } = this.lock;
    const state = Atomics.load(w, i);
    // Waiters make the word negative, and the release a matter of the list.
    if (state > 0 && ((state & WRITER) !== 0) === this.writing) {
      if (Atomics.compareExchange(w, i, state, this.writing ? 0 : state - 1) === state) return;
    }
    if (this.lock._cell !== 0 && native.rwRelease(this.lock._cell, this.writing)) return;
    throw new RuntimeError(`release of an RWLock that is not held for ${this.writing ? 'writing' : 'reading'}`);
  }

  locked(): boolean {
    const held = Atomics.load(this.lock._w, this.lock._i) & 0x7fffffff;
    if (held === (WRITER | ABANDONED)) return false;
    return held !== 0 && ((held & WRITER) !== 0) === this.writing;
  }

  enter(): Held {
    this.acquire();
    return new Held(this);
  }

  async enter_async(options?: AsyncOptions): Promise<Held> {
    await this.acquire_async(options);
    return new Held(this);
  }

  with<R>(fn: () => R): R {
    return withLock(this, fn);
  }

  with_async<R>(fn: () => R | PromiseLike<R>, options?: AsyncOptions): Promise<Awaited<R>> {
    return withLockAsync(this, fn, options);
  }

  /** @hidden */
  [share](): Shared {
    const cell = this.lock._promote();
    native.pin(cell);
    return { classId: this.lock._number, cell, extra: { write: this.writing } };
  }

  private try(): boolean {
    const { _w: w, _i: i } = this.lock;
    if (this.writing) return Atomics.compareExchange(w, i, 0, WRITER | self.number) === 0;
    let state = Atomics.load(w, i);
    while (state >= 0 && state < WRITER - 1) {
      const was = Atomics.compareExchange(w, i, state, state + 1);
      if (was === state) return true;
      state = was;
    }
    return false;
  }

  private block(ms: number): boolean {
    if (ms === 0 && this.lock._cell === 0) return false;
    const answer = native.rwAcquire(this.lock._promote(), this.writing, ms);
    if (answer === Answer.interrupted) stopHere();
    if (answer === Answer.inherited) warnOwnerDied(this.lock, 'RWLock');
    return answer !== Answer.no;
  }

  private async acquireTwin(args: readonly unknown[]): Promise<boolean> {
    const [[blocking, timeout], signal] = asyncArguments('RWLock.acquire_async', ACQUIRE, args);
    const ms = lockTimeout('RWLock.acquire_async', blocking, timeout);
    signal?.throwIfAborted();
    if (this.try()) return true;
    if (ms === 0) return this.block(0);
    const token = native.rwAcquireAsync(this.lock._promote(), this.writing);
    let inherited = token === -1;
    if (token > 0) {
      const settled = await pendingWait(this.lock, token, ms, signal, () => {
        this.release();
      });
      if (!settled) return false;
      inherited = settled.outcome === Outcome.inherited;
    }
    if (inherited) warnOwnerDied(this.lock, 'RWLock');
    return true;
  }
}

registerClass(CellClass.RWLock, 'RWLock', RWLock, (attached) => {
  const lock = new RWLock(attached as NameOptions);
  const view = attached.extra as { write: boolean } | undefined;
  return view ? (view.write ? lock.write() : lock.read()) : lock;
});
