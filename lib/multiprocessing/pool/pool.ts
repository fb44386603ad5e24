import { type AsyncOptions, describe, functionArgument, integerArgument, isOptions, keywords } from '../../internal/arguments';
import { signalOf } from '../../internal/async_waits';
import { describeTarget } from '../../internal/callables';
import type { AnyFunction } from '../../internal/callables/reference';
import { ValueError, typeError } from '../../internal/errors';
import { neverSent } from '../../internal/library_classes';
import { native } from '../../internal/native';
import { MAP_CHUNK, STARMAP_CHUNK } from '../../concurrent/futures/chunks';
import { Future } from '../../concurrent/futures/future';
import { chunkPlace, initializerArgument, processClass, textOf } from '../../concurrent/futures/process_pool_executor';
import { retold } from '../../concurrent/futures/map';
import { AsyncResult, type Callbacks } from './async_result';
import { type Backend, ProcessBackend } from './backend';
import { type Feed, type IMapIterator, Ordered, Unordered } from './imap';

/** What a pool runs: a target, which may return a promise. */
export type Func<A extends unknown[], R> = (...args: A) => R;

/** Options of {@link Pool}, in place of its positional arguments. */
export interface PoolOptions {
  processes?: number | null | undefined;
  /** Called in each process before its first task, with `initargs`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- it takes whatever initargs are
  initializer?: ((...args: any[]) => unknown) | null | undefined;
  initargs?: readonly unknown[] | undefined;
  maxtasksperchild?: number | null | undefined;
  /** Of `multiprocessing.get_context`. */
  context?: { Process: unknown } | null | undefined;
}

type Kwargs = Record<string, unknown>;
/** Arguments that `kwds` follow. */
type Args<A extends unknown[]> = Partial<NoInfer<A>>;

/** Keywords of {@link Pool.apply_async}, after the function or after its arguments. */
export interface ApplyOptions<A extends unknown[], R> extends Callbacks<R> {
  args?: Args<A> | undefined;
  /** Passed to the function as one last object. */
  kwds?: Kwargs | null | undefined;
}

/** Keywords of {@link Pool.map_async}. */
export interface MapAsyncOptions<R> extends Callbacks<R[]> {
  chunksize?: number | null | undefined;
}

const RUN = 'RUN';
const CLOSE = 'CLOSE';
const TERMINATE = 'TERMINATE';

/**
 * Processes that do what they are given. One that dies is replaced; what it was at work for fails with
 * BrokenProcessPool, and nothing else does.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool
 */
export class Pool implements Disposable, AsyncDisposable {
  private state = RUN;
  private readonly backend: Backend;
  protected readonly size: number;
  /** Iterations that have not submitted all yet. */
  private readonly feeding = new Set<IMapIterator<unknown>>();

  /**
   * @param processes - how many; default: the number of processors that this process may use
   * @param initializer - a target that each process calls first; where it throws, the pool is broken
   * @param initargs - its arguments
   * @param maxtasksperchild - after so many tasks a process ends, and another comes
   * @throws ValueError where `processes` or `maxtasksperchild` is less than 1
   * @throws AssertionError in a daemonic process
   */
  constructor(
    processes?: number | null | PoolOptions,
    initializer?: PoolOptions['initializer'] | PoolOptions,
    initargs?: readonly unknown[] | PoolOptions,
    maxtasksperchild?: number | null | PoolOptions,
    context?: PoolOptions['context'],
  );
  constructor(...given: unknown[]) {
    const { size, backend } = this._make(given);
    this.size = size;
    this.backend = backend;
    dropped.register(this, backend);
  }

  /** @internal Of a context: the one that its pools take where none is given. */
  static _context: PoolOptions['context'];

  /** @internal */
  protected _make(given: unknown[]): { size: number; backend: Backend } {
    const names = ['processes', 'initializer', 'initargs', 'maxtasksperchild', 'context'];
    const [processes, initializer, initargs, tasks, context] = given.length === 5 ? given : keywords('Pool', names, given);
    if (tasks !== undefined && tasks !== null && !(Number.isInteger(tasks) && (tasks as number) > 0)) {
      throw new ValueError('maxtasksperchild must be a positive int or None');
    }
    const max = sizeArgument('Pool', processes);
    const backend = new ProcessBackend({
      max,
      tasks: (tasks as number | null | undefined) ?? undefined,
      initializer: initializerArgument('Pool', initializer, initargs),
      Process: processClass('Pool', 'context', context ?? (this.constructor as typeof Pool)._context),
    });
    return { size: max, backend };
  }

  /**
   * Calls `func` in the pool, and waits for what it returns. `kwds`, where not empty, are passed as one
   * last options object.
   *
   * @param args - its arguments
   * @throws what `func` throws; BrokenProcessPool; ValueError where the pool is closed
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.apply
   */
  apply<A extends unknown[], R>(func: Func<A, R>, args?: A | { args?: Args<A>; kwds?: Kwargs | null }): Awaited<R>;
  apply<A extends unknown[], R>(func: Func<A, R>, args: Args<A>, kwds?: Kwargs | null): Awaited<R>;
  apply(func: Func<never[], unknown>, ...given: unknown[]): unknown {
    return this.applied('Pool.apply', func, given, ['args', 'kwds']).get();
  }

  /**
   * {@link apply} without waiting.
   *
   * @param args - arguments of `func`; then `kwds` and callbacks by position, or by name in one object
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.apply_async
   */
  apply_async<A extends unknown[], R>(
    func: Func<A, R>,
    args?: A | ApplyOptions<A, Awaited<R>>,
    options?: ApplyOptions<A, Awaited<R>>,
  ): AsyncResult<Awaited<R>>;
  apply_async<A extends unknown[], R>(
    func: Func<A, R>,
    args: Args<A>,
    kwds?: Kwargs | null,
    callback?: Callbacks<Awaited<R>>['callback'],
    error_callback?: Callbacks<Awaited<R>>['error_callback'],
  ): AsyncResult<Awaited<R>>;
  apply_async(func: Func<never[], unknown>, ...given: unknown[]): AsyncResult<unknown> {
    return this.applied('Pool.apply_async', func, given, ['args', 'kwds', 'callback', 'error_callback']);
  }

  private applied(method: string, func: AnyFunction, given: unknown[], names: string[]): AsyncResult<unknown> {
    this.checkRunning();
    this.checkTarget(method, func);
    // An object in the place of kwds may hold these, or keywords of this method.
    const byPosition = given.length > 2 || (given.length === 2 && !holdsOnly(given[1], names));
    const [args, kwds, callback, error_callback] = byPosition ? given : keywords(method, names, given);
    const all = [...((args ?? []) as Iterable<unknown>)];
    const count = all.length;
    if (kwds !== undefined && kwds !== null) {
      if (!isOptions(kwds)) throw typeError(`${method}(): 'kwds' must be an object, not ${describe(kwds)}`);
      if (Object.keys(kwds).length > 0) all.push(kwds);
    }
    const callbacks = callbacksOf<unknown>(method, callback, error_callback);
    const future = retold(this.backend.submit(func, all), method, (path) => path.replace(`args[${count}]`, 'kwds'));
    return new AsyncResult([future], ([result]) => result, callbacks);
  }

  /**
   * Calls `func` with each item, several to a task.
   *
   * @param chunksize - items to a task; default: a quarter of what each process would get
   * @returns the results in the order of the items, when all are there
   * @throws what `func` throws for the first item for which it throws
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.map
   */
  map<T, R>(func: Func<[T], R>, iterable: Iterable<T>, chunksize?: number | null | { chunksize?: number | null }): Awaited<R>[];
  map(...given: unknown[]): unknown[] {
    return this.mapped('Pool.map', ['func', 'iterable', 'chunksize'], given, false).get();
  }

  /**
   * {@link map} without waiting. A callback is called once, with all results.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.map_async
   */
  map_async<T, R>(
    func: Func<[T], R>,
    iterable: Iterable<T>,
    chunksize?: number | null | MapAsyncOptions<Awaited<R>>,
    callback?: Callbacks<Awaited<R>[]>['callback'],
    error_callback?: Callbacks<Awaited<R>[]>['error_callback'],
  ): AsyncResult<Awaited<R>[]>;
  map_async(...given: unknown[]): AsyncResult<unknown[]> {
    return this.mapped('Pool.map_async', MAP_ASYNC, given, false);
  }

  /**
   * {@link map} for items that are arrays of arguments.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.starmap
   */
  starmap<A extends unknown[], R>(
    func: Func<A, R>,
    iterable: Iterable<A>,
    chunksize?: number | null | { chunksize?: number | null },
  ): Awaited<R>[];
  starmap(...given: unknown[]): unknown[] {
    return this.mapped('Pool.starmap', ['func', 'iterable', 'chunksize'], given, true).get();
  }

  /**
   * {@link starmap} without waiting.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.starmap_async
   */
  starmap_async<A extends unknown[], R>(
    func: Func<A, R>,
    iterable: Iterable<A>,
    chunksize?: number | null | MapAsyncOptions<Awaited<R>>,
    callback?: Callbacks<Awaited<R>[]>['callback'],
    error_callback?: Callbacks<Awaited<R>[]>['error_callback'],
  ): AsyncResult<Awaited<R>[]>;
  starmap_async(...given: unknown[]): AsyncResult<unknown[]> {
    return this.mapped('Pool.starmap_async', MAP_ASYNC, given, true);
  }

  private mapped(method: string, names: string[], given: unknown[], star: boolean): AsyncResult<unknown[]> {
    this.checkRunning();
    const [func, iterable, size, callback, error_callback] = keywords(method, names, given);
    const fn = this.checkTarget(method, func);
    const callbacks = callbacksOf<unknown[]>(method, callback, error_callback);
    const items = itemsOf(method, iterable, star);
    let chunksize = integerArgument(method, 'chunksize', size ?? undefined, 0);
    if (chunksize <= 0) {
      if (size !== undefined && size !== null)
        throw new ValueError(`${method}(): 'chunksize' must be 1 or more, not ${chunksize}`);
      chunksize = Math.ceil(items.length / (this.size * 4));
    }
    const futures: Future[] = [];
    for (let i = 0; i < items.length; i += chunksize)
      futures.push(this.chunk(method, fn, items.slice(i, i + chunksize), i, star));
    return new AsyncResult(futures, (results) => results.flat(), callbacks);
  }

  /** @param first - which of all items the first of these is */
  private chunk(method: string, fn: AnyFunction, items: unknown[], first: number, star: boolean): Future {
    const future = this.backend.submit(star ? STARMAP_CHUNK : MAP_CHUNK, [textOf(fn), items]);
    return retold(future, method, chunkPlace('iterable', first));
  }

  /**
   * {@link map}, whose results come one by one, in order.
   *
   * @param chunksize - items to a task
   * @returns an iterator both for `for` and `for await`, whose `next` takes a timeout
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.imap
   */
  imap<T, R>(func: Func<[T], R>, iterable: Iterable<T>, chunksize?: number | { chunksize?: number }): IMapIterator<Awaited<R>>;
  imap(...given: unknown[]): IMapIterator<unknown> {
    return this.iterated('Pool.imap', given, Ordered);
  }

  /**
   * {@link imap}, whose results come as they are there.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.imap_unordered
   */
  imap_unordered<T, R>(
    func: Func<[T], R>,
    iterable: Iterable<T>,
    chunksize?: number | { chunksize?: number },
  ): IMapIterator<Awaited<R>>;
  imap_unordered(...given: unknown[]): IMapIterator<unknown> {
    return this.iterated('Pool.imap_unordered', given, Unordered);
  }

  private iterated(
    method: string,
    given: unknown[],
    Class: new (feed: Feed, chunked: boolean) => IMapIterator<unknown>,
  ): IMapIterator<unknown> {
    this.checkRunning();
    const [func, iterable, size] = keywords(method, ['func', 'iterable', 'chunksize'], given);
    const fn = this.checkTarget(method, func);
    const chunksize = integerArgument(method, 'chunksize', size ?? undefined, 1);
    if (chunksize < 1) throw new ValueError(`Chunksize must be 1+, not ${chunksize}`);
    const source = iteratorOf(method, iterable);
    let count = 0;
    const feed = (): Future | undefined => {
      const items: unknown[] = [];
      try {
        for (let next; items.length < chunksize && !(next = source.next()).done;) items.push(next.value);
        const first = count;
        count += items.length;
        if (items.length > 0 && chunksize > 1) return this.chunk(method, fn, items, first, false);
        if (items.length > 0)
          return retold(this.backend.submit(fn, items), method, (path) => path.replace('args[0]', `iterable[${first}]`));
      } catch (error) {
        // It stands in the place of the item that could not be had, and nothing comes after it.
        source.next = () => ({ done: true, value: undefined });
        return Future._failed(error);
      }
      this.feeding.delete(results);
      return undefined;
    };
    const results = new Class(feed, chunksize > 1);
    this.feeding.add(results);
    return results._begin();
  }

  /**
   * Takes no more tasks. The workers end when all are done.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.close
   */
  close(): void {
    if (this.state !== RUN) return;
    for (const results of [...this.feeding]) results._finish();
    this.state = CLOSE;
    this.backend.close();
  }

  /**
   * Ends the workers at once. What is not done never will be: its `get` throws `multiprocessing.TimeoutError`.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.terminate
   */
  terminate(): void {
    this.stop();
    this.backend.join();
  }

  /** {@link terminate} without blocking the event loop. */
  async terminate_async(options: AsyncOptions = {}): Promise<void> {
    this.stop();
    await this.backend.join_async({ signal: signalOf('Pool.terminate_async', options) });
  }

  private stop(): void {
    if (this.state === TERMINATE) return;
    this.state = TERMINATE;
    this.feeding.clear();
    this.backend.terminate();
  }

  /**
   * Waits until the workers have ended.
   *
   * @throws ValueError where the pool was neither closed nor terminated
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.join
   */
  join(): void {
    if (this.state === RUN) throw new ValueError('Pool is still running');
    this.backend.join();
  }

  /** {@link join} without blocking the event loop. */
  async join_async(options: AsyncOptions = {}): Promise<void> {
    if (this.state === RUN) throw new ValueError('Pool is still running');
    await this.backend.join_async({ signal: signalOf('Pool.join_async', options) });
  }

  private checkTarget(method: string, func: unknown): AnyFunction {
    const fn = functionArgument(method, 'func', func);
    describeTarget(fn, `${method}(): 'func'`, this.backend.to);
    return fn;
  }

  private checkRunning(): void {
    if (this.state !== RUN) throw new ValueError('Pool not running');
  }

  /**
   * For `using pool = other.enter()`: the pool itself.
   *
   * @throws ValueError where it was closed or terminated
   */
  enter(): this {
    this.checkRunning();
    return this;
  }

  /** Terminates, as the end of Python's `with` does. */
  [Symbol.dispose](): void {
    this.terminate();
  }

  /** Terminates, without blocking the event loop. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.terminate_async();
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `<${this.constructor.name} state=${this.state} pool_size=${this.size}>`;
  }
}

neverSent(Pool);

const MAP_ASYNC = ['func', 'iterable', 'chunksize', 'callback', 'error_callback'];

/** The workers of a pool that nobody has any more end when their work is done. */
const dropped = new FinalizationRegistry<Backend>((backend) => {
  backend.close();
});

/** How many workers a pool is to have. */
export function sizeArgument(method: string, value: unknown): number {
  if (value === undefined || value === null) return native.cpuCount();
  const size = integerArgument(method, 'processes', value);
  if (size < 1) throw new ValueError('Number of processes must be at least 1');
  return size;
}

function callbacksOf<T>(method: string, callback: unknown, error_callback: unknown): Callbacks<T> {
  const callbacks = { callback, error_callback };
  for (const [name, value] of Object.entries(callbacks)) {
    if (value !== undefined && value !== null) functionArgument(method, name, value);
  }
  return callbacks as Callbacks<T>;
}

/** Whether it is an object of some of these keywords. */
function holdsOnly(value: unknown, names: readonly string[]): boolean {
  if (!isOptions(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => names.includes(key));
}

function iteratorOf(method: string, value: unknown): Iterator<unknown> {
  if (typeof (value as Iterable<unknown> | null | undefined)?.[Symbol.iterator] !== 'function') {
    throw typeError(`${method}(): 'iterable' must be iterable, not ${describe(value)}`);
  }
  return (value as Iterable<unknown>)[Symbol.iterator]();
}

function itemsOf(method: string, iterable: unknown, star: boolean): unknown[] {
  iteratorOf(method, iterable);
  const items = [...(iterable as Iterable<unknown>)];
  return star ? items.map((row) => [...(row as Iterable<unknown>)]) : items;
}
