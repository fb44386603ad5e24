import { FOREVER, keywords, waitTimeout } from '../../internal/arguments';
import { dispatchBlocking, unwatch, watch } from '../../internal/async_waits';
import { TimeoutError } from '../../internal/errors';
import { native, type Token } from '../../internal/native';
import type { Future } from './future';
import { futureArgument, futuresArgument } from './future_arguments';
import { waitingForWork } from './starvation';

/** An iterator both for `for`, which blocks the thread, and `for await`, which does not. */
export interface BothWays<T> extends Iterable<T>, AsyncIterable<T> {
  /** The next one, for which this blocks. */
  next(): IteratorResult<T, void>;
}

/**
 * Futures in the order in which they get done, those that are done already first. One that was
 * cancelled counts once its executor has seen that.
 *
 * @param fs - an iterable of futures; one given twice comes once
 * @param timeout - seconds from this call in all; nothing waits for ever
 * @throws TimeoutError from the iteration, where the time passed before the last was done
 * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.as_completed
 */
export function as_completed<T>(
  fs: Iterable<Future<T>>,
  timeout?: number | null | { timeout?: number | null | undefined },
): BothWays<Future<T>>;
export function as_completed<T>(...args: unknown[]): BothWays<Future<T>> {
  const [fs, seconds] = keywords('as_completed', ['fs', 'timeout'], args);
  const ms = waitTimeout('as_completed', seconds);
  return new AsCompleted<T>(fs, ms === FOREVER ? Infinity : performance.now() + ms);
}

class AsCompleted<T> implements BothWays<Future<T>> {
  private readonly ready: Future<T>[] = [];
  private at = 0;
  private futures: Generator<Future<T>, void, void> | undefined;
  private readonly tokens = new Map<Future<T>, Token>();
  private readonly total: number;
  private wake: (() => void) | undefined;

  constructor(
    fs: unknown,
    private readonly end: number,
  ) {
    const all = new Set(futuresArgument<T>('as_completed', fs));
    this.total = all.size;
    for (const f of all) futureArgument('as_completed', f);
    for (const f of all) {
      const token = f._settled ? 0 : native.futureWaitAsync(f._promote(), true, false);
      if (token === 0) {
        this.ready.push(f);
        continue;
      }
      this.tokens.set(f, token);
      f._watches++;
      watch(token, f, () => {
        f._watches--;
        this.tokens.delete(f);
        this.ready.push(f);
        this.wake?.();
      });
    }
  }

  next(): IteratorResult<Future<T>, void> {
    return (this.futures ??= this[Symbol.iterator]()).next();
  }

  *[Symbol.iterator](): Generator<Future<T>, void, void> {
    try {
      for (;;) {
        // What was done while nobody looked has been notified, and needs no wait.
        if (this.at === this.ready.length && this.tokens.size > 0) {
          const left = this.left();
          const some = waitingForWork(
            () => this.tokens.keys(),
            () => dispatchBlocking(left),
          );
          if (!some && left === 0) throw this.late();
          continue;
        }
        if (this.at === this.ready.length) return;
        yield this.take();
      }
    } finally {
      this.close();
    }
  }

  // Not an async generator: that would await each future, as it does any thenable.
  [Symbol.asyncIterator](): AsyncIterator<Future<T>, void> {
    return {
      next: async (): Promise<IteratorResult<Future<T>, void>> => {
        while (this.at === this.ready.length) {
          if (this.tokens.size === 0) return { done: true, value: undefined };
          const left = this.left();
          if (left === 0) {
            const late = this.late();
            this.close();
            throw late;
          }
          await this.pause(left);
        }
        return { done: false, value: this.take() };
      },
      return: (): Promise<IteratorResult<Future<T>, void>> => {
        this.close();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  private take(): Future<T> {
    const f = this.ready[this.at];
    // What was handed out is no longer held.
    this.ready[this.at++] = undefined as never;
    // The event loop may yet have to tell.
    f._runCallbacks();
    return f;
  }

  private left(): number {
    return this.end === Infinity ? FOREVER : Math.max(0, this.end - performance.now());
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      native.hold();
      const timer = ms === FOREVER ? undefined : setTimeout(() => this.wake?.(), Math.min(Math.ceil(ms), 2 ** 31 - 1));
      // A second `next()` may have been called before the first had its answer.
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

  private late(): TimeoutError {
    return new TimeoutError(`${this.tokens.size} (of ${this.total}) futures unfinished`);
  }

  private close(): void {
    for (const [f, token] of this.tokens) {
      unwatch(token);
      f._watches--;
    }
    this.tokens.clear();
    // A `next()` may be pending: nothing else would end it, or let the process end.
    this.wake?.();
  }
}
