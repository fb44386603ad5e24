import type { CellId } from './ids';

/** Threads, and the workers that run them. Part of `Native` in `native.ts`. */
export interface ThreadCalls {
  // --- threads.cc, inbox.cc, and workers.cc, owner_death.cc, process.cc ---

  /** Hands a thread to a worker. 1: a worker must be made for it; 0: there is one; -1: too many threads; -2: it was started before. `flags`: of `ThreadFlag`. */
  threadStart(thread: CellId, message: Uint8Array, flags: number): -2 | -1 | 0 | 1;
  /**
   * Sleeps until there is a thread to run here. `birth`: of this worker ({@link beginBoot}), on its first
   * call; 0: it promised to come ({@link threadFinish}).
   * undefined: enough workers are idle, this one should end; null: interrupted.
   */
  threadNext(birth: number): Uint8Array | undefined | null;
  /**
   * The thread that runs here has ended as it should. `holds`: it may hold RLocks still. `back`: this
   * worker counts as idle from now on, and calls {@link threadNext} or {@link threadLeave}. False: it has
   * not; its worker is about to be terminated.
   */
  threadFinish(holds: boolean, back: boolean): boolean;
  /** A worker that promised to come back will not. */
  threadLeave(): void;
  /** Ends the thread that has waited longest for a worker, where none can be had. Its message; undefined: none waits. */
  threadDrop(): Uint8Array | undefined;
  /** The main thread has nothing left to do but to wait for others: who joined it goes on. */
  mainEnded(): void;
  /** The birth of a worker that the caller is about to make because it was asked to. */
  beginBoot(): number;
  /** The worker of that birth ended, or could not be made: it is not waited for any more. */
  bootFailed(birth: number): void;
  /**
   * True: threads wait that no worker will take; the caller must make one. To be asked when a worker was
   * lost, and when one has come.
   */
  workerShortage(): boolean;
  /**
   * Asks the spawner to make a worker, or where there is none the main thread, for so long. False: nobody
   * took the request, the caller must make it.
   */
  requestSpawn(ms: number): boolean;
  /** How many workers others asked for. */
  takeSpawns(): number;
  /**
   * 1: a spawner is being made; 2: it is this isolate; 0: there is none any more; 3: it has told all workers that
   * it made to end.
   */
  spawner(state: 0 | 1 | 2 | 3): void;
  /** Waits for the spawner's 3, for so long at most. */
  spawnerDone(ms: number): void;
  /** How many workers are being made whose isolates may not be there yet, all over the process, after `change` more. */
  isolatesComing(change: 1 | -1): number;
  /** All threads that are alive, each with a reference of this environment. */
  threadsAlive(): CellId[];
  threadsAliveCount(): number;
  /** The same without the main thread and workers of others. */
  threadsRunning(): number;
  /** The thread that runs here, with a reference of this environment; 0 in an idle worker. */
  threadCurrent(): CellId;
  /** What lock words hold for the thread that runs here. */
  threadNumber(): number;
  /** Ends the waits of a thread whose worker its maker shall terminate. False: it does not run. */
  doom(ident: number): boolean;
  isDoomed(ident: number): boolean;
  /** The operating system's id of this thread. */
  nativeId(): number;
  /** True while non-daemon threads live; this environment's service function runs when they have ended. */
  waitForThreads(): boolean;
  /** Whether what follows is a normal end of this environment. */
  endsNormally(normally: boolean): void;
  /** The next of a series that all threads of the process share: 0 numbers threads, 1 dummy ones. */
  nextCount(series: 0 | 1 | 2): number;
  /** What new workers get as their stack, in bytes, 0 for Node's default; an argument sets it. Answers what it was. */
  stackSize(bytes?: number): number;
  /** The name of a thread that died holding something. */
  obituary(threadNumber: number): string | undefined;
  /** Writes all bytes to a file descriptor, unmixed with other such writes. Negative: -errno. */
  write(descriptor: number, bytes: Uint8Array): number;
  threadCpuSeconds(): number;
  cpuCount(): number;
}
