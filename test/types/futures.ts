import {
  ALL_COMPLETED,
  as_completed,
  type Executor,
  FIRST_COMPLETED,
  Future,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  wait,
  wait_async,
} from 'nogil/concurrent/futures';
import { get_context } from 'nogil/multiprocessing';
import type { Equal, Expect } from './expect';

const executor = new ThreadPoolExecutor(2, 'name');
export const all: Executor[] = [
  executor,
  new ThreadPoolExecutor(),
  new ThreadPoolExecutor({ max_workers: 2, initializer: (n: number) => n, initargs: [1] }),
  new ThreadPoolExecutor(2, { thread_name_prefix: 'p' }),
];

export const f = executor.submit((n: number, s: string) => s.repeat(n), 2, 'a');
export const g = executor.submit(async () => Promise.resolve(1));
export const h = executor
  .options({ timeout: 1, signal: AbortSignal.timeout(1), transfer: [new ArrayBuffer(1)] })
  .submit(() => true);
export const result = f.result({ timeout: 1 });
export const awaited = g.then((n) => n);
export type Submit = [
  Expect<Equal<typeof f, Future<string>>>,
  Expect<Equal<typeof g, Future<number>>>,
  Expect<Equal<typeof h, Future<boolean>>>,
  Expect<Equal<typeof result, string>>,
  Expect<Equal<typeof awaited, Promise<number>>>,
];

// @ts-expect-error: the task takes a number first
executor.submit((n: number) => n, 'a');
// @ts-expect-error: and no more than that
executor.submit((n: number) => n, 1, 2);
// @ts-expect-error: no such option
new ThreadPoolExecutor({ max_worker: 2 });
// @ts-expect-error: a signal is an AbortSignal
executor.options({ signal: 1 });

export function mapped(): [number[], string[]] {
  const squares = [...executor.map((n: number) => n * n, [1, 2], { timeout: 1, chunksize: 2, buffersize: 3 })];
  const texts = [...executor.map((n: number, s: string) => s.repeat(n), [1, 2], new Set(['a']))];
  return [squares, texts];
}

export async function iterated(): Promise<number> {
  let sum = 0;
  for await (const n of executor.map((n: number) => n, [1])) sum += n;
  // Of a type that no other test iterates: TypeScript 5.9 takes what `for await` gives for awaited, and so a future for
  // its result, from a program's second such loop over the same type on.
  for await (const future of as_completed([new Future<{ only: number }>()], 1)) sum += future.result().only;
  for (const future of as_completed(new Set([g]), { timeout: 1 })) sum += future.result();
  const { done } = await wait_async([g], { timeout: 1, signal: AbortSignal.timeout(1) });
  for (const future of done) sum += await future;
  return sum;
}

export const [done, not_done] = wait([g], 1, FIRST_COMPLETED);
export const named = wait([g], { return_when: ALL_COMPLETED }).done;
export type Wait = [
  Expect<Equal<typeof done, Set<Future<number>>>>,
  Expect<Equal<typeof not_done, Set<Future<number>>>>,
  Expect<Equal<typeof named, Set<Future<number>>>>,
];
// @ts-expect-error: no such constant
wait([g], 1, 'SOME');

export const own = new Future<number>({ name: 'a' });
own.set_result(1);
// @ts-expect-error: a number is promised
own.set_result('a');

export function block(): void {
  using _pool = new ThreadPoolExecutor(1);
}

export const processes = new ProcessPoolExecutor({ max_workers: 1, mp_context: get_context('spawn') });
