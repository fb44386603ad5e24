import { FOREVER, waitTimeout } from '../../internal/arguments';
import { dispatchBlocking } from '../../internal/async_waits';
import { TimeoutError as BuiltInTimeoutError } from '../../internal/errors';
import { neverSent } from '../../internal/library_classes';
import { native } from '../../internal/native';
import type { Future } from '../../concurrent/futures/future';
import { waitingForWork } from '../../concurrent/futures/starvation';
import { TimeoutError } from '../errors';

/** So many tasks are submitted ahead of the iteration. */
const AHEAD = 1024;

/** Submits the next task. undefined: there is none */
export type Feed = () => Future | undefined;

/**
 * What `imap` and `imap_unordered` give: results for `for`, which blocks, and for `for await`. After an error,
 * which stands in the place of the results of its task, `next` goes on with what comes then.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.imap
 */
export abstract class IMapIterator<T> implements IterableIterator<T, void>, AsyncIterable<T> {
  private results: T[] = [];
  private at = 0;
  private fed = false;
  private over = false;
  private submitted = 0;
  protected taken = 0;

  /**
   * @internal
   * @param chunked - tasks have several results, and an error ends the iteration
   */
  constructor(
    private readonly feed: Feed,
    private readonly chunked: boolean,
  ) {}

  /** @internal */
  _begin(): this {
    this.fill(AHEAD);
    return this;
  }

  protected abstract add(future: Future): void;
  /** The next task that is done. @throws multiprocessing.TimeoutError */
  protected abstract take(ms: number): Future;
  /** Wrapped, since a future is thenable. */
  protected abstract take_async(ms: number): Promise<{ future: Future }>;

  /** @internal Submits all that is left. */
  _finish(): void {
    this.fill(Infinity);
  }

  private fill(ahead: number): void {
    while (!this.fed && this.submitted - this.taken < ahead) {
      const future = this.feed();
      if (!future) {
        this.fed = true;
        return;
      }
      this.submitted++;
      this.add(future);
    }
  }

  private get ended(): boolean {
    return this.over || (this.fed && this.taken === this.submitted);
  }

  private accept(future: Future): void {
    this.taken++;
    this.fill(AHEAD);
    try {
      const result = future.result();
      this.results = this.chunked ? (result as T[]) : [result as T];
      this.at = 0;
    } catch (error) {
      if (this.chunked) this.over = true;
      throw error;
    }
  }

  /**
   * @param timeout - seconds to wait at most; nothing waits for ever
   * @throws multiprocessing.TimeoutError where the time passed first; the result is not lost
   */
  next(timeout?: number | null): IteratorResult<T, void> {
    const ms = waitTimeout('IMapIterator.next', timeout);
    while (this.at === this.results.length) {
      if (this.ended) return { done: true, value: undefined };
      this.accept(this.take(ms));
    }
    return { done: false, value: this.results[this.at++] };
  }

  /** {@link next} without blocking the event loop. */
  async next_async(timeout?: number | null): Promise<IteratorResult<T, void>> {
    const ms = waitTimeout('IMapIterator.next_async', timeout);
    while (this.at === this.results.length) {
      if (this.ended) return { done: true, value: undefined };
      this.accept((await this.take_async(ms)).future);
    }
    return { done: false, value: this.results[this.at++] };
  }

  /** Itself: `for` blocks until the next result is there. */
  [Symbol.iterator](): this {
    return this;
  }

  /** `for await` waits for the next result without blocking. */
  [Symbol.asyncIterator](): AsyncIterator<T, void> {
    return { next: () => this.next_async() };
  }
}

neverSent(IMapIterator);

/** Results in the order of the items. */
export class Ordered<T> extends IMapIterator<T> {
  private readonly futures = new Map<number, Future>();
  private added = 0;

  protected override add(future: Future): void {
    this.futures.set(this.added++, future);
  }

  protected override take(ms: number): Future {
    const future = this.futures.get(this.taken)!;
    translate(() => void future.exception(ms === FOREVER ? undefined : ms / 1000), future);
    this.futures.delete(this.taken);
    return future;
  }

  protected override async take_async(ms: number): Promise<{ future: Future }> {
    const future = this.futures.get(this.taken)!;
    try {
      await future.exception_async(ms === FOREVER ? undefined : ms / 1000);
    } catch (error) {
      translate(() => {
        throw error;
      }, future);
    }
    this.futures.delete(this.taken);
    return { future };
  }
}

function translate(wait: () => void, future: Future): void {
  try {
    wait();
  } catch (error) {
    throw error instanceof BuiltInTimeoutError && !future.done() ? late() : error;
  }
}

function late(): TimeoutError {
  return new TimeoutError('IMapIterator.next(): no result in that time');
}

/** Results as they come. */
export class Unordered<T> extends IMapIterator<T> {
  private readonly pending = new Set<Future>();
  private readonly ready: Future[] = [];
  private wake: (() => void) | undefined;

  protected override add(future: Future): void {
    this.pending.add(future);
    future.add_done_callback(() => {
      this.pending.delete(future);
      this.ready.push(future);
      this.wake?.();
    });
  }

  protected override take(ms: number): Future {
    const end = ms === FOREVER ? Infinity : performance.now() + ms;
    while (this.ready.length === 0) {
      const left = end === Infinity ? FOREVER : Math.max(0, end - performance.now());
      const some = waitingForWork(
        () => this.pending,
        () => dispatchBlocking(left),
      );
      if (!some && left === 0) throw late();
    }
    return this.ready.shift()!;
  }

  protected override async take_async(ms: number): Promise<{ future: Future }> {
    const end = ms === FOREVER ? Infinity : performance.now() + ms;
    while (this.ready.length === 0) {
      const left = end === Infinity ? FOREVER : Math.max(0, end - performance.now());
      if (left === 0) throw late();
      await this.pause(left);
    }
    return { future: this.ready.shift()! };
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      native.hold();
      const timer = ms === FOREVER ? undefined : setTimeout(() => this.wake?.(), Math.min(Math.ceil(ms), 2 ** 31 - 1));
      // A second call may have come before the first had its answer.
      const outer = this.wake;
      this.wake = () => {
        this.wake = undefined;
        outer?.();
        clearTimeout(timer);
        native.unhold();
        resolve();
      };
    });
  }
}
