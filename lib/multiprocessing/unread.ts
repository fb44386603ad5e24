/**
 * What this process has put into queues and nobody has taken yet. Python's queues have a thread that feeds
 * a pipe, and a process does not end before that is done, so that nothing is lost. Here nothing can be
 * lost, but programs rely on the order of things: a process that has put more than a pipe holds ends
 * when enough of it has been taken.
 */
import { stopHere } from '../internal/interruption';
import { Answer, type CellId, native } from '../internal/native';
import { atExit } from '../internal/process/exit';

/** What a pipe holds. */
const PIPE_BYTES = 64 * 1024;
/** Of a number, or a short text. */
const SMALL = 16;
/** Items of together so many bytes are remembered as one. */
const BATCH_BYTES = 4096;
/** How long an end that has to wait sleeps between two looks, in milliseconds. */
const LOOK_MS = [1, 20] as const;

/** Of one queue object. */
export class Unread {
  /** `end`: how many items had been put into the queue by then, by whomever. */
  private readonly batches: { end: number; bytes: number }[] = [];
  private rest = 0;
  private bytes = 0;
  private generation = 0;
  private cancelled = false;

  constructor(private readonly cell: () => CellId) {}

  /** `bytes` more are in the queue. */
  add(bytes: number): void {
    if (this.cancelled) return;
    this.rest += bytes || SMALL;
    if (this.rest < BATCH_BYTES) return;
    const cell = this.cell();
    this.batches.push({ end: native.queuePut(cell), bytes: this.rest });
    this.bytes += this.rest;
    this.rest = 0;
    if (this.bytes <= PIPE_BYTES) return;
    this.look(cell);
    if (this.bytes <= PIPE_BYTES) return;
    this.generation = native.generation(cell);
    waitedFor(this, cell);
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    this.cancelled = true;
    this.batches.length = 0;
    this.bytes = 0;
  }

  private look(cell: CellId): void {
    const taken = native.queueTaken(cell);
    let n = 0;
    for (; n < this.batches.length && this.batches[n].end <= taken; n++) this.bytes -= this.batches[n].bytes;
    if (n > 0) this.batches.splice(0, n);
  }

  /** Whether more is left than a pipe holds, in a queue that is there and that others can read. */
  isLeft(cell: CellId): boolean {
    if (native.generation(cell) !== this.generation || !native.heldElsewhere(cell)) return false;
    this.look(cell);
    return this.bytes > PIPE_BYTES;
  }

  /** Blocks until no more is left. */
  wait(cell: CellId): void {
    if (this.bytes <= PIPE_BYTES) return;
    for (let ms: number = LOOK_MS[0]; this.isLeft(cell); ms = Math.min(2 * ms, LOOK_MS[1])) {
      if (native.sleep(ms) === Answer.interrupted) stopHere();
    }
  }

  /** The same on the event loop. */
  async wait_async(cell: CellId): Promise<void> {
    if (this.bytes <= PIPE_BYTES) return;
    for (let ms: number = LOOK_MS[0]; this.isLeft(cell); ms = Math.min(2 * ms, LOOK_MS[1])) {
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
}

// By cell, and not by queue: a queue that nobody has any more is to go.
const waits = new Map<Unread, CellId>();
let most = 64;

function waitedFor(unread: Unread, cell: CellId): void {
  waits.set(unread, cell);
  if (waits.size <= most) return;
  for (const [each, at] of waits) if (!each.isLeft(at)) waits.delete(each);
  most = Math.max(64, 2 * waits.size);
}

atExit(() => {
  for (const [unread, cell] of waits) unread.wait(cell);
});
