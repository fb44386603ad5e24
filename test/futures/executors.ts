/** What the tests that hold for every executor are run with. */
import { join } from 'node:path';
import { importable } from 'nogil';
import { type Executor, ThreadPoolExecutor, type ThreadPoolOptions } from 'nogil/concurrent/futures';
import { Event, Semaphore } from 'nogil/threading';

export const TASKS = join(__dirname, 'fixtures', 'tasks.cjs');

/** A task of `fixtures/tasks.cjs`. */

export function task(name: string): (...args: any[]) => any {
  return importable(TASKS, name);
}

export const executors: { name: string; make: (max_workers?: number, options?: ThreadPoolOptions) => Executor }[] = [
  { name: 'ThreadPoolExecutor', make: (max_workers, options) => new ThreadPoolExecutor({ max_workers, ...options }) },
];

/** Outer limit of every wait, in seconds. */
export const LIMIT = 60;

/** Keeps a thread of an executor busy until it is let go. */
export class Busy {
  readonly begun = new Semaphore(0);
  readonly go = new Event();

  constructor(executor: Executor, n = 1) {
    this.futures = Array.from({ length: n }, () => executor.submit(task('waits'), this.begun, this.go));
    for (let i = 0; i < n; i++) if (!this.begun.acquire(true, LIMIT)) throw new Error('a task did not begin');
  }

  readonly futures;
}
