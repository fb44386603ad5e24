import { type AsyncOptions, describe, FOREVER, integerArgument, isOptions, waitTimeout } from '../../internal/arguments';
import { ValueError, typeError } from '../../internal/errors';
import type { BothWays } from './as_completed';
import { textOf } from '../../internal/text';
import type { Future } from './future';
import { Mapping, retold } from './map';

/** What a task may return: `R`, or a promise of it. */
export type Task<A extends unknown[], R> = (...args: A) => R;

/** Options of {@link Executor.map}, after the iterables. */
export interface MapOptions {
  /** Seconds from the call until the last result. */
  timeout?: number | null | undefined;
  /** Items to a task, where tasks go to processes. */
  chunksize?: number | undefined;
  /** Submit at most so many tasks ahead of the iteration, and take as many items. */
  buffersize?: number | null | undefined;
}

/** Options of `executor.options()`, of {@link ThreadPoolExecutor} and {@link ProcessPoolExecutor}. */
export interface TaskOptions {
  /**
   * Seconds from the submission after which a task that is not done fails with `TimeoutError`. The thread that
   * submitted it sees to that, also when its target has ended; one that is stopped itself, or calls
   * `process.exit()`, does not.
   */
  timeout?: number | null | undefined;
  /** Aborting fails the task with the signal's reason. What holds for `timeout` when the thread ends goes for this too. */
  signal?: AbortSignal | null | undefined;
  /** Buffers in the arguments that move to the task instead of being copied. */
  transfer?: readonly ArrayBuffer[] | null | undefined;
}

/** Options of {@link Executor.shutdown}. */
export interface ShutdownOptions {
  wait?: boolean | undefined;
  /** Cancels what has not begun. Default `false`. */
  cancel_futures?: boolean | undefined;
}

/**
 * Runs tasks elsewhere. A subclass has to define {@link submit}.
 *
 * @see https://docs.python.org/3/library/concurrent.futures.html#executor-objects
 */
export abstract class Executor implements Disposable, AsyncDisposable {
  /**
   * Has `fn(...args)` run.
   *
   * @returns the future of its result
   * @throws TypeError where `fn` can not run elsewhere: it names what it captures
   * @throws RuntimeError after {@link shutdown}; a BrokenExecutor where the executor is broken
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Executor.submit
   */
  abstract submit<A extends unknown[], R>(fn: Task<A, R>, ...args: A): Future<Awaited<R>>;

  /**
   * Has `fn` run with the first items of `iterables`, with the second, and so on until the shortest
   * ends. All is submitted at once, unless `buffersize` says otherwise. Behind the iterables may stand
   * {@link MapOptions}.
   *
   * @returns the results in order, both for `for`, which blocks, and `for await`; what a task threw
   * ends the iteration
   * @throws TimeoutError from the iteration, where a result is not there in time
   * @throws ValueError where `buffersize` or `chunksize` is less than 1
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Executor.map
   */
  map<T, R>(fn: Task<[T], R>, iterable: Iterable<T>, options?: MapOptions): BothWays<Awaited<R>>;
  map<T, U, R>(fn: Task<[T, U], R>, first: Iterable<T>, second: Iterable<U>, options?: MapOptions): BothWays<Awaited<R>>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- items of any number of iterables
  map<R>(fn: Task<any[], R>, ...iterables: (Iterable<unknown> | MapOptions)[]): BothWays<Awaited<R>>;
  map(fn: Task<never[], unknown>, ...given: unknown[]): BothWays<unknown> {
    const [iterables, options] = mapArguments(given);
    return this._map(fn as Task<unknown[], unknown>, iterables, options);
  }

  /** @internal `map` with its arguments read. */
  _map(
    fn: Task<unknown[], unknown>,
    iterables: Iterable<unknown>[],
    options: MapSettings,
    submit = this.submit.bind(this),
  ): BothWays<unknown> {
    return new Mapping((args) => retold(submit(fn, ...args), 'Executor.map'), iterables, options);
  }

  /**
   * Takes no more work. What was submitted is still done, unless `cancel_futures` says otherwise.
   *
   * @param wait - whether to block until all is done and the workers have ended
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Executor.shutdown
   */
  shutdown(wait?: boolean | ShutdownOptions, options?: ShutdownOptions): void {
    shutdownArguments('shutdown', wait, options);
  }

  /** {@link shutdown} without blocking the event loop. Aborting it ends the wait alone. */
  shutdown_async(wait?: boolean | (ShutdownOptions & AsyncOptions), options?: ShutdownOptions & AsyncOptions): Promise<void>;
  async shutdown_async(wait?: unknown, options?: unknown): Promise<void> {
    const how = shutdownArguments('shutdown_async', wait, options);
    await Promise.resolve();
    this.shutdown(how.wait, { cancel_futures: how.cancel });
  }

  /** The text that `console.log` shows. */
  toString(): string {
    return textOf(this);
  }

  /** For `JSON.stringify`, which can not carry what this is: the text that `console.log` shows. */
  toJSON(): string {
    return textOf(this);
  }

  /** `shutdown(true)`: blocks until all is done. */
  [Symbol.dispose](): void {
    this.shutdown(true);
  }

  /** `shutdown_async(true)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown_async(true);
  }
}

/** {@link MapOptions}, checked. */
export interface MapSettings {
  ms: number;
  chunksize: number;
  buffersize: number | undefined;
}

/** The iterables of a `map`, and its options where the last argument is such. */
export function mapArguments(given: readonly unknown[]): [Iterable<unknown>[], MapSettings] {
  const last = given[given.length - 1];
  const hasOptions = isOptions(last) && !(Symbol.iterator in last);
  const iterables = (hasOptions ? given.slice(0, -1) : given) as Iterable<unknown>[];
  const options = (hasOptions ? last : {}) as MapOptions;
  for (const key of Object.keys(options)) {
    if (!['timeout', 'chunksize', 'buffersize'].includes(key))
      throw typeError(`Executor.map() got an unexpected option '${key}'`);
  }
  for (const iterable of iterables) {
    if (typeof (iterable as { [Symbol.iterator]?: unknown } | null | undefined)?.[Symbol.iterator] !== 'function') {
      throw typeError(`Executor.map(): ${describe(iterable)} is not iterable`);
    }
  }
  const ms = options.timeout === undefined ? FOREVER : waitTimeout('Executor.map', options.timeout);
  const chunksize = integerArgument('Executor.map', 'chunksize', options.chunksize, 1);
  if (chunksize < 1) throw new ValueError('chunksize must be >= 1.');
  const { buffersize } = options;
  if (buffersize === undefined || buffersize === null) return [iterables, { ms, chunksize, buffersize: undefined }];
  if (!Number.isInteger(buffersize)) throw typeError(`buffersize must be an integer or nothing, not ${describe(buffersize)}`);
  if (buffersize < 1) throw new ValueError('buffersize must be None or > 0');
  return [iterables, { ms, chunksize, buffersize }];
}

/** The arguments of `shutdown`. */
export function shutdownArguments(method: string, wait: unknown, options: unknown): { wait: boolean; cancel: boolean } {
  const given = (isOptions(wait) ? wait : (options ?? {})) as ShutdownOptions;
  for (const [key, value] of Object.entries(given)) {
    if (key === 'signal' && method === 'shutdown_async') continue;
    if (key !== 'wait' && key !== 'cancel_futures') throw typeError(`${method}() got an unexpected option '${key}'`);
    if (value !== undefined && typeof value !== 'boolean')
      throw typeError(`${method}(): '${key}' must be a boolean, not ${describe(value)}`);
  }
  const waits = isOptions(wait) ? given.wait : wait;
  if (waits !== undefined && typeof waits !== 'boolean')
    throw typeError(`${method}(): 'wait' must be a boolean, not ${describe(waits)}`);
  return { wait: waits ?? true, cancel: given.cancel_futures ?? false };
}
