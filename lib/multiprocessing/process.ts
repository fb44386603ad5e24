import {
  argumentList,
  type AsyncOptions,
  booleanArgument,
  describe,
  functionArgument,
  isOptions,
  keywords,
  requiredBoolean,
  waitTimeout,
} from '../internal/arguments';
import { nothingToUndo, pendingWait } from '../internal/async_waits';
import { describeTarget, type TargetRef } from '../internal/callables';
import type { AnyFunction } from '../internal/callables/reference';
import { AssertionError, OSError, typeError, ValueError } from '../internal/errors';
import { AUX, ProcessFlag } from '../internal/cell';
import { stopHere } from '../internal/interruption';
import { neverSent } from '../internal/library_classes';
import { Answer, native } from '../internal/native';
import { type About, aboutMe, noteAbout } from '../internal/process/about';
import { inCall } from '../internal/codec';
import { encodeStart, launch } from '../internal/process/launch';
import { requireProcesses } from '../internal/process/supported';
import { startByFork } from '../internal/process/forked';
import { ProcessCell } from '../internal/process/process_cell';
import { checkBootstrapped } from '../internal/worker/guard';
import { cloneableFields, type InstanceMessage, instanceClass } from '../internal/subclasses';
import { applyTarget, refText } from '../internal/worker/message';
import type { StartMethod } from './context';
import { asyncArguments } from '../threading/lockable';
import { argumentOptions, groupGiven, type Target, type ThreadOptions } from '../threading/thread_arguments';

const KEYWORDS = ['group', 'target', 'name', 'args', 'kwargs', 'daemon'] as const;
const KWARGS = KEYWORDS.indexOf('kwargs');
/** Given to the constructor for the process that runs here. */
const HERE = Symbol('here');
const SIGINT = 2;
const SIGTERM = 15;
const SIGKILL = 9;

/** Keywords of `Process`'s constructor. */
export type ProcessOptions = ThreadOptions;

/** Children of this isolate that nobody has seen end. */
const children = new Set<Process>();
/** How many children this process has had, for their names. */
let count = 0;

/**
 * An activity that runs in a process of its own.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process
 */
export class Process {
  #fn: AnyFunction | undefined;
  #args: unknown[];
  #kwargs: Record<string, unknown> | undefined;
  #ref: TargetRef | undefined;
  #about: About;
  /** undefined in the process itself, and once closed. */
  #cell: ProcessCell | undefined = new ProcessCell();
  #closed = false;
  #startMethod: StartMethod = 'spawn';
  /** Whose child it is. */
  readonly #parent: number = process.pid;

  /**
   * @param options - in place of the positional arguments of Python: `{ target, name, args, kwargs, daemon }`;
   *   `kwargs`, where not empty, is passed to the target as one last options object
   * @throws TypeError where the target can not be run elsewhere: it is native, or uses variables of its surroundings
   */
  constructor(options?: ProcessOptions);
  constructor(
    group: null | undefined,
    target?: Target | null,
    name?: string | null,
    args?: Iterable<unknown> | null,
    kwargs?: object | null,
    options?: { daemon?: boolean | null },
  );
  constructor(...given: unknown[]) {
    if (given[0] === HERE) {
      this.#about = aboutMe();
      this.#args = [];
      return;
    }
    const byPosition = given.length === KWARGS + 1 && isOptions(given[KWARGS]);
    const [group, target, name, args, kwargs, daemon] = byPosition ? given : keywords('Process', KEYWORDS, given);
    if (group !== undefined && group !== null) throw groupGiven('Process', group);
    const me = aboutMe();
    const identity = [...me.identity, ++count];
    this.#startMethod = new.target._startMethod ?? me.startMethod ?? 'spawn';
    if (target !== undefined && target !== null) {
      this.#fn = functionArgument('Process', 'target', target);
      // A copy of this process has the function itself.
      if (this.#startMethod !== 'fork') this.#ref = describeTarget(this.#fn, "Process(): 'target'", 'process');
    }
    this.#args = argumentList('Process', args);
    this.#kwargs = argumentOptions('Process', kwargs);
    this.#about = {
      name: name === undefined || name === null ? `${new.target.name || 'Process'}-${identity.join(':')}` : String(name),
      identity,
      daemon: booleanArgument('Process', 'daemon', daemon, me.daemon),
      authkey: me.authkey,
      parent: me.name,
      startMethod: me.startMethod,
    };
  }

  /** @internal Of a context. */
  static _startMethod: StartMethod | undefined;

  /** @internal In a child that `fork` made. */
  static _become(me: Process): void {
    current = me;
  }

  /** @internal The object of the process that runs here. */
  static _current(): Process {
    const Class = aboutMe().parent === undefined ? _MainProcess : Process;
    return (current ??= new Class(HERE as never));
  }

  /**
   * Starts the process, once. Returns when the system has made it; it comes up while the caller goes on.
   *
   * @throws AssertionError where it was started before, or by a daemonic process
   * @throws RuntimeError while the program's main module is imported in a child: see `is_main`
   * @throws DataCloneError where an argument can not be sent to another process
   * @throws OSError where the system can have no more processes
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process.start
   */
  start(): void {
    const cell = this.#open();
    if (cell.started) throw new AssertionError('cannot start a process twice');
    if (this.#parent !== process.pid || this === current) {
      throw new AssertionError('can only start a process object created by current process');
    }
    // First, as in Python: a pool's worker that imports a module without the guard is to hear of the guard.
    checkBootstrapped('process');
    if (aboutMe().daemon) throw new AssertionError('daemonic processes are not allowed to have children');
    requireProcesses('Process.start()');
    if (this.#startMethod === 'fork') {
      const { executable, log } = aboutMe();
      const me: About = { ...this.#about, executable, log, startMethod: 'fork' };
      if (me.daemon) Atomics.or(cell._w, cell._i + AUX, ProcessFlag.daemon);
      startByFork(cell.cell, me, () => {
        Process._become(this);
        children.clear();
        count = 0;
        return () => this.run();
      });
      children.add(this);
      this._assign(undefined, [], undefined);
      return;
    }
    const Class = instanceClass(this, Process, this.run === Process.prototype.run);
    const instance: InstanceMessage | undefined =
      Class === undefined ? undefined : { class: Class, fields: cloneableFields(this) };
    const { executable, log } = aboutMe();
    let message: Uint8Array;
    try {
      message = encodeStart({
        about: { ...this.#about, executable, log },
        target: this.#ref === undefined ? '' : refText(this.#ref),
        args: this.#args,
        kwargs: this.#kwargs,
        instance,
        argv: process.argv,
      });
    } catch (error) {
      throw inCall(error, 'Process.start');
    }
    launch(cell.cell, message, this.#about.daemon);
    children.add(this);
    this._assign(undefined, [], undefined);
  }

  /** @internal In the process itself: what {@link run} runs. */
  _assign(fn: AnyFunction | undefined, args: unknown[], kwargs: Record<string, unknown> | undefined): void {
    this.#fn = fn;
    this.#args = args;
    this.#kwargs = kwargs;
  }

  /**
   * What the process does: calls the target. Exported subclasses may override it.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process.run
   */
  run(): unknown {
    return this.#fn === undefined ? undefined : applyTarget(this.#fn, this.#args, this.#kwargs);
  }

  /**
   * Waits for the end of the process.
   *
   * @param timeout - seconds to wait at most; nothing waits for ever
   * @throws AssertionError where it is not a child of this process, or was not started
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process.join
   */
  join(timeout?: number | null | { timeout?: number | null | undefined }): void {
    const [seconds] = isOptions(timeout) ? keywords('Process.join', ['timeout'], [timeout]) : [timeout];
    const ms = waitTimeout('Process.join', seconds);
    const cell = this.#joinable();
    if (!cell.ended && ms !== 0 && native.eventWait(cell.cell, ms) === Answer.interrupted) stopHere();
    this.#notice(cell);
  }

  /** {@link join} without blocking the event loop. */
  join_async(
    timeout?: number | null | ({ timeout?: number | null | undefined } & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<void>;
  async join_async(...given: unknown[]): Promise<void> {
    const [[timeout], signal] = asyncArguments('Process.join_async', ['timeout'], given);
    const ms = waitTimeout('Process.join_async', timeout);
    const cell = this.#joinable();
    signal?.throwIfAborted();
    if (!cell.ended && ms !== 0) {
      const token = native.eventWaitAsync(cell.cell);
      if (token !== 0) await pendingWait(cell, token, ms, signal, nothingToUndo);
    }
    this.#notice(cell);
  }

  #open(): ProcessCell {
    if (this.#closed || this.#cell === undefined) throw new ValueError('process object is closed');
    return this.#cell;
  }

  #joinable(): ProcessCell {
    const cell = this.#open();
    if (this === current || this.#parent !== process.pid) throw new AssertionError('can only join a child process');
    if (!cell.started) throw new AssertionError('can only join a started process');
    return cell;
  }

  #notice(cell: ProcessCell): void {
    if (cell.ended) children.delete(this);
  }

  /** Whether it was started and has not ended. */
  is_alive(): boolean {
    const cell = this.#open();
    if (this === current) return true;
    if (this.#parent !== process.pid) throw new AssertionError('can only test a child process');
    this.#notice(cell);
    return cell.started && !cell.ended;
  }

  /**
   * Asks the process to end, with SIGTERM. Its children go on.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process.terminate
   */
  terminate(): void {
    this.#signal('terminate', SIGTERM);
  }

  /** Ends the process at once, with SIGKILL. What it held passes on to others. */
  kill(): void {
    this.#signal('kill', SIGKILL);
  }

  /**
   * Sends SIGINT. A process that does not listen to it ends by it.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process.interrupt
   */
  interrupt(): void {
    this.#signal('interrupt', SIGINT);
  }

  #signal(method: string, signal: number): void {
    const cell = this.#open();
    if (!cell.started) throw new AssertionError(`Process.${method}(): the process was not started`);
    const errno = native.processSignal(cell.cell, signal);
    if (errno > 0) throw Object.assign(new OSError(`Process.${method}(): errno ${errno}`), { errno });
  }

  /**
   * Lets go of what this object holds; its methods throw afterwards.
   *
   * @throws ValueError where the process runs still
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process.close
   */
  close(): void {
    if (this.#closed) return;
    const cell = this.#open();
    if (cell.started && !cell.ended) {
      throw new ValueError('Cannot close a process while it is still running. You should first call join() or terminate().');
    }
    this.#notice(cell);
    this.#closed = true;
    this.#cell = undefined;
  }

  /** Ends it if it runs, waits for it, and closes it: for `using`. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    const cell = this.#open();
    if (cell.started && !cell.ended) {
      this.terminate();
      this.join();
    }
    this.close();
  }

  /** The same without blocking the event loop, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    const cell = this.#open();
    if (cell.started && !cell.ended) {
      this.terminate();
      await this.join_async();
    }
    this.close();
  }

  /** What messages show; need not be unique. */
  get name(): string {
    return this.#about.name;
  }
  set name(name: string) {
    if (typeof name !== 'string') throw typeError(`Process.name must be a string, not ${describe(name)}`);
    this.#about.name = name;
    if (this === current) noteAbout(this.#about);
  }

  /**
   * Whether it is terminated when its parent ends. Inherited from the process that makes it.
   *
   * @throws AssertionError when set after the start
   * @throws TypeError when set to anything but a boolean
   */
  get daemon(): boolean {
    return this.#about.daemon;
  }
  set daemon(daemon: boolean) {
    if (this === current || this.#open().started) throw new AssertionError('process has already started');
    this.#about.daemon = requiredBoolean('Process', 'daemon', daemon);
  }

  /** The system's number of the process; `undefined` before the start. */
  get pid(): number | undefined {
    if (this === current) return process.pid;
    return this.#open().pid;
  }

  /** The same as {@link pid}. */
  get ident(): number | undefined {
    return this.pid;
  }

  /** `undefined` until it has ended; then the code of its exit, or minus the number of the signal that killed it. */
  get exitcode(): number | undefined {
    if (this === current) return undefined;
    const cell = this.#open();
    this.#notice(cell);
    return cell.started ? cell.exitCode : undefined;
  }

  /**
   * A number that `multiprocessing.connection.wait` takes, ready when the process has ended.
   *
   * @throws ValueError before the start
   */
  get sentinel(): number {
    const cell = this.#open();
    if (!cell.started) throw new ValueError('process not started');
    return cell.cell;
  }

  /** The key by which processes of one tree know each other. */
  get authkey(): Uint8Array {
    return this.#about.authkey;
  }
  set authkey(authkey: Uint8Array) {
    if (!(authkey instanceof Uint8Array)) throw typeError(`Process.authkey must be bytes, not ${describe(authkey)}`);
    this.#about.authkey = Uint8Array.from(authkey);
    if (this === current) noteAbout(this.#about);
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const state = this.#closed
      ? 'closed'
      : this === current || this.is_alive()
        ? 'started'
        : this.exitcode === undefined
          ? 'initial'
          : this.exitcode === 0
            ? 'stopped'
            : `stopped exitcode=${this.exitcode}`;
    return `<${this.constructor.name} name='${this.name}' parent=${this.#parent} ${state}${this.daemon ? ' daemon' : ''}>`;
  }
}

neverSent(Process);

/** The process at the root of the tree, in its own eyes. */
export class _MainProcess extends Process {}

let current: Process | undefined;

/**
 * The process that the caller runs in.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.current_process
 */
export function current_process(): Process {
  return Process._current();
}

/**
 * The children that this thread's modules started and that have not ended. As in Python, asking lets go of those
 * that have.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.active_children
 */
export function active_children(): Process[] {
  for (const child of [...children]) if (!child.is_alive()) children.delete(child);
  return [...children];
}
