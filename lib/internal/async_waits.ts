/**
 * Promises for waits: what the `_async` twins are made of. The wait itself is a record in native
 * memory; here is its deadline, its abort signal, and its promise.
 */
import { typeError } from './errors';
import type { AsyncOptions } from './arguments';
import { describe, FOREVER } from './arguments';
import { stopHere } from './interruption';
import { native, type Token } from './native';

export interface Settled {
  outcome: number;
  index: number;
  /** What {@link pendingWait}'s `collect` gave. */
  value?: unknown;
}

interface Pending {
  /** Keeps the primitive, and so its cell, alive. */
  owner: object;
  done(settled: Settled): void;
  /** Forgets the wait; its promise stays pending. */
  drop(): void;
}

const waits = new Map<Token, Pending>();

/** Whether a wait of this isolate is pending whose owner is such a one. */
export function isPending(such: (owner: object) => boolean): boolean {
  for (const { owner } of waits.values()) if (such(owner)) return true;
  return false;
}

/** Longest delay of a JavaScript timer. */
const TIMER_MAX = 2 ** 31 - 1;

/** On the event loop: these waits were notified. */
export function dispatch(tokens: Token[]): void {
  for (const token of tokens) {
    const pending = waits.get(token);
    if (!pending) continue;
    waits.delete(token);
    const code = native.finishAsync(token);
    if (code >= 0) pending.done({ outcome: code % 16, index: Math.floor(code / 16) });
  }
}

/** Whether some promise or callback here waits for another thread. */
export function hasWaits(): boolean {
  return waits.size > 0;
}

/** Ends all waits of the thread that ran here, whose promises nobody can use any more. */
export function abandonWaits(): void {
  if (waits.size === 0) return;
  for (const pending of waits.values()) pending.drop();
  native.cancelAllAsync();
}

/** Has `done` called when the wait that `token` names is notified; `owner` is kept alive until then. */
export function watch(token: Token, owner: object, done: (settled: Settled) => void): void {
  waits.set(token, { owner, done, drop: () => waits.delete(token) });
}

/** For waits that are granted nothing. */
export function nothingToUndo(): void {
  return;
}

/** Takes a watched wait back. */
export function unwatch(token: Token): void {
  // One that was notified already waits for its dispatch, which frees it.
  if (native.cancelAsync(token, false)) waits.delete(token);
  else if (waits.has(token)) watch(token, waits, nothingToUndo);
}

/** The same for one whose time has passed. @returns false where it was notified before: it is as it was */
export function takeBack(token: Token): boolean {
  return native.cancelAsync(token, true) && waits.delete(token);
}

/**
 * Blocks until some waits of this isolate were notified, and dispatches them.
 *
 * @returns false where `ms` passed first
 */
export function dispatchBlocking(ms: number): boolean {
  const tokens = native.waitReady(ms);
  if (tokens === null) stopHere();
  dispatch(tokens);
  return tokens.length > 0;
}

/** The signal of an options object, checked. */
export function signalOf(method: string, options: AsyncOptions | undefined): AbortSignal | undefined {
  const signal: unknown = options?.signal;
  if (signal === undefined || signal === null) return undefined;
  if (typeof signal !== 'object' || !('addEventListener' in signal) || !('aborted' in signal)) {
    throw typeError(`${method}(): 'signal' must be an AbortSignal, not ${describe(signal)}`);
  }
  return signal as AbortSignal;
}

interface Listeners {
  waits: Set<() => void>;
  run: () => void;
}

/** One listener at each signal, however many wait with it: Node warns of more than ten, and finds one among many slowly. */
const listeners = new WeakMap<AbortSignal, Listeners>();

function listen(signal: AbortSignal, onAbort: () => void): void {
  let at = listeners.get(signal);
  if (!at) {
    const waits = new Set<() => void>();
    const run = (): void => {
      for (const each of [...waits]) each();
    };
    listeners.set(signal, (at = { waits, run }));
    signal.addEventListener('abort', run);
  }
  at.waits.add(onAbort);
}

function unlisten(signal: AbortSignal, onAbort: () => void): void {
  const at = listeners.get(signal);
  if (!at) return;
  at.waits.delete(onAbort);
  if (at.waits.size > 0) return;
  listeners.delete(signal);
  signal.removeEventListener('abort', at.run);
}

/**
 * The promise of a wait that `token` names.
 *
 * @param owner - kept alive while the wait is pending
 * @param undo - gives back what was granted to a wait that was aborted at that very moment; undefined: that
 *   can not be, the wait was over before it was aborted
 * @param collect - called as soon as the wait is known to have been notified, before any other JavaScript
 * @returns what it was notified with; undefined when `ms` passed first
 */
export function pendingWait(
  owner: object,
  token: Token,
  ms: number,
  signal: AbortSignal | undefined,
  undo: ((settled: Settled) => void) | undefined,
  collect?: (settled: Settled) => unknown,
): Promise<Settled | undefined> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let aborted = false;
    const end = ms === FOREVER ? Infinity : performance.now() + ms;
    const settle = (): void => {
      waits.delete(token);
      if (timer) clearTimeout(timer);
      if (signal) unlisten(signal, onAbort);
    };
    const onAbort = (): void => {
      aborted = true;
      if (native.cancelAsync(token, false)) {
        settle();
        reject(signal!.reason as Error);
      }
    };
    const onTime = (): void => {
      const left = end - performance.now();
      if (left > 0) {
        timer = setTimeout(onTime, Math.min(Math.ceil(left), TIMER_MAX));
      } else if (native.cancelAsync(token, true)) {
        settle();
        resolve(undefined);
      }
    };
    waits.set(token, {
      owner,
      drop: settle,
      done(settled) {
        settle();
        if (aborted && undo) {
          undo(settled);
          reject(signal!.reason as Error);
          return;
        }
        try {
          if (collect) settled.value = collect(settled);
          resolve(settled);
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the signal gives whatever reason it has
          reject(error);
        }
      },
    });
    if (signal) listen(signal, onAbort);
    if (end !== Infinity) timer = setTimeout(onTime, Math.min(Math.ceil(ms), TIMER_MAX));
    // By code of the program's own that ran since the caller looked: a getter in an item, or its key function.
    if (signal?.aborted) onAbort();
  });
}
