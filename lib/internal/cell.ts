/**
 * Where the words of a cell are, counted from the cell's first. `native/memory/cell.h` has the same
 * layout and the meaning of each word; a test compares the two.
 */
export const CELL_WORDS = 16;
export const CELLS_PER_CHUNK = 1 << 14;

/** Class-specific: a lock's holder, a semaphore's count, 1 for a set event. */
export const STATE = 0;
/** Class-specific: an RLock's depth, a thread's flags. */
export const AUX = 1;
/** How many waiters are in the list. */
export const WAITERS = 5;
/** What was learnt about waiting (native/park/spin.h). */
export const LEARNT = 6;
/** First of five class-specific words. */
export const DATA = 7;
/** A lock's last holder, when that one died holding it. */
export const DIED = 15;

/** `CellClass` in `native/memory/cell.h`. Part of handles: never reuse a number. */
export const CellClass = {
  Lock: 1,
  RLock: 2,
  Condition: 3,
  Event: 4,
  Semaphore: 5,
  BoundedSemaphore: 6,
  Barrier: 7,
  RWLock: 8,
  Thread: 9,
  Local: 10,
  Queue: 11,
  LifoQueue: 12,
  PriorityQueue: 13,
  SimpleQueue: 14,
  Future: 15,
  ThreadPool: 16,
  Process: 17,
  Connection: 18,
  Memory: 19,
  Managed: 20,
  Crew: 21,
} as const;

/** Set in a lock's state beside the holder's number while somebody waits: makes the word negative. */
export const WAITING = 0x80000000 | 0;
/** Stands for a holder that died. */
export const ABANDONED = 0x3fffffff;
/** Set in a read-write lock's state beside the writer's number. */
export const WRITER = 0x40000000;

/** Flags in a thread's {@link AUX} word. */
export const ThreadFlag = {
  started: 1,
  daemon: 2,
  main: 4,
  dummy: 8,
  abnormal: 16,
  /** An error of it waits in the main thread's mailbox. */
  reported: 32,
  /** Started by `_thread.start_new_thread`. */
  raw: 64,
} as const;
/** Flags in a process's {@link AUX} word. */
export const ProcessFlag = { started: 1, reaped: 2, daemon: 4 } as const;
/** Process: its pid; how it ended, the code of its exit or minus the signal. */
export const PID = DATA + 1;
export const EXIT_CODE = DATA + 2;

/** Thread: its number, which is its ident; the operating system's id of the thread that runs it; the environment that runs it. */
export const IDENT = DATA;
export const NATIVE_ID = DATA + 1;
export const ENVIRONMENT = DATA + 2;
