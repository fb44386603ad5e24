/**
 * The whole of the addon, as `native/binding` defines it. Nothing else in `lib/` loads it.
 *
 * Cells are named by a 32-bit number ({@link CellId}); times are milliseconds, negative for ever, 0
 * not at all. Arguments are not checked there beyond what could crash the process: the classes that
 * call these have done so.
 */
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import type * as Build from 'node-gyp-build';
import { pooled } from './pooled';

/** Names a cell of shared memory; 0 names none. */
export type CellId = number;
/** Names a pending async wait of this environment. */
export type Token = number;

/** In the ids of cells that all processes of the tree see. */
export const SHARED_ARENA = 0x80000000;
/** Added to the class of a cell in that memory, where classes are told apart. */
export const SHARED_CLASS = 256;
/** The same for what a manager makes: it has `threading`'s errors. */
export const MANAGED_CLASS = 512;

/** Added to what pool functions answer: a thread has to be started. */
export const START = 2 ** 32;

/** What {@link Native.crewVacate} answers: of a worker that ended in the midst of things, any of the first three. */
export const PlaceState = { starting: 1, idle: 2, busy: 3, left: 4, doomed: 5, spoiled: 6 } as const;

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

/** Why {@link Native.fork} did nothing. */
export const ForkRefusal = {
  unsupported: -10001,
  /** A helper thread of the runtime's has been at work for too long. */
  busy: -10002,
  /** There is another event loop: a worker's, or the inspector's. */
  otherLoop: -10003,
} as const;

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
  /** Has the service function called in so many milliseconds, should this thread be in a blocking wait then; -1: not. */
  alarm(ms: number): void;
  /** Ends every wait of every other thread, now and from now on. */
  stopAll(certain: boolean): void;
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

  /** A new cell with one reference of this environment, which starts with `words` (16 of them). `shared`: for all processes of the tree. */
  allocate(cellClass: number, words: Int32Array, shared: boolean): CellId;
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
  /** A reference that was pinned is another cell's from now on, which gives it back. */
  bequeath(cell: CellId): void;
  generation(cell: CellId): number;
  /** The memory of the chunk that holds the cell. */
  view(cell: CellId): ArrayBuffer;
  /** Number of cells in use in the process, or in the tree of processes. */
  liveCells(shared?: boolean): number;

  // --- names.cc ---

  /**
   * The cell of that name, with a reference of this environment; 0: none; -1: of another class. Names `cell`
   * where it is free. `cellClass`: {@link SHARED_CLASS} more where it is shared by processes.
   */
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
  eventSetAndWake(cell: CellId): void;
  /** Wakes all, unless it was cleared since. */
  eventWakeIfSet(cell: CellId): void;
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
  /** What {@link futureSet} was given; bytes as a copy that must be decoded or discarded. null: the process that worked for it died. */
  futureGet(future: CellId): number | Uint8Array | undefined | null;
  /** Until it is done: {@link Answer}. */
  futureWait(future: CellId, ms: number): number;
  /** After a change of its state here. */
  futureWake(future: CellId): void;

  // --- functions.cc ---

  /** The number of a function's text, the same in every thread; 0 where there is no room for more. */
  functionNumber(text: string): number;
  functionText(number: number): string | undefined;

  // --- messages.cc ---

  /** Ids of shared objects in messages that native code has dropped since the last call. */
  takeDropped(): Uint8Array | undefined;
  /** Has the C library's allocator keep the memory of large buffers for the next ones; once is enough. */
  keepLargeBlocks(): void;

  // --- thread_pool.cc: an executor and its pool ---

  /** An executor's cell; `failed` and `died` are what pending futures fail with when an initializer fails, and when a thread dies. */
  poolCreate(max: number, failed: Uint8Array, died: Uint8Array, initializer: Uint8Array | undefined): CellId;
  /**
   * Queues a task, whose message is the first `length` bytes. Its future's cell, with a reference for
   * this isolate, plus {@link START} where a thread has to be started: by {@link poolStarted}, then
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
   * Plus {@link START} where another has to be started, as after {@link poolSubmit}.
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

  // --- crew.cc: worker processes that share a queue of tasks ---

  /** A crew with room for so many workers. */
  crewCreate(places: number): CellId;
  /**
   * Queues a task, whose message is the first `length` bytes. Its future's cell, with a reference for this
   * isolate, plus {@link START} times (1 + its place) where a worker has to be started. -1: it is shut down.
   */
  crewSubmit(crew: CellId, message: Uint8Array, length: number, max: number): number;
  /** The place of a worker that has to be started; -1: none. `always`: whether or not there is work for it. */
  crewPlace(crew: CellId, max: number, always: boolean): number;
  /** A worker has ended, or was not started. {@link PlaceState}: what it was last. */
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
  /** As {@link poolNextAsync}. {@link queueMemory} must have been called. */
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
  /**
   * Takes the wait back. False: it was notified first and will be dispatched. `timedOut` breaks a barrier;
   * otherwise the wait has never been.
   */
  cancelAsync(token: Token, timedOut: boolean): boolean;
  /** {@link Outcome} + 16 * index at a barrier, of a wait that was dispatched; frees the token. -1: no such wait. */
  finishAsync(token: Token): number;
  /** Takes every wait of this environment back. */
  cancelAllAsync(): void;

  // --- queue.cc: times and refusals as in lib/queue/items.ts; undefined is yes where a refusal is answered ---

  /** What this isolate and the addon share to hand items over. */
  queueMemory(): ArrayBuffer;
  /** A new queue with one reference of this environment. */
  queueCreate(cellClass: number, maxsize: number, shared: boolean): CellId;
  queuePutNumber(queue: CellId, item: number, ms: number): number | undefined;
  /** `kind`: of an item without content, or of a boolean, + 16 for true. */
  queuePutConstant(queue: CellId, kind: number, ms: number): number | undefined;
  /** At most 7 characters of Latin-1. */
  queuePutText(queue: CellId, item: string, ms: number): number | undefined;
  /** The references that the message holds are the queue's unless it was refused. */
  queuePutMessage(queue: CellId, message: Uint8Array, length: number, ms: number): number | undefined;
  /** One that ends with large buffers: `bodies`, which are copied behind it. It has no references. */
  queuePutGathered(
    queue: CellId,
    message: Uint8Array,
    length: number,
    ms: number,
    bodies: readonly Uint8Array[],
  ): number | undefined;
  queuePutKeyedMessage(
    queue: CellId,
    message: Uint8Array,
    length: number,
    ms: number,
    key: Uint8Array,
    keyLength: number,
  ): number | undefined;
  queuePutKeyedNumber(queue: CellId, item: number, ms: number, key: Uint8Array, keyLength: number): number | undefined;
  /** Several, as lib/queue/batch.ts writes them. How many are in the queue is in the shared memory. */
  queuePutMany(queue: CellId, records: Uint8Array, length: number, count: number, ms: number, keyed: boolean): number | undefined;
  /** A token; undefined: it is in the queue; or minus the refusal. */
  queuePutAsync(queue: CellId, message: Uint8Array, length: number, key?: Uint8Array, keyLength?: number): Token | undefined;
  /** The item. undefined: what came is in the shared memory. */
  queueGet(queue: CellId, ms: number): unknown;
  /** Copies the large message that came. */
  queueOpen(bytes: Uint8Array): void;
  /** Puts it back in front of its queue instead. */
  queueGiveBack(): void;
  /** Of a message that came without its bodies: as many bytes of them, from `at` on in the message. */
  queueBodyCopy(this: void, to: Uint8Array, at: number): void;
  /** Nobody wants them any more; unless it was put back, which is {@link queueBodiesBack}. */
  queueBodiesDone(): void;
  queueBodiesBack(this: void): void;
  /** How many came, into the shared memory. 0: what came instead is there. */
  queueGetMany(queue: CellId, max: number, ms: number): number;
  /** The message at that place of the batch, as {@link queueGet}; in order, each once. */
  queueBatchMessage(index: number): unknown;
  /** Puts what came from that place on back in front of its queue. */
  queueGiveBackBatch(from: number): void;
  /** A token; undefined: {@link queueGranted} brings the item; or minus the refusal. */
  queueGetAsync(queue: CellId): Token | undefined;
  /** A token, notified when there may be an item, which it does not take; 0: there is one, or the queue is shut down. */
  queueWatchAsync(queue: CellId): Token | 0;
  /** The item that an async wait which has just been finished was granted, as {@link queueGet}. */
  queueGranted(): unknown;
  /** Puts it back in front of its queue instead. */
  queueUngrant(): void;
  /** {@link Answer} */
  queueJoin(queue: CellId, ms: number): number;
  queueJoinAsync(queue: CellId): Token | 0;
  /** False, and nothing done: that is more than there are. */
  queueTaskDone(queue: CellId, count: number): boolean;
  queueUnfinished(queue: CellId): number;
  /** First in, first out only: how many items were ever taken, and put. */
  queueTaken(queue: CellId): number;
  queuePut(queue: CellId): number;
  queueSize(queue: CellId): number;
  /** How many wait for an item, for room, and in join: threads and promises. */
  queueWaiting(queue: CellId): [getters: number, putters: number, joiners: number];
  queueMaxsize(queue: CellId): number;
  queueSetMaxsize(queue: CellId, maxsize: number): void;
  queueShutDown(queue: CellId, immediate: boolean): void;
  queueIsShutDown(queue: CellId): boolean;

  // --- tree.cc, reactor.cc and process_cells.cc: the tree of processes ---

  /** In a child, before anything else: the descriptor of the memory that the tree shares, and the place in it that the parent took. */
  joinTree(descriptor: number, place: number): boolean;
  /** Of this process in its tree; 0: the system gives no memory to share. */
  processNumber(): number;
  /** Whether there are other processes, and what holds the cell is not this one alone. */
  heldElsewhere(cell: CellId): boolean;
  /** The pid of the process that a thread is or was of; 0: it is not known any more. */
  processOfThread(threadNumber: number): number;
  /** How many threads the processes of a tree may have together, and how many processes a tree. */
  tableSizes(): [threads: number, processes: number];
  /**
   * Starts a program with the first `length` bytes as its message; texts are ended by 0. The last argument is
   * room for its number, in digits. The pid; minus the error's number; 0: there are too many, or no memory.
   */
  processStart(
    process: CellId,
    message: Uint8Array,
    length: number,
    program: Uint8Array,
    args: Uint8Array,
    environment: Uint8Array,
    daemon: boolean,
  ): number;
  /** The cells of this process's children that have not ended, each with a reference of this environment. */
  processChildren(): CellId[];
  /** Notes something of this process for all its isolates; without an argument, what was noted. */
  processAbout(bytes?: Uint8Array): Uint8Array | undefined;
  /** In a child, what it was started with, once. */
  processMessage(): Uint8Array | undefined;
  /** 0; the error's number; -1: it has ended. */
  processSignal(process: CellId, signal: number): number;
  /** The cell of this process, with a reference of this environment; 0: nobody of the tree started it. */
  processCurrent(): CellId;
  /** Of the process that started this one; 0: none of the tree did. */
  processParentPid(): number;
  /** Has this process notice the end of its parent; a daemonic one ends with it. */
  processFollowParent(daemon: boolean): void;
  processOrphan(): boolean;
  /** An end of a pipe: what the queues of its two directions lose with it. With a reference of this environment. */
  connectionCreate(receives: CellId, sends: CellId): CellId;
  /**
   * Stands for an object of a manager, which takes calls from `queue` and is told there, by `number`, when nobody
   * refers to the object any more. With a reference of this environment.
   */
  managedCreate(queue: CellId, number: number, pid: number): CellId;
  /** Memory full of zeros, with a reference of this environment; 0: there is none. */
  memoryCreate(bytes: number): CellId;
  /** An ArrayBuffer over it, which keeps it alive. */
  memoryView(memory: CellId): ArrayBuffer;

  // --- shared_memory.cc: files in memory ---

  /** An ArrayBuffer over a file of so many bytes; undefined: it can not be mapped. */
  mapFile(descriptor: number, bytes: number): ArrayBuffer | undefined;
  /** Nothing can be read or written through it from now on. */
  detachBuffer(buffer: ArrayBuffer): void;
  /** A descriptor of the tree's memory, locked for as long as a process of the tree lives; -1: there is none. */
  lockTree(): number;
  /** The pid of the process that removes names, 0 before there is one; with arguments, makes it `pid` where it is `before`. */
  nameTracker(before?: number, pid?: number): number;

  // --- threads.cc, and workers.cc, owner_death.cc, process.cc ---

  /** Hands a thread to a worker. 1: a worker must be made for it; 0: there is one; -1: too many threads. `flags`: of {@link ThreadFlag}. */
  threadStart(thread: CellId, message: Uint8Array, flags: number): -1 | 0 | 1;
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

  // --- children.cc: processes that fork made; `which` and `options` as waitpid(2) takes them ---

  /** Takes the status of a child that has one: 65536 * pid + status. 0: none has yet; negative: -errno. */
  childTake(which: number, options: number): number;
  /** Has `event` set when {@link childTake} may have something; until {@link childUnwatch}. False: there can be no more threads. */
  childWatch(which: number, options: number, event: CellId): boolean;
  childUnwatch(event: CellId): void;
  /** Ends the process at once. */
  exitNow(code: number): never;
  /** Ends it in so many milliseconds, if it has not ended before. */
  exitBy(code: number, ms: number): void;
  /** Ends it at once by SIGABRT. */
  abortNow(): never;

  // --- fork.cc, on the main thread ---

  /**
   * The child's pid; 0 in the child. Negative: {@link ForkRefusal}, or -errno. `listed`: a child that waits
   * for any child take. `ending`: {@link forkEndWorkers} was called.
   */
  fork(listed: boolean, ending: boolean, process: CellId): number;
  /** Has the event loop turn once, or wait for something to do, below the frames that are there: in the child of a fork only. */
  turnLoop(): void;
  /** Ends the waits of all workers of this library, which are to be terminated. */
  forkEndWorkers(): void;
  /** What the operating system says; `process.pid` is the parent's in a child that begins. */
  processId(): number;

  // --- mailbox.cc: from any thread to the main one ---

  /** Leaves a message for the main thread, whose service must be asked for. False: no memory. */
  mailPost(message: Uint8Array): boolean;
  /** On the main thread: all messages since the last call. */
  mailTake(): Uint8Array[];
  /** On the main thread: what it wants to hear of, as bits. */
  mailListen(bits: number): void;
  mailListening(): number;
}

/* eslint-disable @typescript-eslint/no-require-imports -- the file is known at run time only */
function findAddon(): string {
  // A worker of ours is told where it is; finding it takes longer than loading it.
  if (pooled) return (workerData as { addon: string }).addon;
  const root = path.join(__dirname, '..', '..');
  try {
    return (require('node-gyp-build') as typeof Build).resolve(root);
  } catch (cause) {
    const system = `${process.platform}-${process.arch}`;
    throw new Error(
      `nogil has no binary for ${system} (Node ${process.versions.node}). With a C++17 compiler, make and Python 3, this makes one:\n` +
        `    node ${path.join(root, 'native', 'rebuild.cjs')}\n` +
        `Where it should have one, ${path.join(root, 'prebuilds')} was left out: a bundler has to leave 'nogil' external.`,
      { cause },
    );
  }
}

/** Where the addon is. */
export const addon: string = findAddon();
export const native = require(addon) as Native;
