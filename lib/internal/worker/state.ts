import { isMainThread } from 'node:worker_threads';

/** What this isolate runs now; `run_loop.ts` sets it anew for every thread. */
export const running: {
  /** Whether threads made here are daemonic where nothing else is said. */
  daemon: boolean;
  /** The Thread, once somebody asked for it. */
  thread: object | undefined;
  /** Called at the end of the thread. */
  readonly atEnd: (() => void)[];
} = { daemon: !isMainThread, thread: undefined, atEnd: [] };
