import type { CellId, Token } from './ids';

/** Executors: pools of threads, and crews of processes. Part of `Native` in `native.ts`. */
export interface PoolCalls {
  // --- thread_pool.cc: an executor and its pool ---

  /** An executor's cell; `failed` and `died` are what pending futures fail with when an initializer fails, and when a thread dies. */
  poolCreate(max: number, failed: Uint8Array, died: Uint8Array, initializer: Uint8Array | undefined): CellId;
  /**
   * Queues a task, whose message is the first `length` bytes. Its future's cell, with a reference for
   * this isolate, plus `START` where a thread has to be started: by {@link poolStarted}, then
   * {@link poolRuns} or {@link poolNotStarted}. -1 shut down; -2 the process is ending; -3 an
   * initializer failed; -4 a thread died.
   */
  poolSubmit(pool: CellId, fn: number, message: Uint8Array, length: number): number;
  /** The key of the pool for which this isolate has to start a thread. */
  poolStartingKey(): number;
  /** That thread is about to be started. */
  poolStarted(thread: CellId): void;
  /** It was started. */
  poolRuns(): void;
  /** It could not be. `breaks`: so the pool is broken, unless it has other threads. */
  poolNotStarted(breaks: boolean): void;
  poolShutdown(pool: CellId, cancel: boolean): void;
  /** No pool of the process takes more work. */
  poolShutdownAll(): void;
  /** Its threads, each with a reference as a message has; null while some are being started. */
  poolThreads(pool: CellId): CellId[] | null;
  /**
   * The ident of the thread that works for a future whose time is up, and has left the pool; 0: none.
   * Plus `START` where another has to be started, as after {@link poolSubmit}.
   */
  poolStop(pool: CellId, future: CellId): number;
  /** Whether one of these futures is of a task that is queued in the pool of this thread. */
  poolQueued(futures: Uint32Array): boolean;

  // --- pool_worker.cc: the threads of a pool ---

  /** This thread takes up its work for the pool of that key; tasks come in `scratch`, of 4100 bytes. */
  poolEnter(key: number, scratch: Uint8Array): boolean;
  /** The initializer's message: a copy, which must be decoded or discarded. */
  poolInitializer(): Uint8Array | undefined;
  /**
   * The next task, whose future is claimed: the length of its message in `scratch`, or the message; the
   * last four bytes of `scratch` are the number of its function. -1: there is none now. undefined:
   * nothing is left to do; null: interrupted.
   *
   * @param mode - 0 tries only, 1 may block, 2 has waited by {@link poolNextAsync}
   */
  poolNext(mode: 0 | 1 | 2): number | Uint8Array | undefined | null;
  /** Waits for a task on the event loop; {@link poolNext} has to follow. 0: there is one already. undefined: interrupted. */
  poolNextAsync(): Token | 0 | undefined;
  /** Completes the future of the task that {@link poolNext} gave, where nobody has before. */
  poolSettle(state: number, outcome: number | Uint8Array | undefined, length: number): void;
  /** This thread's initializer failed: so does the pool. */
  poolSpoil(): void;
  /** This thread begins, or ends, a wait for futures. True: with it all threads of its pool wait while tasks are queued. */
  poolBlocked(begins: boolean): boolean;

  // --- crew.cc, crew_worker.cc: worker processes that share a queue of tasks ---

  /** A crew with room for so many workers. */
  crewCreate(places: number): CellId;
  /**
   * Queues a task, whose message is the first `length` bytes. Its future's cell, with a reference for this
   * isolate, plus `START` times (1 + its place) where a worker has to be started. -1: it is shut down.
   */
  crewSubmit(crew: CellId, message: Uint8Array, length: number, max: number): number;
  /** The place of a worker that has to be started; -1: none. `always`: whether or not there is work for it. */
  crewPlace(crew: CellId, max: number, always: boolean): number;
  /** A worker has ended, or was not started. `PlaceState`: what it was last. */
  crewVacate(crew: CellId, place: number): number;
  /** Fails what a worker that has died was at work for. */
  crewFailTask(crew: CellId, place: number, error: Uint8Array, length: number): void;
  /** Takes no more work, dooms who is at work, and fails all futures. */
  crewBreak(crew: CellId, error: Uint8Array, length: number): void;
  crewShutDown(crew: CellId, cancel: boolean): void;
  /** All that this process has made. */
  crewShutDownAll(): void;
  /** The place of the worker that is at work for a future, which is doomed and must be killed; -1: none. */
  crewStop(crew: CellId, future: CellId): number;
  /** How many tasks are queued or being done. */
  crewLoad(crew: CellId): number;

  /** A worker begins. False: it is not wanted. */
  crewEnter(crew: CellId, place: number): boolean;
  /** It takes no more tasks; `spoiled`: its initializer has failed. False: it was doomed. */
  crewLeave(crew: CellId, place: number, spoiled: boolean): boolean;
  /** The next task, as {@link poolNext}; the last four bytes of `scratch` are its future. */
  crewNext(crew: CellId, place: number, mode: 0 | 1 | 2, scratch: Uint8Array): number | Uint8Array | undefined | null;
  /** As {@link poolNextAsync}. `queueMemory` must have been called. */
  crewNextAsync(crew: CellId): Token | 0;
  /** Completes the future of the task that {@link crewNext} gave, where nobody has before. False: the worker was doomed. */
  crewSettle(
    crew: CellId,
    place: number,
    future: CellId,
    state: number,
    outcome: number | Uint8Array | undefined,
    length: number,
  ): boolean;
}
