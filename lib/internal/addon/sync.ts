import type { CellId, Token } from './ids';

/** The primitives: slow paths, and the same as promises. Part of `Native` in `native.ts`. */
export interface SyncCalls {
  // --- sync.cc: slow paths ---

  mutexAcquire(cell: CellId, ms: number): number;
  /** After a release that found `WAITING`. */
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
  /** Until it is done: `Answer`. */
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
  /**
   * Takes the wait back. False: it was notified first and will be dispatched. `timedOut` breaks a barrier;
   * otherwise the wait has never been.
   */
  cancelAsync(token: Token, timedOut: boolean): boolean;
  /** `Outcome` + 16 * index at a barrier, of a wait that was dispatched; frees the token. -1: no such wait. */
  finishAsync(token: Token): number;
  /** Takes every wait of this environment back. */
  cancelAllAsync(): void;
}
