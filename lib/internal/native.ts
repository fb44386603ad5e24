/**
 * The whole of the addon, as `native/binding` defines it. Nothing else in `lib/` loads it.
 *
 * Cells are named by a 32-bit number ({@link CellId}); times are milliseconds, negative for ever, 0
 * not at all. Arguments are not checked there beyond what could crash the process: the classes that
 * call these have done so.
 */
import path from 'node:path';
import load from 'node-gyp-build';

/** Names a cell of shared memory; 0 names none. */
export type CellId = number;
/** Names a pending async wait of this environment. */
export type Token = number;

/** What a blocking call answers. */
export const Answer = {
  /** Not in time, or not without blocking. */
  no: 0,
  yes: 1,
  /** The thread is being stopped: see `stopHere` in `interruption.ts`. */
  interrupted: 2,
  /** Yes, from a holder that died. */
  inherited: 3,
} as const;

/** How a notified async wait was notified: {@link Native.finishAsync}. */
export const Outcome = { again: 0, granted: 1, inherited: 2, broken: 3 } as const;

export interface Native {
  // --- environment.cc: this isolate ---

  /**
   * Must be called first. `dispatch` gets the tokens of async waits that were notified, on the event
   * loop; `service` runs when somebody asked for it, on the event loop or in the midst of a blocking
   * wait, and must not throw. `pooled`: a worker of this library's own.
   * @returns the thread number of this environment
   */
  setup(dispatch: (tokens: Token[]) => void, service: () => void, main: boolean, pooled: boolean): number;
  /** How often a blocking wait here checks whether the thread is being terminated. */
  checkEvery(ms: number): void;
  /** Ends every wait of every other thread, now and from now on. */
  stopAll(): void;
  /** Ends every wait of one environment, now and from now on. False: there is no such. */
  stop(environment: number): boolean;
  isStopping(): boolean;
  /** Has the service function of an environment run soon; 0 names the main thread's. False: there is no such. */
  service(environment: number): boolean;
  serviceAll(): void;
  environmentId(): number;
  /**
   * Blocks until async waits of this environment were notified: their tokens, for the caller to
   * dispatch. Empty: the time passed; null: interrupted.
   */
  waitReady(ms: number): Token[] | null;
  /** Keeps this event loop alive until as many calls of {@link unhold}. */
  hold(): void;
  unhold(): void;

  // --- cells.cc: memory ---

  /** A new cell with one reference of this environment, which starts with `words` (16 of them). */
  allocate(cellClass: number, words: Int32Array): CellId;
  /** One more reference of this environment. False: the handle is stale, forged, or of another class. */
  attach(cell: CellId, generation: number, cellClass: number): boolean;
  /** The reference that a message brought becomes this environment's. */
  adopt(cell: CellId): void;
  /** Gives up one reference of this environment. */
  detach(cell: CellId): void;
  /** A reference for a message. */
  pin(cell: CellId): void;
  /** Gives up a message's reference. */
  unpin(cell: CellId): void;
  generation(cell: CellId): number;
  /** The memory of the chunk that holds the cell. */
  view(cell: CellId): ArrayBuffer;
  /** Number of cells in use in the process. */
  liveCells(): number;

  // --- names.cc ---

  /** The cell of that name, with a reference of this environment; 0: none; -1: of another class. Names `cell` where it is free. */
  named(name: string, cellClass: number, cell?: CellId): CellId | 0 | -1;
  setName(cell: CellId, name: string): void;
  getName(cell: CellId): string | undefined;

  // --- sync.cc: slow paths ---

  mutexAcquire(cell: CellId, ms: number): number;
  /** After a release that found {@link WAITING}. */
  mutexWake(cell: CellId): void;
  /** Answer; bit 2 is set when the lock came from a holder that died. */
  conditionWait(condition: CellId, mutex: CellId, ms: number): number;
  conditionNotify(condition: CellId, mutex: CellId, n: number): number;
  semaphoreAcquire(cell: CellId, ms: number): number;
  semaphoreWake(cell: CellId): void;
  eventWait(cell: CellId, ms: number): number;
  eventWake(cell: CellId): void;
  /** The arrival index; -1 broken; -2 interrupted; -3 - index: run the action, then {@link barrierFinish}. */
  barrierWait(cell: CellId, ms: number): number;
  /** False: the barrier was reset or aborted while the action ran. */
  barrierFinish(cell: CellId, ok: boolean): boolean;
  barrierAbort(cell: CellId): void;
  barrierReset(cell: CellId): void;
  rwAcquire(cell: CellId, write: boolean, ms: number): number;
  /** False: nobody holds it that way. */
  rwRelease(cell: CellId, write: boolean): boolean;
  sleep(ms: number): number;

  // --- future.cc ---

  /** Completes a future: a number, undefined, or the first `length` bytes, whose references it takes over. -1, or the state that forbids it. */
  futureSet(future: CellId, state: number, outcome: number | Uint8Array | undefined, length: number): number;
  /** What {@link futureSet} was given; bytes as a copy that must be decoded or discarded. */
  futureGet(future: CellId): number | Uint8Array | undefined;
  /** Until it is done: {@link Answer}. */
  futureWait(future: CellId, ms: number): number;
  /** After a change of its state here. */
  futureWake(future: CellId): void;

  // --- async.cc: the same as promises; a positive answer is a token ---

  /** 0 acquired; -1 acquired from a holder that died. */
  mutexAcquireAsync(cell: CellId): Token | 0 | -1;
  /** Gives up the mutex. */
  conditionWaitAsync(condition: CellId, mutex: CellId): Token;
  semaphoreAcquireAsync(cell: CellId): Token | 0;
  eventWaitAsync(cell: CellId): Token | 0;
  /** -1 broken; -2 - 2 * index passed; -3 - 2 * index: run the action, then {@link barrierFinish}. */
  barrierWaitAsync(cell: CellId): number;
  rwAcquireAsync(cell: CellId, write: boolean): Token | 0 | -1;
  /** 0: it is over already. `settled`: a cancellation that no worker has seen is not enough. */
  futureWaitAsync(future: CellId, settled: boolean, keepAlive: boolean): Token | 0;
  /** Takes the wait back. False: it was notified first and will be dispatched. */
  cancelAsync(token: Token): boolean;
  /** {@link Outcome} + 16 * index at a barrier, of a wait that was dispatched; frees the token. -1: no such wait. */
  finishAsync(token: Token): number;
  /** Takes every wait of this environment back. */
  cancelAllAsync(): void;

  // --- threads.cc ---

  /** Hands a thread to a worker. 1: a worker must be made for it; 0: there is one; -1: too many threads. `flags`: of {@link ThreadFlag}. */
  threadStart(thread: CellId, message: Uint8Array, flags: number): -1 | 0 | 1;
  /**
   * Sleeps until there is a thread to run here. `fresh`: the first call of this worker; else it promised
   * to come ({@link threadFinish}).
   * undefined: enough workers are idle, this one should end; null: interrupted.
   */
  threadNext(fresh: boolean): Uint8Array | undefined | null;
  /**
   * The thread that runs here has ended as it should. `holds`: it may hold RLocks still. `back`: this
   * worker counts as idle from now on, and calls {@link threadNext} or {@link threadLeave}.
   */
  threadFinish(holds: boolean, back: boolean): void;
  /** A worker that promised to come back will not. */
  threadLeave(): void;
  /** Ends the thread that has waited longest for a worker, where none can be had. Its message; undefined: none waits. */
  threadDrop(): Uint8Array | undefined;
  /** The main thread has nothing left to do but to wait for others: who joined it goes on. */
  mainEnded(): void;
  /** A worker that {@link threadStart} asked for will not come. */
  bootFailed(): void;
  /** True: threads wait that no worker will take; the caller must make one. */
  workerShortage(): boolean;
  /** Asks the main thread to make a worker. False: it did not take the request, the caller must make it. */
  requestSpawn(ms: number): boolean;
  /** On the main thread: how many workers others asked for. */
  takeSpawns(): number;
  /** All threads that are alive, each with a reference of this environment. */
  threadsAlive(): CellId[];
  threadsAliveCount(): number;
  /** The same without the main thread and workers of others. */
  threadsRunning(): number;
  /** The thread that runs here, with a reference of this environment; 0 in an idle worker. */
  threadCurrent(): CellId;
  /** What lock words hold for the thread that runs here. */
  threadNumber(): number;
  /** The operating system's id of this thread. */
  nativeId(): number;
  /** True while non-daemon threads live; this environment's service function runs when they have ended. */
  waitForThreads(): boolean;
  /** Whether what follows is a normal end of this environment. */
  endsNormally(normally: boolean): void;
  /** The next of a series that all threads of the process share: 0 numbers threads, 1 dummy ones. */
  nextCount(series: 0 | 1): number;
  /** What new workers get as their stack, in bytes, 0 for Node's default; an argument sets it. Answers what it was. */
  stackSize(bytes?: number): number;
  /** The name of a thread that died holding something. */
  obituary(threadNumber: number): string | undefined;
  /** Writes all bytes to a file descriptor, unmixed with other such writes. Negative: -errno. */
  write(descriptor: number, bytes: Uint8Array): number;
  threadCpuSeconds(): number;
  cpuCount(): number;

  // --- mailbox.cc: from any thread to the main one ---

  /** Leaves a message for the main thread, whose service must be asked for. False: no memory. */
  mailPost(message: Uint8Array): boolean;
  /** On the main thread: all messages since the last call. */
  mailTake(): Uint8Array[];
  /** On the main thread: what it wants to hear of, as bits. */
  mailListen(bits: number): void;
  mailListening(): number;
}

export const native = load(path.join(__dirname, '..', '..')) as Native;
