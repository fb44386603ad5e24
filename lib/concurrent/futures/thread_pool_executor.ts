import {
  argumentList,
  type AsyncOptions,
  functionArgument,
  integerArgument,
  isOptions,
  keywords,
  stringArgument,
} from '../../internal/arguments';
import { signalOf } from '../../internal/async_waits';
import { describeTarget, importable } from '../../internal/callables';
import type { AnyFunction } from '../../internal/callables/reference';
import { CellClass, DATA } from '../../internal/cell';
import { counted, discard, encode, encodeToScratch, inCall, listed } from '../../internal/codec';
import { RuntimeError, ValueError } from '../../internal/errors';
import {
  Attached,
  fromHandle,
  type Handle,
  Primitive,
  registerClass,
  revive,
  share,
  type Shareable,
  type Shared,
} from '../../internal/handles';
import { instanceMessage, ownFields, subclassText } from '../../internal/library_classes';
import { stopHere } from '../../internal/interruption';
import { Answer, native, START } from '../../internal/native';
import { refText } from '../../internal/worker/message';
import { terminateThread } from '../../internal/worker/pool';
import { current_thread } from '../../threading/current';
import { Thread } from '../../threading/thread';
import { INITIALIZER_FAILED, newPoolId, THREAD_DIED, unexplained, withCause } from './broken_pool';
import { callBackCancelled } from './cancelled_callbacks';
import { Executor, type ShutdownOptions, shutdownArguments, type Task, type TaskOptions } from './executor';
import { Future } from './future';
import { applyLimits, type Limits, LimitedExecutor } from './limited_executor';
import type { InitializerMessage, work } from './thread_pool_worker';

const WORK = importable<typeof work>(`${__dirname}/thread_pool_worker.js`, 'work');

/** Word of the executor's cell that counts its threads, for their names. */
const THREADS = DATA + 2;

/** Options of {@link ThreadPoolExecutor}, in place of its positional arguments. */
export interface ThreadPoolOptions {
  max_workers?: number | null | undefined;
  thread_name_prefix?: string | undefined;
  /** Called in each thread before its first task, with `initargs`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- it takes whatever initargs are
  initializer?: ((...args: any[]) => unknown) | null | undefined;
  initargs?: readonly unknown[] | undefined;
}

/** What a thread needs to start threads for a pool that another made. */
interface Settings {
  /** See {@link newPoolId}. */
  id: string;
  max: number;
  prefix: string;
  /** Whether its threads are daemons: a pool's are. */
  daemon?: boolean;
}

/** The numbers of functions that were submitted here, as native code knows them. */
const numbers = new WeakMap<AnyFunction, number>();

const INTERNAL: ReadonlySet<string> = new Set(['cell', 'settings', '_expire']);

/** The executor's cell, as a primitive. */
class PoolCell extends Primitive {
  get _class(): number {
    return CellClass.ThreadPool;
  }
}

/**
 * Runs tasks in threads, which it starts as they are needed and uses again. It can be passed to other
 * threads, and used there.
 *
 * @see https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor
 */
export class ThreadPoolExecutor extends Executor implements Shareable {
  private readonly cell: PoolCell;
  /** @internal */
  readonly settings: Settings;

  /**
   * @param max_workers - how many threads at most; default: the number of processors + 4, 32 at most
   * @param thread_name_prefix - the threads are called `prefix_0`, `prefix_1`, …
   * @param initializer - a target that each thread calls first; where it throws, the executor is broken
   * @param initargs - its arguments
   * @throws ValueError where `max_workers` is less than 1
   */
  constructor(
    max_workers?: number | null | ThreadPoolOptions,
    thread_name_prefix?: string | null | ThreadPoolOptions,
    initializer?: ThreadPoolOptions['initializer'] | ThreadPoolOptions,
    initargs?: readonly unknown[] | ThreadPoolOptions,
  );
  constructor(...given: unknown[]) {
    super();
    const [attached] = given;
    if (attached instanceof Attached) {
      this.cell = new PoolCell(CellClass.ThreadPool, 'ThreadPoolExecutor', attached);
      this.settings = attached.extra as Settings;
      return;
    }
    const names = ['max_workers', 'thread_name_prefix', 'initializer', 'initargs'];
    const [max, prefix, initializer, initargs] = keywords('ThreadPoolExecutor', names, given);
    const args = argumentList('ThreadPoolExecutor', initargs, 'initargs');
    const id = newPoolId();
    this.settings = {
      id,
      max: maxWorkers(max),
      prefix:
        stringArgument('ThreadPoolExecutor', 'thread_name_prefix', prefix) || `ThreadPoolExecutor-${native.nextCount(2) - 1}`,
    };
    const failed = encode(unexplained(INITIALIZER_FAILED, id)).slice();
    const died = encode(unexplained(THREAD_DIED, id)).slice();
    const message = initializer === undefined || initializer === null ? undefined : initializerMessage(initializer, args);
    const cell = native.poolCreate(this.settings.max, failed, died, message && encodeInitializer(message));
    this.cell = new PoolCell(CellClass.ThreadPool, 'ThreadPoolExecutor', new Attached(cell));
  }

  /**
   * The executor of a handle.
   *
   * @throws ValueError where that executor is gone, or the handle is not one of a ThreadPoolExecutor
   */
  static from(handle: unknown): ThreadPoolExecutor {
    return fromHandle(handle, 'ThreadPoolExecutor') as ThreadPoolExecutor;
  }

  /** A small value that `postMessage` can carry. */
  get handle(): Handle {
    const handle = { ...this.cell.handle, extra: this.settings };
    const subclass = subclassText(this);
    return subclass === undefined ? handle : { ...handle, subclass: instanceMessage(this, subclass, INTERNAL) };
  }

  /** @hidden */
  [share](): Shared {
    const subclass = subclassText(this);
    const fields = subclass === undefined ? undefined : ownFields(this, INTERNAL);
    return { ...this.cell[share](), extra: this.settings, subclass, fields };
  }

  override submit<A extends unknown[], R>(fn: Task<A, R>, ...args: A): Future<Awaited<R>> {
    return this._submit(fn as Task<unknown[], unknown>, args) as Future<Awaited<R>>;
  }

  /**
   * This executor, with a time limit, an abort signal or transferred buffers for each task that is
   * submitted through it. A task whose time is up before it has begun is not run; one that runs is
   * stopped, and its thread replaced.
   *
   * @throws TypeError on an unknown option; ValueError on a negative timeout
   */
  options(options: TaskOptions): LimitedExecutor {
    return new LimitedExecutor(this, options);
  }

  override shutdown(wait?: boolean | ShutdownOptions, options?: ShutdownOptions): void {
    const how = shutdownArguments('shutdown', wait, options);
    this._shutDown(how.cancel);
    if (!how.wait) return;
    // Threads may come in place of others that were stopped.
    for (let threads = this._threads(); threads.length > 0; threads = this._threads()) {
      for (const thread of threads) thread.join();
    }
  }

  override shutdown_async(
    wait?: boolean | (ShutdownOptions & AsyncOptions),
    options?: ShutdownOptions & AsyncOptions,
  ): Promise<void>;
  override async shutdown_async(wait?: unknown, options?: unknown): Promise<void> {
    const how = shutdownArguments('shutdown_async', wait, options);
    const signal = signalOf('shutdown_async', (isOptions(wait) ? wait : options) as AsyncOptions | undefined);
    signal?.throwIfAborted();
    this._shutDown(how.cancel);
    if (!how.wait) return;
    for (let threads = this._threads(); threads.length > 0; threads = this._threads()) {
      await Promise.all(threads.map((thread) => thread.join_async({ signal })));
    }
  }

  private _shutDown(cancel: boolean): void {
    native.poolShutdown(this.cell._cell, cancel);
    // As in Python: callbacks of what it cancels run within this call.
    if (cancel) callBackCancelled();
  }

  /** @internal */
  _submit(fn: Task<unknown[], unknown>, args: unknown[], limits?: Limits): Future {
    const number = numbers.get(fn) ?? numberOf(fn);
    let message: { bytes: Uint8Array; length: number };
    try {
      limits?.signal?.throwIfAborted();
      message = encodeToScratch(number === 0 ? [refText(describeTarget(fn, FN)), ...args] : args, limits?.encoding);
    } catch (error) {
      // What can not be sent hurts only its own future.
      return Future._failed(inCall(error, 'submit', counted(number === 0 ? 1 : 0)));
    }
    const { bytes, length } = message;
    const answer = native.poolSubmit(this.cell._cell, number, bytes, length);
    if (answer < 0) {
      discard(bytes.slice(0, length));
      throw refusal(answer, this.settings.id);
    }
    const starts = answer >= START;
    const future = Future._of(starts ? answer - START : answer);
    if (starts) this._start(false);
    if (limits) applyLimits(future, limits, this._expire);
    return future;
  }

  /** @internal */
  readonly _expire = (future: Future, reason: unknown): (() => void) => {
    const { _cell: cell } = future;
    // The cell must not become another future's before its thread has been looked for.
    const held = cell !== 0 && native.attach(cell, native.generation(cell), CellClass.Future);
    const failed = future._fail(reason);
    return () => {
      const answer = failed && held ? native.poolStop(this.cell._cell, cell) : 0;
      if (held) native.detach(cell);
      if (answer === 0) return;
      terminateThread(answer % START);
      if (answer >= START) this._start(true);
    };
  };

  /** Starts the thread that native code has asked for. `last`: without it, the pool may have none. */
  private _start(last: boolean): void {
    const { _w: w, _i: i } = this.cell;
    const { id, prefix, max, daemon = false } = this.settings;
    try {
      const name = `${prefix}_${(Atomics.add(w, i + THREADS, 1) >>> 0) % max}`;
      const thread = new Thread({ target: WORK, name, args: [native.poolStartingKey(), id], daemon });
      native.poolStarted(thread._promote());
      thread.start();
      native.poolRuns();
    } catch (error) {
      native.poolNotStarted(last);
      if (!last) throw error;
    }
  }

  private _threads(): Thread[] {
    let cells = native.poolThreads(this.cell._cell);
    // Another thread is between being asked for a thread and having started it.
    for (; !cells; cells = native.poolThreads(this.cell._cell)) if (native.sleep(0.1) === Answer.interrupted) stopHere();
    const threads = cells.map((cell) => revive(CellClass.Thread, new Attached(cell)) as Thread);
    if (threads.includes(current_thread())) throw new RuntimeError('cannot join current thread');
    return threads;
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `<ThreadPoolExecutor '${this.settings.prefix}': ${this.settings.max} threads at most>`;
  }
}

function maxWorkers(value: unknown): number {
  if (value === undefined || value === null) return Math.min(32, native.cpuCount() + 4);
  const max = integerArgument('ThreadPoolExecutor', 'max_workers', value);
  if (max <= 0) throw new ValueError('max_workers must be greater than 0');
  return Math.min(max, 0xffffffff);
}

function initializerMessage(value: unknown, initargs: unknown[]): InitializerMessage {
  const fn = functionArgument('ThreadPoolExecutor', 'initializer', value);
  return [refText(describeTarget(fn, "ThreadPoolExecutor(): 'initializer'")), initargs];
}

function encodeInitializer(message: InitializerMessage): Uint8Array {
  try {
    return encode(message);
  } catch (error) {
    throw inCall(error, 'ThreadPoolExecutor', listed('initializer', 'initargs'));
  }
}

const FN = "submit(): 'fn'";

function numberOf(fn: AnyFunction): number {
  const number = native.functionNumber(refText(describeTarget(fn, FN)));
  if (number > 0) numbers.set(fn, number);
  return number;
}

function refusal(answer: number, pool: string): unknown {
  switch (answer) {
    case -1:
      return new RuntimeError('cannot schedule new futures after shutdown');
    case -2:
      return new RuntimeError('cannot schedule new futures after interpreter shutdown');
    case -3:
      return withCause(unexplained(INITIALIZER_FAILED, pool));
    default:
      return withCause(unexplained(THREAD_DIED, pool));
  }
}

registerClass(CellClass.ThreadPool, 'ThreadPoolExecutor', ThreadPoolExecutor);
