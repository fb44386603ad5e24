import { type AsyncOptions, isOptions, keywords } from '../internal/arguments';
import { CellClass } from '../internal/cell';
import { typeError } from '../internal/errors';
import { from_handle, type Handle, share, type Shareable, type Shared, sharedMemory } from '../internal/handles';
import { native, SHARED_CLASS } from '../internal/native';
import { type Held, withLock, withLockAsync } from '../threading/lockable';
import type { AcquireOptions, TimeoutOptions } from './arguments';
import type { Lock } from './lock';
import { type Extra, type Memory, registerKind } from './memory';
import { allocate, type Typecode } from './raw';
import { RLock } from './rlock';
import { fromElement, type Numbers, toElement, type Type, typeArgument, typeOf } from './typecodes';

/** What a value of a typecode is: bigints for q and Q, one character for u, else a number. */
export type ValueOf<C extends Typecode> = C extends 'q' | 'Q' | 'int64' | 'uint64'
  ? bigint
  : C extends 'u' | 'text'
    ? string
    : number;

/** Options of `Value` and `Array`. */
export interface LockOption {
  /** `true`, the default: a new RLock; `false`: none, the raw object is returned; or a lock of this module. */
  lock?: boolean | Lock | RLock | null | undefined;
}

/** @internal The lock that was asked for; undefined: none. */
export function lockArgument(method: string, options: LockOption | undefined): Lock | RLock | undefined {
  const lock = options === undefined ? undefined : (keywords(method, ['lock'], [options])[0] as LockOption['lock']);
  if (lock === undefined || lock === null || lock === true) return new RLock();
  if (lock === false) return undefined;
  if (typeof lock === 'object' && typeof lock.acquire === 'function' && lock._shared) return lock;
  throw typeError(`${method}(): 'lock' must be a boolean, or a Lock or RLock of multiprocessing`);
}

/** What all that lies in one block shares with others: the block. */
export abstract class InMemory implements Shareable {
  /** @internal */
  constructor(
    /** @internal */
    readonly _type: Type,
    /** @internal */
    readonly _view: Numbers,
    /** @internal */
    readonly _lock?: Lock | RLock,
  ) {}

  /** @internal */
  protected abstract get _kind(): string;

  /** A small value that `postMessage` can carry; `from_handle` makes the object of it again. */
  get handle(): Handle {
    const memory = sharedMemory.get(this._view.buffer) as Memory;
    const extra: Extra = [this._kind, this._type.code, this._lock?.handle, this._view.length];
    return { ...memory.handle, extra };
  }

  /** @hidden */
  [share](): Shared {
    const cell = (sharedMemory.get(this._view.buffer) as Memory)._promote();
    native.pin(cell);
    return {
      classId: CellClass.Memory + SHARED_CLASS,
      cell,
      extra: [this._kind, this._type.code, this._lock, this._view.length],
    };
  }
}

/** What {@link RawValue} gives. */
export class RawValueObject<V = number> extends InMemory {
  /** @internal */
  protected get _kind(): string {
    return 'value';
  }

  /** The value itself. @throws TypeError where one of another type is set */
  get value(): V {
    return fromElement(this._type, this._view[0]) as V;
  }
  set value(value: V) {
    (this._view as Float64Array)[0] = toElement('value', this._type, value) as number;
  }
}

/** What has a lock around it. */
export interface Synchronizing {
  /** The lock. */
  get_lock(): Lock | RLock;
  /** `acquire` of the lock. */
  acquire(block?: boolean | AcquireOptions, timeout?: number | null | TimeoutOptions): boolean;
  /** `acquire_async` of the lock. */
  acquire_async(
    block?: boolean | (AcquireOptions & AsyncOptions),
    timeout?: number | null | (TimeoutOptions & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<boolean>;
  /** `release` of the lock. */
  release(): void;
  /** Runs `fn` with the lock held. */
  with<R>(fn: () => R): R;
  /** {@link with} without blocking the event loop. */
  with_async<R>(fn: () => R | PromiseLike<R>, options?: AsyncOptions): Promise<Awaited<R>>;
  /** Holds the lock until the end of the block: `using held = shared.enter()`. */
  enter(): Held;
  /** {@link enter} without blocking the event loop: `await using held = await shared.enter_async()`. */
  enter_async(options?: AsyncOptions): Promise<Held>;
}

/** @internal `Base` with a lock around it. The lock is always given to its constructor. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- TypeScript asks it of what extends any class
export function synchronizing<B extends abstract new (...args: any[]) => InMemory>(
  Base: B,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the same
): B & (abstract new (...args: any[]) => Synchronizing) {
  abstract class WithLock extends Base implements Synchronizing {
    get_lock(): Lock | RLock {
      return this._lock!;
    }

    acquire(block?: boolean | AcquireOptions, timeout?: number | null | TimeoutOptions): boolean {
      return this._lock!.acquire(block, timeout);
    }

    acquire_async(...args: unknown[]): Promise<boolean> {
      return (this._lock!.acquire_async as (...args: unknown[]) => Promise<boolean>)(...args);
    }

    release(): void {
      this._lock!.release();
    }

    with<R>(fn: () => R): R {
      return withLock(this._lock!, fn);
    }

    with_async<R>(fn: () => R | PromiseLike<R>, options?: AsyncOptions): Promise<Awaited<R>> {
      return withLockAsync(this._lock!, fn, options);
    }

    enter(): Held {
      return this._lock!.enter();
    }

    enter_async(options?: AsyncOptions): Promise<Held> {
      return this._lock!.enter_async(options);
    }
  }
  return WithLock;
}

/** What {@link Value} gives: reading and setting {@link value} takes the lock. */
export class Synchronized<V = number> extends synchronizing(RawValueObject)<V> {
  /** The raw value behind the lock. */
  get_obj(): RawValueObject<V> {
    return new RawValueObject<V>(this._type, this._view);
  }

  /**
   * The value itself. `value.value += 1` reads and sets under the lock each time, but not both at once: use
   * {@link with}, and the default lock, which the same thread may take again.
   */
  override get value(): V {
    return withLock(this._lock!, () => super.value);
  }
  override set value(value: V) {
    withLock(this._lock!, () => {
      super.value = value;
    });
  }
}

function newElement(method: string, typecode: unknown, value: unknown): [Type, Numbers] {
  const type = typeArgument(method, typecode);
  const element = value === undefined || value === null ? undefined : toElement(`${method}()`, type, value);
  const view = allocate(type, 1);
  if (element !== undefined) (view as Float64Array)[0] = element as number;
  return [type, view];
}

/**
 * One value in memory that all processes share, without a lock.
 *
 * @throws RangeError where there is no memory
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.sharedctypes.RawValue
 */
export function RawValue<C extends Typecode>(
  typecode_or_type: C,
  value?: ValueOf<C> | number | null,
): RawValueObject<ValueOf<C>> {
  return new RawValueObject(...newElement('RawValue', typecode_or_type, value));
}

/** {@link Value}, which may be called with and without `new`. */
export interface ValueMaker {
  <C extends Typecode>(
    typecode_or_type: C,
    value: ValueOf<C> | number | null | undefined,
    options: { lock: false },
  ): RawValueObject<ValueOf<C>>;
  <C extends Typecode>(
    typecode_or_type: C,
    value?: ValueOf<C> | number | LockOption | null,
    options?: LockOption,
  ): Synchronized<ValueOf<C>>;
  new <C extends Typecode>(
    typecode_or_type: C,
    value: ValueOf<C> | number | null | undefined,
    options: { lock: false },
  ): RawValueObject<ValueOf<C>>;
  new <C extends Typecode>(
    typecode_or_type: C,
    value?: ValueOf<C> | number | LockOption | null,
    options?: LockOption,
  ): Synchronized<ValueOf<C>>;
}

/**
 * One value in memory that all processes share, with a lock around it.
 *
 * @param value - to begin with; default 0
 * @param options - `{ lock }`
 * @throws RangeError where there is no memory
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Value
 */
export const Value = function Value(typecode_or_type: Typecode, value?: unknown, options?: LockOption): unknown {
  if (isOptions(value)) [value, options] = [undefined, value];
  const lock = lockArgument('Value', options);
  const [type, view] = newElement('Value', typecode_or_type, value);
  return lock ? new Synchronized(type, view, lock) : new RawValueObject(type, view);
} as ValueMaker;

/** @internal The lock of a message, or of a handle. */
export function lockOf(lock: unknown): Lock | RLock | undefined {
  if (typeof lock !== 'object' || lock === null) return undefined;
  return ('nogil' in lock ? from_handle(lock) : lock) as Lock;
}

registerKind('value', (memory, [, code, given]) => {
  const type = typeOf(code as string);
  const view = new type.Class(memory!.buffer);
  const lock = lockOf(given);
  return lock ? new Synchronized(type, view, lock) : new RawValueObject(type, view);
});
