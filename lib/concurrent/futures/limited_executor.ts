import { describe, FOREVER, isOptions, waitTimeout } from '../../internal/arguments';
import { signalOf } from '../../internal/async_waits';
import type { EncodeOptions } from '../../internal/codec';
import { ValueError, typeError } from '../../internal/errors';
import { neverSent } from '../../internal/library_classes';
import type { BothWays } from './as_completed';
import { Executor, type MapSettings, type ShutdownOptions, type Task, type TaskOptions } from './executor';
import type { Future } from './future';
import { type Expire, limitBySignal, limitTime } from './limits';

/** {@link TaskOptions}, checked. */
export interface Limits {
  ms: number;
  signal: AbortSignal | undefined;
  encoding: EncodeOptions | undefined;
}

/** Has `future` fail when its limits say so. */
export function applyLimits(future: Future, { ms, signal }: Limits, expire: Expire): void {
  if (ms !== FOREVER) limitTime(future, ms, expire);
  if (signal) limitBySignal(future, signal, expire);
}

interface Limitable extends Executor {
  /** @internal */
  _submit(fn: Task<unknown[], unknown>, args: unknown[], limits?: Limits): Future;
}

/** What `options()` of an executor gives. */
export class LimitedExecutor extends Executor {
  private readonly limits: Limits;

  /** @internal */
  constructor(
    private readonly executor: Limitable,
    options: TaskOptions,
    base?: Limits,
  ) {
    super();
    const given: unknown = options;
    if (!isOptions(given))
      throw typeError(`options() takes an object such as { timeout, signal, transfer }, not ${describe(given)}`);
    for (const key of Object.keys(options)) {
      if (!['timeout', 'signal', 'transfer'].includes(key)) throw typeError(`options() got an unexpected option '${key}'`);
    }
    const ms = waitTimeout('options', options.timeout);
    if (typeof options.timeout === 'number' && options.timeout < 0)
      throw new ValueError("options(): 'timeout' must not be negative");
    const { timeout, transfer } = options;
    const signal = signalOf('options', { signal: options.signal ?? undefined });
    this.limits = {
      ms: timeout === undefined && base ? base.ms : ms,
      signal: options.signal === undefined ? base?.signal : signal,
      encoding: transfer === undefined ? base?.encoding : transfer ? { transfer } : undefined,
    };
  }

  /**
   * The same executor with these limits beside the ones of this view, or in place of them; `null` takes one away.
   *
   * @throws TypeError on an unknown option; ValueError on a negative timeout
   */
  options(options: TaskOptions): LimitedExecutor {
    return new LimitedExecutor(this.executor, options, this.limits);
  }

  override submit<A extends unknown[], R>(fn: Task<A, R>, ...args: A): Future<Awaited<R>> {
    return this.executor._submit(fn as Task<unknown[], unknown>, args, this.limits) as Future<Awaited<R>>;
  }

  /** @internal Each task takes along those of the transferred buffers that it is given. */
  override _map(fn: Task<unknown[], unknown>, iterables: Iterable<unknown>[], options: MapSettings): BothWays<unknown> {
    const transfer = this.limits.encoding?.transfer;
    const submit = (fn: unknown, ...args: unknown[]): Future<never> => {
      const encoding = transfer && { transfer: buffersWithin(args, new Set(transfer)) };
      return this.executor._submit(fn as Task<unknown[], unknown>, args, { ...this.limits, encoding }) as Future<never>;
    };
    return this.executor._map(fn, iterables, options, submit);
  }

  override shutdown(wait?: boolean | ShutdownOptions, options?: ShutdownOptions): void {
    this.executor.shutdown(wait, options);
  }

  override shutdown_async(wait?: boolean | ShutdownOptions, options?: ShutdownOptions): Promise<void> {
    return this.executor.shutdown_async(wait, options);
  }
}

/** Those of `buffers` that occur in a value. */
function buffersWithin(value: unknown, buffers: ReadonlySet<ArrayBuffer>, seen = new Set<unknown>()): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  if (value instanceof ArrayBuffer) return buffers.has(value) ? [value] : [];
  if (ArrayBuffer.isView(value)) return buffersWithin(value.buffer, buffers, seen);
  const parts: unknown[] = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
  return parts.flatMap((part) => buffersWithin(part, buffers, seen));
}

neverSent(LimitedExecutor);
