import {
  argumentList,
  type AsyncOptions,
  describe,
  functionArgument,
  integerArgument,
  isOptions,
  keywords,
} from '../../internal/arguments';
import { signalOf } from '../../internal/async_waits';
import { describeTarget } from '../../internal/callables';
import type { AnyFunction } from '../../internal/callables/reference';
import { counted, type EncodeOptions, inCall } from '../../internal/codec';
import { ValueError, typeError } from '../../internal/errors';
import { neverSent } from '../../internal/library_classes';
import { native } from '../../internal/native';
import { Crew, type ProcessClass } from '../../internal/process/crew';
import { refText } from '../../internal/worker/message';
import type { BothWays } from './as_completed';
import { MAP_CHUNK, STARMAP_CHUNK } from './chunks';
import { callBackCancelled } from './cancelled_callbacks';
import { Executor, type MapSettings, type ShutdownOptions, shutdownArguments, type Task, type TaskOptions } from './executor';
import { Future } from './future';
import { applyLimits, LimitedExecutor, type Limits } from './limited_executor';
import { chunksOf, Flattened, Mapping, retold } from './map';
import type { InitializerMessage } from './thread_pool_worker';

/** What {@link ProcessPoolExecutor} needs of a context of `multiprocessing`. */
export interface ProcessContext {
  Process: unknown;
  /** How its processes are started: `spawn` or `fork`. */
  get_start_method?(): string | undefined;
}

/** Options of {@link ProcessPoolExecutor}, in place of its positional arguments. */
export interface ProcessPoolOptions {
  max_workers?: number | null | undefined;
  /** Of `multiprocessing.get_context`. */
  mp_context?: ProcessContext | null | undefined;
  /** Called in each process before its first task, with `initargs`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- it takes whatever initargs are
  initializer?: ((...args: any[]) => unknown) | null | undefined;
  initargs?: readonly unknown[] | undefined;
  max_tasks_per_child?: number | null | undefined;
}

/**
 * Runs tasks in processes, which it starts as they are needed and uses again.
 *
 * @see https://docs.python.org/3/library/concurrent.futures.html#processpoolexecutor
 */
export class ProcessPoolExecutor extends Executor {
  private readonly crew: Crew;

  /**
   * @param max_workers - how many processes at most; default: the number of processors that this one may use
   * @param mp_context - a context of `multiprocessing`, whose `Process` is started
   * @param initializer - a target that each process calls first; where it throws, the executor is broken
   * @param initargs - its arguments
   * @param options - `max_tasks_per_child`: after so many tasks a process ends, and another comes
   * @throws ValueError where `max_workers` or `max_tasks_per_child` is less than 1
   */
  constructor(
    max_workers?: number | null | ProcessPoolOptions,
    mp_context?: ProcessPoolOptions['mp_context'] | ProcessPoolOptions,
    initializer?: ProcessPoolOptions['initializer'] | ProcessPoolOptions,
    initargs?: readonly unknown[] | ProcessPoolOptions,
    options?: { max_tasks_per_child?: number | null | undefined },
  );
  constructor(...given: unknown[]) {
    super();
    const names = ['max_workers', 'mp_context', 'initializer', 'initargs', 'max_tasks_per_child'];
    // A context may look like an object of options, where it is the last.
    const [max, context, initializer, initargs, tasks] =
      given.length === 2 && isContext(given[1]) ? given : keywords('ProcessPoolExecutor', names, given);
    this.crew = new Crew({
      max: maxWorkers(max),
      Process: processClass('ProcessPoolExecutor', 'mp_context', context),
      initializer: initializerArgument('ProcessPoolExecutor', initializer, initargs),
      tasks: maxTasks(tasks, context),
      daemon: false,
    });
    dropped.register(this, this.crew);
  }

  override submit<A extends unknown[], R>(fn: Task<A, R>, ...args: A): Future<Awaited<R>> {
    return this._submit(fn as Task<unknown[], unknown>, args) as Future<Awaited<R>>;
  }

  /**
   * This executor, with a time limit, an abort signal or transferred buffers for each task that is
   * submitted through it. A task whose time is up before it has begun is not run; of one that runs the
   * process is killed, and another comes in its place.
   *
   * @throws TypeError on an unknown option; ValueError on a negative timeout
   */
  options(options: TaskOptions): LimitedExecutor {
    return new LimitedExecutor(this, options);
  }

  override shutdown(wait?: boolean | ShutdownOptions, options?: ShutdownOptions): void {
    const how = shutdownArguments('shutdown', wait, options);
    this._shutDown(how.cancel);
    if (how.wait) this.crew.join();
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
    if (how.wait) await this.crew.join_async({ signal });
  }

  /**
   * Ends the processes at once, with SIGTERM: what is queued is cancelled, what they work for fails with
   * BrokenProcessPool.
   *
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.ProcessPoolExecutor.terminate_workers
   */
  terminate_workers(): void {
    this._shutDown(true);
    this.crew.signal(false);
  }

  /**
   * The same with SIGKILL.
   *
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.ProcessPoolExecutor.kill_workers
   */
  kill_workers(): void {
    this._shutDown(true);
    this.crew.signal(true);
  }

  private _shutDown(cancel: boolean): void {
    this.crew.shutdown(cancel);
    // As in Python: callbacks of what it cancels run within this call.
    if (cancel) callBackCancelled();
  }

  /** @internal */
  _submit(fn: Task<unknown[], unknown>, args: unknown[], limits?: Limits): Future {
    const text = textOf(fn);
    if (limits?.signal?.aborted) {
      this.crew.check();
      return Future._failed(limits.signal.reason);
    }
    const future = submitTo(this.crew, 'ProcessPoolExecutor', [...args, text], limits?.encoding);
    if (limits && !future.done()) applyLimits(future, limits, this.crew.expire);
    return future;
  }

  /** @internal */
  override _map(
    fn: Task<unknown[], unknown>,
    iterables: Iterable<unknown>[],
    options: MapSettings,
    submit = this.submit.bind(this),
  ): BothWays<unknown> {
    if (options.chunksize === 1) return super._map(fn, iterables, options, submit);
    const text = textOf(fn);
    const single = iterables.length === 1;
    const chunks = chunksOf(iterables, options.chunksize, single);
    const chunk = single ? MAP_CHUNK : STARMAP_CHUNK;
    let sent = 0;
    const results = new Mapping(
      (args) => {
        const future = Reflect.apply(submit, undefined, [chunk, text, ...args]) as Future<unknown[]>;
        const place = chunkPlace(single ? 'iterable' : 'iterables', sent);
        sent += options.chunksize;
        return retold(future, 'Executor.map', place);
      },
      [chunks],
      options,
    );
    return new Flattened(results);
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `<ProcessPoolExecutor: ${this.crew.processes.length} processes>`;
  }
}

neverSent(ProcessPoolExecutor);

/** As in Python, the processes of an executor that nobody has any more end when their work is done. */
const dropped = new FinalizationRegistry<Crew>((crew) => {
  crew.shutdown(false);
});

/** For `inCall`: where an item of a chunk is, whose first is number `first`. */
export function chunkPlace(name: string, first: number): (path: string) => string {
  return (path) => path.replace(/^args\[1\]\[(\d+)\]/, (_, at: string) => `${name}[${first + Number(at)}]`);
}

/** For `inCall`: where initargs are in the arguments of the process that a crew starts. */
export function initargsPlace(path: string): string {
  return path.replace('args[3][1]', 'initargs');
}

/** Queues a task of a crew, whose errors speak of the arguments that the program gave. */
export function submitTo(crew: Crew, made: string, task: unknown[], options?: EncodeOptions): Future {
  let future: Future;
  try {
    future = crew.submit(task, options);
  } catch (error) {
    // Of the start of a worker.
    throw inCall(error, made, initargsPlace);
  }
  return retold(future, 'submit', counted());
}

const texts = new WeakMap<AnyFunction, string>();

/** A task's function as workers know it. */
export function textOf(fn: AnyFunction): string {
  let text = texts.get(fn);
  if (text === undefined) texts.set(fn, (text = refText(describeTarget(fn, "submit(): 'fn'", 'process'))));
  return text;
}

export function initializerArgument(method: string, value: unknown, initargs: unknown): InitializerMessage | undefined {
  const args = argumentList(method, initargs, 'initargs');
  if (value === undefined || value === null) return undefined;
  const fn = functionArgument(method, 'initializer', value);
  return [refText(describeTarget(fn, `${method}(): 'initializer'`, 'process')), args];
}

function maxWorkers(value: unknown): number {
  if (value === undefined || value === null) return native.cpuCount();
  const max = integerArgument('ProcessPoolExecutor', 'max_workers', value);
  if (max <= 0) throw new ValueError('max_workers must be greater than 0');
  return Math.min(max, 4096);
}

function maxTasks(value: unknown, context: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw typeError('max_tasks_per_child must be an integer');
  if (value <= 0) throw new ValueError('max_tasks_per_child must be >= 1');
  if ((context as ProcessPoolOptions['mp_context'])?.get_start_method?.() === 'fork') {
    throw new ValueError(
      "max_tasks_per_child is incompatible with the 'fork' multiprocessing start method; supply a different mp_context.",
    );
  }
  return value;
}

function isContext(value: unknown): value is { Process: ProcessClass } {
  return typeof value === 'object' && value !== null && typeof (value as { Process?: unknown }).Process === 'function';
}

/** @internal The `Process` of a context. */
export function processClass(method: string, name: string, context: unknown): ProcessClass | undefined {
  if (context === undefined || context === null) return undefined;
  if (!isContext(context)) throw typeError(`${method}(): '${name}' must be a context, not ${describe(context)}`);
  return context.Process;
}
