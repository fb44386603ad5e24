/** Waiting for several things at once: queues that have something to take, processes that have ended. */
import { FOREVER } from '../internal/arguments';
import { dispatchBlocking, unwatch, watch } from '../internal/async_waits';
import { STATE } from '../internal/cell';
import { firstWord, wordsOf } from '../internal/handles';
import { type CellId, native, type Token } from '../internal/native';

/** A queue, or the cell of a process. */
export type Source = { _promote(): CellId } | CellId;

/** Longest delay of a JavaScript timer. */
const TIMER_MAX = 2 ** 31 - 1;

/** Whether a queue has an item or will have none any more; whether a process has ended. */
export function ready(source: Source): boolean {
  if (typeof source === 'number') return Atomics.load(wordsOf(source), firstWord(source) + STATE) === 1;
  const cell = source._promote();
  return native.queueSize(cell) > 0 || native.queueIsShutDown(cell);
}

function begin(source: Source): Token | 0 {
  return typeof source === 'number' ? native.eventWaitAsync(source) : native.queueWatchAsync(source._promote());
}

/** Has `changed` called when one of the sources may be ready. */
class Watch {
  private readonly tokens = new Set<Token>();
  over = false;

  constructor(sources: readonly Source[], changed: () => void) {
    for (const source of sources) {
      const token = begin(source);
      if (token === 0) {
        this.over = true;
        return;
      }
      this.tokens.add(token);
      watch(token, this, () => {
        this.tokens.delete(token);
        this.over = true;
        changed();
      });
    }
  }

  end(): void {
    for (const token of this.tokens) unwatch(token);
    this.tokens.clear();
  }
}

function deadline(ms: number): number {
  return ms === FOREVER ? Infinity : performance.now() + ms;
}

function left(end: number): number {
  return end === Infinity ? FOREVER : Math.max(0, end - performance.now());
}

/** Blocks until some are ready: these, none where the time passed first. */
export function waitFor<S extends Source>(sources: readonly S[], ms: number): S[] {
  const end = deadline(ms);
  for (;;) {
    const those = sources.filter(ready);
    if (those.length > 0 || sources.length === 0 || left(end) === 0) return those;
    const watched = new Watch(sources, () => {});
    try {
      while (!watched.over && left(end) !== 0) dispatchBlocking(left(end));
    } finally {
      watched.end();
    }
  }
}

/** {@link waitFor} without blocking the event loop. */
export async function waitForAsync<S extends Source>(sources: readonly S[], ms: number, signal?: AbortSignal): Promise<S[]> {
  const end = deadline(ms);
  for (;;) {
    signal?.throwIfAborted();
    const those = sources.filter(ready);
    if (those.length > 0 || sources.length === 0 || left(end) === 0) return those;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        watched.end();
        resolve();
      };
      const timer = end === Infinity ? undefined : setTimeout(done, Math.min(Math.ceil(left(end)), TIMER_MAX));
      signal?.addEventListener('abort', done);
      const watched = new Watch(sources, done);
      if (watched.over) done();
    });
  }
}
