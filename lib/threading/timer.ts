import { argumentList, describe, functionArgument, keywords } from '../internal/arguments';
import { describeTarget } from '../internal/callables';
import { typeError } from '../internal/errors';
import { native } from '../internal/native';
import { isPromiseLike } from '../internal/promises';
import { Event } from './event';
import { Thread } from './thread';
import { argumentOptions, type Target } from './thread_arguments';

/** Keywords of {@link Timer}'s constructor. */
export interface TimerOptions {
  /** Seconds to wait before the function is called. */
  interval: number;
  function: Target;
  args?: Iterable<unknown> | null | undefined;
  kwargs?: object | null | undefined;
}

const KEYWORDS = ['interval', 'function', 'args', 'kwargs'] as const;
const KWARGS = KEYWORDS.indexOf('kwargs');

/**
 * A thread that waits for a while and then calls a function, unless it was cancelled by then.
 *
 * @see https://docs.python.org/3/library/threading.html#timer-objects
 */
export class Timer extends Thread {
  /** Seconds between the start and the call. */
  interval: number;
  /** Set when the timer was cancelled or has called its function. */
  finished: Event;

  /**
   * @param interval - in seconds
   * @param fn - what to call; a target, as of `Thread`
   * @throws TypeError where `fn` can not run in another thread: it names what the function captures
   */
  constructor(interval: number, fn: Target, args?: Iterable<unknown> | null, kwargs?: object | null);
  constructor(options: TimerOptions);
  constructor(...given: unknown[]) {
    const byPosition = given.length === KWARGS + 1;
    const [interval, fn, args, kwargs] = byPosition ? given : keywords('Timer', KEYWORDS, given);
    if (typeof interval !== 'number')
      throw typeError(`Timer(): 'interval' must be a number of seconds, not ${describe(interval)}`);
    const target = functionArgument('Timer', 'function', fn) as Target;
    describeTarget(target, "Timer(): 'function'");
    super({
      target,
      name: `Thread-${native.nextCount(0)}`,
      args: argumentList('Timer', args),
      kwargs: argumentOptions('Timer', kwargs),
    });
    this.interval = interval;
    this.finished = new Event();
  }

  /**
   * Stops the timer where it has not called its function yet. From any thread.
   *
   * @see https://docs.python.org/3/library/threading.html#threading.Timer.cancel
   */
  cancel(): void {
    this.finished.set();
  }

  override run(): unknown {
    if (this.finished.wait(this.interval)) return undefined;
    const result = super.run();
    if (isPromiseLike(result)) return Promise.resolve(result).then(() => this.finished.set());
    this.finished.set();
    return undefined;
  }
}
