import { argumentList, keywords, functionArgument } from '../../internal/arguments';
import type { ThreadPoolOptions } from '../../concurrent/futures/thread_pool_executor';
import { type Backend, ThreadBackend } from './backend';
import { Pool, type PoolOptions, sizeArgument } from './pool';

/**
 * A pool of threads, with the interface of one of processes.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.ThreadPool
 */
export class ThreadPool extends Pool {
  /**
   * @param processes - how many threads; default: the number of processors that this process may use
   * @param initializer - a target that each thread calls first; where it throws, the pool is broken
   * @param initargs - its arguments
   * @throws ValueError where `processes` is less than 1
   */
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- it says what a pool of threads is made with
  constructor(
    processes?: number | null | Omit<PoolOptions, 'maxtasksperchild' | 'context'>,
    initializer?: PoolOptions['initializer'] | Omit<PoolOptions, 'maxtasksperchild' | 'context'>,
    initargs?: readonly unknown[] | Omit<PoolOptions, 'maxtasksperchild' | 'context'>,
  ) {
    super(processes, initializer, initargs);
  }

  /** @internal */
  protected override _make(given: unknown[]): { size: number; backend: Backend } {
    while (given.length > 0 && given[given.length - 1] === undefined) given.pop();
    const [processes, initializer, initargs] = keywords('ThreadPool', ['processes', 'initializer', 'initargs'], given);
    const size = sizeArgument('ThreadPool', processes);
    if (initializer !== undefined && initializer !== null) functionArgument('ThreadPool', 'initializer', initializer);
    const args = argumentList('ThreadPool', initargs, 'initargs');
    return { size, backend: new ThreadBackend(size, initializer as ThreadPoolOptions['initializer'], args) };
  }
}
