import { isMainThread } from 'node:worker_threads';

/** What this isolate runs now; `run_loop.ts` sets it anew for every thread. */
export const running: {
  /** Whether threads made here are daemonic where nothing else is said. */
  daemon: boolean;
  /** The Thread, once somebody asked for it. */
  thread: object | undefined;
  /** What it was started with is being read. */
  beginning: boolean;
  /** Called at the end of the thread. */
  readonly atEnd: (() => void)[];
  /** Told that the event loop has nothing left while a promise is awaited; true: it has settled that. */
  onDrained: (() => boolean) | undefined;
  /** Told of the error that nobody caught, which ends this worker now. */
  onUncaught: ((error: unknown) => void) | undefined;
} = { daemon: !isMainThread, thread: undefined, beginning: false, atEnd: [], onDrained: undefined, onUncaught: undefined };
