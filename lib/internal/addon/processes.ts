import type { CellId } from './ids';

/** The tree of processes, the memory that it shares, and forks. Part of `Native` in `native.ts`. */
export interface ProcessCalls {
  // --- tree.cc, reactor.cc, process_cells.cc and process_objects.cc: the tree of processes ---

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
  /** The main thread, which calls this, has come to its normal end: the Locks that it holds stay locked. */
  processFinish(): void;
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
   * The child's pid; 0 in the child. Negative: `ForkRefusal`, or -errno. `listed`: a child that waits
   * for any child take. `ending`: {@link forkEndWorkers} was called.
   */
  fork(listed: boolean, ending: boolean, process: CellId): number;
  /** Has the event loop turn once, or wait for something to do, below the frames that are there: in the child of a fork only. */
  turnLoop(): void;
  /** Ends the waits of all workers of this library, which are to be terminated. */
  forkEndWorkers(): void;
  /** What the operating system says; `process.pid` is the parent's in a child that begins. */
  processId(): number;
}
