/**
 * Time limits and abort signals of tasks. A task whose time is up fails at once; where a thread works
 * for it, that thread is terminated, and the pool gets another.
 *
 * The thread that submitted a task watches over its limit: from its event loop, or in the midst of
 * any blocking wait of this library. When its target ends first, its worker stays for that.
 */
import { isMainThread } from 'node:worker_threads';
import { onService } from '../../internal/environment';
import { TimeoutError } from '../../internal/errors';
import { onBeforeExit } from '../../internal/host';
import { native } from '../../internal/native';
import { pooled } from '../../internal/pooled';
import { running } from '../../internal/worker/state';
import type { Future } from './future';

/** Fails a future, without its callbacks. @returns what stops the work for it */
export type Expire = (future: Future, reason: unknown) => () => void;

interface Limit {
  at: number;
  seconds: number;
  future: Future;
  expire: Expire;
}

/** A binary heap: the one that is due first comes first. */
const heap: Limit[] = [];
/** The length of the heap at which those whose futures are done are swept out. */
let sweepAt = 64;
let timer: NodeJS.Timeout | undefined;
const TIMER_MAX = 2 ** 31 - 1;

/** Fails `future` with a TimeoutError unless it is done in so many seconds. */
export function limitTime(future: Future, ms: number, expire: Expire): void {
  if (heap.length >= sweepAt) sweep();
  push({ at: performance.now() + ms, seconds: ms / 1000, future, expire });
  if (heap[0].future === future) schedule();
}

type Expiring = [future: Future, expire: Expire, reason: unknown];

/**
 * First all fail: whoever takes the place of a thread that is stopped takes none of them up. Callbacks come last: they may
 * wait for what a stopped thread is replaced for.
 */
function expireAll(all: Expiring[]): void {
  const stops = all.map(([future, expire, reason]) => expire(future, reason));
  for (const stop of stops) stop();
  for (const [future] of all) if (future.done()) future._runCallbacks();
}

interface Watched {
  futures: Map<Future, Expire>;
  sweepAt: number;
}

const aborts = new WeakMap<AbortSignal, Watched>();
/** Those that have futures. */
const watching = new Set<Watched>();

/** Fails `future` with the signal's reason when it aborts. One listener serves all futures of a signal. */
export function limitBySignal(future: Future, signal: AbortSignal, expire: Expire): void {
  // By a getter in the arguments.
  if (signal.aborted) {
    expireAll([[future, expire, signal.reason]]);
    return;
  }
  let watched = aborts.get(signal);
  if (!watched) {
    const futures = new Map<Future, Expire>();
    aborts.set(signal, (watched = { futures, sweepAt: 64 }));
    signal.addEventListener('abort', () => {
      const all = Array.from(futures, ([each, expire]): Expiring => [each, expire, signal.reason]);
      futures.clear();
      watching.delete(watched!);
      expireAll(all);
    });
  }
  const { futures } = watched;
  if (futures.size >= watched.sweepAt) sweepWatched(watched);
  futures.set(future, expire);
  watching.add(watched);
}

function sweepWatched(watched: Watched): void {
  const { futures } = watched;
  for (const each of futures.keys()) if (each.done()) futures.delete(each);
  watched.sweepAt = Math.max(64, futures.size * 2);
  if (futures.size === 0) watching.delete(watched);
}

function due(): void {
  const now = performance.now();
  const all: Expiring[] = [];
  while (heap.length > 0 && (heap[0].at <= now || heap[0].future.done())) {
    const { future, seconds, expire } = pop();
    if (!future.done()) all.push([future, expire, new TimeoutError(`the task was not done after ${seconds} s`)]);
  }
  schedule();
  expireAll(all);
}

function schedule(): void {
  clearTimeout(timer);
  timer = undefined;
  const first = heap.at(0);
  const ms = first ? Math.max(0, first.at - performance.now()) : -1;
  native.alarm(ms);
  if (first) timer = setTimeout(due, Math.min(Math.ceil(ms), TIMER_MAX)).unref();
}

onService(() => {
  if (heap.length > 0) due();
});

function push(limit: Limit): void {
  let i = heap.length;
  for (; i > 0;) {
    const parent = (i - 1) >> 1;
    if (heap[parent].at <= limit.at) break;
    heap[i] = heap[parent]!;
    i = parent;
  }
  heap[i] = limit;
}

function pop(): Limit {
  const first = heap[0];
  const last = heap.pop()!;
  if (heap.length > 0) sink(0, last);
  return first;
}

function sink(i: number, limit: Limit): void {
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1].at < heap[child].at) child++;
    if (heap[child].at >= limit.at) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = limit;
}

function sweep(): void {
  const live = heap.filter((limit) => !limit.future.done());
  heap.length = 0;
  for (const limit of live) push(limit);
  sweepAt = Math.max(64, heap.length * 2);
}

function isWatching(): boolean {
  sweep();
  for (const watched of watching) sweepWatched(watched);
  return heap.length > 0 || watching.size > 0;
}

const KEEP_MS = 100;
let keeper: NodeJS.Timeout | undefined;

/** Keeps the event loop of a worker that is done otherwise until no task has a limit from here. */
function stay(): void {
  if (keeper || !isWatching()) return;
  keeper = setInterval(() => {
    if (isWatching()) return;
    clearInterval(keeper);
    keeper = undefined;
  }, KEEP_MS);
}

running.atEnd.push(stay);
// A worker of the program's own. The main thread waits for its pools anyway.
if (!isMainThread && !pooled) onBeforeExit(stay);
