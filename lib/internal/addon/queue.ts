import type { CellId, Token } from './ids';

/** Queues. Part of `Native` in `native.ts`. */
export interface QueueCalls {
  // --- queue.cc: times and refusals as in lib/queue/items.ts; undefined is yes where a refusal is answered ---

  /** What this isolate and the addon share to hand items over; undefined where it is being terminated. */
  queueMemory(): ArrayBuffer | undefined;
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
  /** `Answer` */
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
}
