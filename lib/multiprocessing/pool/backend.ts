/** Who does a pool's work: processes or threads. */
import type { AsyncOptions } from '../../internal/arguments';
import { inCall, registerErrorClass } from '../../internal/codec';
import { Crew, type CrewSettings } from '../../internal/process/crew';
import type { Future } from '../../concurrent/futures/future';
import { initargsPlace, submitTo, textOf } from '../../concurrent/futures/process_pool_executor';
import { ThreadPoolExecutor, type ThreadPoolOptions } from '../../concurrent/futures/thread_pool_executor';
import type { AnyFunction } from '../../internal/callables/reference';
import { TimeoutError } from '../errors';

/** What results fail with whose pool was terminated: as for Python, they never come. */
export class Terminated extends TimeoutError {
  constructor() {
    super('the pool was terminated before the task was done');
  }
}
registerErrorClass(Terminated, 'multiprocessing.pool.Terminated', __filename);

export interface Backend {
  /** Where functions go. */
  readonly to: 'process' | 'thread';
  /** @throws BrokenExecutor where nothing can be done any more */
  submit(fn: AnyFunction, args: unknown[]): Future;
  close(): void;
  terminate(): void;
  join(): void;
  join_async(options: AsyncOptions): Promise<void>;
}

export class ProcessBackend implements Backend {
  readonly to = 'process';
  private readonly crew: Crew;

  constructor(settings: Omit<CrewSettings, 'daemon'>) {
    try {
      this.crew = new Crew({ ...settings, daemon: true });
    } catch (error) {
      throw inCall(error, 'Pool', initargsPlace);
    }
  }

  submit(fn: AnyFunction, args: unknown[]): Future {
    return submitTo(this.crew, 'Pool', [...args, textOf(fn)]);
  }

  close(): void {
    this.crew.shutdown(false);
  }

  terminate(): void {
    this.crew.terminate(new Terminated());
  }

  join(): void {
    this.crew.join();
  }

  join_async(options: AsyncOptions): Promise<void> {
    return this.crew.join_async(options);
  }
}

export class ThreadBackend implements Backend {
  readonly to = 'thread';
  private readonly executor: ThreadPoolExecutor;
  /** What may have to fail. */
  private futures: Future[] = [];
  private sweepAt = 64;

  constructor(max: number, initializer: ThreadPoolOptions['initializer'], initargs: readonly unknown[]) {
    this.executor = new ThreadPoolExecutor(max, { initializer, initargs });
    this.executor.settings.daemon = true;
  }

  submit(fn: AnyFunction, args: unknown[]): Future {
    if (this.futures.length >= this.sweepAt) {
      this.futures = this.futures.filter((future) => !future.done());
      this.sweepAt = Math.max(64, this.futures.length * 2);
    }
    const future = this.executor._submit(fn as (...args: unknown[]) => unknown, args);
    this.futures.push(future);
    return future;
  }

  close(): void {
    this.executor.shutdown(false);
  }

  terminate(): void {
    this.close();
    // First all fail: whoever takes the place of a thread that is stopped takes none of them up.
    const stops = this.futures
      .filter((future) => !future.done())
      .map((future) => this.executor._expire(future, new Terminated()));
    this.futures = [];
    for (const stop of stops) stop();
  }

  join(): void {
    this.executor.shutdown();
  }

  join_async(options: AsyncOptions): Promise<void> {
    return this.executor.shutdown_async(true, options);
  }
}
