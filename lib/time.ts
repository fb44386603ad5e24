/**
 * Clocks and sleeping.
 *
 * @see https://docs.python.org/3/library/time.html
 * @packageDocumentation
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type AsyncOptions, describe, TIMEOUT_MAX } from './internal/arguments';
import { signalOf } from './internal/async_waits';
import { OverflowError, ValueError, typeError } from './internal/errors';
import './internal/environment';
import { stopHere } from './internal/interruption';
import { Answer, native } from './internal/native';

/** Longest delay of a JavaScript timer. */
const TIMER_MAX = 2 ** 31 - 1;

function sleepTime(method: string, seconds: unknown): number {
  if (typeof seconds !== 'number') throw typeError(`${method}(): 'secs' must be a number of seconds, not ${describe(seconds)}`);
  if (Number.isNaN(seconds)) throw new ValueError(`${method}(): 'secs' must not be NaN`);
  if (seconds < 0) throw new ValueError(`${method}(): 'secs': sleep length must be non-negative, not ${seconds}`);
  if (seconds > TIMEOUT_MAX)
    throw new OverflowError(`${method}(): ${seconds} s is longer than the clock reaches (${TIMEOUT_MAX} s)`);
  return seconds * 1000;
}

/**
 * Blocks this thread for `secs` seconds, without using CPU; others go on.
 *
 * @throws ValueError where the time is negative or NaN
 * @see https://docs.python.org/3/library/time.html#time.sleep
 */
export function sleep(secs: number): void {
  const ms = sleepTime('sleep', secs);
  if (ms === 0) return;
  if (native.sleep(ms) === Answer.interrupted) stopHere();
}

/** {@link sleep} without blocking the event loop. */
export async function sleep_async(secs: number, options?: AsyncOptions): Promise<void> {
  const signal = signalOf('sleep_async', options);
  const end = performance.now() + sleepTime('sleep_async', secs);
  signal?.throwIfAborted();
  try {
    for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
      await delay(Math.min(Math.ceil(left), TIMER_MAX), undefined, signal ? { signal } : undefined);
    }
  } catch (error) {
    throw signal?.aborted ? (signal.reason as unknown) : error;
  }
}

/**
 * Seconds since 1970-01-01 00:00 UTC.
 *
 * @see https://docs.python.org/3/library/time.html#time.time
 */
export function time(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}

/**
 * Seconds on a clock that never goes back, the same in all threads; only differences mean something.
 *
 * @see https://docs.python.org/3/library/time.html#time.monotonic
 */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

/**
 * {@link monotonic}, for measuring short times.
 *
 * @see https://docs.python.org/3/library/time.html#time.perf_counter
 */
export function perf_counter(): number {
  return monotonic();
}

/**
 * Seconds of CPU that this thread has used.
 *
 * @see https://docs.python.org/3/library/time.html#time.thread_time
 */
export function thread_time(): number {
  return native.threadCpuSeconds();
}

/**
 * Seconds of CPU that the process has used, all threads together.
 *
 * @see https://docs.python.org/3/library/time.html#time.process_time
 */
export function process_time(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * A time as text, in local time: `Sun Nov  2 15:04:05 2026`.
 *
 * @param secs - as from {@link time}; now where not given
 * @throws OverflowError where no date is that far off
 * @see https://docs.python.org/3/library/time.html#time.ctime
 */
export function ctime(secs?: number | null): string {
  if (secs !== undefined && secs !== null && typeof secs !== 'number') {
    throw typeError(`ctime(): 'secs' must be a number of seconds, not ${describe(secs)}`);
  }
  const date = new Date(Math.floor(secs ?? time()) * 1000);
  if (Number.isNaN(date.getTime())) {
    if (Number.isNaN(secs)) throw new ValueError('ctime(): cannot convert float NaN to integer');
    throw new OverflowError('ctime(): timestamp out of range');
  }
  const two = (n: number): string => String(n).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${DAYS[date.getDay()]} ${MONTHS[date.getMonth()]} ${String(date.getDate()).padStart(2)} ${clock} ${date.getFullYear()}`;
}
