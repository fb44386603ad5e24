import { FOREVER } from '../../internal/arguments';
import type { BothWays } from './as_completed';
import type { MapSettings } from './executor';
import { inCall } from '../../internal/codec';
import { Future } from './future';
import { State } from './states';

/**
 * The same future, unless it has failed because its task could not be sent: then one whose error says so in the words
 * of this call, as `inCall` does.
 */
export function retold<T>(future: Future<T>, call: string, rename?: (path: string) => string): Future<T> {
  // What an executor of the program's own gives may be anything.
  if (!(future instanceof Future) || future._cell !== 0 || future._state !== State.exception) return future;
  const error = future.exception();
  const other = inCall(error, call, rename);
  if (other === error) return future;
  return Future._failed(other);
}

/** What {@link Executor.map} gives: the results of its tasks in the order of the items. */
export class Mapping<T> implements BothWays<T> {
  private readonly futures: (Future<T> | undefined)[] = [];
  private at = 0;
  private results: Generator<T, void, void> | undefined;
  private readonly end: number;
  private readonly items: Generator<unknown[], void, void>;
  private over = false;

  constructor(
    private readonly submit: (args: unknown[]) => Future<T>,
    iterables: Iterable<unknown>[],
    private readonly options: MapSettings,
  ) {
    this.end = options.ms === FOREVER ? Infinity : performance.now() + options.ms;
    this.items = zip(iterables);
    try {
      for (let i = 0; i !== options.buffersize && this.add(); i++);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** As of an iterator: the next result, for which it blocks. */
  next(): IteratorResult<T, void> {
    return (this.results ??= this[Symbol.iterator]()).next();
  }

  *[Symbol.iterator](): Generator<T, void, void> {
    try {
      for (let future = this.take(); future; future = this.take()) {
        let result: T;
        try {
          result = future.result(this.left());
        } finally {
          future.cancel();
        }
        yield result;
      }
    } finally {
      this.close();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    try {
      for (let future = this.take(); future; future = this.take()) {
        let result: T;
        try {
          result = await future.result_async(this.left());
        } finally {
          future.cancel();
        }
        yield result;
      }
    } finally {
      this.close();
    }
  }

  /** Submits the next task. @returns whether there was one */
  private add(): boolean {
    const next = this.items.next();
    if (next.done) return false;
    this.futures.push(this.submit(next.value));
    return true;
  }

  private take(): Future<T> | undefined {
    if (this.over || this.at === this.futures.length) return undefined;
    // As in Python: the next task is submitted before the result at hand is waited for.
    if (this.options.buffersize !== undefined) this.add();
    const future = this.futures[this.at]!;
    this.futures[this.at++] = undefined;
    if (this.at >= 1024 && this.at * 2 > this.futures.length) {
      this.futures.splice(0, this.at);
      this.at = 0;
    }
    return future;
  }

  private left(): number | undefined {
    return this.end === Infinity ? undefined : Math.max(0, this.end - performance.now()) / 1000;
  }

  private close(): void {
    this.over = true;
    for (let i = this.at; i < this.futures.length; i++) this.futures[i]?.cancel();
    this.futures.length = 0;
    this.at = 0;
    this.items.return();
  }
}

/** The first items of all, the second of all, until one has no more. */
export function* zip(iterables: Iterable<unknown>[]): Generator<unknown[], void, void> {
  const iterators = iterables.map((iterable) => iterable[Symbol.iterator]());
  if (iterators.length === 0) return;
  try {
    for (;;) {
      const row: unknown[] = [];
      for (const iterator of iterators) {
        const next = iterator.next();
        if (next.done) return;
        row.push(next.value);
      }
      yield row;
    }
  } finally {
    for (const iterator of iterators) iterator.return?.();
  }
}

/** So many rows at a time; of a single iterable, its items. */
export function* chunksOf(iterables: Iterable<unknown>[], size: number, single: boolean): Generator<unknown[], void, void> {
  let chunk: unknown[] = [];
  for (const row of zip(iterables)) {
    chunk.push(single ? row[0] : row);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** The results of chunks, one by one. */
export class Flattened<T> implements BothWays<T> {
  private results: Generator<T, void, void> | undefined;

  constructor(private readonly chunks: BothWays<T[]>) {}

  /** As of {@link Mapping}. */
  next(): IteratorResult<T, void> {
    return (this.results ??= this[Symbol.iterator]()).next();
  }

  *[Symbol.iterator](): Generator<T, void, void> {
    for (const results of this.chunks) yield* results;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for await (const results of this.chunks) yield* results;
  }
}
