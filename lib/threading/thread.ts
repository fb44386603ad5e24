import { isMainThread } from 'node:worker_threads';
import { type AsyncOptions, isOptions, keywords, requiredBoolean, waitTimeout } from '../internal/arguments';
import { nothingToUndo, pendingWait } from '../internal/async_waits';
import { describeTarget, importable, type TargetRef } from '../internal/callables';
import type { AnyFunction } from '../internal/callables/reference';
import { AUX, CellClass, IDENT, NATIVE_ID, STATE, ThreadFlag } from '../internal/cell';
import { encode, inCall, listed } from '../internal/codec';
import { AttributeError, RuntimeError } from '../internal/errors';
import { Attached, fromHandle, Primitive } from '../internal/handles';
import { stopHere } from '../internal/interruption';
import { Answer, type CellId, native } from '../internal/native';
import { self } from '../internal/self';
import { checkBootstrapped } from '../internal/worker/guard';
import { instanceClass } from '../internal/subclasses';
import { applyTarget, refText, type StartMessage } from '../internal/worker/message';
import { launch, STARTED_BEFORE } from '../internal/worker/pool';
import { forget, rememberOther, rememberStarted } from '../internal/worker/registry';
import { takeMail } from '../internal/worker/report';
import { asyncArguments } from './lockable';
import { readArguments, type Target, type ThreadOptions } from './thread_arguments';

const NO_ARGUMENTS: unknown[] = [];
/** What the message of a thread that is still to be started says of its target. */
const TARGET_STAYS = 'target';
/** What the parts of a {@link StartMessage} are to who starts a thread. */
const START_MESSAGE = listed('target', 'args', 'kwargs');

/** @internal The target of a thread whose `run` was called before, as in Python. */
export function noTarget(): never {
  throw new AttributeError("'Thread' object has no attribute '_target'");
}

function defaultName(target: AnyFunction | undefined): string {
  const of: unknown = target?.name;
  return `Thread-${native.nextCount(0)}${typeof of === 'string' && of !== '' ? ` (${of})` : ''}`;
}

/**
 * A thread of the operating system that runs a function, or the `run` of a subclass.
 *
 * A subclass has to be exported from a module, and its own fields go with it as far as they can be
 * cloned; the thread works on copies of them.
 *
 * @see https://docs.python.org/3/library/threading.html#thread-objects
 */
export class Thread extends Primitive {
  #fn: AnyFunction | undefined;
  #args: unknown[];
  #kwargs: Record<string, unknown> | undefined;
  #ref: TargetRef | undefined;
  /** The name until the thread is in shared memory, and again when it has ended. */
  #name: string | undefined;
  /** Joins under way: they need the cell. */
  #joining = 0;
  /** Its target is in the thread that made it. */
  #targetElsewhere = false;

  /**
   * @throws TypeError where `target` can not run in another thread: it names what the function captures
   * @throws AssertionError where `group` is given
   */
  constructor(options?: ThreadOptions);
  constructor(
    group: null | undefined,
    target?: Target | null,
    name?: string | null,
    args?: Iterable<unknown> | null,
    kwargs?: object | null,
    options?: { daemon?: boolean | null },
  );
  constructor(...given: unknown[]) {
    if (given[0] instanceof Attached) {
      super(CellClass.Thread, 'Thread', given[0]);
      this.#args = NO_ARGUMENTS;
      this.#targetElsewhere = given[0].extra === TARGET_STAYS;
      rememberOther(this._cell, this);
      return;
    }
    super(CellClass.Thread, 'Thread', undefined);
    const { target, name, args, kwargs, daemon } = readArguments('Thread', given);
    this.#fn = target;
    if (target !== undefined) this.#ref = describeTarget(target, "Thread(): 'target'");
    this.#args = args;
    this.#kwargs = kwargs;
    this.#name = name ?? defaultName(target);
    if (daemon) this._w[AUX] = ThreadFlag.daemon;
  }

  /**
   * The thread of a handle.
   *
   * @throws ValueError where that thread is gone, or the handle is not one of a Thread
   */
  static from(handle: unknown): Thread {
    return fromHandle(handle, 'Thread') as Thread;
  }

  /** @internal */
  get _class(): number {
    return CellClass.Thread;
  }

  /** @internal */
  get _flags(): number {
    return Atomics.load(this._w, this._i + AUX);
  }

  /** @internal */
  override _promote(): CellId {
    if (this._cell !== 0) return this._cell;
    this.#settle();
    rememberOther(this._cell, this);
    return this._cell;
  }

  #settle(): CellId {
    if (this._cell === 0) {
      super._promote();
      native.setName(this._cell, this.#name!);
    }
    return this._cell;
  }

  /** @internal */
  _retire(): void {
    if (this._cell === 0 || this.#joining > 0) return;
    this.#name = this.name;
    forget(this._cell);
    this._unsettle();
  }

  /** @internal Where its class is not exported it can still be waited for elsewhere. */
  protected override _subclass(): string | undefined {
    return instanceClass(this, Thread, true);
  }

  /** @internal In the thread itself: what {@link run} runs. */
  _assign(fn: AnyFunction | undefined, args: unknown[], kwargs: Record<string, unknown> | undefined): void {
    this.#fn = fn;
    this.#args = args;
    this.#kwargs = kwargs;
    this.#targetElsewhere = false;
  }

  /** @internal */
  protected override _extra(): typeof TARGET_STAYS | undefined {
    const stays = this.#ref !== undefined || this.#targetElsewhere;
    return stays && !(this._flags & ThreadFlag.started) ? TARGET_STAYS : undefined;
  }

  #checkTarget(method: string): void {
    if (!this.#targetElsewhere) return;
    throw new RuntimeError(
      `${method}(): this thread came from another one, and its target stayed there: ${method.slice('Thread.'.length)} it where it was made`,
    );
  }

  /**
   * Begins to run. Returns at once: a worker takes the thread over.
   *
   * @throws RuntimeError where the thread was started before, where the system has no room for another
   *   thread, while a module is imported for a target, and in another thread than the one that made it, where
   *   it has a target
   * @throws DataCloneError where an argument can not be copied or shared; the thread is as before then
   * @see https://docs.python.org/3/library/threading.html#threading.Thread.start
   */
  start(): void {
    if (this._flags & ThreadFlag.started) throw new RuntimeError(STARTED_BEFORE);
    this._begin(this._flags & ThreadFlag.daemon);
  }

  /** @internal {@link start}, with flags of `ThreadFlag`. */
  _begin(flags: number): void {
    checkBootstrapped('thread');
    this.#checkTarget('Thread.start');
    const Class = instanceClass(this, Thread, this.run === Thread.prototype.run);
    const instance: StartMessage[3] = Class === undefined ? undefined : [Class, this];
    if (this.#fn === noTarget) this.#ref = describeTarget(importable(__filename, 'noTarget'), 'noTarget');
    const message: StartMessage = [this.#ref === undefined ? '' : refText(this.#ref), this.#args, this.#kwargs, instance, flags];
    let bytes: Uint8Array;
    try {
      bytes = encode(message);
    } catch (error) {
      throw inCall(error, 'Thread.start', START_MESSAGE);
    }
    const cell = this.#settle();
    rememberStarted(cell, this);
    try {
      launch(cell, bytes, flags);
    } catch (error) {
      forget(cell);
      throw error;
    }
    // What it takes with it is the other side's now.
    this._assign(undefined, NO_ARGUMENTS, undefined);
  }

  /**
   * What the thread does: calls the target, and lets go of it. A subclass may do something else. Called directly, it
   * runs in the caller's thread.
   *
   * @throws AttributeError the next time: there is no target then
   * @see https://docs.python.org/3/library/threading.html#threading.Thread.run
   */
  run(): unknown {
    this.#checkTarget('Thread.run');
    const fn = this.#fn;
    try {
      return fn === undefined ? undefined : applyTarget(fn, this.#args, this.#kwargs);
    } finally {
      this._assign(noTarget, NO_ARGUMENTS, undefined);
      this.#ref = undefined;
    }
  }

  /**
   * Waits until the thread has ended.
   *
   * @param timeout - seconds to wait at most; nothing waits for ever. Whether it passed, {@link is_alive} tells
   * @throws RuntimeError where the thread was not started, and in the thread itself
   * @see https://docs.python.org/3/library/threading.html#threading.Thread.join
   */
  join(timeout?: number | null | { timeout?: number | null | undefined }): void {
    const [seconds] = isOptions(timeout) ? keywords('Thread.join', ['timeout'], [timeout]) : [timeout];
    const ms = waitTimeout('Thread.join', seconds);
    this.#checkJoin();
    if (Atomics.load(this._w, this._i + STATE) !== 1 && ms !== 0) {
      this.#joining++;
      const answer = native.eventWait(this._cell, ms);
      this.#joining--;
      if (answer === Answer.interrupted) stopHere();
    }
    this.#noticeEnd();
  }

  /** {@link join} without blocking the event loop. */
  join_async(
    timeout?: number | null | ({ timeout?: number | null | undefined } & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<void>;
  async join_async(...given: unknown[]): Promise<void> {
    const [[timeout], signal] = asyncArguments('Thread.join_async', ['timeout'], given);
    const ms = waitTimeout('Thread.join_async', timeout);
    this.#checkJoin();
    signal?.throwIfAborted();
    if (Atomics.load(this._w, this._i + STATE) !== 1 && ms !== 0) {
      const token = native.eventWaitAsync(this._cell);
      this.#joining++;
      try {
        if (token !== 0) await pendingWait(this, token, ms, signal, nothingToUndo);
      } finally {
        this.#joining--;
      }
    }
    this.#noticeEnd();
  }

  #checkJoin(): void {
    const flags = this._flags;
    if (!(flags & ThreadFlag.started)) throw new RuntimeError('cannot join thread before it is started');
    if (this._w[this._i + IDENT] === self.number) throw new RuntimeError('cannot join current thread');
    if (flags & ThreadFlag.dummy && !(flags & ThreadFlag.raw)) throw new RuntimeError('cannot join a dummy thread');
  }

  #noticeEnd(): void {
    if (this._cell === 0 || Atomics.load(this._w, this._i + STATE) !== 1) return;
    // Its error comes before its end.
    if (isMainThread && this._flags & ThreadFlag.reported) takeMail();
    this._retire();
  }

  /**
   * Whether the thread was started and has not ended.
   *
   * @see https://docs.python.org/3/library/threading.html#threading.Thread.is_alive
   */
  is_alive(): boolean {
    if (!(this._flags & ThreadFlag.started)) return false;
    this.#noticeEnd();
    return Atomics.load(this._w, this._i + STATE) !== 1;
  }

  /** What messages show; need not be unique. */
  override get name(): string {
    return (this._cell === 0 ? this.#name : native.getName(this._cell)) ?? '';
  }
  override set name(name: string) {
    // As `str()` does: JavaScript may give anything.
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-conversion -- as Python does with whatever it is given
    const text = String(name);
    if (this._cell === 0) this.#name = text;
    else native.setName(this._cell, text);
  }

  /** A number that tells this thread from all others; `undefined` until it is started. */
  get ident(): number | undefined {
    return this._w[this._i + IDENT] || undefined;
  }

  /**
   * The operating system's id of the thread, also after it has ended; `undefined` until it is started.
   *
   * @see https://docs.python.org/3/library/threading.html#threading.Thread.native_id
   */
  get native_id(): number | undefined {
    if (!(this._flags & ThreadFlag.started)) return undefined;
    // Started means here that a worker will take it. Whoever asks who that is waits for it.
    while (Atomics.load(this._w, this._i + NATIVE_ID) === 0 && Atomics.load(this._w, this._i + STATE) !== 1) {
      if (native.sleep(0.1) === Answer.interrupted) stopHere();
    }
    return this._w[this._i + NATIVE_ID] || undefined;
  }

  /**
   * Whether the process may end while the thread lives.
   *
   * @throws RuntimeError where it is set after the start
   * @throws TypeError where it is set to anything but a boolean
   * @see https://docs.python.org/3/library/threading.html#threading.Thread.daemon
   */
  get daemon(): boolean {
    return (this._flags & ThreadFlag.daemon) !== 0;
  }
  set daemon(daemon: boolean) {
    const flag = requiredBoolean('Thread', 'daemon', daemon);
    if (this._flags & ThreadFlag.started) throw new RuntimeError('cannot set daemon status of active thread');
    if (flag) Atomics.or(this._w, this._i + AUX, ThreadFlag.daemon);
    else Atomics.and(this._w, this._i + AUX, ~ThreadFlag.daemon);
  }

  /** @deprecated Python's old form of {@link Thread.name}. */
  getName(): string {
    return this.name;
  }
  /** @deprecated Python's old form of {@link Thread.name}. */
  setName(name: string): void {
    this.name = name;
  }
  /** @deprecated Python's old form of {@link Thread.daemon}. */
  isDaemon(): boolean {
    return this.daemon;
  }
  /** @deprecated Python's old form of {@link Thread.daemon}. */
  setDaemon(daemon: boolean): void {
    this.daemon = daemon;
  }
  /** @deprecated Python's old form of {@link is_alive}. */
  isAlive(): boolean {
    return this.is_alive();
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const flags = this._flags;
    const status = !(flags & ThreadFlag.started) ? 'initial' : this.is_alive() ? 'started' : 'stopped';
    const ident = this.ident === undefined ? '' : ` ${this.ident}`;
    return `<${this.constructor.name}(${this.name}, ${status}${this.daemon ? ' daemon' : ''}${ident})>`;
  }
}
