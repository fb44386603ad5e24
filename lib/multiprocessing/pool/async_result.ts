import { type AsyncOptions, FOREVER, isOptions, keywords, waitTimeout } from '../../internal/arguments';
import { TimeoutError as BuiltInTimeoutError, ValueError } from '../../internal/errors';
import { neverSent } from '../../internal/library_classes';
import type { Future } from '../../concurrent/futures/future';
import { asyncArguments } from '../../threading/lockable';
import { TimeoutError } from '../errors';
import { Terminated } from './backend';

type Timeout = number | null | { timeout?: number | null | undefined };

/** What a pool calls when a result is there, in the thread that asked for it. */
export interface Callbacks<T> {
  /** Gets the result. */
  callback?: ((result: T) => unknown) | null | undefined;
  /** Gets what was thrown. */
  error_callback?: ((error: unknown) => unknown) | null | undefined;
}

/**
 * The result of `apply_async`, `map_async` or `starmap_async`. `await result` waits for it without blocking.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult
 */
export class AsyncResult<T> implements PromiseLike<T> {
  private _promise: Promise<T> | undefined;

  /**
   * @internal
   * @param futures - of the tasks that it takes
   * @param collect - makes the result of theirs
   */
  constructor(
    private readonly futures: Future[],
    private readonly collect: (results: unknown[]) => T,
    { callback, error_callback }: Callbacks<T>,
  ) {
    if (!callback && !error_callback) return;
    let left = futures.length;
    const done = (): unknown => {
      if (left > 0 && --left > 0) return undefined;
      const failed = this.failed();
      if (!failed) return callback?.(this.results());
      return failed.exception() instanceof Terminated ? undefined : error_callback?.(failed.exception());
    };
    if (left === 0) done();
    for (const future of futures) future.add_done_callback(done);
  }

  /**
   * Waits for the result. Callbacks have run when it returns.
   *
   * @param timeout - seconds to wait at most; nothing waits for ever
   * @throws multiprocessing.TimeoutError where the time passed first, or the pool was terminated; what a task threw;
   *   BrokenProcessPool where the process died that worked for it
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult.get
   */
  get(timeout?: Timeout): T {
    const [seconds] = isOptions(timeout) ? keywords('AsyncResult.get', ['timeout'], [timeout]) : [timeout];
    this.block('get', seconds);
    if (!this.done) throw late(seconds);
    return this.results();
  }

  /** {@link get} without blocking the event loop. */
  get_async(timeout?: Timeout & AsyncOptions, options?: AsyncOptions): Promise<T>;
  async get_async(...args: unknown[]): Promise<T> {
    const [[seconds], signal] = asyncArguments('AsyncResult.get_async', ['timeout'], args);
    await this.unblocked('get_async', seconds, signal);
    if (!this.done) throw late(seconds);
    return this.results();
  }

  /**
   * Waits until the result is there, or the time has passed.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult.wait
   */
  wait(timeout?: Timeout): void {
    const [seconds] = isOptions(timeout) ? keywords('AsyncResult.wait', ['timeout'], [timeout]) : [timeout];
    this.block('wait', seconds);
  }

  /** {@link wait} without blocking the event loop. */
  wait_async(timeout?: Timeout & AsyncOptions, options?: AsyncOptions): Promise<void>;
  async wait_async(...args: unknown[]): Promise<void> {
    const [[seconds], signal] = asyncArguments('AsyncResult.wait_async', ['timeout'], args);
    await this.unblocked('wait_async', seconds, signal);
  }

  /** Whether the result, or an error, is there. */
  ready(): boolean {
    return this.done && !(this.failed()?.exception() instanceof Terminated);
  }

  /**
   * Whether nothing was thrown.
   *
   * @throws ValueError where the result is not there yet
   */
  successful(): boolean {
    if (!this.ready()) throw new ValueError('AsyncResult.successful(): the result is not ready');
    return this.failed() === undefined;
  }

  then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this._promise ??= this.get_async();
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

  private get done(): boolean {
    return this.futures.every((future) => future.done());
  }

  /** The first task that failed, in the order of the items, once all are done. */
  private failed(): Future | undefined {
    return this.futures.find((future) => future.exception() !== undefined);
  }

  private results(): T {
    // Those that failed throw: the first of them.
    return this.collect(this.futures.map((future) => future.result()));
  }

  private block(method: string, seconds: unknown): void {
    const end = endOf(method, seconds);
    for (const future of this.futures) {
      try {
        future.exception(left(end));
      } catch (error) {
        if (error instanceof BuiltInTimeoutError && !future.done()) return;
        throw error;
      }
    }
  }

  private async unblocked(method: string, seconds: unknown, signal: AbortSignal | undefined): Promise<void> {
    const end = endOf(method, seconds);
    for (const future of this.futures) {
      try {
        await future.exception_async(left(end), { signal });
      } catch (error) {
        if (error instanceof BuiltInTimeoutError && !future.done()) return;
        throw error;
      }
    }
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `<AsyncResult ${this.ready() ? (this.successful() ? 'successful' : 'failed') : 'pending'}>`;
  }
}

neverSent(AsyncResult);

function endOf(method: string, seconds: unknown): number {
  const ms = waitTimeout(`AsyncResult.${method}`, seconds);
  return ms === FOREVER ? Infinity : performance.now() + ms;
}

function left(end: number): number | undefined {
  return end === Infinity ? undefined : Math.max(0, end - performance.now()) / 1000;
}

function late(seconds: unknown): TimeoutError {
  return new TimeoutError(`AsyncResult.get(): not done after ${String(seconds)} s`);
}
