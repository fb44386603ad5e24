import { type AsyncOptions, functionArgument, isOptions, keywords, waitTimeout } from '../../internal/arguments';
import { nothingToUndo, pendingWait, unwatch, watch } from '../../internal/async_waits';
import { CELL_WORDS, CellClass, WAITERS } from '../../internal/cell';
import { decodeCopy, discard, encodeError, encodeToScratch, encodingFor, inCall, named } from '../../internal/codec';
import { RuntimeError, TimeoutError, ValueError } from '../../internal/errors';
import {
  Attached,
  fromHandle,
  type Handle,
  internalFields,
  type NameOptions,
  Primitive,
  registerClass,
  share,
  type Shared,
} from '../../internal/handles';
import { stopHere } from '../../internal/interruption';
import { Answer, type CellId, native, SHARED_ARENA, SHARED_CLASS, type Token } from '../../internal/native';
import { watchRejection } from '../../internal/promises';
import { shown, stackText } from '../../internal/text';
import { asyncArguments } from '../../threading/lockable';
import { withCause } from './broken_pool';
import { giveCellBack, keepCell } from './cell_lifetime';
import { BrokenProcessPool, CancelledError, InvalidStateError } from './errors';
import { waitingForWork } from './starvation';
import { describeClass, isDone, isSettled, State, stateName } from './states';

/** The words of a future in memory of its own, by its state. */
const WORDS = Array.from({ length: 7 }, (_, state) => Int32Array.of(state, ...new Array<number>(CELL_WORDS - 1).fill(0)));

const NO_MESSAGE = { bytes: new Uint8Array(0), length: 0 };

const LOST = 'A process in the process pool was terminated abruptly while the future was running or pending.';

/** Given to the constructor for a future that this isolate was the first to have. */
const FRESH = new Attached(0) as { cell: CellId };

type Callback<T> = (future: Future<T>) => unknown;
type Timeout = number | null | { timeout?: number | null | undefined };

const INTERNAL = internalFields(
  '_lifetime',
  '_watches',
  '_exported',
  '_known',
  '_outcome',
  '_callbacks',
  '_token',
  '_promise',
  '_ofTree',
);

/**
 * The result of work that may not be done yet. It lives in shared memory: any thread may wait for
 * it, complete it and pass it on. Results are copied between threads. `await future` waits without
 * blocking.
 *
 * @see https://docs.python.org/3/library/concurrent.futures.html#future-objects
 */
export class Future<T = unknown> extends Primitive implements PromiseLike<T> {
  /** @internal See `cell_lifetime.ts`. */
  declare _lifetime: number;
  /** @internal Waits of this isolate for the cell to change. */
  _watches = 0;
  /** Others may know the cell. */
  private _exported: boolean;
  private _known = false;
  private _outcome: unknown;
  private _callbacks: Callback<never>[] | undefined;
  private _token: Token = 0;
  private _promise: Promise<T> | undefined;
  /** Of an executor of processes: its cell is, or was, where all processes see it. */
  private readonly _ofTree: boolean;

  /** @param options - `{ name }`: the same name is the same future in every thread of the process */
  constructor(options?: NameOptions) {
    super(CellClass.Future, 'Future', options);
    this._exported = options !== undefined && (options as unknown) !== FRESH;
    this._ofTree = this._cell >= SHARED_ARENA;
  }

  /**
   * The future of a handle.
   *
   * @throws ValueError where that future is gone, or the handle is not one of a Future
   */
  static from(handle: unknown): Future {
    const found = fromHandle(handle, undefined, 'Future.from');
    if (found instanceof Future) return found;
    throw new ValueError(`Future.from(): this is a handle of a ${(handle as Handle).nogil}`);
  }

  /** @internal The future of a new cell, whose reference is this isolate's. */
  static _of(cell: CellId): Future {
    FRESH.cell = cell;
    return new Future(FRESH as NameOptions);
  }

  /** @internal One that has failed, whatever with. */
  static _failed<T>(reason: unknown): Future<T> {
    const future = new Future<T>();
    future._complete(State.exception, reason);
    return future;
  }

  /** @internal One that every process of the tree may have. */
  static _ofTree(): Future {
    return Future._of(native.allocate(CellClass.Future, WORDS[State.pending], true));
  }

  /** @internal */
  protected override get _internal(): ReadonlySet<string> {
    return INTERNAL;
  }

  /** @internal */
  get _class(): number {
    return CellClass.Future;
  }

  /** @internal */
  override get _shared(): boolean {
    return this._ofTree;
  }

  override get handle(): Handle {
    this._exported = true;
    return super.handle;
  }

  /** @hidden */
  override [share](): Shared {
    this._exported = true;
    return super[share]();
  }

  /** @internal */
  protected override _keep(): void {
    keepCell(this);
  }

  /** Gives the cell back where nothing can change any more and nobody else looks for it. */
  private _release(): void {
    if (this._cell === 0 || this._exported || this._watches > 0) return;
    const state = this._state;
    giveCellBack(this);
    this._w = WORDS[state]!;
    this._i = 0;
    this._cell = 0;
  }

  /** @internal */
  override _promote(): CellId {
    if (this._cell !== 0) return this._cell;
    const state = this._state;
    if (state >= State.result) return this._promoteDone(state);
    const cell = super._promote();
    if (this._callbacks) this._watch();
    return cell;
  }

  /** Its outcome, known here only so far, may hold the future itself: the cell comes first. */
  private _promoteDone(state: number): CellId {
    const words = this._w;
    this._w = WORDS[State.running]!;
    try {
      const cell = super._promote();
      this._store(cell, state, this._outcome);
      return cell;
    } catch (error) {
      if (this._cell !== 0) giveCellBack(this);
      this._w = words;
      this._i = 0;
      this._cell = 0;
      throw error;
    }
  }

  /** @internal Python's state, as a number. */
  get _state(): number {
    return Atomics.load(this._w, this._i);
  }

  /** @internal Counts for `wait` and `as_completed`. */
  get _settled(): boolean {
    return isSettled(this._state);
  }

  /**
   * Cancels the work, where it has not begun.
   *
   * @returns whether it is cancelled
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.cancel
   */
  cancel(): boolean {
    const was = Atomics.compareExchange(this._w, this._i, State.pending, State.cancelled);
    if (was !== State.pending) return was === State.cancelled || was === State.cancelledSeen;
    this._wake();
    this._runCallbacks();
    return true;
  }

  /** Whether it was cancelled. */
  cancelled(): boolean {
    const state = this._state;
    return state === State.cancelled || state === State.cancelledSeen;
  }

  /** Whether the work is being done now. */
  running(): boolean {
    const state = this._state;
    return state === State.running || state === State.setting;
  }

  /** Whether it was cancelled or has its result. */
  done(): boolean {
    return isDone(this._state);
  }

  /**
   * Waits for the result.
   *
   * @param timeout - seconds to wait at most; nothing waits for ever
   * @throws TimeoutError where the time passed first; CancelledError; or what the work threw
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.result
   */
  result(timeout?: Timeout): T {
    this._block('result', timeout);
    return this._now();
  }

  /** {@link result} without blocking the event loop. */
  result_async(timeout?: Timeout & AsyncOptions, options?: AsyncOptions): Promise<T>;
  async result_async(...args: unknown[]): Promise<T> {
    await this._unblocked('result_async', args);
    return this._now();
  }

  /**
   * Waits for the work to end.
   *
   * @param timeout - seconds to wait at most; nothing waits for ever
   * @returns what it threw; nothing where it returned
   * @throws TimeoutError where the time passed first; CancelledError
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.exception
   */
  exception(timeout?: Timeout): unknown {
    this._block('exception', timeout);
    return this._thrown();
  }

  /** {@link exception} without blocking the event loop. */
  exception_async(timeout?: Timeout & AsyncOptions, options?: AsyncOptions): Promise<unknown>;
  async exception_async(...args: unknown[]): Promise<unknown> {
    await this._unblocked('exception_async', args);
    return this._thrown();
  }

  /**
   * Has `fn` called with this future when it is done: at once where it is; else in this thread, from
   * its event loop or before a `result()`, `wait()` or the like here returns. What it throws, or its
   * promise rejects with, is reported and goes nowhere.
   *
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.add_done_callback
   */
  add_done_callback(fn: Callback<T>): void {
    functionArgument('Future.add_done_callback', 'fn', fn);
    if (this.done()) {
      this._runCallbacks();
      this._call(fn);
      return;
    }
    (this._callbacks ??= []).push(fn);
    if (this._cell !== 0) this._watch();
  }

  /**
   * For executors, before the work: claims it.
   *
   * @returns false where it was cancelled
   * @throws RuntimeError where it was claimed before
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.set_running_or_notify_cancel
   */
  set_running_or_notify_cancel(): boolean {
    const was = Atomics.compareExchange(this._w, this._i, State.pending, State.running);
    if (was === State.pending) return true;
    if (was === State.cancelled && Atomics.compareExchange(this._w, this._i, was, State.cancelledSeen) === was) {
      this._wake();
      return false;
    }
    throw new RuntimeError(`Future in unexpected state: ${stateName(this._state)}`);
  }

  /**
   * For executors, after the work: what it returned.
   *
   * @throws InvalidStateError where the future is done
   * @throws DataCloneError where the result can not be copied
   */
  set_result(result: T): void {
    try {
      this._complete(State.result, result);
    } catch (error) {
      throw inCall(error, 'Future.set_result', named('result'));
    }
  }

  /**
   * For executors, after the work: what it threw. As in Python, `null` is no exception: it has no result then.
   *
   * @throws InvalidStateError where the future is done
   */
  set_exception(exception: unknown): void {
    const none = exception === null || exception === undefined;
    this._complete(none ? State.result : State.exception, none ? undefined : exception);
  }

  /** @internal Fails it unless it is done; its callbacks are the caller's to run. @returns whether it did */
  _fail(exception: unknown): boolean {
    if (this.done() || this._store(this._cell, State.exception, exception) >= 0) return false;
    this._known = true;
    this._outcome = exception;
    return true;
  }

  then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this._promise ??= this.result_async();
    return this._promise.then(onfulfilled, onrejected);
  }

  /** As of a promise: what `then(undefined, onrejected)` gives. */
  catch<B = never>(onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onrejected);
  }

  /** As of a promise. */
  finally(onfinally?: (() => void) | null): Promise<T> {
    return this.then().finally(onfinally);
  }

  private _complete(state: number, outcome: unknown): void {
    this._checkPending();
    if (
      this._cell === 0 &&
      state === State.result &&
      (typeof outcome === 'object' || typeof outcome === 'function' || typeof outcome === 'symbol')
    ) {
      // What is not shared is not copied; but what could never be shared is refused all the same.
      const { bytes, length } = encodeToScratch(outcome);
      discard(bytes.slice(0, length));
      this._checkPending();
    }
    // Encoding it has shared the future where the outcome holds that.
    if (this._cell === 0) {
      this._w[0] = state;
    } else {
      const forbidden = this._store(this._cell, state, outcome);
      if (forbidden >= 0) throw invalid(forbidden);
    }
    this._known = true;
    this._outcome = outcome;
    this._runCallbacks();
  }

  private _checkPending(): void {
    const state = this._state;
    if (isDone(state)) throw invalid(state);
  }

  /** -1, or the state that forbids it. */
  private _store(cell: CellId, state: number, outcome: unknown): number {
    if (outcome === undefined || typeof outcome === 'number') return native.futureSet(cell, state, outcome, 0);
    let { bytes, length }: { bytes: Uint8Array; length: number } = NO_MESSAGE;
    const encoding = encodingFor(cell);
    if (state === State.result) ({ bytes, length } = encodeToScratch(outcome, encoding));
    else length = (bytes = encodeError(outcome, encoding)).length;
    // A getter within the outcome may have completed the future, and the cell be somebody else's by now.
    const forbidden = this._cell === cell ? native.futureSet(cell, state, bytes, length) : this._state;
    if (forbidden >= 0) discard(bytes.slice(0, length));
    return forbidden;
  }

  private _wake(): void {
    if (this._cell !== 0 && Atomics.load(this._w, this._i + WAITERS) !== 0) native.futureWake(this._cell);
  }

  private _block(method: string, timeout: unknown): void {
    const [seconds] = isOptions(timeout) ? keywords(`Future.${method}`, ['timeout'], [timeout]) : [timeout];
    const ms = waitTimeout(`Future.${method}`, seconds);
    if (!this.done()) {
      const cell = this._promote();
      const answer = waitingForWork(
        () => [this],
        () => native.futureWait(cell, ms),
      );
      if (answer === Answer.interrupted) stopHere();
      if (answer === Answer.no) throw new TimeoutError(`Future.${method}(): not done after ${String(seconds)} s`);
    }
    this._runCallbacks();
  }

  private async _unblocked(method: string, args: readonly unknown[]): Promise<void> {
    const [[seconds], signal] = asyncArguments(`Future.${method}`, ['timeout'], args);
    const ms = waitTimeout(`Future.${method}`, seconds);
    signal?.throwIfAborted();
    if (!this.done()) {
      const token = native.futureWaitAsync(this._promote(), false, true);
      if (token !== 0 && !(await this._pending(token, ms, signal))) {
        throw new TimeoutError(`Future.${method}(): not done after ${String(seconds)} s`);
      }
    }
    this._runCallbacks();
  }

  private async _pending(token: Token, ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    this._watches++;
    try {
      return (await pendingWait(this, token, ms, signal, nothingToUndo)) !== undefined;
    } finally {
      this._watches--;
    }
  }

  /** The outcome, as this isolate knows it. */
  private _get(): unknown {
    if (!this._known) {
      const outcome = native.futureGet(this._cell);
      if (outcome === null) this._outcome = new BrokenProcessPool(LOST);
      else this._outcome = typeof outcome === 'object' ? withCause(decodeCopy(outcome)) : outcome;
      this._known = true;
    }
    this._release();
    return this._outcome;
  }

  private _now(): T {
    const state = this._state;
    if (state === State.result) return this._get() as T;
    if (state === State.exception) throw this._get();
    throw new CancelledError('the future was cancelled');
  }

  private _thrown(): unknown {
    const state = this._state;
    if (state === State.result) return undefined;
    if (state === State.exception) return this._get();
    throw new CancelledError('the future was cancelled');
  }

  /** Has this isolate told when the future is done, for the callbacks. */
  private _watch(): void {
    if (this._token !== 0) return;
    this._token = native.futureWaitAsync(this._cell, false, false);
    if (this._token === 0) {
      this._runCallbacks();
      return;
    }
    this._watches++;
    watch(this._token, this, () => {
      this._token = 0;
      this._watches--;
      this._runCallbacks();
    });
  }

  /** @internal */
  _runCallbacks(): void {
    const callbacks = this._callbacks;
    if (!callbacks) return;
    this._callbacks = undefined;
    if (this._token !== 0) {
      unwatch(this._token);
      this._token = 0;
      this._watches--;
    }
    for (const fn of callbacks) this._call(fn as Callback<T>);
  }

  private _call(fn: Callback<T>): void {
    const failed = (error: unknown): void => {
      process.stderr.write(`exception calling callback for ${shown(() => this.toString())}\n${stackText(error)}\n`);
    };
    try {
      watchRejection(fn(this), failed);
    } catch (error) {
      failed(error);
    }
  }

  override toString(): string {
    const state = this._state;
    if (!isDone(state) || state < State.result) return `<Future state=${stateName(state)}>`;
    const outcome = this._get();
    return `<Future state=finished ${state === State.result ? 'returned' : 'raised'} ${typeof outcome === 'object' ? describeClass(outcome) : typeof outcome}>`;
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

function invalid(state: number): InvalidStateError {
  return new InvalidStateError(`the future is ${stateName(state)} already`);
}

registerClass(CellClass.Future, 'Future', Future);
registerClass(CellClass.Future + SHARED_CLASS, 'multiprocessing.Future', Future);
